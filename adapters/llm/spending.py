"""What questions cost, and whether there is anything left for one more."""

from datetime import UTC, date
from typing import Final

from adapters.llm.limits import Away
from adapters.llm.server import Reply
from adapters.llm.settings import ModelSettings
from bot import log
from bot.clock import Clock
from bot.contract import Asked, Ledger, Use

_MILLION: Final = 1_000_000
_log = log.get("llm")


class Meter:
    """The tokens of one question, over all that was tried for it."""

    def __init__(self) -> None:
        self.tokens_in = 0
        self.tokens_out = 0

    def add(self, reply: Reply) -> None:
        self.tokens_in += reply.tokens_in
        self.tokens_out += reply.tokens_out

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


class Spending:
    """Tokens of the day, counted for all processes together."""

    def __init__(self, ledger: Ledger, settings: ModelSettings, clock: Clock) -> None:
        self._ledger = ledger
        self._settings = settings
        self._clock = clock
        self._told: date | None = None

    async def check(self, user_id: int | None) -> None:
        """Raises `Away` where nothing is left of the day's budget, or of the asker's own."""
        today = self._today()
        for_all, for_one = self._settings.budget_per_day, self._settings.budget_per_person
        if for_all and await self._ledger.spent(today) >= for_all:
            if self._told != today:
                self._told = today
                _log.warning("llm.budget_spent", tokens=for_all)
            raise Away("the day's budget is spent")
        if for_one and user_id and await self._ledger.spent(today, user_id) >= for_one:
            _log.info("llm.own_budget_spent", user=user_id, tokens=for_one)
            raise Away("the member's budget of the day is spent")

    async def left(self) -> int | None:
        """Tokens that are left of the day's budget; None: there is no limit."""
        budget = self._settings.budget_per_day
        return max(budget - await self._ledger.spent(self._today()), 0) if budget else None

    async def add(self, asked: Asked, spent: Meter, *, failed: bool) -> None:
        prices = self._settings
        cost = (prices.price_in * spent.tokens_in + prices.price_out * spent.tokens_out) / _MILLION
        use = Use(
            purpose=asked.purpose,
            model=self._settings.model,
            user_id=asked.user_id,
            failed=failed,
            tokens_in=spent.tokens_in,
            tokens_out=spent.tokens_out,
            cost=cost,
        )
        await self._ledger.add(self._today(), use)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()
