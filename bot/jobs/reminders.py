"""Milestone reminders: to the manager and into the project's internal chats, some days before."""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox
from bot.clock import Clock
from bot.commands import cards
from bot.contract import Button, Level, Notice
from bot.domain import workdays
from bot.people import Defaults, own_chats
from bot.texts import Text, language_of
from storage import projects, watch
from storage.db import Database
from storage.tables import Conversation, Milestone, Project, User

JOB: Final = "reminders"
CRON: Final = "*/15 * * * *"
_FURTHEST: Final = timedelta(days=60)

_TITLE = Text("里程碑提醒", "Milestone reminder")
_TODAY = Text(
    "{project} 的里程碑「{name}」今天（{due}）到期。",
    "The milestone “{name}” of {project} is due today ({due}).",
)
_SOON = Text(
    "{project} 的里程碑「{name}」还有 {days} 天到期（{due}）。",
    "The milestone “{name}” of {project} is due on {due} (days left: {days}).",
)
_DONE = Text("完成里程碑", "Milestone done")


class Reminders:
    """The job that reminds of each milestone once, `remind_days` before it is due, on a working day."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts
        now = self._now()
        today = now.astimezone(clock.zone(self._defaults.timezone)).date()
        worked = workdays.china()
        if self._defaults.quiet is not None and not worked.is_workday(today):
            return  # it was said on the last working day
        ahead = worked.add(today, 1) if self._defaults.quiet else today + timedelta(days=1)
        async with self._db.transaction() as session:
            for milestone, project in await projects.coming_milestones(
                session, today, today + _FURTHEST
            ):
                days = (milestone.due - today).days
                if (milestone.due - ahead).days < milestone.remind_days:
                    await self._remind(session, milestone, project, days, now)

    async def _remind(
        self,
        session: AsyncSession,
        milestone: Milestone,
        project: Project,
        days: int,
        now: datetime,
    ) -> None:
        chats: list[tuple[Conversation, str | None, str | None]] = [
            (chat, chat.language, chat.timezone)
            for chat in await watch.bound_chats(session, project.customer_id, project.id, now)
        ]
        manager = await session.get(User, project.manager_id) if project.manager_id else None
        if manager is not None and manager.active:
            own = await own_chats(session, self._home, manager, now)
            chats += [(chat, manager.language, manager.timezone) for chat in own]
        for chat, language, zone in chats:
            local = now.astimezone(clock.zone(zone, self._defaults.timezone))
            await outbox.post(
                session,
                _notice(milestone, project, days, language_of(language or self._defaults.language)),
                channel=chat.channel,
                chat=chat.chat,
                key=f"milestone:{milestone.id}:{milestone.due}:{chat.channel}:{chat.chat}",
                not_before=outbox.after_quiet(local, self._defaults.quiet),
            )


def _notice(milestone: Milestone, project: Project, days: int, language: str) -> Notice:
    text = _TODAY if days == 0 else _SOON
    return Notice(
        level=Level.WARNING if days <= 1 else Level.INFO,
        title=_TITLE.in_(language),
        text=text.in_(
            language,
            project=f"{project.code} {project.name}",
            name=milestone.name,
            days=days,
            due=cards.day(milestone.due, language),
        ),
        buttons=(
            Button(
                label=_DONE.in_(language),
                command=f'/milestone done {project.code} "{milestone.name}"',
                primary=True,
            ),
        ),
        language=language,
    )
