"""Approvals: begun by other commands, put before those whom a flow names, never before the asker."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from bot import people, selectors, telling
from bot.commands.registry import Ask, CommandError
from bot.contract import Button, Level, Notice
from bot.domain import workdays
from bot.domain.approvals import Verdict, asked, outcome
from bot.domain.terms import Decision
from bot.rules import flows
from bot.rules.facts import FACTS
from bot.texts import Text, listed
from storage import approvals as rows
from storage import definitions
from storage.tables import Approval, Customer, Project, User, Vote

Card = Callable[[Ask, Approval], Awaitable[list[tuple[str, str]]]]
Decided = Callable[[Ask, Approval, bool], Awaitable[Notice | None]]

_LAST: Final = ("asker.superior", "role:manager", "role:admin")
"""Who is asked where a step names nobody who is there and may decide."""


@dataclass(slots=True)
class _Kind:
    """What is done with approvals of a kind: how they are shown, and what a decision brings."""

    card: Card | None = None
    decided: Decided | None = None


_KINDS: Final[dict[str, _Kind]] = {kind: _Kind() for kind in flows.shipped()}


def card(kind: flows.Kind) -> Callable[[Card], Card]:
    """Declare what those who decide on a kind are shown."""

    def declare(show: Card) -> Card:
        _KINDS[kind].card = show
        return show

    return declare


def decided(kind: flows.Kind) -> Callable[[Decided], Decided]:
    """Declare what a decision on a kind brings, in the deciding transaction."""

    def declare(act: Decided) -> Decided:
        _KINDS[kind].decided = act
        return act

    return declare


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be decided on."""

    kind: flows.Kind
    row_id: int
    title: str
    """A name that people gave it, the same in every language."""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    customer: Customer | None = None
    project: Project | None = None


async def ask_for(
    ask: Ask,
    kind: flows.Kind,
    row: Any,
    *,
    title: str,
    facts: Mapping[str, Any] | None = None,
    customer: Customer | None = None,
    project: Project | None = None,
) -> Approval:
    """Start the flow of a kind about a row; raises `CommandError` where nobody may decide."""
    return await begin(ask, Wish(kind, row.id, title, facts or {}, customer, project))


