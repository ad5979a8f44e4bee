"""What the doctor says of Slack, and who its members are."""

import pytest

from adapters.slack.adapter import build
from adapters.slack.doctor import SCOPES
from bot.contract import Check
from tests.adapters.slack import workspace
from tests.adapters.slack.harness import LI, WANG, Slack
from tests.contract.harness import Inside


def words(checks: list[Check], language: str = "zh") -> str:
    return "\n".join(one.text.in_(language, **one.facts) for one in checks)


async def seen(slack: Slack) -> list[Check]:
    async with slack.running():
        return list(await slack.adapter.check())


async def test_all_is_well():
    checks = await seen(Slack(socket=True))
    assert len(checks) == 4
    assert all(one.ok for one in checks)
    assert "客情 {科技}" in words(checks)
    assert set(workspace.SCOPES.split(",")) == set(SCOPES)


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_missing_scope_is_named_with_where_to_click(scope: str):
    slack = Slack()
    slack.space.scopes = ", ".join(one for one in SCOPES if one != scope)
    bad = [one for one in await seen(slack) if not one.ok]
    assert len(bad) == 1
    assert scope in words(bad)
    assert "OAuth & Permissions" in words(bad, "en")


@pytest.mark.parametrize("ahead", [-400.0, 400.0])
async def test_a_clock_that_is_off_is_told(ahead: float):
    slack = Slack()
    slack.space.clock_ahead = ahead
    bad = [one for one in await seen(slack) if not one.ok]
    assert "NTP" in words(bad)
    assert abs(abs(int(str(bad[0].facts["seconds"]))) - 400) < 5


async def test_a_token_that_is_refused_is_told():
    slack = Slack()
    slack.space.revoked = "token_revoked"
    (bad,) = await seen(slack)
    assert not bad.ok
    assert "token_revoked" in words([bad])
    assert "BOT_TOKEN" in words([bad], "en")


async def test_an_app_token_that_is_refused_is_told():
    slack = Slack(socket=True)
    slack.space.fails["apps.connections.open"] = [{"ok": False, "error": "not_allowed_token_type"}]
    bad = [one for one in await seen(slack) if not one.ok]
    assert "connections:write" in words(bad)


async def test_where_it_is_off_there_is_nothing_to_say():
    assert await build({}, Inside().ports).check() == []


async def test_members_come_page_by_page_without_bots_and_strangers():
    async with Slack().running() as slack:
        found = [one async for one in slack.adapter.colleagues()]
        assert slack.space.calls.count("users.list") > 2
    assert [(one.id, one.name, one.active) for one in found] == [
        (WANG, "王芳", True),
        (LI, "李强", True),
        ("U0LEFT001", "陈离", False),
    ]
    assert found[0].email == "u0wangf01@keqing.example"
