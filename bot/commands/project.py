"""Projects: card, lists, new, phase, progress, budget, cost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from bot import record
from bot.commands import cards, lesson
from bot.commands.registry import Ask, CommandError, Percent, Rest, command
from bot.contract import Notice, Table
from bot.domain import terms
from bot.domain.templates import Template
from bot.planning import making, outlook
from bot.planning.making import Made
from bot.texts import Text
from storage import plans, projects
from storage.tables import Cost, Customer, Project, ProjectMember, User

_PROJECT = Text("项目", "project")
_BY_BOTH = Text(
    "进度要么按任务计算或来自外部系统，要么手工填写百分比。",
    "Progress is either worked out from tasks or told from outside, or set in percent.",
)
_NO_TASKS = Text("这个项目还没有任务。", "This project has no tasks yet.")
_NO_TEMPLATE = Text(
    "没有模板「{name}」。可用：{known}。", "There is no template “{name}”. There are: {known}."
)
_ENDS_BEFORE = Text("交付日期早于开始日期。", "The day of delivery is before the day of the start.")


@command(
    "project",
    zh="项目",
    reads=True,
    permission="project.read",
    aliases=("project card", "查看项目"),
    help=Text("一张卡片看清一个项目", "one card about a project"),
)
async def card(ask: Ask, project: Annotated[Project, _PROJECT]) -> Notice:
    customer = await ask.session.get_one(Customer, project.customer_id)
    names = await projects.user_names(ask.session, [project.manager_id])
    members = await projects.members(ask.session, project.id)
    open_ = await projects.tasks(ask.session, ask.actor.scope, project_id=project.id, limit=1000)
    return cards.project(
        ask,
        project,
        f"{customer.code} {customer.name}",
        names.get(project.manager_id, ""),
        [user.name for user in members],
        len(open_),
    )


@command(
    "projects",
    zh="项目列表",
    reads=True,
    permission="project.read",
    aliases=("project list",),
    help=Text("列出项目，可指定客户", "list projects, of one customer if you like"),
)
async def list_(
    ask: Ask, customer: Annotated[Customer | None, Text("客户", "customer")] = None
) -> Notice:
    found = await projects.listed(
        ask.session, ask.actor.scope, customer_id=customer.id if customer else None
    )
    if not found:
        return ask.say(Text("没有项目。", "No projects."))
    names = await projects.user_names(ask.session, [p.manager_id for p in found])
    rows = tuple(
        (
            p.code,
            p.name,
            ask.t(terms.Phase(p.phase).text),
            f"{p.progress}%",
            names.get(p.manager_id, ""),
        )
        for p in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            Text("编号", "Code"),
            Text("名称", "Name"),
            Text("阶段", "Phase"),
            Text("进度", "Progress"),
            Text("项目经理", "Manager"),
        )
    )
    return ask.notice(
        title=ask.t(Text("项目列表", "Projects")), table=Table(columns=columns, rows=rows)
    )


@command(
    "project.new",
    zh="新建项目",
    permission="project.write",
    help=Text("为客户新建项目", "add a project for a customer"),
)
async def new(
    ask: Ask,
    customer: Annotated[Customer, Text("客户", "customer")],
    name: Annotated[Rest, Text("名称", "name")],
    code: Annotated[str, Text("编号", "code")] = "",
    manager: Annotated[User | None, Text("项目经理", "manager")] = None,
    budget: Annotated[Decimal | None, Text("预算", "budget")] = None,
    due: Annotated[date | None, Text("交付日期", "due")] = None,
    template: Annotated[str, Text("模板", "template")] = "",
    start: Annotated[date | None, Text("开始日期", "start")] = None,
) -> Notice:
    plan = await template_named(ask, template) if template else None
    if code and await projects.by_code(ask.session, ask.actor.scope, code):
        raise CommandError(Text("编号 {code} 已被使用。", "The code {code} is taken."), code=code)
    if budget is not None and ask.actor.scope.money != "amount":
        raise CommandError(_NO_AMOUNTS)
    made = await record.new_project(
        ask.session,
        customer,
        name,
        code=code or None,
        manager_id=manager.id if manager else ask.actor.user_id,
        budget=budget,
        due_on=due,
    )
    if ask.actor.user_id is not None and not manager:
        ask.session.add(ProjectMember(project_id=made.id, user_id=ask.actor.user_id))
    await happened(ask, made, "project.made", code=made.code, name=made.name)
    if plan is not None:
        await planned(ask, made, plan, start or ask.now.date())
    elif start is not None:
        made.starts_on = start
    return await with_lessons(ask, made)


async def with_lessons(ask: Ask, project: Project) -> Notice:
    """The card of a project that starts, with what others like it have taught."""
    shown = await card(ask, project)
    lessons = await lesson.of_similar(ask, project)
    if lessons is None:
        return shown
    return shown.model_copy(update={"table": lessons.table, "note": lessons.title})


async def template_named(ask: Ask, name: str) -> Template:
    """The template that a word means; raises `CommandError` with those there are."""
    found = await making.named(ask.session, name)
    if found is None:
        all_ = (await making.known(ask.session)).values()
        raise CommandError(
            _NO_TEMPLATE,
            name=name,
            known=", ".join(f"{t.id} {t.name.in_(ask.language)}" for t in all_),
        )
    return found


async def planned(ask: Ask, project: Project, template: Template, start: date) -> Made:
    """Fill a project from a template, so that it shows in the audit trail too."""
    if project.due_on is not None and project.due_on < start:
        raise CommandError(_ENDS_BEFORE)
    made = await making.apply(
        ask.session,
        project,
        template,
        start,
        by_id=ask.actor.user_id,
        language=ask.language,
    )
    ask.wrote("project.planned", project, template=template.id)
    return made


@command(
    "progress",
    zh="进度",
    permission="project.write",
    aliases=("project progress",),
    help=Text(
        "查看或设置项目进度（百分比）", "see or set how much of a project is done, in percent"
    ),
)
async def progress(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    percent: Annotated[Percent | None, Text("百分比", "percent")] = None,
    by: Annotated[terms.ProgressBy | None, Text("依据", "by")] = None,
) -> Notice:
    if by is not None and by != terms.ProgressBy.HAND:
        if percent is not None:
            raise CommandError(_BY_BOTH)
        if (
            by == terms.ProgressBy.TASKS
            and not (await plans.tasks(ask.session, [project.id]))[project.id]
        ):
            raise CommandError(_NO_TASKS)
        project.progress_by = by.value
        await ask.session.flush()
        ask.wrote("project.progress_by", project, by=by.value)
        await count_progress(ask, project)
    elif percent is not None or by is not None:
        project.progress_by = terms.ProgressBy.HAND.value
        await set_progress(ask, project, project.progress if percent is None else percent)
    return await card(ask, project)


async def count_progress(ask: Ask, project: Project) -> None:
    """Work a project's progress out from its tasks, where it is to come from them."""
    if project.progress_by != terms.ProgressBy.TASKS:
        return
    await ask.session.flush()
    found = outlook.progress((await plans.tasks(ask.session, [project.id]))[project.id])
    if found != project.progress:
        await set_progress(ask, project, found)


