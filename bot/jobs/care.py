"""The care calendar at work: drafts put before those who approve, owners nudged to visit."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, people, telling
from bot.clock import Clock
from bot.commands import cards, care, offering, public, survey
from bot.commands.offering import Offer
from bot.commands.registry import Ask, CommandError, Host
from bot.contract import Button, Level, Notice
from bot.domain import care as plans
from bot.domain import workdays
from bot.domain.care import Node, SurveyKind
from bot.people import Defaults
from bot.texts import Text
from storage import care as rows
from storage import watch
from storage.db import Database
from storage.tables import CareNode, Conversation, Customer, Project, User

JOB: Final = "care"
CRON: Final = "5 * * * *"
"""Each hour of the working day: who had no chat this morning may have one by now."""
HOURS: Final = range(9, 18)

_log = log.get("care")

_VISIT = Text("该联系 {customer} 了", "It is time to talk to {customer}")
_LAST = Text("最近的话题", "Last spoken of")
_STUCK = Text("关怀「{node}」无法提出", "The care “{node}” could not be proposed")
_DONE = Text("已联系", "Done")
_SKIP = Text("跳过", "Skip")
_TIMELINE = Text("时间线", "Timeline")


def at_work(now: datetime) -> bool:
    """Whether it is a working day's daytime where `now` is."""
    return workdays.china().is_workday(now.date()) and now.hour in HOURS


class Care:
    """The job; what a night has missed is made up for, what is stale by then is skipped."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str, host: Host) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home
        self._host = host

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts
        local = self._now().astimezone(clock.zone(self._defaults.timezone))
        if not at_work(local):
            return
        async with self._db.transaction() as session:
            ask = Ask(session, people.program(self._defaults), local, None, self._host)
            nodes = {node.id: node for node in await care.plan(session)}
            await self._write_down(session, list(nodes.values()), local.date())
            visits = [node.id for node in nodes.values() if node.act == "visit"]
            for one in await rows.spoken_since(session, visits, self._defaults.timezone):
                care.finish(ask, one, done=True)
            await session.flush()
            ready = await rows.ready(session, local.date())
            for one, customer, project in ready:
                node = plans.by_hand(one.node, one.words) if one.words else nodes.get(one.node)
                if node is not None:
                    await self._act(ask, node, one, customer, project)

    async def _write_down(self, session: AsyncSession, nodes: list[Node], today: date) -> None:
        anchors = await rows.anchors(session, self._defaults.timezone)
        customers = await watch.customers(session, {one.customer_id for one in anchors})
        await rows.claim_all(session, care.points(nodes, anchors, customers, today))

    async def _act(
        self, ask: Ask, node: Node, one: CareNode, customer: Customer, project: Project | None
    ) -> None:
        if one.due < ask.now.date() - timedelta(days=plans.STALE):
            one.state = "skipped"
            ask.session.add(one)
            return
        if node.act == "visit":
            await self._nudge(ask, node, one, customer)
            one.state = "proposed"
            ask.session.add(one)
            return
        try:
            async with ask.attempt():
                await self._propose(ask, node, one, customer, project)
        except survey.TooSoon:
            return  # it stays in the calendar, and is asked once its time has come
        except CommandError as error:
            _log.info("care.stuck", node=node.id, customer=customer.code, why=error.text.en)
            await self._stuck(ask, node, one, customer, error)

    async def _propose(
        self, ask: Ask, node: Node, one: CareNode, customer: Customer, project: Project | None
    ) -> None:
        if node.act == "survey":
            asked, _ = await survey.invite(ask, SurveyKind(node.survey), customer, project)
            one.push_id, one.state, one.done_at = asked.push_id, "done", ask.now
        else:
            words = node.words.text if node.words else node.name.text

            async def make(chat: Conversation) -> Notice:
                return await public.care(ask.session, customer, chat, words)

            made = await offering.offer(ask, Offer("care", customer, project, make))
            one.push_id, one.state = made[0][0].id, "proposed"
        ask.session.add(one)
        await ask.session.flush()

    async def _nudge(self, ask: Ask, node: Node, one: CareNode, customer: Customer) -> None:
        """The owner is told whom to talk to, with what was spoken of last."""
        reader = await self._owner(ask, customer)
        if reader is None:
            return
        user, there = reader
        said = await rows.topics(ask.session, there.actor.scope, customer.id)
        notice = there.notice(
            title=there.t(_VISIT, customer=f"{customer.code} {customer.name}"),
            text=there.t(node.name.text),
            facts=[(there.t(_LAST), "\n".join(cards.short(item.text, 80) for item in said))],
            buttons=[
                Button(label=there.t(_DONE), command=f"/care done {one.id}", primary=True),
                Button(label=there.t(_SKIP), command=f"/care skip {one.id}"),
                Button(label=there.t(_TIMELINE), command=f"/timeline {customer.code}"),
            ],
        )
        await self._tell(ask, user, notice, f"care:{one.id}")

    async def _stuck(
        self, ask: Ask, node: Node, one: CareNode, customer: Customer, error: CommandError
    ) -> None:
        reader = await self._owner(ask, customer)
        if reader is None:
            return
        user, there = reader
        notice = there.notice(
            level=Level.WARNING,
            title=there.t(_STUCK, node=there.t(node.name.text)),
            text=f"{customer.code} {customer.name}\n{there.t(error.text, **error.facts)}",
            buttons=[Button(label=there.t(_SKIP), command=f"/care skip {one.id}")],
        )
        await self._tell(ask, user, notice, f"care-stuck:{one.id}")

    async def _owner(self, ask: Ask, customer: Customer) -> tuple[User, Ask] | None:
        user = await ask.session.get(User, customer.owner_id or 0)
        reader = await people.actor(ask.session, user.id, self._defaults) if user else None
        return (user, replace(ask, actor=reader)) if user and reader else None

    async def _tell(self, ask: Ask, user: User, notice: Notice, key: str) -> None:
        await telling.member(ask.session, user, notice, home=self._home, key=key, now=ask.now)