async def begin(ask: Ask, wish: Wish) -> Approval:
    own = await definitions.newest(ask.session, "flow")
    flow = flows.in_force(own)[wish.kind]
    project, customer = wish.project, wish.customer
    if customer is None and project is not None:
        customer = await ask.session.get(Customer, project.customer_id)
    made = Approval(
        kind=wish.kind,
        row_id=wish.row_id,
        title=wish.title,
        customer_id=customer.id if customer else None,
        project_id=project.id if project else None,
        facts=dict(wish.facts),
        steps=[step.model_dump(mode="json") for step in flow.steps_for(wish.facts)],
        made_by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    await _ask_step(ask, made)
    ask.wrote("approval.asked", made, kind=wish.kind)
    return made


async def _ask_step(ask: Ask, one: Approval) -> None:
    """Put an approval before those whom its step names."""
    step = flows.Step.model_validate(one.steps[one.step])
    voters = await _voters(ask, one, step)
    if not voters:
        raise CommandError(
            Text(
                "没有可以批准「{title}」的人：自己不能批准自己提出的事项。请为其他成员设置角色或上级。",
                "Nobody may decide on “{title}”: not even whoever asked for it may. Give another"
                " member the role, or set a superior.",
            ),
            title=one.title,
        )
    one.due_at = _working_time(ask.now, step)
    agreed = {u.id for v, u in await rows.votes(ask.session, one.id) if v.verdict == "yes"}
    for user, instead_of in voters:
        if user.id in agreed:
            # Whoever said yes in an earlier step is not asked twice.
            await _row(ask, one, user, "before", verdict="yes", said_at=ask.now)
            continue
        why = "delegated" if instead_of else "asked"
        await _put_before(ask, one, user, why, instead_of)


async def _row(ask: Ask, one: Approval, user: User, why: str, **more: Any) -> None:
    """A member's part in the step that is asked now."""
    vote = Vote(approval_id=one.id, step=one.step, user_id=user.id, why=why, asked_at=ask.now)
    for name, value in more.items():
        setattr(vote, name, value)
    ask.session.add(vote)
    await ask.session.flush()


def _working_time(now: datetime, step: flows.Step) -> datetime:
    """When a step has waited long enough: its days are working days."""
    days, rest = step.within.days, step.within.seconds
    day = workdays.china().add(now.date(), days) if days else now.date()
    return now.replace(year=day.year, month=day.month, day=day.day) + timedelta(seconds=rest)


async def _voters(ask: Ask, one: Approval, step: flows.Step) -> list[tuple[User, int | None]]:
    """The members who are asked, each with whom they stand in for."""
    project = await ask.session.get(Project, one.project_id or 0)
    customer = await ask.session.get(Customer, one.customer_id or 0)
    for chosen in (step.ask, *((last,) for last in _LAST)):
        users = {
            user.id: user
            for selector in chosen
            for user in await selectors.users(
                ask.session,
                selector,
                customer=customer,
                project=project,
                asker_id=one.made_by_id,
            )
        }
        found = await _present(ask, one, step, list(users.values()))
        if found:
            return found
    return []


async def _present(
    ask: Ask, one: Approval, step: flows.Step, users: Sequence[User]
) -> list[tuple[User, int | None]]:
    """Those of the chosen who are there and may decide, or who stands in for them."""
    today = ask.now.date()
    away = await rows.stand_ins(ask.session, [user.id for user in users], today)
    known = {user.id: user for user in users}
    for id_ in set(away.values()) - set(known):
        if (user := await ask.session.get(User, id_)) is not None:
            known[id_] = user
    may = [id_ for id_, user in known.items() if await _may(ask, user, step.may)]
    never = {one.made_by_id} if one.made_by_id is not None else set[int]()
    return [
        (known[each.user_id], each.instead_of)
        for each in asked([user.id for user in users], away, may, never)
    ]


async def _may(ask: Ask, user: User, permission: str) -> bool:
    reader = await people.actor(ask.session, user.id, ask.defaults)
    return reader is not None and (not permission or reader.may(permission))


async def _put_before(
    ask: Ask, one: Approval, user: User, why: str, instead_of: int | None = None
) -> None:
    """Ask a member, in their own chats and language."""
    reader = await people.actor(ask.session, user.id, ask.defaults)
    if reader is None:
        return
    await _row(ask, one, user, why, instead_of_id=instead_of)
    await telling.member(
        ask.session,
        user,
        await shown(replace(ask, actor=reader, chat=None), one),
        home=people.HOME,
        key=f"approve:{one.id}:{one.step}:{user.id}",
        now=ask.now,
    )


async def escalate(ask: Ask, one: Approval) -> None:
    """A step waits too long, or for somebody who has left: their superiors are asked too."""
    trail = [(v, u) for v, u in await rows.votes(ask.session, one.id) if v.step == one.step]
    there = {user.id for _, user in trail}
    step = flows.Step.model_validate(one.steps[one.step])
    one.due_at = _working_time(ask.now, step)
    ask.session.add(one)
    for vote, user in trail:
        if vote.verdict:
            continue
        above = await ask.session.get(User, user.superior_id or 0)
        for boss, instead_of in await _present(ask, one, step, [above] if above else []):
            if boss.id not in there:
                there.add(boss.id)
                await _put_before(ask, one, boss, "escalated", instead_of)
        if not user.active:
            await ask.session.delete(vote)
    await ask.session.flush()
    if not [v for v, _ in await rows.votes(ask.session, one.id) if v.step == one.step]:
        await _ask_step(ask, one)


async def shown(ask: Ask, one: Approval) -> Notice:
    """An approval as a card, with the two buttons where it waits."""
    flow = flows.shipped()[one.kind]
    asker = await ask.session.get(User, one.made_by_id or 0)
    show = _KINDS[one.kind].card
    facts = await show(ask, one) if show else _facts(ask, one)
    buttons = (
        decision(ask, f"/approve {one.id}", f"/refuse {one.id}", flow.yes_text)
        if one.state == "waiting"
        else []
    )
    return ask.notice(
        title=ask.t(
            Text(
                "待批准 #{number}：{kind}「{title}」", "To be approved #{number}: {kind} “{title}”"
            ),
            number=one.id,
            kind=ask.t(flow.text),
            title=one.title,
        ),
        level=Level.WARNING,
        facts=[
            (ask.t(Text("提出人", "Asked by")), asker.name if asker else ""),
            *facts,
        ],
        buttons=buttons,
    )


def _facts(ask: Ask, one: Approval) -> list[tuple[str, str]]:
    """What the flow's conditions saw, as far as the reader may."""
    return [
        (ask.t(FACTS[name].text), FACTS[name].shown(value, ask.language))
        for name, value in one.facts.items()
        if name in FACTS and ask.actor.scope.sees(FACTS[name].money)
    ]


def decision(ask: Ask, yes: str, no: str, yes_text: Text) -> list[Button]:
    """The two buttons of a decision; `yes` and `no` are the commands."""
    back = Text("退回", "Refuse")
    return [
        Button(label=ask.t(yes_text), command=yes, primary=True, once=True),
        Button(label=ask.t(back), command=no, once=True),
    ]


async def vote(ask: Ask, one: Approval, verdict: Verdict, comment: str) -> Notice:
    """A member's word on what waits; raises `CommandError` where it is not theirs to say."""
    trail = await rows.votes(ask.session, one.id)
    now_asked = [(vote, user) for vote, user in trail if vote.step == one.step]
    mine = next((vote for vote, user in now_asked if user.id == ask.actor.user_id), None)
    if mine is None or ask.actor.user_id == one.made_by_id:
        names = listed([user.name for _, user in now_asked], ask.language)
        raise CommandError(
            Text("#{number} 由 {names} 决定。", "#{number} is for {names} to decide."),
            number=one.id,
            names=names,
        )
    step = flows.Step.model_validate(one.steps[one.step])
    if step.may and not ask.actor.may(step.may):
        raise CommandError(Text("您不再有权批准此类事项。", "You may not decide on this any more."))
    if mine.verdict:
        raise CommandError(
            Text("您已对 #{number} 表过态。", "You have had your say on #{number}."), number=one.id
        )
    mine.verdict, mine.said_at, mine.comment = verdict, ask.now, comment
    ask.session.add(mine)
    ask.wrote(f"approval.{verdict}", one, comment=comment)
    came = await _came(ask, one)
    moved = False
    while came == "yes" and one.step + 1 < len(one.steps):
        one.step += 1
        ask.session.add(one)
        await _ask_step(ask, one)
        came, moved = await _came(ask, one), True
    if came:
        return await _done(ask, one, yes=came == "yes", comment=comment)
    if moved:
        return ask.say(
            Text("已批准；下一步由他人继续审批。", "Approved; the next step is with others now."),
            Level.GOOD,
        )
    return ask.say(
        Text("已记录；还需其他人批准。", "Noted; others have to say yes too."), Level.GOOD
    )


async def _came(ask: Ask, one: Approval) -> Verdict:
    """What the step that is asked now has come to."""
    step = flows.Step.model_validate(one.steps[one.step])
    trail = await rows.votes(ask.session, one.id)
    return outcome(step.need, [cast("Verdict", v.verdict) for v, _ in trail if v.step == one.step])


async def _done(ask: Ask, one: Approval, *, yes: bool, comment: str) -> Notice:
    one.state, one.decided_at = "approved" if yes else "refused", ask.now
    act = _KINDS[one.kind].decided
    notice = await act(ask, one, yes) if act else None
    await ask.did(
        "approval.decided",
        one,
        customer_id=one.customer_id,
        project_id=one.project_id,
        kind=one.kind,
        title=one.title,
        verdict=one.state,
    )
    await _tell_asker(ask, one, comment)
    said = Text("已批准 #{number}：{title}", "#{number} approved: {title}")
    back = Text("已退回 #{number}：{title}", "#{number} refused: {title}")
    return notice or ask.say(
        said if yes else back,
        Level.GOOD if yes else Level.INFO,
        number=one.id,
        title=one.title,
    )


async def _tell_asker(ask: Ask, one: Approval, comment: str) -> None:
    user = await ask.session.get(User, one.made_by_id or 0)
    reader = await people.actor(ask.session, user.id, ask.defaults) if user else None
    if user is None or reader is None:
        return
    there = replace(ask, actor=reader, chat=None)
    kind = there.t(flows.shipped()[one.kind].text)
    notice = there.notice(
        title=there.t(
            Text("{kind}「{title}」：{state}", "{kind} “{title}”: {state}"),
            kind=kind,
            title=one.title,
            state=there.t(Decision(one.state).text),
        ),
        text=comment,
        level=Level.GOOD if one.state == "approved" else Level.WARNING,
        facts=[(there.t(Text("决定人", "Decided by")), ask.actor.name)],
    )
    key = f"decided:{one.id}"
    await telling.member(ask.session, user, notice, home=people.HOME, key=key, now=ask.now)


async def take_back(ask: Ask, one: Approval) -> None:
    """Whoever asked does not want it any more."""
    one.state, one.decided_at = "withdrawn", ask.now
    ask.session.add(one)
    if (act := _KINDS[one.kind].decided) is not None:
        await act(ask, one, False)
    ask.wrote("approval.withdrawn", one)
