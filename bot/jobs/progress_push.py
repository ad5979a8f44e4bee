"""What customers are told by themselves, once a member has said yes: progress, and what comes due."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from bot import clock, log, people
from bot.clock import Clock
from bot.commands import approval, offering, public
from bot.commands.offering import Offer
from bot.commands.registry import Ask, CommandError, Host
from bot.contract import Notice
from bot.domain import workdays
from bot.jobs.care import at_work
from bot.people import Defaults
from storage import approvals, care, projects, pushes
from storage.db import Database
from storage.tables import Conversation, Customer, Milestone, PaymentTerm, Project, Push

JOB: Final = "progress_push"
CRON: Final = "*/15 * * * *"
AT: Final = time(16)
SOON: Final = 3
"""Days before a payment is due that its customer is reminded."""
LATE: Final = (3, 14)
"""Days after it, each told once."""
_REACHED: Final = timedelta(days=3)
_FURTHEST: Final = timedelta(days=60)

_log = log.get("progress_push")


def weekly_day(today: date) -> date:
    """The last working day of a week's Monday to Friday; its Friday where none of them is worked."""
    friday = today + timedelta(days=4 - today.weekday())
    days = [friday - timedelta(days=n) for n in range(5)]
    return next((day for day in days if workdays.china().is_workday(day)), friday)


class ProgressPush:
    """The job. Each proposal is a point of the care calendar, so that it is made once."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, host: Host) -> None:
        self._db = db
        self._now = now
        self._defaults = defaults
        self._host = host

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts
        local = self._now().astimezone(clock.zone(self._defaults.timezone))
        async with self._db.transaction() as session:
            ask = Ask(session, people.program(self._defaults), local, None, self._host)
            await self._weekly(ask)
            if at_work(local):
                await self._reached(ask)
                await self._milestones(ask)
                await self._payments(ask)
                await self._returned(ask)

    async def _weekly(self, ask: Ask) -> None:
        """On the week's last working day, at four in the afternoon where the customer is."""
        day = weekly_day(ask.now.date())
        if abs((ask.now.date() - day).days) > 1:
            return
        for project, customer in await pushes.to_tell(ask.session, week=day, reached_since=None):
            there = await self._local(ask, customer, project)
            if there.date() == day and there.time() >= AT:
                await self._progress(ask, project, customer, day)

    async def _reached(self, ask: Ask) -> None:
        today = ask.now.date()
        since = ask.now - _REACHED
        for project, customer in await pushes.to_tell(ask.session, week=today, reached_since=since):
            await self._progress(ask, project, customer, today)

    async def _local(self, ask: Ask, customer: Customer, project: Project) -> datetime:
        chats = await pushes.customer_chats(ask.session, customer, project)
        zone = chats[0].timezone if chats else None
        return ask.now.astimezone(clock.zone(zone, self._defaults.timezone))

    async def _progress(self, ask: Ask, project: Project, customer: Customer, day: date) -> None:
        """Propose how a project stands, unless its customer knows that already."""
        chats = await pushes.customer_chats(ask.session, customer, project)
        if not chats:
            return
        earlier = await pushes.newest(ask.session, project.id, "progress")
        now = await public.progress(ask.session, project, chats[0], ask.now)
        told = next((one for one in earlier if one.conversation_id == chats[0].id), None)
        if told is not None and offering.words(told).facts == now.facts:
            return

        async def make(chat: Conversation) -> Notice:
            return await public.progress(ask.session, project, chat, ask.now)

        if await self._offer(ask, Offer("progress", customer, project, make), "progress", day):
            await _replace(ask, earlier)

    async def _milestones(self, ask: Ask) -> None:
        today = ask.now.date()
        for stone, project in await projects.coming_milestones(
            ask.session, today, today + _FURTHEST
        ):
            if not public.of_work(stone):
                continue
            if project.pushes != "off" and (stone.due - today).days <= stone.remind_days:
                customer = await ask.session.get_one(Customer, project.customer_id)
                make = _of_milestone(ask, project, stone)
                what = Offer("milestone", customer, project, make)
                await self._offer(ask, what, f"milestone:{stone.id}", stone.due)

    async def _payments(self, ask: Ask) -> None:
        today = ask.now.date()
        first, last = today - timedelta(days=LATE[-1] + 7), today + timedelta(days=SOON)
        for term, customer, project in await care.to_pay(ask.session, first, last):
            days = (today - term.due).days
            step = max((one for one in (-SOON, *LATE) if days >= one), default=None)
            if step is None or (step == -SOON and days > 0):
                continue
            what = Offer("payment", customer, project, _of_payment(ask, term, project))
            await self._offer(ask, what, f"payment:{term.id}:{step}", term.due)

    async def _returned(self, ask: Ask) -> None:
        """Words that a chat has refused for good go to the customer's mailbox, if approved again."""
        for push in await pushes.returned(ask.session, ask.now - _REACHED):
            customer = await ask.session.get_one(Customer, push.customer_id)
            project = await ask.session.get(Project, push.project_id or 0)
            chats = await pushes.customer_chats(ask.session, customer, project)
            if any(chat.id != push.conversation_id for chat in chats):
                what = Offer(push.kind, customer, project, _same(push))
                await self._offer(ask, what, f"{push.kind}:again:{push.id}", ask.now.date())

    async def _offer(self, ask: Ask, what: Offer, node: str, day: date) -> bool:
        """Propose words once for this point of the calendar; False where it was done or cannot be."""
        try:
            async with ask.attempt():
                point = await care.claim(
                    ask.session,
                    what.customer.id,
                    node,
                    day,
                    project_id=what.project.id if what.project else None,
                    state="proposed",
                )
                if point is None:
                    return False
                made = await offering.offer(ask, what)
                point.push_id = made[0][0].id
                ask.session.add(point)
                return True
        except CommandError as error:
            code = what.customer.code
            _log.info("progress_push.not_proposed", node=node, customer=code, why=error.text.en)
            return False


Make = Callable[[Conversation], Awaitable[Notice]]


def _of_milestone(ask: Ask, project: Project, stone: Milestone) -> Make:
    async def make(chat: Conversation) -> Notice:
        return await public.milestone(ask.session, project, stone, chat)

    return make


def _of_payment(ask: Ask, term: PaymentTerm, project: Project | None) -> Make:
    async def make(chat: Conversation) -> Notice:
        return await public.payment(ask.session, term, project, chat, ask.now.date())

    return make


def _same(push: Push) -> Make:
    async def make(_: Conversation) -> Notice:
        return offering.words(push)

    return make


async def _replace(ask: Ask, earlier: Sequence[Push]) -> None:
    """What waits for a yes and says less than what was proposed just now is taken back."""
    for push in earlier:
        waits = await approvals.about(ask.session, "push", push.id)
        if waits is not None:
            await approval.take_back(ask, waits)
