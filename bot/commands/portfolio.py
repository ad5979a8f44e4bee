"""All running projects by risk: how many stand where, the worst first."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final

from bot.commands.registry import Ask, command
from bot.contract import Button, Level, Notice, Table
from bot.domain.terms import RiskLevel
from bot.texts import Text
from storage import foretold
from storage import portfolio as kept
from storage.portfolio import Stand

_MOST: Final = 15
_LEAST_SEEN: Final = 5
_FAR: Final = 14
"""Days that a forecast may slip before it is a high risk."""


@dataclass(frozen=True, slots=True)
class _Judged:
    stand: Stand
    level: RiskLevel
    weight: int
    why: str


@command(
    "portfolio",
    zh="风险分布",
    reads=True,
    permission="project.read",
    aliases=("项目组合", "risk distribution"),
    help=Text(
        "多少项目处在什么风险，最差的在前", "how many projects stand at which risk, worst first"
    ),
)
async def portfolio(ask: Ask) -> Notice:
    stands = await kept.projects(ask.session, ask.actor.scope, ask.now.date())
    judged = [_judge(ask, one, ask.now.date()) for one in stands]
    if not judged:
        return ask.say(Text("没有进行中的项目。", "No running projects."))
    counts = Counter(one.level for one in judged)
    order = list(RiskLevel)
    worst = sorted(
        (one for one in judged if one.level is not RiskLevel.LOW),
        key=lambda one: (order.index(one.level), -one.weight, one.stand.project.id),
    )[:_MOST]
    heads = (
        Text("项目", "Project"),
        Text("客户", "Customer"),
        Text("风险", "Risk"),
        Text("原因", "Why"),
        Text("项目经理", "Manager"),
    )
    return ask.notice(
        title=ask.t(
            Text("项目风险分布（{count}）", "Projects by risk ({count})"), count=len(judged)
        ),
        level=Level.WARNING if counts[RiskLevel.HIGH] else Level.GOOD,
        facts=[
            *(
                (ask.t(one.text), f"{counts[one]} ({counts[one] / len(judged):.0%})")
                for one in order
            ),
            (ask.t(Text("延期预测准不准", "How forecasts came true")), await _kept_word(ask)),
        ],
        table=Table(
            columns=tuple(ask.t(head) for head in heads),
            rows=tuple(
                (
                    f"{one.stand.project.code} {one.stand.project.name}",
                    one.stand.customer,
                    ask.t(one.level.text),
                    one.why,
                    one.stand.manager or "—",
                )
                for one in worst
            ),
        )
        if worst
        else None,
        buttons=[
            Button(label=one.stand.project.code, command=f"/project {one.stand.project.code}")
            for one in worst[:5]
        ],
    )


async def _kept_word(ask: Ask) -> str:
    """How many projects were done by the days foretold a week or more ahead; empty for too few."""
    seen = await foretold.foreseen(ask.session, ask.actor.zone.key)
    if len(seen) < _LEAST_SEEN:
        return ""
    return ask.t(
        Text(
            "{count} 个已完成项目：{half} 在 P50 前完成（应为 50%），{most} 在 P80 前完成（应为 80%）",
            "of {count} finished projects {half} were done by P50 (should be 50%), {most} by P80"
            " (should be 80%)",
        ),
        count=len(seen),
        half=f"{sum(done <= half for _, half, _, done in seen) / len(seen):.0%}",
        most=f"{sum(done <= most for _, _, most, done in seen) / len(seen):.0%}",
    )


def _judge(ask: Ask, one: Stand, today: date) -> _Judged:
    """High: an open red alert, past its day, or forecast to slip far. Medium: anything else against it."""
    due = one.project.due_on
    late = max(0, (today - due).days) if due else 0
    slip = max(one.slip or 0, 0)
    why = [
        ask.t(Text("已逾期 {days} 天", "{days} days late"), days=late) if late else "",
        ask.t(Text("预计延期 {days} 天", "will slip {days} days"), days=slip) if slip else "",
        ask.t(Text("{count} 个任务逾期", "{count} tasks late"), count=one.late_tasks)
        if one.late_tasks
        else "",
        ask.t(Text("有未处理预警", "open alerts")) if one.alert in {"danger", "warning"} else "",
    ]
    said = " · ".join(word for word in why if word)
    level = RiskLevel.MEDIUM if said else RiskLevel.LOW
    if one.alert == "danger" or late or slip >= _FAR:
        level = RiskLevel.HIGH
    return _Judged(one, level, late + slip + one.late_tasks, said)
