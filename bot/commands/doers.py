"""What rules set going in the upper layers: kick-offs, words for customers, systems that are told."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import outbox, people, selectors, telling
from bot.commands import amounts, approval, kickoff, offering, public, reachable, settling
from bot.commands.offering import Make, Offer
from bot.commands.registry import Ask, CommandError, Host
from bot.contract import Button, Level, Notice
from bot.outbox import WrongAudience
from bot.planning import making
from bot.rules import actions, outward, wording
from bot.rules.actions import Action
from bot.rules.firing import Doer, Firing
from bot.texts import Text, language_of
from storage import approvals, audit, definitions, money, plans, projects, watch
from storage import people as members
from storage.tables import Conversation, Customer, Project, Receipt, User

_UNDONE: Final = Text("规则 {rule} 没能做完", "The rule {rule} could not do all it says")
_NO_PROJECT = Text("没有可以启动的项目。", "There is no project that could begin.")
_PLANNED = Text("{code} 已有计划。", "{code} is planned already.")
_NO_TEMPLATE = Text("没有项目模板「{name}」。", "There is no project template “{name}”.")
_NO_USUAL = Text("还没有常用的项目模板。", "No project template is in use yet.")
_NO_CUSTOMER = Text("没有可以告知的客户。", "There is no customer to be told.")
_NO_RECEIPT = Text("这个客户还没有付款。", "This customer has not paid anything yet.")
_NO_OPEN = Text("这个客户没有进行中的项目。", "This customer has no open project.")
_NO_STONE = Text("{code} 没有里程碑。", "{code} has no milestone.")
_NO_WORDS = Text("关怀计划里已没有「{name}」。", "The care plan has no “{name}” any more.")
_NO_SYSTEM = Text("设置中已没有系统「{name}」。", "The settings name no system “{name}” any more.")
_NOT_INSIDE = Text(
    "「{name}」的会话被标成了客户群。", "The chat of “{name}” was declared a customer's."
)


class Doers:
    """Hands the actions of rules to the commands that know how. What cannot be done is told."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def all(self) -> Mapping[str, Doer]:
        return {"flow": self.flow, "push": self.push, "webhook": self.webhook}

    async def flow(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        """A project begins, unless it runs already; its people hear of the first money."""
        assert isinstance(action, actions.Begin)  # noqa: S101 - the engine hands each doer its own
        name = action.flow
        await self._try(session, firing, now, lambda ask: _begin(ask, firing, name))

    async def push(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        """Words for the customer, which wait for a yes."""
        assert isinstance(action, actions.Offer)  # noqa: S101 - the engine hands each doer its own
        offer = action
        await self._try(session, firing, now, lambda ask: _offer(ask, firing, offer))

    async def webhook(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        """A system of the firm's is told, by the outbox."""
        assert isinstance(action, actions.Webhook)  # noqa: S101 - the engine hands each doer its own
        name = action.webhook
        where = self._host.systems().get(name)
        await self._try(session, firing, now, lambda ask: _tell(ask, firing, name, where))

    async def _try(
        self,
        session: AsyncSession,
        firing: Firing,
        now: datetime,
        do: Callable[[Ask], Awaitable[None]],
    ) -> None:
        """All or nothing of one action; the other actions of the rule are done all the same."""
        actor = people.program(self._host.defaults)
        ask = Ask(session, actor, now.astimezone(actor.zone), None, self._host)
        try:
            async with ask.attempt():
                await do(ask)
        except CommandError as error:
            await self._undone(session, firing, error, now)

    async def _undone(
        self, session: AsyncSession, firing: Firing, error: CommandError, now: datetime
    ) -> None:
        """Whoever wrote the rule hears of it, else whoever it is about; of the same once a day."""
        rule, seen = firing.rule, firing.seen
        table, _, id_ = seen.about.partition(":")
        facts = {"rule": rule.id, "why": error.text.en}
        await audit.write(session, audit.Trace("rule.undone", table, int(id_), facts=facts))
        customer = await session.get(Customer, seen.customer_id or 0)
        project = await session.get(Project, seen.project_id or 0)
        about = project or customer
        for user in await _answerable(session, firing, customer, project):
            language = language_of(user.language or self._host.defaults.language)
            open_ = f"/{'project' if project else 'customer'} {about.code}" if about else "/rules"
            notice = Notice(
                level=Level.WARNING,
                title=_UNDONE.in_(language, rule=rule.id),
                text=error.text.in_(language, **error.facts),
                buttons=(
                    Button(label=about.code if about else rule.id, command=open_),
                    Button(label=rule.id, command=f"/rule {rule.id}"),
                ),
                language=language,
            )
            await telling.member(
                session,
                user,
                notice,
                home=people.HOME,
                key=f"rule-undone:{rule.id}:{seen.name}:{now.date()}:{error.text.zh}",
                now=now,
                by_day=self._host.defaults,
            )


async def _answerable(
    session: AsyncSession, firing: Firing, customer: Customer | None, project: Project | None
) -> Sequence[User]:
    earlier = await definitions.versions(session, "rule", firing.rule.id)
    wrote = next((one.by_id for one in earlier if one.by_id and one.body), None)
    writer = await session.get(User, wrote) if wrote else None
    if writer is not None and writer.active:
        return [writer]
    for selector in ("project.manager", "customer.owner"):
        found = await selectors.users(session, selector, customer=customer, project=project)
        if found:
            return found
    return await members.users_with_role(session, "manager")


# --- begin -------------------------------------------------------------------------------------


async def _begin(ask: Ask, firing: Firing, name: str) -> None:
    project = await _starting(ask.session, firing)
    if project is None:
        raise CommandError(_NO_PROJECT)
    planned = (await plans.tasks(ask.session, [project.id]))[project.id]
    runs = project.phase != "start" and bool(planned)
    if name == reachable.KICKOFF:
        await kickoff.paid(ask, project)
        if not runs:
            await kickoff.begin(ask, project, await kickoff.usual(ask), ask.now.date())
    elif runs:
        raise CommandError(_PLANNED, code=project.code)
    elif name == reachable.START:
        await _ask_to_start(ask, project)
    else:
        template = await making.named(ask.session, name)
        if template is None:
            raise CommandError(_NO_TEMPLATE, name=name)
        if planned or project.template:
            raise CommandError(_PLANNED, code=project.code)
        await kickoff.begin(ask, project, template, ask.now.date())


async def _ask_to_start(ask: Ask, project: Project) -> None:
    """The approval that `/kickoff` asks for too; one at a time."""
    if await approvals.about(ask.session, "start", project.id) is not None:
        return
    template = await kickoff.usual(ask)
    if template is None:
        raise CommandError(_NO_USUAL)
    contracts = await money.contracts(ask.session, project_id=project.id)
    agreed = contracts[0] if contracts else None
    worth = await amounts.in_own(ask, agreed.amount, agreed.currency) if agreed else 0.0
    await approval.ask_for(
        ask,
        "start",
        project,
        title=project.name,
        facts={
            "contract.amount": worth,
            "template": template.id,
            "first": ask.now.date().isoformat(),
        },
        project=project,
    )


async def _starting(session: AsyncSession, firing: Firing) -> Project | None:
    """The project that it is about; else the customer's newest that has not begun."""
    if firing.seen.project_id:
        return await session.get(Project, firing.seen.project_id)
    return await _newest(session, firing, col(Project.phase) == "start")


async def _newest(
    session: AsyncSession, firing: Firing, which: ColumnElement[bool]
) -> Project | None:
    asked = select(Project).where(Project.customer_id == firing.seen.customer_id, which)
    return (await session.exec(asked.order_by(col(Project.id).desc()).limit(1))).first()


# --- words for customers -----------------------------------------------------------------------


async def _offer(ask: Ask, firing: Firing, action: actions.Offer) -> None:
    session = ask.session
    customer = await session.get(Customer, firing.seen.customer_id or 0)
    if customer is None:
        raise CommandError(_NO_CUSTOMER)
    project = await session.get(Project, firing.seen.project_id or 0)
    if action.push == reachable.PAYMENT:
        offer = Offer("payment", customer, project, await _thanks(ask, customer))
    elif action.push == reachable.PROGRESS:
        project = project or await _newest(session, firing, col(Project.phase) != "closed")
        if project is None:
            raise CommandError(_NO_OPEN)
        offer = Offer("progress", customer, project, _progress(ask, project))
    else:
        if action.says is not None:
            words = await _own_words(ask, firing, action, customer, project)
        else:
            words = await _of_plan(ask, action.push)
        offer = Offer("care", customer, project, _saying(ask, customer, words))
    await offering.offer(ask, offer)


async def _thanks(ask: Ask, customer: Customer) -> Make:
    found = await ask.session.exec(
        select(Receipt)
        .where(Receipt.customer_id == customer.id)
        .order_by(col(Receipt.id).desc())
        .limit(1)
    )
    receipt = found.first()
    if receipt is None:
        raise CommandError(_NO_RECEIPT)

    async def make(chat: Conversation) -> Notice:
        return await settling.confirmation(ask.session, receipt, chat)

    return make


def _progress(ask: Ask, project: Project) -> Make:
    async def make(chat: Conversation) -> Notice:
        return await public.progress(ask.session, project, chat, ask.now)

    return make


def _saying(ask: Ask, customer: Customer, words: Text) -> Make:
    async def make(chat: Conversation) -> Notice:
        return await public.care(ask.session, customer, chat, words)

    return make


async def _of_plan(ask: Ask, name: str) -> Text:
    for node in await reachable.said_nodes(ask.session):
        if node.id == name and node.words is not None:
            return node.words.text
    raise CommandError(_NO_WORDS, name=name)


async def _own_words(
    ask: Ask, firing: Firing, action: actions.Offer, customer: Customer, project: Project | None
) -> Text:
    """A rule's own words, filled from what the public view of a customer may say."""
    assert action.says is not None  # noqa: S101 - the caller has looked
    known = {"customer": customer.name}
    if {"project", "milestone"} & {*action.names}:
        project = project or await _newest(ask.session, firing, col(Project.phase) != "closed")
        if project is None:
            raise CommandError(_NO_OPEN)
        known["project"] = project.name
        if "milestone" in action.names:
            known["milestone"] = await _milestone(ask, firing, project)
    return Text(
        wording.filled(action.says.zh, known),
        wording.filled(action.says.en, known),
    )


async def _milestone(ask: Ask, firing: Firing, project: Project) -> str:
    """The one that has just been reached or made, else the next, else the last."""
    if told := firing.seen.said.get("milestone"):
        return told
    stones = await projects.milestones(ask.session, project.id)
    if not stones:
        raise CommandError(_NO_STONE, code=project.code)
    return next((one.name for one in stones if one.done_at is None), stones[-1].name)


# --- systems -----------------------------------------------------------------------------------


async def _tell(ask: Ask, firing: Firing, name: str, where: tuple[str, str] | None) -> None:
    if where is None:
        raise CommandError(_NO_SYSTEM, name=name)
    channel, chat = where
    await watch.stand_for(ask.session, channel, chat, name)
    customer = await ask.session.get(Customer, firing.seen.customer_id or 0)
    project = await ask.session.get(Project, firing.seen.project_id or 0)
    notice = outward.notice(firing, customer, project, ask.language, ask.now)
    try:
        await outbox.post(
            ask.session,
            notice,
            channel=channel,
            chat=chat,
            key=f"rule:{uuid.uuid4()}",
            not_before=ask.now,
        )
    except WrongAudience as error:
        raise CommandError(_NOT_INSIDE, name=name) from error
