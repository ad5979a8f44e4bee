"""Getting in and out: login, sessions, forged requests, the first administrator, headers."""

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from adapters.web import site, throttle
from bot.app import Program
from storage import tokens
from tests import play
from tests.web.conftest import OURS, PASSWORD, log_in, visitor


async def test_a_stranger_is_sent_to_the_login_and_back_to_where_they_wanted(served: TestServer):
    async with visitor(served) as client:
        async with client.get("/customers?tier=vip") as answer:
            assert answer.url.path == "/login"
            assert answer.url.query["next"] == "/customers?tier=vip"
            address = answer.url
        form = {"name": "han@zhuyun.example", "password": PASSWORD}
        async with client.post(address, data=form) as answer:
            assert answer.url.path_qs == "/customers?tier=vip"
            assert "华建" in await answer.text()


@pytest.mark.parametrize("where", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
async def test_a_login_never_leads_to_another_site(served: TestServer, where: str):
    async with visitor(served) as client:
        form = {"name": "韩梅", "password": PASSWORD}
        async with client.post(
            "/login", params={"next": where}, data=form, allow_redirects=False
        ) as answer:
            assert answer.headers["Location"] == "/"


async def test_a_wrong_name_and_a_wrong_password_are_answered_alike(served: TestServer):
    said = []
    async with visitor(served) as client:
        for name in ("韩梅", "没有这个人"):
            form = {"name": name, "password": "错误的密码密码"}
            async with client.post("/login", data=form) as answer:
                said.append((await answer.text()).replace(name, ""))
                assert "Set-Cookie" not in answer.headers
    assert said[0] == said[1]
    assert "名称或密码不对" in said[0]


async def test_guessing_is_slowed_down_for_that_account_only(served: TestServer):
    async with visitor(served) as client:
        for _ in range(throttle.MOST_TRIES):
            await client.post("/login", data={"name": "韩梅", "password": "guess"})
        async with client.post("/login", data={"name": "韩梅", "password": PASSWORD}) as answer:
            assert "尝试次数太多" in await answer.text()
        await log_in(client, "赵强")


def test_the_throttle_forgets_after_its_time():
    now = [0.0]
    slow = throttle.Throttle(lambda: now[0])
    for _ in range(throttle.MOST_TRIES):
        assert slow.wait_s("a", "x") == 0
        slow.failed("a", "x")
    assert slow.wait_s("a", "x") == throttle.WITHIN_S
    assert slow.wait_s("b", "x") == 0
    now[0] = throttle.WITHIN_S + 1
    assert slow.wait_s("a", "x") == 0


@pytest.mark.parametrize(("proto", "name"), [("http", "keqing"), ("https", "__Host-keqing")])
async def test_the_cookie_is_kept_from_scripts_and_from_other_sites(
    served: TestServer, proto: str, name: str
):
    async with visitor(served, **{"X-Forwarded-Proto": proto}) as client:
        form = {"name": "韩梅", "password": PASSWORD}
        async with client.post("/login", data=form, allow_redirects=False) as answer:
            cookie = SimpleCookie(answer.headers["Set-Cookie"])[name]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert bool(cookie["secure"]) is (proto == "https")


async def test_a_session_is_dead_after_logout_even_for_who_copied_its_cookie(served: TestServer):
    async with visitor(served) as client:
        await log_in(client, "韩梅")
        copied = {c.key: c.value for c in client.cookie_jar}
        await client.post("/logout")
    async with visitor(served) as thief:
        thief.cookie_jar.update_cookies(copied)
        async with thief.get("/customers") as answer:
            assert answer.url.path == "/login"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "OWN"}, 303),
        (OURS, 303),
        ({**OURS, "Origin": "https://evil.example"}, 303),
    ],
)
async def test_only_our_own_pages_may_write(
    served: TestServer, headers: dict[str, str], status: int
):
    async with visitor(served) as client:
        await log_in(client, "韩梅")
        cookies = {c.key: c.value for c in client.cookie_jar}
    own = str(served.make_url("")).rstrip("/")
    sent = {name: own if value == "OWN" else value for name, value in headers.items()}
    async with TestClient(served, cookies=cookies) as bare:
        answer = await bare.post("/", data={"line": "/whoami"}, headers=sent, allow_redirects=False)
        assert answer.status == status


async def test_hooks_are_not_asked_for_a_browsers_headers(served: TestServer):
    async with TestClient(served) as bare:
        answer = await bare.post("/hooks/message", data=b"{}")
        assert answer.status == 401  # unsigned, which the hook itself finds out
        assert answer.content_type == "application/json"


