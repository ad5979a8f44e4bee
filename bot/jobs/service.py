"""Service clocks: who must answer or solve is told before it is late, and service's head once it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from babel.dates import format_datetime
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, record, selectors, telling
from bot.clock import Clock
from bot.commands import cards
from bot.contract import Button, Level, Notice, quoted
from bot.domain import service, terms, workdays
from bot.people import Defaults
from bot.pipeline import language as languages
from bot.pipeline import sentiment, signals
from bot.texts import Text, language_of
from storage import answering, cases
from storage.db import Database
from storage.tables import AnswerClock, Conversation, Customer, Interaction, ServiceCase, User

JOB: Final = "service"
CRON: Final = "*/5 * * * *"
_COMPLAINTS: Final = timedelta(hours=6)
"""How far back complaints are looked for; a program that stood still for longer proposes nothing."""

_log = log.get("service")

_SOON = Text("即将超时：{what}", "About to be late: {what}")
_LATE = Text("已超时：{what}", "Late: {what}")
_CASE = Text("工单 {number}「{title}」的{which}", "{which} of case {number} “{title}”")
_ANSWER, _SOLVE = Text("应答", "the answer"), Text("解决", "the solution")
_ASKED = Text("{customer} 的消息还没有答复", "an answer to {customer}")
_BODY = Text("{customer}，时限 {due}，还剩 {left}。", "{customer}, due {due}, {left} left.")
_OVER = Text("{customer}，时限 {due}，已超 {left}。", "{customer}, due {due}, {left} late.")
_OPEN = Text("打开", "Open")
_COMPLAINT = Text("客户投诉，要登记工单吗？", "A complaint: make a case of it?")
_SAID = Text("{customer}：{words}", "{customer}: {words}")
_MAKE = Text("登记工单", "Make a case")


@dataclass(frozen=True, slots=True)
class _Running:
    """One clock that runs."""

    key: str
    what: Text
    facts: dict[str, Text | str | int]
    customer: Customer
    level: service.Level
    span: timedelta
    due: datetime
    opens: str
    """The command that shows what it is about."""
    chat: str = ""
    """Where somebody waits: one customer may wait in several at once."""


class Service:
    """The job that watches clocks; each is told of once before and once after it is late."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what runs now counts
        now = self._now().astimezone(clock.zone(self._defaults.timezone))
        async with self._db.transaction() as session:
            for case, customer, owner in await cases.running(session):
                for one in _of_case(case, customer):
                    await self._look(session, case, one, owner, now)
            for asked, customer, chat in await answering.running(session):
                owner = await session.get(User, customer.owner_id or 0)
                await self._look(session, asked, _of_answer(asked, customer, chat), owner, now)
            for item, customer in await answering.complaints(session, now - _COMPLAINTS):
                if _plain(item):
                    await self._propose(session, item, customer, now)

    async def _look(
        self,
        session: AsyncSession,
        row: ServiceCase | AnswerClock,
        one: _Running,
        owner: User | None,
        now: datetime,
    ) -> None:
        calendar = workdays.china()
        left = one.level.left(now, one.due, calendar)
        ahead = service.heads_up(one.span)
        if left <= timedelta():
            if row.breached_at is not None and row.breached_at >= one.due:
                return
            row.breached_at = now
            session.add(row)
            session.add(_happened(row, now))
            users = [owner]
            # Whoever leads service would drown in the answers of everybody else's customers.
            if isinstance(row, ServiceCase) or one.customer.tier == terms.Tier.VIP:
                users += await selectors.users(session, "service.head")
            await self._tell(session, users, one, left, now)
            _log.info("service.late", what=one.key)
        elif left <= ahead:
            told = row.warned_at
            if told and one.level.left(told.astimezone(now.tzinfo), one.due, calendar) <= ahead:
                return
            row.warned_at = now
            session.add(row)
            active = owner is not None and owner.active
            users = [owner] if active else await selectors.users(session, "service.head")
            await self._tell(session, users, one, left, now)

    async def _tell(
        self,
        session: AsyncSession,
        users: Sequence[User | None],
        one: _Running,
        left: timedelta,
        now: datetime,
    ) -> None:
        late = left <= timedelta()
        for user in {user.id: user for user in users if user and user.active}.values():
            language = language_of(user.language or self._defaults.language)
            local = now.astimezone(clock.zone(user.timezone, self._defaults.timezone))
            facts = {
                name: value.in_(language) if isinstance(value, Text) else value
                for name, value in one.facts.items()
            }
            due = format_datetime(
                one.due.astimezone(local.tzinfo), "short", locale=cards.locale(language)
            )
            notice = Notice(
                level=Level.DANGER if late else Level.WARNING,
                title=(_LATE if late else _SOON).in_(
                    language, what=one.what.in_(language, **facts)
                ),
                text=(_OVER if late else _BODY).in_(
                    language,
                    customer=" · ".join(
                        part
                        for part in (f"{one.customer.code} {one.customer.name}", one.chat)
                        if part
                    ),
                    due=due,
                    left=service.span_text(left).in_(language),
                ),
                buttons=(Button(label=_OPEN.in_(language), command=one.opens, primary=True),),
                language=language,
            )
            # A promise around the clock is worth waking somebody for.
            by_day = None if one.level.always else self._defaults
            key = f"{one.key}:{'late' if late else 'soon'}:{one.due.isoformat()}:{user.id}"
            await telling.member(
                session, user, notice, home=self._home, key=key, now=now, by_day=by_day
            )

    async def _propose(
        self, session: AsyncSession, item: Interaction, customer: Customer, now: datetime
    ) -> None:
        """A complaint becomes a case by a tap of service's, never by itself."""
        users = await selectors.users(session, "role:service")
        users = users or await selectors.users(session, "customer.owner", customer=customer)
        words = cards.short(item.text or item.subject)
        for user in users:
            language = language_of(user.language or self._defaults.language)
            line = f"/case new {customer.code} {quoted(words)} kind:complaint item:#{item.id}"
            notice = Notice(
                level=Level.WARNING,
                title=_COMPLAINT.in_(language),
                text=_SAID.in_(language, customer=f"{customer.code} {customer.name}", words=words),
                buttons=(
                    Button(label=_MAKE.in_(language), command=line, primary=True, once=True),
                    Button(label=_OPEN.in_(language), command=f"/item #{item.id}"),
                ),
                language=language,
            )
            await telling.member(
                session,
                user,
                notice,
                home=self._home,
                key=f"complaint:{item.id}:{user.id}",
                now=now,
                by_day=self._defaults,
            )


