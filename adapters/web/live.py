"""New lines of our own chats, told to every page that shows them: one LISTEN for all streams."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator

from aiohttp import web

from storage import chat_log
from storage.db import Database


class Live:
    """Wakes the streams of a chat when it has a new line."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._followers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.closing = False

    @contextlib.contextmanager
    def following(self, chat: str) -> Iterator[asyncio.Event]:
        """An event that is set on every new line of the chat, and when the server stops."""
        news = asyncio.Event()
        self._followers[chat].add(news)
        try:
            yield news
        finally:
            self._followers[chat].discard(news)
            if not self._followers[chat]:
                del self._followers[chat]

    def wake(self, chat: str) -> None:
        """Wake the followers of a chat; an empty name wakes all, since a signal may be lost."""
        chats = [chat] if chat else list(self._followers)
        for name in chats:
            for news in self._followers.get(name, ()):
                news.set()

    async def listening(self, _application: web.Application) -> AsyncIterator[None]:
        """Listens for as long as the application runs."""
        task = asyncio.create_task(self._db.listen(chat_log.WAKE, self.wake))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def close(self, _application: web.Application) -> None:
        """Let the streams end, so that the server need not wait for them."""
        self.closing = True
        self.wake("")
