"""Mailboxes that are opened by tokens: Gmail's and Microsoft's way."""

import pytest
import structlog
from aiohttp import web
from pydantic import ValidationError

from adapters.email.oauth import Access, NoToken, OauthSettings, Unreachable, sasl
from tests.adapters.email.test_email_mailbox import Office, a_mail
from tests.adapters.email.token_server import REFRESH, TokenServer
from tests.contract.harness import Inside


@pytest.fixture
async def provider():
    async with TokenServer().running() as provider:
        yield provider


@pytest.fixture
async def office(provider):
    office = Office()
    office.ports = office.inside.ports
    office.server.capabilities += " AUTH=XOAUTH2"
    office.more = {"oauth": provider.settings()}
    async with office.server.running():
        yield office
    assert office.server.strange == []


def access(provider, tokens, **more):
    return Access(OauthSettings.model_validate(provider.settings(**more)), tokens)


async def test_mail_is_read_with_a_token_and_no_password(office, provider):
    office.server.tokens = {"acc3ss-0"}
    office.server.inbox.add(a_mail(1))
    async with office.reading():
        await office.came(1)
    assert "LOGIN" not in office.server.commands
    assert provider.asked[0]["grant_type"] == "refresh_token"
    assert office.server.tried_tokens == ["acc3ss-0"]


async def test_a_token_that_has_run_out_is_replaced_once_and_nobody_is_told(office, provider):
    office.server.tokens = {"acc3ss-1"}
    office.server.inbox.add(a_mail(1))
    with structlog.testing.capture_logs() as logs:
        async with office.reading():
            await office.came(1)
    assert office.server.tried_tokens == ["acc3ss-0", "acc3ss-1"]
    assert logs == []


async def test_a_server_that_takes_no_token_is_told_once(office, provider):
    with structlog.testing.capture_logs() as logs:
        async with office.reading():
            await office.until(lambda: len(office.server.tried_tokens) >= 6)
    assert [one["event"] for one in logs] == ["email.down"]
    assert logs[0]["error"] == "not let in: token not taken"
    assert not any(token in str(logs) for token in provider.given)


async def test_a_refresh_token_that_is_not_taken_is_told_once_with_what_to_do(office, provider):
    provider.refresh = set()
    with structlog.testing.capture_logs() as logs:
        async with office.reading():
            await office.until(lambda: len(provider.asked) >= 3)
    assert [one["error"] for one in logs] == [
        "refresh token not taken (invalid_grant): make a new one"
    ]
    assert office.server.connections == 0


async def test_two_users_of_a_mailbox_ask_once(provider):
    tokens = Inside().ports.tokens
    first, second = access(provider, tokens), access(provider, tokens)
    assert await first.token() == await second.token() == "acc3ss-0"
    assert await first.token(refused="acc3ss-0") == "acc3ss-1"
    assert await second.token(refused="acc3ss-0") == "acc3ss-1"
    assert len(provider.asked) == 2


async def test_a_refresh_token_that_rotates_is_kept(provider):
    provider.rotates = True
    tokens = Inside().ports.tokens
    token = await access(provider, tokens).token()
    provider.refresh.discard(REFRESH)
    assert await access(provider, tokens).token(refused=token) == "acc3ss-1"
    assert [one["refresh_token"] for one in provider.asked] == [REFRESH, "r3fresh-1"]


async def test_new_settings_use_nothing_of_the_old(provider):
    tokens = Inside().ports.tokens
    await access(provider, tokens).token()
    provider.refresh = {"newer"}
    assert await access(provider, tokens, refresh_token="newer").token() == "acc3ss-1"


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (400, '{"error": "invalid_grant"}', NoToken),
        (401, '{"error": "invalid_client"}', NoToken),
        (400, "{}", Unreachable),
        (400, "[]", Unreachable),
        (200, "<html>", Unreachable),
        (200, '{"token_type": "x"}', Unreachable),
        (302, "", Unreachable),
        (429, '{"error": "slow_down"}', Unreachable),
        (503, '{"error": "server_error"}', Unreachable),
    ],
)
async def test_answers_that_hold_no_token(provider, status, text, error):
    headers = {"Location": "https://elsewhere.example/"} if status == 302 else {}
    provider.answer = web.Response(status=status, text=text, headers=headers)
    with pytest.raises(error) as raised:
        await access(provider, Inside().ports.tokens).token()
    assert REFRESH not in str(raised.value)


async def test_a_provider_that_is_away(provider):
    gone = access(provider, Inside().ports.tokens, token_url="http://127.0.0.1:9/token")
    with pytest.raises(Unreachable):
        await gone.token()


@pytest.mark.parametrize(
    ("provider_name", "host"),
    [("google", "oauth2.googleapis.com"), ("microsoft", "login.microsoftonline.com")],
)
def test_presets(provider_name, host):
    given = {"provider": provider_name, "client_id": "c", "refresh_token": "r"}
    settings = OauthSettings.model_validate(given)
    assert host in settings.endpoint
    assert settings.asked
    own = OauthSettings.model_validate({**given, "token_url": "https://t.example/x", "scope": "s"})
    assert (own.endpoint, own.asked) == ("https://t.example/x", "s")


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "c", "refresh_token": "s3cret"},
        {"client_id": "c", "refresh_token": "s3cret", "provider": "yahoo"},
        {"client_id": "c", "refresh_token": "s3cret", "token_url": "http://t.example/x"},
        {"provider": "google", "refresh_token": "s3cret"},
    ],
)
def test_settings_that_cannot_work(wrong):
    with pytest.raises(ValidationError) as raised:
        OauthSettings.model_validate(wrong)
    assert "s3cret" not in str(raised.value)


def test_nothing_secret_is_shown():
    settings = OauthSettings.model_validate(
        {"provider": "google", "client_id": "c", "client_secret": "s3c", "refresh_token": "s3c"}
    )
    assert "s3c" not in repr(settings) + settings.model_dump_json()


def test_the_words_of_xoauth2():
    assert sasl("a@b.cn", "t") == "user=a@b.cn\x01auth=Bearer t\x01\x01"
