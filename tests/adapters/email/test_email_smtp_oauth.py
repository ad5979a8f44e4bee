"""Sending where the provider takes no password: the mailbox's access tokens open SMTP as well."""

import base64
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiosmtpd.smtp import AuthResult

from adapters.email import adapter as mail_adapter
from bot.contract import Notice, Target, TryLater
from tests.adapters.email.test_email_sending import Post
from tests.contract.harness import Inside

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
LI = Target(chat="li@a.cn")


class Provider(Post):
    """Gives tokens, and lets in who shows one that holds."""

    def __init__(self):
        super().__init__()
        self.password = b"no password lets in"
        self.given: list[str] = []
        self.called_back: set[str] = set()
        self.says = 200

    async def auth_XOAUTH2(self, server, args):  # noqa: N802 - aiosmtpd's
        said = base64.b64decode(args[1]).decode()
        token = self.given[-1] if self.given else ""
        wanted = f"user=us@b.cn\x01auth=Bearer {token}\x01\x01"
        if said == wanted and token not in self.called_back:
            return AuthResult(success=True, handled=False)
        await server.push("334 " + base64.b64encode(b'{"status":"401"}').decode())
        await server._reader.readline()  # the empty line that must follow
        return AuthResult(success=False, handled=False)

    async def token(self, request):
        asked = await request.post()
        assert (asked["grant_type"], asked["refresh_token"]) == ("refresh_token", "r1")
        if self.says != 200:
            return web.json_response({"error": "invalid_grant"}, status=self.says)
        self.given.append(f"t{len(self.given) + 1}")
        return web.json_response({"access_token": self.given[-1], "expires_in": 3600})

    @asynccontextmanager
    async def tokens(self):
        site = web.Application()
        site.add_routes([web.post("/token", self.token)])
        runner = web.AppRunner(site)
        await runner.setup()
        tcp = web.TCPSite(runner, "127.0.0.1", 0)
        await tcp.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/token"
        finally:
            await runner.cleanup()


@pytest.fixture
async def provider():
    async with Provider().running() as made:
        yield made


@pytest.fixture
async def adapter(provider):
    async with provider.tokens() as url:
        oauth = {"token_url": url, "client_id": "c", "refresh_token": "r1"}
        box = {"url": "imaps://us%40b.cn@h", "address": "us@b.cn", "oauth": oauth}
        smtp = f"smtp://us%40b.cn@127.0.0.1:{provider.port}"
        yield mail_adapter.build({"smtp_url": smtp, "mailboxes": [box]}, Inside().ports)


async def test_a_token_opens_the_door_and_is_kept(provider, adapter):
    await adapter.send(LI, Notice(text="1"), key="a")
    await adapter.send(LI, Notice(text="2"), key="b")
    assert (len(provider.taken), provider.given) == (2, ["t1"])


async def test_a_token_called_back_is_replaced_once(provider, adapter):
    await adapter.send(LI, Notice(text="1"), key="a")
    provider.called_back.add("t1")
    await adapter.send(LI, Notice(text="2"), key="b")
    assert (len(provider.taken), provider.given) == (2, ["t1", "t2"])


async def test_without_a_token_it_waits_and_says_why(provider, adapter):
    provider.says = 400
    with pytest.raises(TryLater, match="invalid_grant") as raised:
        await adapter.send(LI, Notice(text="1"), key="a")
    assert (raised.value.after, raised.value.unknown) == (900, False)
    assert await adapter.find(LI, "a") is None


async def test_a_provider_that_is_away_is_waited_for(provider, adapter):
    provider.says = 503
    with pytest.raises(TryLater) as raised:
        await adapter.send(LI, Notice(text="1"), key="a")
    assert raised.value.after is None
