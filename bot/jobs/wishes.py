"""What customers ask for is put before the project's manager as tasks, one tap each."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import telling
from bot.clock import Clock
from bot.commands import cards
from bot.contract import Button, Fact, Notice, quoted
from bot.people import Defaults
from bot.texts import Language, Text, language_of
from storage import wishes
from storage.db import Database
from storage.tables import User
from storage.wishes import Wish

JOB: Final = "wishes"
CRON: Final = "* * * * *"
_SETTLED: Final = timedelta(seconds=10)
"""Filing takes numbers before it commits; by then it has."""
_FRESH: Final = timedelta(days=2)
"""What was said earlier, as when mails of a year are brought in, is on the timeline only."""
_MOST: Final = 5
"""Messages in one notice; more come with the next."""

_TITLE = Text("客户提出了请求（{n}）", "Customers ask for something ({n})")
_TASK = Text("建任务：{words}", "Task: {words}")
_CHANGE = Text("走变更：{words}", "Change: {words}")
_OPEN = Text("原文 #{item}", "Words #{item}")


class Wishes:
    """The job that proposes tasks."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is new counts
        now = self._now()
        async with self._db.transaction() as session:
            found = await wishes.newest(session, now - _SETTLED, now - _FRESH)
            of: defaultdict[int, list[Wish]] = defaultdict(list)
            for wish in found:
                of[wish.receiver_id].append(wish)
            for user_id, mine in of.items():
                for at in range(0, len(mine), _MOST):
                    await self._tell(session, user_id, mine[at : at + _MOST], now)

    async def _tell(
        self, session: AsyncSession, user_id: int, mine: Sequence[Wish], now: datetime
    ) -> None:
        user = await session.get_one(User, user_id)
        await telling.member(
            session,
            user,
            _notice(mine, language_of(user.language or self._defaults.language)),
            home=self._home,
            key=f"wishes:{mine[0].interaction_id}-{mine[-1].interaction_id}",
            now=now,
            by_day=self._defaults,
        )


def _notice(found: Sequence[Wish], language: Language) -> Notice:
    facts: list[Fact] = []
    buttons: list[Button] = []
    for wish in found:
        said = "\n".join(f"· {one['words']}" for one in wish.asks)
        who = " · ".join(filter(None, (wish.project, wish.customer, wish.sender)))
        facts.append(Fact(label=who, value=said))
        first = wish.asks[0]
        words = quoted(cards.short(first["words"]))
        short = cards.short(first["words"], 12)
        due = f" due:{first['due']}" if first.get("due") else ""
        make = Button(
            label=_TASK.in_(language, words=short),
            command=f"/task new {wish.project} {words}{due} item:#{wish.interaction_id}",
            primary=not wish.scope,
            once=len(found) == 1,
        )
        change = Button(
            label=_CHANGE.in_(language, words=short),
            command=f"/change new {wish.project} {words} item:#{wish.interaction_id}",
            primary=wish.scope,
            once=len(found) == 1,
        )
        opened = Button(
            label=_OPEN.in_(language, item=wish.interaction_id),
            command=f"/item #{wish.interaction_id}",
        )
        buttons += [change, make, opened] if wish.scope else [make, change, opened]
    return Notice(
        title=_TITLE.in_(language, n=len(found)),
        facts=tuple(facts),
        buttons=tuple(buttons),
        language=language,
    )
