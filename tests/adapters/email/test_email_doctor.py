"""`keqing doctor` says what is wrong with a mailbox and what to do, and shows no secret."""

import json

import pytest

from adapters.email import adapter as email
from adapters.email import imap
from tests.adapters.email.imap_stand_in import PASSWORD, USER, Folder
from tests.adapters.email.test_email_mailbox import Office, a_mail
from tests.adapters.email.token_server import TokenServer


@pytest.fixture
async def office():
    office = Office()
    office.folders = []
    async with office.server.running():
        yield office
    assert office.server.strange == []


async def told(office):
    """Each finding: whether it is well, and its words in both languages."""
    box = {"url": office.url(), "address": USER, "folders": office.folders, **office.more}
    settings = email.EmailSettings.model_validate({"mailboxes": json.dumps([box])})
    made = email.EmailAdapter(settings, office.ports)
    found = [
        (one.ok, *(one.text.in_(lang, **one.facts) for lang in ("zh", "en")))
        for one in await made.check()
    ]
    assert not any(PASSWORD in zh + en or "{" in zh + en for _, zh, en in found)
    await office.until(lambda: not office.server.open)
    return found


async def test_a_mailbox_that_is_well(office):
    office.more = {"authserv_id": "mx.b.cn"}
    office.server.inbox.add(a_mail(1, days=3))
    found = await told(office)
    assert [ok for ok, *_ in found] == [True, True]
    assert (
        found[0][2] == "mailbox 1: mail can be read (INBOX, Sent Items), the newest came 3 days ago"
    )
    assert "3 天前" in found[0][1]
    assert "IDLE" in found[1][2]
    assert not set(office.server.commands) & {"STORE", "SELECT", "UID STORE"}


async def test_what_a_server_lacks_is_said_and_is_no_fault(office):
    office.server.capabilities = "IMAP4REV1"
    office.server.unsafe = False
    found = await told(office)
    assert all(ok for ok, *_ in found)
    words = " ".join(en for *_, en in found)
    for part in ("there is none yet", "no IDLE", "takes no ID", "authserv_id is empty"):
        assert part in words


async def test_folders_that_are_missing(office):
    office.folders = ["INBOX", "Archive"]
    wrong = [en for ok, _, en in await told(office) if not ok]
    assert wrong == [
        "mailbox 1: there is no folder “Archive”; change folders. There are: INBOX, Sent Items"
    ]
    office.folders = []
    del office.server.folders["Sent Items"]
    office.server.folders["Other"] = Folder("Other")
    [wrong] = [en for ok, _, en in await told(office) if not ok]
    assert "no folder of sent mail is found" in wrong


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("NO [AUTHENTICATIONFAILED] LOGIN failed", "password made for programs"),
        ("NO LOGIN Unsafe Login. Please contact kefu@188.com for help", "Unsafe Login"),
        ("NO [ALERT] Your account is not enabled for IMAP use", "IMAP is switched off"),
        ("NO IMAP4 access is disabled for your domain", "IMAP is switched off"),
        ("NO Login fail. Service is not open", "IMAP is switched off"),
        ("NO [LIMIT] Too many simultaneous connections", "does not answer as it should"),
        ("NO LOGIN Login frequency limited, system busy", "does not answer as it should"),
        ("BAD what", "password made for programs"),
    ],
)
async def test_why_nobody_is_let_in(office, answer, said):
    office.server.login_answer = answer
    [(ok, _, en)] = await told(office)
    assert not ok
    assert said in en


async def test_a_server_without_room(office):
    office.server.greeting = "* BYE too many connections"
    [(ok, _, en)] = await told(office)
    assert not ok
    assert "does not answer as it should" in en


async def test_a_server_that_is_away_and_a_name_that_is_none(office):
    office.server.port, port = 9, office.server.port
    [(_, _, away)] = await told(office)
    assert "127.0.0.1:9 is not reached" in away
    office.server.port = port


async def test_a_password_does_not_go_out_in_clear(office, monkeypatch):
    monkeypatch.setattr(imap, "loopback", lambda line: False)
    [(ok, zh, en)] = await told(office)
    assert not ok
    assert "offers no TLS" in en
    assert "imaps://" in zh
    assert office.server.secrets_in_clear == 0
    assert "LOGIN" not in office.server.commands


async def test_tokens(office):
    async with TokenServer().running() as provider:
        office.more = {"oauth": provider.settings()}
        [(ok, _, en)] = await told(office)
        assert not ok
        assert "does not take the token" in en
        office.server.tokens = {"acc3ss-2"}
        assert (await told(office))[0][0]
        office.more = {"oauth": provider.settings(refresh_token="other")}
        [(_, _, en)] = await told(office)
        assert "turned the refresh_token down (invalid_grant)" in en
        office.more = {
            "oauth": provider.settings(token_url="http://127.0.0.1:9/t", refresh_token="another")
        }
        [(_, _, en)] = await told(office)
        assert "provider of tokens does not answer" in en


async def test_nothing_is_set_up(office):
    made = email.build({}, office.ports)
    assert not made.on
    [one] = await made.check()
    assert not one.ok
    assert "KEQING_EMAIL__MAILBOXES" in one.text.en
