"""How a project does in numbers: SPI, CPI and defect density, with what they are worked out from."""

from datetime import date
from typing import Annotated

from bot.commands import cards
from bot.commands.registry import Ask, command
from bot.contract import Level, Notice
from bot.domain import workdays
from bot.domain.earned import Earned, Piece, earned
from bot.planning import outlook
from bot.texts import Text
from storage import plans
from storage.tables import Project, Task

_HOURS = Text("{hours} 小时", "{hours} h")
_SPI_FROM = Text(
    "{value} = 已完成 {earned} ÷ 应完成 {planned}", "{value} = done {earned} ÷ planned {planned}"
)
_CPI_FROM = Text(
    "{value} = 已完成 {earned} ÷ 已投入 {spent}", "{value} = done {earned} ÷ spent {spent}"
)
_NO_PLAN = Text(
    "今天之前没有计划的工作（任务缺日期，或还没开始）",
    "nothing was planned until today (tasks lack days, or have not begun)",
)
_NO_HOURS = Text("还没有登记工时", "no hours are booked")
_NO_COST = Text("还没有预算或成本", "there is no budget or no cost")
_BY_HAND = Text(
    "没有任务：按项目进度和起止日期计算。", "No tasks: from the project's progress and its days."
)
_GUESSED = Text(
    "{count} 个任务没有预估工时，按平均值计。",
    "{count} tasks have no estimate and count as average.",
)
_UNDATED = Text("{count} 个任务没有截止日期。", "{count} tasks have no due day.")
_DENSITY = Text(
    "{value}（{found} 个缺陷 ÷ {size}；未修复 {open}）",
    "{value} ({found} defects ÷ {size}; {open} open)",
)
_NO_SIZE = Text(
    "{found} 个缺陷；缺少规模或预估工时", "{found} defects; neither size nor estimates are known"
)
_PER_HOURS = Text("{hours} 计划工时 × 100", "{hours} planned hours × 100")


@command(
    "kpi",
    zh="指标",
    reads=True,
    permission="project.read",
    aliases=("project kpi", "项目指标"),
    help=Text(
        "项目的进度指数、成本指数和缺陷密度，附计算依据",
        "a project's SPI, CPI and defect density, with their inputs",
    ),
)
async def kpi(ask: Ask, project: Annotated[Project, Text("项目", "project")]) -> Notice:
    tasks = (await plans.tasks(ask.session, [project.id]))[project.id]
    links = await plans.links(ask.session, [project.id])
    hours = float(await plans.hours(ask.session, project.id))
    zone = ask.actor.zone.key
    pieces = outlook.pieces(tasks, links, zone) if tasks else [_whole(project)]
    found = earned(pieces, hours if tasks else 0.0, ask.now.date(), workdays.china())
    rows = [
        (ask.t(Text("进度指数 SPI", "SPI")), _spi(ask, found, by_hours=bool(tasks))),
        (ask.t(Text("工时指数 CPI", "CPI in hours")), _cpi(ask, found) if tasks else ""),
        (ask.t(Text("成本指数 CPI", "CPI in money")), _money_cpi(ask, project, found)),
        (ask.t(Text("缺陷密度", "Defect density")), await _density(ask, project, tasks)),
        (ask.t(Text("说明", "Note")), _missing(ask, tasks)),
    ]
    behind = found.spi is not None and found.spi < 0.9
    over = found.cpi is not None and found.cpi < 0.9
    return ask.notice(
        title=f"{project.code} {project.name}",
        level=Level.WARNING if behind or over else Level.INFO,
        facts=rows,
    )


def _whole(project: Project) -> Piece:
    """A project without tasks, as one part of a plan that is worth 100."""
    start: date = project.starts_on or project.created_at.date()
    return Piece(100.0, project.progress / 100, start, project.planned_due_on or project.due_on)


def _spi(ask: Ask, found: Earned, *, by_hours: bool) -> str:
    if found.spi is None:
        return ask.t(_NO_PLAN)

    def shown(value: float) -> str:
        return ask.t(_HOURS, hours=f"{value:.0f}") if by_hours else f"{value:.0f}%"

    return ask.t(
        _SPI_FROM,
        value=f"{found.spi:.2f}",
        earned=shown(found.earned),
        planned=shown(found.planned),
    )


def _cpi(ask: Ask, found: Earned) -> str:
    if found.cpi is None:
        return ask.t(_NO_HOURS)
    return ask.t(
        _CPI_FROM,
        value=f"{found.cpi:.2f}",
        earned=ask.t(_HOURS, hours=f"{found.earned:.0f}"),
        spent=ask.t(_HOURS, hours=f"{found.spent:.0f}"),
    )


def _money_cpi(ask: Ask, project: Project, found: Earned) -> str:
    """The share that is done against the share of the budget that is used: amounts for those who
    may see them, percentages for who may see these, nothing else.
    """
    if ask.actor.scope.money == "none":
        return ""
    if not project.budget or not project.spent or not found.whole:
        return ask.t(_NO_COST)
    share = found.earned / found.whole
    used = float(project.spent / project.budget)
    done, spent = f"{share:.0%}", f"{used:.0%}"
    if ask.actor.scope.money == "amount":
        worth = (project.budget * round(10_000 * share)) / 10_000
        done = cards.money(worth, project.currency, ask.language)
        spent = cards.money(project.spent, project.currency, ask.language)
    return ask.t(_CPI_FROM, value=f"{share / used:.2f}", earned=done, spent=spent)


async def _density(ask: Ask, project: Project, tasks: list[Task]) -> str:
    flaws = await plans.defects(ask.session, project.id)
    planned = sum(float(task.estimate) for task in tasks if task.estimate)
    if project.size:
        value = flaws.found / float(project.size)
        size = f"{project.size:g} {project.size_unit}".strip()
    elif planned:
        value = 100 * flaws.found / planned
        size = ask.t(_PER_HOURS, hours=f"{planned:.0f}")
    else:
        return ask.t(_NO_SIZE, found=flaws.found)
    return ask.t(_DENSITY, value=f"{value:.2f}", found=flaws.found, size=size, open=flaws.open)


def _missing(ask: Ask, tasks: list[Task]) -> str:
    if not tasks:
        return ask.t(_BY_HAND)
    guessed = sum(not task.estimate for task in tasks)
    undated = sum(task.due is None for task in tasks)
    said = [ask.t(_GUESSED, count=guessed)] if guessed else []
    return " ".join([*said, *([ask.t(_UNDATED, count=undated)] if undated else [])])
