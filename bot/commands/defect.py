"""Defects of what was delivered: found, fixed, counted."""

from datetime import date
from typing import Annotated

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import terms
from bot.texts import Text
from storage import delivery
from storage.tables import Defect, Interaction, Project

_PROJECT = Text("项目", "project")
_NUMBER = Text("编号", "number")
_SEVERITY = Text("严重程度", "severity")


@command(
    "defect.new",
    zh="登记缺陷",
    permission="defect.write",
    aliases=("defect", "缺陷"),
    help=Text("登记一个缺陷：轻微/严重/致命", "write down a defect: minor, major, critical"),
)
async def new(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    title: Annotated[Rest, Text("说明", "what")],
    severity: Annotated[terms.Severity, _SEVERITY] = terms.Severity.MINOR,
    found: Annotated[date | None, Text("发现日期", "found")] = None,
    item: Annotated[Interaction | None, Text("来源", "from")] = None,
) -> Notice:
    day = found or ask.now.date()
    if day > ask.now.date():
        raise CommandError(Text("还没到这一天。", "That day is still to come."))
    made = Defect(
        project_id=project.id,
        title=title.strip(),
        severity=severity.value,
        found_on=day,
        interaction_id=item.id if item else None,
        by_id=ask.actor.user_id,
    )
    ask.session.add(made)
    await ask.session.flush()
    await _happened(ask, "defect.found", made, project)
    return await list_(ask, project)


@command(
    "defect.fixed",
    zh="缺陷已修复",
    permission="defect.write",
    aliases=("defect fix",),
    help=Text("一个缺陷已经修复", "a defect is fixed"),
)
async def fixed(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    found = await delivery.numbered(ask.session, ask.actor.scope, Defect, number)
    if found is None or found[0].fixed_at is not None:
        raise CommandError(
            Text("没有未修复的缺陷 {number}。", "There is no open defect {number}."), number=number
        )
    defect, project = found
    defect.fixed_at = ask.now
    await _happened(ask, "defect.fixed", defect, project)
    return ask.say(
        Text("缺陷 {number} 已修复。", "Defect {number} is fixed."), Level.GOOD, number=defect.id
    )


@command(
    "defects",
    zh="缺陷列表",
    reads=True,
    permission="project.read",
    aliases=("defect list",),
    help=Text("缺陷，未修复的在前", "defects, open ones first"),
)
async def list_(ask: Ask, project: Annotated[Project | None, _PROJECT] = None) -> Notice:
    found = await delivery.defects(ask.session, ask.actor.scope, project.id if project else None)
    title = ask.t(Text("缺陷", "Defects"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有缺陷。", "No defects.")))
    fixed_ = ask.t(Text("已修复", "fixed"))
    open_ = ask.t(Text("未修复", "open"))
    rows = tuple(
        (
            str(one.id),
            of.code,
            ask.t(terms.Severity(one.severity).text),
            cards.short(one.title, 60),
            cards.day(one.found_on, ask.language),
            fixed_ if one.fixed_at else open_,
        )
        for one, of in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            _NUMBER,
            _PROJECT,
            _SEVERITY,
            Text("说明", "What"),
            Text("发现", "Found"),
            Text("状态", "State"),
        )
    )
    buttons = [
        Button(
            label=ask.t(Text("已修复 {n}", "Fixed {n}"), n=one.id),
            command=f"/defect fixed {one.id}",
        )
        for one, _ in found[:5]
        if one.fixed_at is None and ask.actor.may("defect.write")
    ]
    return ask.notice(title=title, table=Table(columns=columns, rows=rows), buttons=buttons)


async def _happened(ask: Ask, event: str, defect: Defect, project: Project) -> None:
    await ask.did(
        event,
        defect,
        customer_id=project.customer_id,
        project_id=project.id,
        number=defect.id,
        title=defect.title,
    )
