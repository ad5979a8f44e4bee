"""A project starts: from its signed contract, or because the first money has come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from bot import outbox, people, record, selectors, telling
from bot.commands import amounts, approval, cards, deal
from bot.commands.contract import named as contract_named
from bot.commands.project import template_named, with_lessons
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice
from bot.domain.templates import Template
from bot.planning import making
from bot.texts import Text, language_of
from storage import deals, money, plans, projects, watch
from storage.tables import Approval, Contract, Customer, Deal, Project, Task, User

_CODE = Text("合同或商机编号", "contract")
_TITLE: Final = Text("项目启动：{name}", "Project starts: {name}")
_PAID: Final = Text("首笔款项已到账：{name}", "The first money has come in: {name}")
_MOST: Final = 12
"""Tasks named in one notice."""


async def begin(ask: Ask, project: Project, template: Template | None, first: date) -> None:
    """Plan a project that has no tasks yet, give every task an owner, and tell all of its people."""
    tasks = (await plans.tasks(ask.session, [project.id]))[project.id]
    if template is not None and not tasks and not project.template:
        await making.apply(
            ask.session,
            project,
            template,
            first,
            by_id=ask.actor.user_id,
            language=language_of(ask.defaults.language),
        )
        tasks = (await plans.tasks(ask.session, [project.id]))[project.id]
    open_ = [task for task in tasks if task.done_at is None]
    for task in open_:
        if task.assignee_id is None and project.manager_id:
            task.assignee_id = project.manager_id
            ask.session.add(task)
    if project.phase == "start":
        project.phase = "plan"
        await _happened(ask, project, "project.phase", before="start", after="plan")
    await _happened(ask, project, "project.started")
    await _tell(ask, project, open_)


async def paid(ask: Ask, project: Project) -> None:
    """The first money of a project has come: whoever leads it and whoever sold it hear of it."""
    for selector in ("project.manager", "customer.owner"):
        for user in await selectors.users(ask.session, selector, project=project):
            reader = await people.actor(ask.session, user.id, ask.defaults)
            if reader is None or user.id == ask.actor.user_id:
                continue
            there = replace(ask, actor=reader)
            notice = there.notice(
                title=there.t(_PAID, name=f"{project.code} {project.name}"),
                level=Level.GOOD,
                buttons=[Button(label=project.code, command=f"/project {project.code}")],
            )
            await telling.member(
                ask.session,
                user,
                notice,
                home=people.HOME,
                key=f"paid:{project.id}",
                now=ask.now,
                by_day=ask.defaults,
            )


async def _happened(ask: Ask, project: Project, event: str, **facts: str) -> None:
    await ask.did(event, project, customer_id=project.customer_id, project_id=project.id, **facts)


async def _tell(ask: Ask, project: Project, tasks: Sequence[Task]) -> None:
    """Each member with their own tasks; the project's internal chats with all of them."""
    members = {user.id: user for user in await projects.members(ask.session, project.id)}
    for id_ in {project.manager_id, *(task.assignee_id for task in tasks)} - {None, *members}:
        if (user := await ask.session.get(User, id_)) is not None and user.active:
            members[user.id] = user
    for user in members.values():
        if user.id == ask.actor.user_id:
            continue
        reader = await people.actor(ask.session, user.id, ask.defaults)
        if reader is None:
            continue
        mine = [task for task in tasks if task.assignee_id == user.id]
        await telling.member(
            ask.session,
            user,
            _notice(replace(ask, actor=reader), project, mine),
            home=people.HOME,
            key=f"started:{project.id}:{user.id}",
            now=ask.now,
            by_day=ask.defaults,
        )
    for chat in await watch.bound_chats(ask.session, project.customer_id, project.id, ask.now):
        language = language_of(chat.language or ask.defaults.language)
        there = replace(ask, actor=replace(ask.actor, language=language))
        await outbox.post(
            ask.session,
            _notice(there, project, tasks),
            channel=chat.channel,
            chat=chat.chat,
            key=f"started:{project.id}:{chat.channel}:{chat.chat}",
            not_before=ask.now,
        )


def _notice(ask: Ask, project: Project, tasks: Sequence[Task]) -> Notice:
    lines = [
        f"T-{task.id} {task.name} {cards.day(task.due, ask.language)}".strip()
        for task in tasks[:_MOST]
    ]
    if len(tasks) > _MOST:
        more = Text("……另有 {n} 项", "… and {n} more")
        lines.append(ask.t(more, n=len(tasks) - _MOST))
    return ask.notice(
        title=ask.t(_TITLE, name=f"{project.code} {project.name}"),
        level=Level.GOOD,
        facts=[
            (ask.t(Text("任务", "Tasks")), "\n".join(lines)),
            (ask.t(Text("交付日期", "Due")), cards.day(project.due_on, ask.language)),
        ],
        buttons=[
            Button(label=project.code, command=f"/project {project.code}", primary=True),
            Button(label=ask.t(Text("计划", "Plan")), command=f"/plan {project.code}"),
        ],
    )


