"""What rules set going in the upper layers: kick-offs, and words for customers."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import log, people
from bot.commands import kickoff, offering, settling
from bot.commands.offering import Offer
from bot.commands.registry import Ask, CommandError, Host
from bot.contract import Notice
from bot.rules import actions
from bot.rules.actions import Action
from bot.rules.firing import Doer, Firing
from storage import plans
from storage.tables import Conversation, Customer, Project, Receipt

_log = log.get("doers")


class Doers:
    """Hands the actions of rules to the commands that know how."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def all(self) -> Mapping[str, Doer]:
        return {"flow": self.flow, "push": self.push}

    async def flow(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        """`kickoff`: the project starts, unless it runs already; its people hear of the money."""
        assert isinstance(action, actions.Begin)  # noqa: S101 - the engine hands each doer its own
        ask = self._ask(session, now)
        project = await _project(session, firing)
        if project is None or action.flow != "kickoff":
            _log.warning("rules.nothing_to_start", rule=firing.rule.id, flow=action.flow)
            return
        await kickoff.paid(ask, project)
        planned = (await plans.tasks(session, [project.id]))[project.id]
        if project.phase == "start" or not planned:
            template = await kickoff.usual(ask)
            await kickoff.begin(ask, project, template, ask.now.date())

    async def push(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        """`payment`: a thank-you for the customer, which waits for a yes."""
        assert isinstance(action, actions.Offer)  # noqa: S101 - the engine hands each doer its own
        customer = await session.get(Customer, firing.seen.customer_id or 0)
        if customer is None or action.push != "payment":
            _log.warning("rules.nothing_to_say", rule=firing.rule.id, push=action.push)
            return
        receipt = await _newest_receipt(session, customer)

        async def make(chat: Conversation) -> Notice:
            return await settling.confirmation(session, receipt, chat)

        ask = self._ask(session, now)
        project = await session.get(Project, firing.seen.project_id or 0)
        try:
            async with session.begin_nested():
                await offering.offer(ask, Offer("payment", customer, project, make))
        except CommandError as error:  # no chat, no mailbox: the alert of the rule is there still
            _log.warning("rules.not_said", rule=firing.rule.id, why=error.text.en)

    def _ask(self, session: AsyncSession, now: datetime) -> Ask:
        actor = people.program(self._host.defaults)
        return Ask(session, actor, now.astimezone(actor.zone), None, self._host)


async def _project(session: AsyncSession, firing: Firing) -> Project | None:
    """The project that it is about; else the customer's newest that has not begun."""
    if firing.seen.project_id:
        return await session.get(Project, firing.seen.project_id)
    return (
        await session.exec(
            select(Project)
            .where(Project.customer_id == firing.seen.customer_id, Project.phase == "start")
            .order_by(col(Project.id).desc())
            .limit(1)
        )
    ).first()


async def _newest_receipt(session: AsyncSession, customer: Customer) -> Receipt:
    return (
        await session.exec(
            select(Receipt)
            .where(Receipt.customer_id == customer.id)
            .order_by(col(Receipt.id).desc())
            .limit(1)
        )
    ).one()
