"""Files: fetched from Slack alone, whole or not at all."""

import pytest

from adapters.slack.files import origins
from bot.contract import AdapterError, Refused, RemoteFile, TryLater
from tests.adapters.slack.harness import OUTER, WANG, ZHAO, Slack

DATA = b"%PDF-1.7 made up" * 500


@pytest.fixture
async def slack():
    async with Slack().running() as one:
        yield one


async def shared(slack: Slack, who: str, *files: dict[str, object]) -> RemoteFile:
    """The file, as the message that carries it names it."""
    line = slack._line(who, "", OUTER, "", subtype="file_share", files=list(files))
    assert await slack.event(line) == 200
    return slack.inside.delivered[-1].files[0]


async def test_a_file_comes_whole(slack: Slack):
    file = await shared(slack, WANG, slack.space.keep("合同.pdf", "application/pdf", DATA))
    stored = await slack.adapter.fetch(file)
    assert (stored.name, stored.type, stored.size) == ("合同.pdf", "application/pdf", len(DATA))
    assert slack.inside.media.files[stored.sha256] == DATA
    assert "files.info" not in slack.space.calls


async def test_another_firms_file_is_asked_for(slack: Slack):
    told = slack.space.keep("验收单.pdf", "application/pdf", DATA)
    file = await shared(
        slack, ZHAO, {"id": told["id"], "mode": "file_access", "file_access": "check_file_info"}
    )
    assert (file.ref, file.name, file.size) == (told["id"], "", None)
    stored = await slack.adapter.fetch(file)
    assert (stored.name, stored.type) == ("验收单.pdf", "application/pdf")
    assert slack.inside.media.files[stored.sha256] == DATA


@pytest.mark.parametrize(
    "error", ["file_not_found", "file_deleted", "access_denied", "missing_scope", "odd"]
)
async def test_a_file_that_slack_does_not_give_is_refused_in_words(slack: Slack, error: str):
    slack.space.fails["files.info"] = [{"ok": False, "error": error}]
    with pytest.raises(Refused) as caught:
        await slack.adapter.fetch(RemoteFile(ref="F000000009", name="x"))
    assert len(str(caught.value)) > 20


async def test_a_file_without_an_address_is_refused(slack: Slack):
    told = slack.space.keep("old.pdf", "application/pdf", DATA)
    del told["url_private"], told["url_private_download"]
    with pytest.raises(Refused, match="no address"):
        await slack.adapter.fetch(RemoteFile(ref=told["id"], name="old.pdf"))


@pytest.mark.parametrize("error", [503, {"ok": False, "error": "ratelimited"}])
async def test_asking_for_a_file_may_wait(slack: Slack, error: object):
    slack.space.fails["files.info"] = [error]
    with pytest.raises(TryLater):
        await slack.adapter.fetch(RemoteFile(ref="F000000009", name="x"))


async def test_the_page_to_log_in_is_no_file(slack: Slack):
    told = slack.space.keep("合同.pdf", "application/pdf", DATA, served="login")
    with pytest.raises(Refused, match="permission"):
        await slack.adapter.fetch(await shared(slack, WANG, told))
    assert slack.inside.media.files == {}


@pytest.mark.parametrize(
    "where", ["https://evil.example/x", "http://127.0.0.1:9/x", "https://slack.com.evil.example/"]
)
async def test_the_token_goes_to_slack_alone(slack: Slack, where: str):
    for more in ({"served": where}, {"url": where}):
        file = await shared(slack, WANG, slack.space.keep("a.pdf", "application/pdf", DATA, **more))
        with pytest.raises(AdapterError, match="not the platform's"):
            await slack.adapter.fetch(file)


async def test_a_file_that_is_too_large_is_not_begun(slack: Slack):
    told = slack.space.keep("film.mp4", "video/mp4", DATA) | {"size": 101 * 1024 * 1024}
    with pytest.raises(Refused, match="100 MB"):
        await slack.adapter.fetch(await shared(slack, WANG, told))


def test_the_hosts_are_the_apis_own():
    assert origins("https://slack.com/api/") == ("https://slack.com", "https://*.slack.com")
    assert origins("https://slack-gov.com/api/")[1] == "https://*.slack-gov.com"
    assert origins("http://127.0.0.1:99/api/") == ("http://127.0.0.1:99",)
