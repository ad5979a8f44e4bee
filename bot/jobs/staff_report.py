"""The report of the month before, to managers, on the first working day of a month."""

from dataclasses import replace
from typing import Final

from bot import clock, people, telling
from bot.clock import Clock
from bot.commands import staff
from bot.commands.registry import Ask, CommandError, Host
from bot.domain import workdays
from bot.people import Defaults
from storage import people as members
from storage.db import Database

JOB: Final = "staff_report"
CRON: Final = "10 * * * *"


class StaffReport:
    """The job that sends it once to each manager, with the amounts that they may see."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str, host: Host) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home
        self._host = host

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what day it is counts
        now = self._now()
        today = now.astimezone(clock.zone(self._defaults.timezone)).date()
        if today != workdays.china().add(today.replace(day=1), 0):
            return
        first = staff.last_month(today)
        async with self._db.transaction() as session:
            for user in await members.users_with_role(session, "manager"):
                reader = await people.actor(session, user.id, self._defaults)
                if reader is None or not reader.may("report.read"):
                    continue
                ask = Ask(session, reader, now.astimezone(reader.zone), None, self._host)
                try:
                    notice = await staff.report(ask, first)
                except CommandError as error:  # a rate is missing: the rest is still worth telling
                    scope = replace(reader.scope, money="none")
                    poorer = Ask(session, replace(reader, scope=scope), ask.now, None, self._host)
                    notice = await staff.report(poorer, first)
                    why = ask.t(error.text, **error.facts)
                    notice = notice.model_copy(update={"note": why})
                await telling.member(
                    session,
                    user,
                    notice,
                    home=self._home,
                    key=f"staff-report:{first:%Y-%m}:{user.id}",
                    now=now,
                    by_day=self._defaults,
                )
