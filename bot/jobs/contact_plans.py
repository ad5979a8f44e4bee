"""Promised contact that did not happen: the customer's owner is nudged, once for each time."""

from dataclasses import replace
from typing import Final

from bot import clock, people, telling
from bot.clock import Clock
from bot.commands import cards
from bot.commands.registry import Ask
from bot.contract import Button
from bot.jobs.care import at_work
from bot.people import Defaults
from bot.texts import Text
from storage import care
from storage.care import Promise
from storage.db import Database

JOB: Final = "contact_plans"
CRON: Final = "20 * * * *"

_TITLE = Text("沟通计划到期：{customer}", "Contact with {customer} is due")
_TEXT = Text(
    "约定每 {days} 天联系一次，最近一次是 {last}。",
    "Contact is promised every {days} days; the last was on {last}.",
)


class ContactPlans:
    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts
        local = self._now().astimezone(clock.zone(self._defaults.timezone))
        if not at_work(local):
            return
        async with self._db.transaction() as session:
            ask = Ask(session, people.program(self._defaults), local)
            today = local.date()
            for one in await care.promises(session, today, self._defaults.timezone):
                await self._nudge(ask, one)
                one.plan.nudged_on = today
                session.add(one.plan)

    async def _nudge(self, ask: Ask, one: Promise) -> None:
        reader = await people.actor(ask.session, one.owner.id, self._defaults)
        if reader is None:
            return
        there, plan, customer = replace(ask, actor=reader), one.plan, one.customer
        notice = there.notice(
            title=there.t(_TITLE, customer=f"{customer.code} {customer.name}"),
            text=there.t(_TEXT, days=plan.every_days, last=cards.day(one.last, there.language)),
            facts=[
                (there.t(Text("渠道", "Channel")), plan.channel),
                (there.t(Text("内容", "About")), plan.about),
            ],
            buttons=[
                Button(
                    label=there.t(Text("时间线", "Timeline")),
                    command=f"/timeline {customer.code}",
                ),
                Button(
                    label=there.t(Text("沟通计划", "Contact plan")),
                    command=f"/contact plan {customer.code}",
                ),
            ],
        )
        key = f"contact-plan:{plan.id}:{ask.now.date()}"
        await telling.member(ask.session, one.owner, notice, home=self._home, key=key, now=ask.now)
