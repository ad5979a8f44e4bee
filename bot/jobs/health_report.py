"""Every other Monday: how customers stand, told to their owners and in the chats bound to them."""

from datetime import date, datetime, time, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox, people, telling
from bot.clock import Clock
from bot.commands import cards, churn, health_card
from bot.commands.registry import Ask
from bot.contract import Button, Fact, Notice, Table
from bot.domain import churn as scorecard
from bot.domain import workdays
from bot.people import Actor, Defaults
from bot.texts import Text, language_of
from storage import health as kept
from storage.db import Database
from storage.health import Latest
from storage.scope import Scope
from storage.tables import Conversation, User

JOB: Final = "health_report"
CRON: Final = "*/30 * * * *"
"""Half past nine comes at another time in each zone."""
_AT: Final = time(9, 30)
_UNTIL: Final = time(18)
_FRESH: Final = timedelta(days=7)
_BACK: Final = timedelta(days=180)
_MOST: Final = 15
_SAID: Final = 3

_TITLE = Text("客户健康双周报（{count}）", "Health of your customers, every two weeks ({count})")
_TALK = Text("最近往来", "Lately")


class HealthReport:
    """The job; each reader is told once in two weeks."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - whose time has come now counts
        now = self._now()
        async with self._db.transaction() as session:
            for user in await kept.owners(session):
                local = now.astimezone(clock.zone(user.timezone, self._defaults.timezone))
                if _is_time(local):
                    await self._owner(session, user, local)
            for chat in await kept.internal_chats(session, now):
                local = now.astimezone(clock.zone(chat.timezone, self._defaults.timezone))
                if _is_time(local):
                    await self._chat(session, chat, local)

    async def _owner(self, session: AsyncSession, user: User, local: datetime) -> None:
        reader = await people.actor(session, user.id, self._defaults)
        if reader is None:
            return
        ask = Ask(session, reader, local)
        rows = await kept.latest(session, reader.scope, local.date() - _FRESH, owner_id=user.id)
        if rows := [row for row in rows if _worth_telling(row)]:
            await telling.member(
                session,
                user,
                await _overview(ask, rows),
                home=self._home,
                key=f"health-report:{_week(local.date())}:{user.id}",
                now=local,
                by_day=self._defaults,
            )

    async def _chat(self, session: AsyncSession, chat: Conversation, local: datetime) -> None:
        everything = Scope(None, frozenset({("all", "all")}), "percent", talk=True)
        language = language_of(chat.language or self._defaults.language)
        # A group may hold project managers: levels of money, never amounts.
        reader = Actor(
            None, "", (), frozenset(), everything, language, clock.zone(str(local.tzinfo))
        )
        ask = Ask(session, reader, local, chat)
        rows = await kept.latest(
            session, everything, local.date() - _FRESH, customer_id=chat.customer_id
        )
        for row in filter(_worth_telling, rows):
            await outbox.post(
                session,
                await card(ask, row),
                channel=chat.channel,
                chat=chat.chat,
                key=f"health-report:{_week(local.date())}:{row.customer.id}:{chat.id}",
                not_before=local,
            )


def _worth_telling(row: Latest) -> bool:
    """One without a score is told of only where they may leave."""
    return row.snapshot.score is not None or (row.snapshot.churn or 0.0) >= scorecard.LISTED


def _is_time(local: datetime) -> bool:
    """Half past nine or later on the first working day of every other week."""
    day = local.date()
    monday = day - timedelta(days=day.weekday())
    first = workdays.china().add(monday, 0)
    return _week(day) % 2 == 0 and day == first and _AT <= local.time() < _UNTIL


def _week(day: date) -> int:
    """The number of a week, without a jump at the turn of the year."""
    return (day - timedelta(days=day.weekday())).toordinal() // 7


async def card(ask: Ask, row: Latest) -> Notice:
    """One customer's health as it was told last, with what was said lately."""
    snapshot, told = row.snapshot, row.snapshot.churn or 0.0
    reasons = churn.reasons(snapshot.churn_reasons, most=len(snapshot.churn_reasons))
    if snapshot.score is None:
        return health_card.unknown(ask, row.customer, (), told, reasons)
    past = await kept.history(ask.session, row.customer.id, snapshot.day - _BACK)
    earlier = [one for one in past if one.day < snapshot.day]
    made = health_card.of(
        ask,
        health_card.Seen(row.customer, snapshot.score, snapshot.parts, (), told, reasons, earlier),
    )
    said = await kept.said_lately(ask.session, row.customer.id, ask.now, _SAID)
    lines = "\n".join(
        f"· {cards.moment(ask, one.occurred_at)} {one.sender_name or '—'}："
        f"{cards.short(one.because or one.text or one.subject, 60)}"
        for one in said
    )
    if not lines:
        return made
    talk = Fact(label=ask.t(_TALK), value=lines)
    return made.model_copy(update={"facts": (*made.facts, talk)})


async def _overview(ask: Ask, rows: list[Latest]) -> Notice:
    """All customers of one owner, the worst first: one message, however many there are."""
    if len(rows) == 1:
        return await card(ask, rows[0])
    before = await kept.earlier(
        ask.session, [row.customer.id for row in rows], ask.now.date(), back=14
    )
    heads = (
        Text("客户", "Customer"),
        Text("健康分", "Health"),
        Text("两周变化", "In two weeks"),
        Text("流失", "May leave"),
    )
    return ask.notice(
        title=ask.t(_TITLE, count=len(rows)),
        table=Table(
            columns=tuple(ask.t(head) for head in heads),
            rows=tuple(
                tuple(
                    health_card.line(ask, row.customer, row.snapshot, before.get(row.customer.id))
                )
                for row in rows[:_MOST]
            ),
        ),
        buttons=[
            Button(label=row.customer.code, command=f"/health {row.customer.code}")
            for row in rows[:5]
        ],
    )