def _plain(item: Interaction) -> bool:
    """Whether it is a complaint plainly; what a person or a model has told is believed."""
    if item.mood_by:
        return True
    words = item.text or item.subject
    return signals.complains(sentiment.score(words, languages.detect(words)))


def _of_case(case: ServiceCase, customer: Customer) -> list[_Running]:
    level = service.level(customer.tier, customer.service_level, urgent=case.urgent)
    ends = [
        ("answer", _ANSWER, level.answer, None if case.answered_at else case.answer_by),
        ("solve", _SOLVE, level.solve, case.solve_by),
    ]
    return [
        _Running(
            f"case-{name}:{case.id}",
            _CASE,
            {"number": case.id, "title": case.title, "which": which},
            customer,
            level,
            span,
            due,
            f"/case {case.id}",
        )
        for name, which, span, due in ends
        if due is not None
    ]


def _of_answer(asked: AnswerClock, customer: Customer, chat: Conversation) -> _Running:
    level = service.level(customer.tier, customer.service_level)
    return _Running(
        f"answer:{asked.id}",
        _ASKED,
        {"customer": f"{customer.code} {customer.name}"},
        customer,
        level,
        level.answer,
        asked.due_at,
        f"/item #{asked.interaction_id}",
        chat.name or chat.chat,
    )


def _happened(row: ServiceCase | AnswerClock, now: datetime) -> object:
    if isinstance(row, AnswerClock):
        return record.happened("answer.late", customer_id=row.customer_id, at=now)
    return record.happened(
        "case.late",
        customer_id=row.customer_id,
        project_id=row.project_id,
        at=now,
        number=row.id,
        title=row.title,
    )