async def set_progress(ask: Ask, project: Project, percent: int) -> None:
    before, project.progress = project.progress, percent
    await happened(ask, project, "project.progress", before=before, after=percent)
    await check(ask, project)


_NO_AMOUNTS = Text(
    "您的角色只能看到预算的百分比，不能查看或修改金额。",
    "Your role sees percentages of the budget only; it may neither see nor change amounts.",
)


@command(
    "budget",
    zh="预算",
    reads=True,
    sets="amount",
    permission="project.read",
    aliases=("project budget",),
    help=Text("查看或设置项目预算", "see or set a project's budget"),
)
async def budget(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    amount: Annotated[Decimal | None, Text("金额", "amount")] = None,
) -> Notice:
    if amount is not None:
        if not ask.actor.may("money.write") or ask.actor.scope.money != "amount":
            raise CommandError(_NO_AMOUNTS)
        project.budget = amount
        await happened(ask, project, "project.budget")
        await check(ask, project)
    shown = cards.budget(ask, project)
    if not shown:
        if project.budget and ask.actor.scope.money == "none":
            raise CommandError(Text("您的角色不能查看预算。", "Your role may not see the budget."))
        return ask.say(Text("这个项目还没有预算。", "This project has no budget yet."))
    rows = [
        (
            cards.day(c.spent_on, ask.language),
            cards.money(c.amount, c.currency, ask.language),
            c.note,
        )
        for c in await projects.costs(ask.session, project.id)
    ]
    columns = tuple(
        ask.t(text) for text in (Text("日期", "Date"), Text("金额", "Amount"), Text("说明", "Note"))
    )
    table = (
        Table(columns=columns, rows=tuple(rows))
        if rows and ask.actor.scope.money == "amount"
        else None
    )
    return ask.notice(
        title=f"{project.code} {project.name}",
        facts=[
            (ask.t(Text("预算", "Budget")), shown),
            (ask.t(Text("进度", "Progress")), f"{project.progress}%"),
        ],
        table=table,
    )


@command(
    "cost",
    zh="成本",
    permission="money.write",
    aliases=("project cost", "cost add", "登记成本"),
    help=Text("给项目登记一笔成本", "book a cost on a project"),
)
async def cost(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    amount: Annotated[Decimal, Text("金额", "amount")],
    note: Annotated[Rest, Text("说明", "note")] = Rest(""),  # noqa: B008 - a plain string
) -> Notice:
    if ask.actor.scope.money != "amount":
        raise CommandError(_NO_AMOUNTS)
    made = Cost(
        project_id=project.id,
        amount=amount,
        currency=project.currency,
        note=note,
        spent_on=ask.now.date(),
        by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    project.spent += amount
    await ask.session.flush()
    ask.wrote("cost.made", made, amount=amount)
    await happened(ask, project, "project.cost")
    await check(ask, project)
    return await card(ask, project)


@command(
    "project.member",
    zh="项目成员",
    permission="project.write",
    aliases=("project join",),
    help=Text("把成员加入项目", "add a member to a project"),
)
async def member(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    user: Annotated[User, Text("成员", "member")],
) -> Notice:
    there = {u.id for u in await projects.members(ask.session, project.id)}
    if user.id not in there:
        made = ProjectMember(project_id=project.id, user_id=user.id)
        ask.session.add(made)
        await ask.session.flush()
        ask.wrote("project.member", made)
    return await card(ask, project)


@command(
    "project.manager",
    zh="项目经理",
    permission="project.write",
    help=Text("更换项目经理", "change a project's manager"),
)
async def manager(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    user: Annotated[User, Text("成员", "member")],
) -> Notice:
    project.manager_id = user.id
    ask.session.add(project)
    ask.wrote("project.manager", project, user=user.id)
    await ask.session.flush()
    return await card(ask, project)


async def happened(ask: Ask, project: Project, event: str, /, **facts: Any) -> None:
    project.updated_at = datetime.now(UTC)
    await ask.did(event, project, customer_id=project.customer_id, project_id=project.id, **facts)


async def check(ask: Ask, project: Project) -> None:
    if ask.host is not None:
        await ask.host.check_project(ask, project)
