"""What the doctor says, and who the members are."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.feishu import doctor
from adapters.feishu.adapter import FeishuAdapter
from bot.contract import Check, Refused, TryLater
from tests.adapters.feishu.harness import Feishu
from tests.adapters.feishu.stand_in import SCOPES, Refuse


@pytest.fixture
async def played():
    async with Feishu().running() as one:
        await one.adapter._intake.own_id()
        yield one


def told(check: Check, language: str = "zh") -> str:
    return check.text.in_(language, **check.facts)


async def wrong(one: Feishu) -> list[str]:
    return [told(check) for check in await one.adapter.check() if not check.ok]


async def test_all_is_well(played: Feishu):
    checks = await played.adapter.check()
    assert all(check.ok for check in checks)
    zh, en = ("\n".join(told(check, language) for check in checks) for language in ("zh", "en"))
    assert "客情助手" in zh
    assert "200340" in zh
    assert "200340" in en
    assert "/feishu/events" in en


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_missing_scope_is_named_with_what_to_click(played: Feishu, scope: str):
    played.there.granted.remove(scope)
    (words,) = await wrong(played)
    assert scope in words
    assert "权限管理" in words


async def test_a_wider_scope_will_do(played: Feishu):
    played.there.granted.remove("im:chat:readonly")
    played.there.granted.append("im:chat")
    assert await wrong(played) == []


async def test_a_wrong_secret_is_said(played: Feishu):
    played.there.secret = "another"
    played.there.expire()
    async with Feishu(app_secret="wrong").running() as one:
        (words,) = await wrong(one)
        assert "App Secret" in words


async def test_nobody_there_is_said():
    async with Feishu(api_base="http://127.0.0.1:9").running() as one:
        (words,) = await wrong(one)
        assert words


async def test_without_settings_it_says_where_they_are():
    async with Feishu(app_id="").running() as one:
        (words,) = await wrong(one)
        assert "KEQING_FEISHU__APP_ID" in words
        with pytest.raises(TryLater):
            _ = [member async for member in one.adapter.colleagues()]


async def test_without_a_way_in_it_says_so():
    async with Feishu(encrypt_key="", verification_token="").running() as one:
        assert "收不到消息" in "".join(await wrong(one))
    async with Feishu(encrypt_key="").running() as one:
        assert "Encrypt Key" in "".join(await wrong(one))
    async with Feishu(encrypt_key="", verification_token="", long_connection=True).running() as one:
        assert await wrong(one) == []
        one.line.refusals.append({"code": 1000040345, "msg": "wrong"})
        assert len(await wrong(one)) == 1


@pytest.mark.parametrize(("skew", "fine"), [(0, True), (59, True), (400, False), (-400, False)])
async def test_a_clock_that_is_wrong_is_said(played: Feishu, skew: int, fine: bool):
    checks = await doctor.check(
        played.adapter._api,
        on=True,
        encrypted=True,
        by_token=True,
        long_connection=False,
        now=lambda: datetime.now(UTC) + timedelta(seconds=skew),
    )
    (clock,) = (check for check in checks if "seconds" in check.facts)
    assert clock.ok == fine
    assert abs(int(str(clock.facts["seconds"])) - skew) <= 2


async def test_the_members_come_from_all_pages_and_departments(played: Feishu):
    members = [one async for one in played.adapter.colleagues()]
    assert [one.name for one in members] == ["李雷", "陈总", "韩梅"]
    li, chen, _ = members
    assert (li.id, li.superior, li.active) == (played.member, chen.id, True)
    assert (li.email, li.phone) == ("1111@zhuyun.example", "+8613800001111")


async def test_members_that_left_are_not_active(played: Feishu):
    played.there.users[0]["status"]["is_resigned"] = True
    members = {one.id: one async for one in played.adapter.colleagues()}
    assert not members[played.member].active


async def test_what_the_app_may_not_see_is_left_out(played: Feishu):
    for field in ("enterprise_email", "mobile", "leader_user_id", "status"):
        del played.there.users[0][field]
    (li, *_) = [one async for one in played.adapter.colleagues()]
    assert (li.email, li.phone, li.superior, li.active) == ("", "", "", True)


async def test_an_app_that_sees_a_part_of_the_firm_tells_that_part(played: Feishu):
    played.there.all_staff = False
    members = [one async for one in played.adapter.colleagues()]
    assert [one.name for one in members] == ["李雷", "韩梅"]


async def test_a_directory_that_is_closed_is_refused_in_words(played: Feishu):
    played.there.refusing += [Refuse(99991672, "[contact:contact.base:readonly]")] * 2
    with pytest.raises(Refused, match=r"contact:contact\.base:readonly"):
        _ = [one async for one in played.adapter.colleagues()]


def test_the_adapter_shows_no_secret():
    one = Feishu()
    adapter = FeishuAdapter.__new__(FeishuAdapter)
    assert one.settings()["APP_SECRET"] not in repr(adapter)
