"""Reports made for single customers, put before who approves when their day has come."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, people, selectors, telling
from bot.clock import Clock
from bot.commands import offering, report, report_sections
from bot.commands.registry import Ask, CommandError, Host
from bot.contract import Button, Level, Notice
from bot.domain import reports
from bot.domain.reports import Every
from bot.people import Defaults
from bot.texts import Text
from storage import reports as kept
from storage.db import Database
from storage.tables import Conversation, Customer, CustomerReport

JOB: Final = "customer_reports"
CRON: Final = "35 * * * *"
"""Each hour, since its time comes at another hour in each zone."""

_log = log.get("customer_reports")

_NOT_OFFERED = Text("给 {who} 的报告没有送出", "The report for {who} did not go out")


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
                row.sent_on = local.date()
                session.add(row)

    async def _offer(
        self, session: AsyncSession, row: CustomerReport, customer: Customer, local: datetime
    ) -> None:
        ask = Ask(session, people.program(self._defaults), local, None, self._host)

        try:
            template = await report.named(ask, row.template)

            async def make(chat: Conversation) -> Notice:
                return await report_sections.make(ask, customer, row, chat, template)

            async with ask.attempt():
                await offering.offer(
                    ask, offering.Offer("report", customer, None, make, to=row.conversation_id)
                )
        except CommandError as error:
            # No chat, or it wants no more of these: the next one is due a period on.
            _log.warning("customer_report.not_offered", report=row.id, why=str(error))
            await self._tell(ask, row, customer, error)

    async def _tell(
        self, ask: Ask, row: CustomerReport, customer: Customer, error: CommandError
    ) -> None:
        """Whoever looks after the customer hears that this report did not go out, and why."""
        for user in await selectors.users(ask.session, "customer.owner", customer=customer):
            reader = await people.actor(ask.session, user.id, self._defaults)
            if reader is None:
                continue
            there = replace(ask, actor=reader)
            notice = there.notice(
                title=there.t(_NOT_OFFERED, who=f"{customer.code} {customer.name}"),
                text=there.t(error.text, **error.facts),
                level=Level.WARNING,
                buttons=[
                    Button(
                        label=there.t(Text("看报告", "The report")),
                        command=f"/report {customer.code}",
                    ),
                    Button(
                        label=there.t(Text("停止报告", "No more reports")),
                        command=f"/report off {customer.code}",
                    ),
                ],
            )
            key = f"report-not-offered:{row.id}:{ask.now.date()}:{user.id}"
            await telling.member(
                ask.session,
                user,
                notice,
                home=people.HOME,
                key=key,
                now=ask.now,
                by_day=self._defaults,
            )
