"""Payments that are late, told up a ladder, and contracts that are about to end."""

from datetime import date, datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, people, selectors, telling
from bot.clock import Clock
from bot.commands import cards
from bot.contract import Button, Fact, Level, Notice
from bot.domain import ageing, workdays
from bot.people import Defaults
from bot.texts import Text, language_of
from storage import money
from storage.db import Database
from storage.money import Overdue
from storage.tables import Contract, Customer, User

JOB: Final = "receivables"
CRON: Final = "20 * * * *"
"""Each hour, since a working day begins at another hour in each zone; each step is told once."""

_LATE = Text("回款逾期 {days} 天", "Payment {days} days late")
_WHAT = Text(
    "{customer} 的「{name}」应于 {due} 到账，尚未收齐。",
    "“{name}” of {customer} was due on {due} and is not paid in full.",
)
_OPEN = Text("未收金额", "Open")
_PROJECT = Text("项目", "Project")
_PAYMENTS = Text("收款情况", "Payments")
_CARD = Text("客户卡片", "Card")
_ENDS = Text("合同即将到期", "A contract ends soon")
_ENDS_ON = Text(
    "{customer} 的合同 {code} {name} 将于 {day} 到期（还有 {days} 天）。",
    "The contract {code} {name} of {customer} ends on {day} (days left: {days}).",
)
_CONTRACT = Text("查看合同", "Contract")


class Receivables:
    """The job; nobody is told on a day off, nor in quiet hours."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is late now counts
        now = self._now()
        firms_day = now.astimezone(clock.zone(self._defaults.timezone)).date()
        async with self._db.transaction() as session:
            for one in await money.overdue(session, firms_day):
                step = ageing.reached(one.days)
                if step is not None:
                    await self._late(session, one, step, now)
            for contract, customer, owner in await money.ending(session, firms_day):
                if owner is not None:
                    await self._ends(session, contract, customer, owner, now)

    async def _late(
        self, session: AsyncSession, one: Overdue, step: ageing.Step, now: datetime
    ) -> None:
        told: dict[int, User] = {}
        for selector in step.tell:
            for user in await selectors.users(
                session, selector, customer=one.customer, project=one.project
            ):
                told[user.id] = user
        for user in told.values():
            reader = await people.actor(session, user.id, self._defaults)
            if reader is None:
                continue
            shows = reader.scope.money == "amount"
            notice = late(one, reader.language, amounts=shows)
            key = f"overdue:{one.term.id}:{one.term.due}:{step.days}:{user.id}"
            await self._tell(session, user, notice, key, now)

    async def _ends(
        self,
        session: AsyncSession,
        contract: Contract,
        customer: Customer,
        owner: User,
        now: datetime,
    ) -> None:
        today = now.astimezone(clock.zone(owner.timezone, self._defaults.timezone)).date()
        language = language_of(owner.language or self._defaults.language)
        key = f"contract-ends:{contract.id}:{contract.ends_on}:{owner.id}"
        await self._tell(session, owner, ends(contract, customer, today, language), key, now)

    async def _tell(
        self, session: AsyncSession, user: User, notice: Notice, key: str, now: datetime
    ) -> None:
        local = now.astimezone(clock.zone(user.timezone, self._defaults.timezone))
        if workdays.china().is_workday(local.date()):
            await telling.member(
                session, user, notice, home=self._home, key=key, now=now, by_day=self._defaults
            )


def late(one: Overdue, language: str, *, amounts: bool) -> Notice:
    """A late payment as its reader may see it."""
    project = one.project
    opened = cards.money(one.open, one.term.currency, language) if amounts else ""
    where = f"{project.code} {project.name}" if project else ""
    facts = [(_PROJECT, where), (_OPEN, opened)]
    button = (
        Button(label=_PAYMENTS.in_(language), command=f"/payments {project.code}", primary=True)
        if project
        else Button(
            label=_CARD.in_(language), command=f"/customer {one.customer.code}", primary=True
        )
    )
    return Notice(
        level=Level.DANGER if one.days >= ageing.ladder()[-1].days else Level.WARNING,
        title=_LATE.in_(language, days=one.days),
        text=_WHAT.in_(
            language,
            customer=f"{one.customer.code} {one.customer.name}",
            name=one.term.name,
            due=cards.day(one.term.due, language),
        ),
        facts=tuple(Fact(label=t.in_(language), value=v) for t, v in facts if v),
        buttons=(button,),
        language=language,
    )


def ends(contract: Contract, customer: Customer, today: date, language: str) -> Notice:
    return Notice(
        level=Level.WARNING,
        title=_ENDS.in_(language),
        text=_ENDS_ON.in_(
            language,
            customer=f"{customer.code} {customer.name}",
            code=contract.code,
            name=contract.name,
            day=cards.day(contract.ends_on, language),
            days=(contract.ends_on - today).days if contract.ends_on else 0,
        ),
        buttons=(
            Button(
                label=_CONTRACT.in_(language), command=f"/contract {contract.code}", primary=True
            ),
        ),
        language=language,
    )
