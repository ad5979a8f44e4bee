"""Tells members what they asked to be reminded of, and what they promised."""

from datetime import datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import telling
from bot.clock import Clock
from bot.contract import Button, Level, Notice
from bot.people import Defaults
from bot.texts import Text, language_of
from storage import reminders
from storage.db import Database
from storage.tables import Customer, Project, Reminder, User

JOB: Final = "remind"
CRON: Final = "* * * * *"

_REMINDER = Text("提醒", "Reminder")
_PROMISE = Text("您承诺过客户", "You promised a customer")
_ABOUT = Text("关于 {what}", "About {what}")
_DONE = Text("已办", "Done")
_LATER = Text("明早再提醒", "Tomorrow again")
_ITEM = Text("原话", "The words")


class Remind:
    """The job; each reminder is told once, a promise not at night."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts
        now = self._now()
        async with self._db.transaction() as session:
            for one in await reminders.due(session, now):
                await self._tell(session, one, now)

    async def _tell(self, session: AsyncSession, one: Reminder, now: datetime) -> None:
        one.told_at = now
        session.add(one)
        user = await session.get(User, one.user_id)
        if user is None or not user.active:
            return
        # A time that a member has asked for is not night.
        by_day = self._defaults if one.source == "promise" else None
        notice = await _notice(session, one, user.language or self._defaults.language)
        key = f"reminder:{one.id}:{one.at:%Y%m%dT%H%M}"
        await telling.member(
            session, user, notice, home=self._home, key=key, now=now, by_day=by_day
        )


async def _notice(session: AsyncSession, one: Reminder, spoken: str) -> Notice:
    language = language_of(spoken)
    about = await session.get(Project, one.project_id or 0) or await session.get(
        Customer, one.customer_id or 0
    )
    buttons = [
        Button(
            label=_DONE.in_(language),
            command=f"/reminder done {one.id}",
            primary=True,
            once=True,
        ),
        Button(label=_LATER.in_(language), command=f"/reminder later {one.id}", once=True),
    ]
    if one.interaction_id:
        buttons.append(Button(label=_ITEM.in_(language), command=f"/item #{one.interaction_id}"))
    return Notice(
        level=Level.WARNING if one.source == "promise" else Level.INFO,
        title=(_PROMISE if one.source == "promise" else _REMINDER).in_(language),
        text=one.text,
        note=_ABOUT.in_(language, what=f"{about.code} {about.name}") if about else "",
        buttons=tuple(buttons),
        language=language,
    )