@command(
    "kickoff",
    zh="启动项目",
    permission="contract.write",
    help=Text(
        "由已签合同或赢单商机启动项目：建项目、里程碑和任务，通知成员",
        "start the project of a signed contract or a won chance: plan it, and tell its people",
    ),
)
async def kickoff(
    ask: Ask,
    contract: Annotated[str, _CODE],
    template: Annotated[str, Text("模板", "template")] = "",
    start: Annotated[date | None, Text("开始日期", "start")] = None,
    manager: Annotated[User | None, Text("项目经理", "manager")] = None,
) -> Notice:
    one = await _agreed(ask, contract)
    plan = await template_named(ask, template) if template else await usual(ask)
    if plan is None:
        raise await _which(ask, one)
    project = await _project(ask, one, manager)
    first = start or ask.now.date()
    if ask.actor.may("project.write"):
        await begin(ask, project, plan, first)
        return await with_lessons(ask, project)
    waits = await approval.ask_for(
        ask,
        "start",
        project,
        title=project.name,
        facts={
            "contract.amount": await amounts.in_own(ask, one.amount or Decimal(0), one.currency),
            "template": plan.id,
            "first": first.isoformat(),
        },
        project=project,
    )
    return ask.say(
        Text(
            "已提交启动审批 #{number}；批准后建任务并通知成员。",
            "Approval #{number} is asked for; tasks are made and people told after that.",
        ),
        Level.GOOD,
        number=waits.id,
    )


async def _agreed(ask: Ask, word: str) -> Contract | Deal:
    """The signed contract or the won chance that a code names; raises where it is neither yet."""
    if deal.CODE.fullmatch(word.strip()):
        won = await deal.named(ask, word)
        if won.stage != deal.DealStage.WON:
            raise CommandError(
                Text("商机 {code} 还没有赢单。", "The chance {code} is not won yet."),
                code=_code(won),
            )
        return won
    one = await contract_named(ask, word)
    if one.signed_on is None:
        raise CommandError(
            Text("合同 {code} 还没有签署。", "The contract {code} is not signed yet."),
            code=one.code,
        )
    return one


def _code(one: Contract | Deal) -> str:
    return one.code if isinstance(one, Contract) else f"D-{one.id}"


async def _which(ask: Ask, one: Contract | Deal) -> CommandError:
    buttons = tuple(
        Button(
            label=found.name.in_(ask.language),
            command=f"/kickoff {_code(one)} template:{id_}",
        )
        for id_, found in (await making.known(ask.session)).items()
    )
    return CommandError(Text("用哪个模板？", "Which template?"), buttons)


async def _project(ask: Ask, one: Contract | Deal, manager: User | None) -> Project:
    """The project of a contract or a chance; a new one where it has none."""
    found = await ask.session.get(Project, one.project_id or 0)
    found = found or await _made(ask, one, manager)
    if isinstance(one, Contract):
        came_of = await deals.of_contract(ask.session, one)
        if came_of is not None and came_of.project_id is None:
            came_of.project_id = found.id
            ask.session.add(came_of)
    return found


async def _made(ask: Ask, one: Contract | Deal, manager: User | None) -> Project:
    customer = await ask.session.get_one(Customer, one.customer_id)
    made = await record.new_project(
        ask.session,
        customer,
        one.name,
        manager_id=manager.id if manager else _own(ask),
        due_on=one.ends_on if isinstance(one, Contract) else None,
    )
    one.project_id = made.id
    ask.session.add(one)
    terms = await money.terms_of_contract(ask.session, one.id) if isinstance(one, Contract) else []
    for term in terms:
        term.project_id = made.id
        ask.session.add(term)
    await ask.did(
        "project.made",
        made,
        customer_id=customer.id,
        project_id=made.id,
        code=made.code,
        name=made.name,
    )
    return made


def _own(ask: Ask) -> int | None:
    return ask.actor.user_id if ask.actor.may("project.write") else None


async def usual(ask: Ask) -> Template | None:
    """The template that the firm's newest planned project was made from."""
    name = await plans.newest_template(ask.session)
    return await making.named(ask.session, name) if name else None


@approval.decided("start")
async def _decided(ask: Ask, one: Approval, yes: bool) -> Notice | None:
    if not yes:
        return None
    project = await ask.session.get_one(Project, one.row_id)
    if project.manager_id is None:
        project.manager_id = ask.actor.user_id
        ask.session.add(project)
    template = await making.named(ask.session, str(one.facts["template"]))
    await begin(ask, project, template, date.fromisoformat(one.facts["first"]))
    return await with_lessons(ask, project)
