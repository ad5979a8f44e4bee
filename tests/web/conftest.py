"""A served firm, people who are logged in, and a real browser that forgives nothing."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from sqlalchemy import text

from adapters.web import site
from bot import outbox, people
from bot.app import Program
from bot.inbox import WAKE
from bot.settings import Settings
from tests import browser as browsers

PASSWORD = "一个够长的密码 2026"
HASHED = people.hash_password(PASSWORD)
OURS = {"Sec-Fetch-Site": "same-origin"}
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """It is night around here, whenever the tests run: no alert comes between what is asked."""
    now = datetime.now(ZoneInfo(settings.timezone))
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    return settings.model_copy(update={"quiet_hours": hours})


def parts_of(program: Program) -> list[Coroutine[Any, Any, None]]:
    """What answers lines in the background."""
    return [
        program.drain.run(),
        program.db.listen(WAKE, program.drain.wake),
        program.sender.run(),
        program.db.listen(outbox.WAKE, program.sender.wake),
    ]


@contextlib.asynccontextmanager
async def serving(program: Program) -> AsyncIterator[TestServer]:
    application = site.make(program)
    for adapter in program.adapters.values():
        application.add_routes(adapter.routes())
    server = TestServer(application, shutdown_timeout=1)
    await server.start_server()
    tasks = [asyncio.create_task(part) for part in parts_of(program)]
    try:
        yield server
    finally:
        await _stop(tasks)
        await server.close()


async def _stop(tasks: list[asyncio.Task[None]]) -> None:
    # Asked more than once: Python 3.11's wait_for loses a cancellation that meets its result.
    while tasks:
        for task in tasks:
            task.cancel()
        _, left = await asyncio.wait(tasks, timeout=1)
        tasks = list(left)


@pytest.fixture
async def empty_site(program: Program) -> AsyncIterator[TestServer]:
    async with serving(program) as server:
        yield server


@pytest.fixture
async def served(loaded: Program) -> AsyncIterator[TestServer]:
    """The loaded firm, each of whose members has PASSWORD."""
    async with loaded.db.transaction() as session:
        await session.execute(text("UPDATE user_account SET password_hash = :h"), {"h": HASHED})
    async with serving(loaded) as server:
        yield server


@contextlib.asynccontextmanager
async def visitor(server: TestServer, **headers: str) -> AsyncIterator[ClientSession]:
    """Somebody's browser as far as HTTP goes: cookies, and requests from our own pages."""
    async with ClientSession(
        server.make_url("/"), cookie_jar=CookieJar(unsafe=True), headers={**OURS, **headers}
    ) as client:
        yield client


async def log_in(client: ClientSession, name: str) -> None:
    async with client.post("/login", data={"name": name, "password": PASSWORD}) as answer:
        assert answer.status == 200
        assert answer.url.path == "/", await answer.text()


LogIn = Callable[[str], Coroutine[Any, Any, ClientSession]]


@pytest.fixture
async def as_member(served: TestServer) -> AsyncIterator[LogIn]:
    """Clients of members by name, each logged in."""
    async with contextlib.AsyncExitStack() as stack:

        async def enter(name: str) -> ClientSession:
            client = await stack.enter_async_context(visitor(served))
            await log_in(client, name)
            return client

        yield enter


# --- a real browser ----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    found = browsers.find()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no browser could be had, and CI must not skip the tests that need one")
        pytest.skip("no browser: run `python tests/browser.py` to get one")
    return found


@pytest.fixture
async def chromium(chromium_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        yield started
        await started.close()


class Watched:
    """Opens pages and keeps what went wrong in them: console errors, outside requests, crashes."""

    def __init__(self, chromium: Browser, server: TestServer) -> None:
        self._chromium = chromium
        self.url = str(server.make_url("")).rstrip("/")
        self.wrong: list[str] = []
        self._contexts: list[BrowserContext] = []

    async def open(self, name: str, *, viewport: dict[str, int] = DESK, **options: Any) -> Page:
        """A page of the member's, logged in, at the chat."""
        context = await self._chromium.new_context(viewport=viewport, **options)
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        context.on("console", lambda m: m.type == "error" and self.wrong.append(m.text))
        context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        context.on("request", lambda request: self._ours(request.url))
        page = await context.new_page()
        await page.goto(f"{self.url}/login")
        await page.fill("input[name=name]", name)
        await page.fill("input[name=password]", PASSWORD)
        await page.press("input[name=password]", "Enter")
        await page.wait_for_url(f"{self.url}/")
        return page

    def _ours(self, url: str) -> None:
        if not url.startswith((self.url, "data:")):
            self.wrong.append(f"a request outside: {url}")

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()


@pytest.fixture
async def watched(chromium: Browser, served: TestServer) -> AsyncIterator[Watched]:
    opened = Watched(chromium, served)
    yield opened
    await opened.close()
    assert opened.wrong == []
