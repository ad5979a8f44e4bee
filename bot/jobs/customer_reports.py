"""Reports made for single customers, put before who approves when their day has come."""

from datetime import datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, people
from bot.clock import Clock
from bot.commands import offering, report
from bot.commands.registry import Ask, CommandError, Host
from bot.contract import Notice
from bot.domain import reports
from bot.domain.reports import Every
from bot.people import Defaults
from storage import reports as kept
from storage.db import Database
from storage.tables import Conversation, Customer, CustomerReport

JOB: Final = "customer_reports"
CRON: Final = "35 * * * *"
"""Each hour, since its time comes at another hour in each zone."""

_log = log.get("customer_reports")


class CustomerReports:
    """The job; a report's own row says on which day it was offered last."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, host: Host) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._host = host

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts
        now = self._now()
        async with self._db.transaction() as session:
            for row, customer in await kept.all_of_them(session):
                local = now.astimezone(clock.zone(row.timezone, self._defaults.timezone))
                due = reports.due_on(row.sent_on or row.since, Every(row.every))
                if local.date() < due or (local.date() == due and local.time() < row.at):
                    continue
                await self._offer(session, row, customer, local)

    async def _offer(
        self, session: AsyncSession, row: CustomerReport, customer: Customer, local: datetime
    ) -> None:
        ask = Ask(session, people.program(self._defaults), local, None, self._host)

        async def make(chat: Conversation) -> Notice:
            return await report.make(ask, customer, row, chat)

        try:
            async with session.begin_nested():
                await offering.offer(
                    ask, offering.Offer("report", customer, None, make, to=row.conversation_id)
                )
        except CommandError as error:
            # No chat, or it wants no more of these: the next one is due a period on.
            _log.warning("customer_report.not_offered", report=row.id, why=str(error))
        row.sent_on = local.date()
        session.add(row)
