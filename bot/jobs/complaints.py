"""After the third complaint in a month: another service level is suggested, once in that month."""

from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import record, selectors, telling
from bot.clock import Clock
from bot.contract import Button, Fact, Level, Notice
from bot.domain import service
from bot.people import Defaults
from bot.texts import Text, language_of
from storage import health as kept
from storage.db import Database
from storage.tables import Customer

JOB: Final = "complaints"
CRON: Final = "*/15 * * * *"
DAYS: Final = 30
LEAST: Final = 3
_WHO: Final = ("customer.owner", "service.head")

_TITLE = Text("建议调整服务等级", "Another service level?")
_TEXT = Text(
    "{customer} 在 {days} 天内投诉了 {count} 次。更高的服务等级意味着更快的应答和解决。",
    "{customer} complained {count} times in {days} days. A higher service level means sooner answers.",
)
_NOW = Text("现在的等级", "Level now")
_PROMISE = Text("{name}：应答 {answer}，解决 {solve}", "{name}: answer {answer}, solved {solve}")
_RAISE = Text("改为 {name}", "Make it {name}")
_LOOK = Text("查看健康分", "Health")


class Complaints:
    """The job; the timeline tells that it was suggested, and keeps it from being so again."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what was complained of until now counts
        async with self._db.transaction() as session:
            for customer, count in await kept.complaining(session, self._now(), DAYS, LEAST):
                await self._suggest(session, customer, count)

    async def _suggest(self, session: AsyncSession, customer: Customer, count: int) -> None:
        now = self._now()
        told = {
            user.id: user
            for selector in _WHO
            for user in await selectors.users(session, selector, customer=customer)
        }
        for user in told.values():
            language = language_of(user.language or self._defaults.language)
            await telling.member(
                session,
                user,
                suggestion(customer, count, language),
                home=self._home,
                key=f"level:{customer.id}:{now:%Y-%m-%d}:{user.id}",
                now=now,
                by_day=self._defaults,
            )
        if told:
            session.add(record.happened("service.suggested", customer_id=customer.id, count=count))


def suggestion(customer: Customer, count: int, language: str) -> Notice:
    known = service.levels()
    now = service.level(customer.tier, customer.service_level)
    better = sorted(
        (name for name, one in known.items() if (one.answer, one.solve) < (now.answer, now.solve)),
        key=lambda name: (-known[name].solve, name),
    )
    return Notice(
        level=Level.WARNING,
        title=_TITLE.in_(language),
        text=_TEXT.in_(
            language, customer=f"{customer.code} {customer.name}", days=DAYS, count=count
        ),
        facts=(Fact(label=_NOW.in_(language), value=_promise(now, language)),),
        buttons=(
            *(
                Button(
                    label=_RAISE.in_(language, name=known[name].text.in_(language)),
                    command=f"/service level {customer.code} {name}",
                    primary=name == better[0],
                )
                for name in better
            ),
            Button(label=_LOOK.in_(language), command=f"/health {customer.code}"),
        ),
        language=language,
    )


def _promise(one: service.Level, language: str) -> str:
    return _PROMISE.in_(
        language,
        name=one.text.in_(language),
        answer=service.span_text(one.answer).in_(language),
        solve=service.span_text(one.solve).in_(language),
    )
