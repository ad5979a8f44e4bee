"""The risk register: what may go wrong, whose it is, and what is done about it."""

from datetime import date
from typing import Annotated

from bot.commands import cards
from bot.commands.registry import Ask, CommandError, Rest, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import terms
from bot.texts import Text
from storage import delivery
from storage.tables import Project, Risk, User

_PROJECT = Text("项目", "project")
_NUMBER = Text("编号", "number")
_OWNER = Text("负责人", "owner")
_ANSWER = Text("应对", "answer")
_DUE = Text("截止", "due")


@command(
    "risk.add",
    zh="登记风险",
    permission="risk.write",
    aliases=("risk new", "risk", "风险"),
    help=Text(
        "登记一个风险：等级、说明、负责人、应对、截止",
        "write down a risk: level, what, owner, answer, due",
    ),
)
async def add(
    ask: Ask,
    project: Annotated[Project, _PROJECT],
    level: Annotated[terms.RiskLevel, Text("等级", "level")],
    title: Annotated[Rest, Text("说明", "what")],
    owner: Annotated[User | None, _OWNER] = None,
    answer: Annotated[str, _ANSWER] = "",
    due: Annotated[date | None, _DUE] = None,
) -> Notice:
    made = Risk(
        project_id=project.id,
        title=title.strip(),
        level=level.value,
        owner_id=owner.id if owner else ask.actor.user_id,
        answer=answer,
        due=due,
        by_id=ask.actor.user_id,
    )
    await _happened(ask, "risk.added", made, project)
    return await list_(ask, project)


@command(
    "risk.answer",
    zh="风险应对",
    permission="risk.write",
    help=Text("写下如何应对一个风险，可改期", "say what is done about a risk, and by when"),
)
async def answer_(
    ask: Ask,
    number: Annotated[int, _NUMBER],
    answer: Annotated[Rest, _ANSWER],
    due: Annotated[date | None, _DUE] = None,
    owner: Annotated[User | None, _OWNER] = None,
) -> Notice:
    risk, project = await _one(ask, number)
    risk.answer = answer
    risk.due = due or risk.due
    risk.owner_id = owner.id if owner else risk.owner_id
    await _happened(ask, "risk.answered", risk, project)
    return await list_(ask, project)


@command(
    "risk.close",
    zh="关闭风险",
    permission="risk.write",
    help=Text("一个风险已经解除", "a risk is over"),
)
async def close(ask: Ask, number: Annotated[int, _NUMBER]) -> Notice:
    risk, project = await _one(ask, number)
    risk.closed_at = ask.now
    await _happened(ask, "risk.closed", risk, project)
    return ask.say(
        Text("风险 {number} 已关闭。", "Risk {number} is closed."), Level.GOOD, number=risk.id
    )


@command(
    "risks",
    zh="风险清单",
    reads=True,
    permission="project.read",
    aliases=("risk list",),
    help=Text("未关闭的风险，可指定项目", "open risks, of a project if you like"),
)
async def list_(ask: Ask, project: Annotated[Project | None, _PROJECT] = None) -> Notice:
    found = await delivery.risks(ask.session, ask.actor.scope, project.id if project else None)
    title = ask.t(Text("风险清单", "Risks"))
    if not found:
        return ask.notice(title=title, text=ask.t(Text("没有未关闭的风险。", "No open risks.")))
    rows = tuple(
        (
            str(risk.id),
            of.code,
            ask.t(terms.RiskLevel(risk.level).text),
            cards.short(risk.title, 60),
            owner,
            cards.short(risk.answer, 60),
            cards.day(risk.due, ask.language),
        )
        for risk, of, owner in found
    )
    columns = tuple(
        ask.t(text)
        for text in (
            _NUMBER,
            _PROJECT,
            Text("等级", "Level"),
            Text("说明", "What"),
            _OWNER,
            _ANSWER,
            _DUE,
        )
    )
    buttons = [
        Button(
            label=ask.t(Text("关闭 {n}", "Close {n}"), n=risk.id), command=f"/risk close {risk.id}"
        )
        for risk, _, _ in found[:5]
    ]
    worst = any(risk.level == terms.RiskLevel.HIGH for risk, _, _ in found)
    return ask.notice(
        title=title,
        level=Level.WARNING if worst else Level.INFO,
        table=Table(columns=columns, rows=rows),
        buttons=buttons if ask.actor.may("risk.write") else [],
    )


async def _one(ask: Ask, number: int) -> tuple[Risk, Project]:
    found = await delivery.numbered(ask.session, ask.actor.scope, Risk, number)
    if found is None or found[0].closed_at is not None:
        raise CommandError(
            Text("没有未关闭的风险 {number}。", "There is no open risk {number}."), number=number
        )
    return found


async def _happened(ask: Ask, event: str, risk: Risk, project: Project) -> None:
    ask.session.add(risk)
    await ask.session.flush()
    await ask.did(
        event,
        risk,
        customer_id=project.customer_id,
        project_id=project.id,
        number=risk.id,
        title=risk.title,
    )