async def _breaks(_request: web.Request) -> web.Response:
    raise RuntimeError("customer's words")


async def test_every_answer_carries_the_strict_headers(program: Program):
    application = site.make(program)
    application.router.add_get("/breaks", _breaks)
    async with TestClient(TestServer(application)) as client:
        for path, status in {
            "/login": 200,
            "/nowhere": 404,
            "/static/nowhere.js": 404,
            "/static/own/keqing.css": 200,
            "/healthz": 200,
            "/first-admin/guess": 404,
            "/breaks": 500,
        }.items():
            answer = await client.get(path)
            assert answer.status == status, path
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "customer's words" not in await answer.text()
        metrics = await (await client.get("/metrics")).text()
        assert 'keqing_request_seconds_count{method="GET",route="/breaks",status="500"} 1.0' in (
            metrics
        )
        assert "keqing_unhandled_errors_total 1.0" in metrics


async def test_error_pages_speak_both_languages_and_machines_get_json(served: TestServer):
    async with visitor(served) as client:
        async with client.get("/nowhere", headers={"Accept-Language": "en"}) as answer:
            said = await answer.text()
            assert 'lang="en"' in said
            assert "There is no such page" in said
            assert "没有这个页面" in said
        async with client.get("/hooks/nowhere") as answer:
            assert answer.status == 404
            assert "no such page" in (await answer.json())["error"]


async def test_the_first_admin_is_made_once(empty_site: TestServer, program: Program):
    later = datetime.now(UTC) + timedelta(hours=1)
    async with program.db.transaction() as session:
        one = await tokens.make(session, tokens.FIRST_ADMIN, None, later)
        other = await tokens.make(session, tokens.FIRST_ADMIN, None, later)
    async with visitor(empty_site) as client:
        async with client.get("/login") as answer:
            assert "一次性链接" in await answer.text()
        async with client.post(
            f"/first-admin/{one}", data={"name": "老板", "password": "short"}
        ) as answer:
            assert "至少 10 个字符" in await answer.text()
        form = {"name": "老板", "password": PASSWORD}
        async with client.post(f"/first-admin/{one}", data=form) as answer:
            assert answer.url.path == "/"
            assert "老板" in await answer.text()
        for secret in (one, other):
            form = {"name": "别人", "password": PASSWORD}
            async with client.post(f"/first-admin/{secret}", data=form) as answer:
                assert answer.status == 404
        async with client.get("/login") as answer:
            assert answer.url.path == "/"


async def test_an_expired_link_makes_nobody(empty_site: TestServer, program: Program):
    async with program.db.transaction() as session:
        secret = await tokens.make(session, tokens.FIRST_ADMIN, None, datetime.now(UTC))
    async with visitor(empty_site) as client, client.get(f"/first-admin/{secret}") as answer:
        assert answer.status == 404


async def test_the_language_is_kept_before_and_after_the_login(served: TestServer):
    async with visitor(served) as client:
        async with client.post("/language", data={"language": "en", "back": "/login"}) as answer:
            assert "Name or e-mail" in await answer.text()
        await log_in(client, "韩梅")
        async with client.get("/customers") as answer:
            assert "<title>客户" in await answer.text()  # her own choice counts from here
        async with client.post(
            "/language", data={"language": "en", "back": "/customers"}
        ) as answer:
            assert "<title>Customers" in await answer.text()
    async with visitor(served) as client:
        await log_in(client, "韩梅")
        async with client.get("/customers") as answer:
            assert "<title>Customers" in await answer.text()


async def test_an_invited_member_sets_a_password_once(empty_site: TestServer, loaded: Program):
    who = await play.actor(loaded, "韩梅")
    later = datetime.now(UTC) + timedelta(hours=1)
    async with loaded.db.transaction() as session:
        secret = await tokens.make(session, tokens.INVITE, who.user_id, later)
    async with visitor(empty_site) as client:
        async with client.get(f"/invite/{secret}") as answer:
            assert "韩梅" in await answer.text()
        async with client.post(f"/invite/{secret}", data={"password": "short"}) as answer:
            assert "至少 10 个字符" in await answer.text()
        async with client.post(f"/invite/{secret}", data={"password": PASSWORD}) as answer:
            assert answer.url.path == "/"
        async with client.post(f"/invite/{secret}", data={"password": PASSWORD}) as answer:
            assert answer.status == 404
    async with visitor(empty_site) as client:
        await log_in(client, "韩梅")
