"""Our side of a language model, with a clock that is moved by hand."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapters.llm.limits import Limits
from adapters.llm.model import Model
from adapters.llm.settings import ModelSettings
from bot.contract import Asked, NoModel, Use
from tests.adapters.llm.chat_server import KEY, MODEL, SCHEMA, ChatServer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = NOON.date()
LIMITS = Limits(call_s=20, retry_s=0, failures=3)
SHORT = replace(LIMITS, call_s=0.2)
ASKED = Asked(
    purpose="summary/v2", system="Summarise.", data="第三次延期了，麻烦给个说法。", schema=SCHEMA
)


class Book:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.uses: list[tuple[date, Use]] = []

    async def spent(self, day: date, user_id: int | None = None) -> int:
        return sum(
            use.tokens_in + use.tokens_out
            for at, use in self.uses
            if at == day and user_id in (None, use.user_id)
        )

    async def add(self, day: date, use: Use) -> None:
        self.uses.append((day, use))

    def of(self, day: date) -> int:
        return sum(use.tokens_in + use.tokens_out for at, use in self.uses if at == day)


class Side:
    def __init__(self, url: str, book: Book, limits: Limits = LIMITS, **more):
        self.at, self.ticks = NOON, 1000.0
        self.book = book
        settings = {"base_url": url, "api_key": KEY, "model": MODEL, **more}
        self.model = Model(
            ModelSettings.model_validate(settings),
            book,
            limits=limits,
            clock=lambda: self.at,
            ticks=lambda: self.ticks,
        )
        self._count = 0

    async def ask(self, heard=None, **more):
        """A question that was not asked before."""
        self._count += 1
        data = more.pop("data", f"{ASKED.data} {self._count}")
        return await self.model.ask(replace(ASKED, data=data, **more), heard)

    async def fails(self, heard=None, **more) -> str:
        with pytest.raises(NoModel) as raised:
            await self.ask(heard, **more)
        assert KEY not in str(raised.value)
        return str(raised.value)

    @property
    def spent(self) -> int:
        return self.book.of(DAY)


@asynccontextmanager
async def both(limits: Limits = LIMITS, **more):
    async with ChatServer().running() as server:
        yield server, Side(server.url, Book(), limits, **more)
