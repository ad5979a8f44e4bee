"""The risk scan: rules on tasks, projects and moods, over the whole firm."""

from datetime import datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log
from bot.clock import Clock
from bot.people import Defaults
from bot.rules.book import Book
from bot.rules.engine import Engine, Subject
from storage import watch
from storage.db import Database

JOB: Final = "risk_scan"
CRON: Final = "*/5 * * * *"

_log = log.get("risk_scan")


class RiskScan:
    """The job that evaluates scan rules, raises alerts once, and closes what is over."""

    def __init__(self, db: Database, rules: Engine, now: Clock, defaults: Defaults) -> None:
        self._db = db
        self._rules = rules
        self._now = now
        self._defaults = defaults

    async def run(self, slot: str) -> None:  # noqa: ARG002 - the scan looks at now
        now = self._now()
        async with self._db.transaction() as session:
            rules = await self._rules.in_force(session)
            held = await self._tasks(session, now, rules)
            held += [
                pair
                for project in await watch.running_projects(session)
                for pair in await self._rules.check_project(session, project, now, rules)
            ]
            held += await self._moods(session, now, rules)
            scanned = [rule.id for rule in rules.rules.values() if rule.on != "message.filed"]
            await watch.close_alerts(session, scanned, set(held), now)
        _log.info("risk_scan.done", holding=len(held))

    async def _tasks(
        self, session: AsyncSession, now: datetime, rules: Book
    ) -> list[tuple[str, str]]:
        today = now.astimezone(clock.zone(self._defaults.timezone)).date()
        held: list[tuple[str, str]] = []
        for late in await watch.late_tasks(session, today):
            task, project = late.task, late.project
            days = (today - task.due).days if task.due else 0
            facts = {"task.days_late": days, "task.key": task.key, "project.phase": project.phase}
            subject = Subject(
                f"task:{task.id}",
                None,
                project,
                {
                    "project": f"{project.code} {project.name}",
                    "task": task.name,
                    "due": task.due,
                    "days_late": days,
                    "assignee": late.assignee or "—",
                },
            )
            for rule in rules.matching("task.checked", facts):
                held.append((rule.id, subject.name))
                await self._rules.fire(session, rule, subject, facts, now)
        return held

    async def _moods(
        self, session: AsyncSession, now: datetime, rules: Book
    ) -> list[tuple[str, str]]:
        moods = await watch.moods(session, now)
        known = await watch.customers(session, [mood.customer_id for mood in moods])
        held: list[tuple[str, str]] = []
        for mood in moods:
            customer = known[mood.customer_id]
            drop = mood.before - mood.now
            facts = {
                "customer.mood": mood.now,
                "customer.mood_drop": drop,
                "customer.tier": customer.tier,
            }
            said = {
                "customer": f"{customer.code} {customer.name}",
                "mood": f"{mood.now:+.2f}",
                "mood_drop": f"{drop:.2f}",
            }
            subject = Subject(f"customer:{customer.id}", customer, None, said)
            for rule in rules.matching("customer.checked", facts):
                held.append((rule.id, subject.name))
                await self._rules.fire(session, rule, subject, facts, now)
        return held
