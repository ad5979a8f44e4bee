"""Surveys that nobody has answered: reminded of once, after some working days, then never again."""

from datetime import datetime, time
from typing import Final

from bot import clock, log, people
from bot.clock import Clock
from bot.commands import offering
from bot.commands.offering import Offer
from bot.commands.registry import Ask, CommandError, Host
from bot.contract import Notice
from bot.domain import workdays
from bot.jobs.care import at_work
from bot.people import Defaults
from bot.texts import Text
from storage import surveys
from storage.db import Database
from storage.tables import Conversation, Customer, Project, Push, Survey

JOB: Final = "surveys"
CRON: Final = "35 * * * *"
PATIENCE: Final = 3
"""Working days."""

_log = log.get("surveys")

_AGAIN = Text(
    "您好！前几天邀请您做的评价还等着您，只需点一下，谢谢！",
    "Hello, some days ago we asked for your opinion. One tap is enough. Thank you!",
)


class Surveys:
    """The job: the same question with its own key, put before who approves."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, host: Host) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._host = host

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what waits now counts
        local = self._now().astimezone(clock.zone(self._defaults.timezone))
        if not at_work(local):
            return
        last = workdays.china().add(local.date(), -PATIENCE)
        before = datetime.combine(last, time.max, local.tzinfo)
        async with self._db.transaction() as session:
            ask = Ask(session, people.program(self._defaults), local, None, self._host)
            for one, push, customer in await surveys.unanswered(session, before, local):
                one.reminded_at = local
                session.add(one)
                try:
                    async with ask.attempt():
                        await self._again(ask, one, push, customer)
                except CommandError as error:
                    _log.info("surveys.not_reminded", survey=one.id, why=error.text.en)

    async def _again(self, ask: Ask, one: Survey, push: Push, customer: Customer) -> None:
        project = await ask.session.get(Project, one.project_id or 0)
        asked = offering.words(push)
        text = f"{_AGAIN.in_(asked.language)}\n{asked.text}"

        async def make(_: Conversation) -> Notice:
            return asked.model_copy(update={"text": text})

        await offering.offer(ask, Offer("survey", customer, project, make))
