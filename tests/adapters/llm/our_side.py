"""Our side of a language model, with a clock that is moved by hand."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.llm.limits import Limits
from adapters.llm.model import Model
from adapters.llm.settings import ModelSettings
from bot.contract import Asked, NoModel
from tests.adapters.llm.chat_server import KEY, MODEL, SCHEMA, ChatServer
from tests.contract.harness import Shared

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = "llm.tokens:2026-11-20"
LIMITS = Limits(call_s=20, retry_s=0, failures=3)
SHORT = replace(LIMITS, call_s=0.2)
ASKED = Asked(
    purpose="summary/v2", system="Summarise.", data="第三次延期了，麻烦给个说法。", schema=SCHEMA
)


class Side:
    def __init__(self, url: str, shared: Shared, limits: Limits = LIMITS, **more):
        self.at, self.ticks = NOON, 1000.0
        self.shared = shared
        settings = {"base_url": url, "api_key": KEY, "model": MODEL, **more}
        self.model = Model(
            ModelSettings.model_validate(settings),
            shared,
            limits=limits,
            clock=lambda: self.at,
            ticks=lambda: self.ticks,
        )
        self._count = 0

    async def ask(self, **more):
        """A question that was not asked before."""
        self._count += 1
        data = more.pop("data", f"{ASKED.data} {self._count}")
        return await self.model.ask(replace(ASKED, data=data, **more))

    async def fails(self) -> str:
        with pytest.raises(NoModel) as raised:
            await self.ask()
        assert KEY not in str(raised.value)
        return str(raised.value)

    @property
    def spent(self) -> int:
        return int(self.shared.cursors.get(DAY, 0))


@asynccontextmanager
async def both(limits: Limits = LIMITS, **more):
    async with ChatServer().running() as server:
        yield server, Side(server.url, Shared(), limits, **more)
