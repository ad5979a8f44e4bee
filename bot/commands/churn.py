"""Who may leave, why, and how far that can be trusted."""

from datetime import timedelta
from typing import Annotated, Any, Final

from bot.commands import health_card
from bot.commands.registry import Ask, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import churn as scorecard
from bot.domain.churn import Reason
from bot.planning import standing
from bot.texts import Text, listed
from storage import health as kept
from storage.tables import Customer

_FRESH: Final = timedelta(days=7)
_MOST: Final = 15
_TITLE = Text("可能流失的客户（{count}）", "Customers who may leave ({count})")
_NONE = Text("没有客户达到 {least} 的流失可能。", "No customer reaches a probability of {least}.")
_MEASURED = Text(
    "{days} 天前列出的客户里，{hit}/{listed} 真的流失（精确率 {precision}）；流失的 {lost} 家里列出了 {recall}。",
    "Of those listed {days} days before, {hit} of {listed} left (precision {precision}); of the {lost}"
    " that left, {recall} were listed.",
)
_UNPROVEN = Text(
    "还不能用您自己的数据检验：{days} 天前的记录里没有列出过客户，或没有流失过。",
    "Not proven on your own record yet: nobody was listed, or nobody left, in what is {days} days old.",
)
_SHIPPED = Text(
    "按随产品发布的评分卡计算（您的流失客户还不到 {least} 家）；用 keqing eval churn 看它在合成公司上的表现。",
    "By the scorecard that ships with the product (you have lost fewer than {least}); keqing eval churn"
    " shows how it does on a synthetic firm.",
)
_OWN_CARD = Text(
    "按您自己的评分卡计算（启用以来流失还不到 {least} 家，未校准）。",
    "By your own scorecard (not fitted: fewer than {least} losses since it is in force).",
)
_FITTED = Text(
    "评分已按您自己的 {losses} 次流失校准，并在其后的时间段上检验。",
    "The scale is fitted on your own {losses} losses and was tried on a later time.",
)
_CALIBRATED = Text(
    "预计 {told} → 实际 {left}（{count} 家）", "told {told} → left {left} (of {count})"
)


@command(
    "churn",
    zh="流失",
    reads=True,
    permission="customer.read",
    aliases=("流失预警", "may leave"),
    help=Text(
        "哪些客户可能流失、为什么，以及预测有多准",
        "customers who may leave, why, and how precise that is",
    ),
)
async def churn(
    ask: Ask, customer: Annotated[Customer | None, Text("客户", "customer")] = None
) -> Notice:
    trust = await _trust(ask)
    if customer is not None:
        found = await standing.of(ask.session, [customer.id], ask.now, ask.actor.zone.key)
        risk = found[0].risk
        signs = [f"+{one.points}  {health_card.reason(ask, one)}" for one in risk.reasons]
        return ask.notice(
            title=f"{customer.code} {customer.name}",
            level=Level.WARNING if risk.probability >= scorecard.LISTED else Level.INFO,
            facts=[
                (
                    ask.t(
                        Text("{days} 天内流失", "Leaves within {days} days"),
                        days=scorecard.AHEAD_DAYS,
                    ),
                    f"{risk.probability:.0%}" if signs else ask.t(health_card.CALM),
                ),
                (ask.t(Text("原因（分值）", "Why (points)")), "\n".join(signs)),
                *trust,
            ],
            buttons=[
                Button(label=ask.t(Text("健康", "Health")), command=f"/health {customer.code}"),
                Button(label=ask.t(Text("下一步", "Next step")), command=f"/next {customer.code}"),
            ],
        )
    return await _listed(ask, trust)


async def _listed(ask: Ask, trust: list[tuple[str, str]]) -> Notice:
    rows = await kept.latest(ask.session, ask.actor.scope, ask.now.date() - _FRESH)
    rows = [row for row in rows if (row.snapshot.churn or 0.0) >= scorecard.LISTED]
    rows.sort(key=lambda row: (-(row.snapshot.churn or 0.0), row.customer.id))
    shown = rows[:_MOST]
    heads = (
        Text("客户", "Customer"),
        Text("可能", "Probability"),
        Text("原因", "Why"),
        Text("负责人", "Owner"),
    )
    return ask.notice(
        title=ask.t(_TITLE, count=len(rows)),
        text="" if rows else ask.t(_NONE, least=f"{scorecard.LISTED:.0%}"),
        level=Level.WARNING if rows else Level.GOOD,
        facts=trust,
        table=Table(
            columns=tuple(ask.t(head) for head in heads),
            rows=tuple(
                (
                    f"{row.customer.code} {row.customer.name}",
                    f"{row.snapshot.churn or 0.0:.0%}",
                    listed(
                        (
                            health_card.reason(ask, one)
                            for one in reasons(row.snapshot.churn_reasons)
                        ),
                        ask.language,
                    ),
                    row.owner or "—",
                )
                for row in shown
            ),
        )
        if shown
        else None,
        buttons=[
            Button(label=row.customer.code, command=f"/churn {row.customer.code}")
            for row in shown[:5]
        ],
    )


def reasons(given: list[dict[str, Any]], most: int = 3) -> list[Reason]:
    """Kept reasons, the weightiest first."""
    return [Reason(one["name"], one["value"], one["points"]) for one in given[:most]]


async def _trust(ask: Ask) -> list[tuple[str, str]]:
    """How it is told, and how well that did on the firm's own outcomes."""
    card, _ = await standing.card(ask.session)
    own = await standing.learnt(ask.session, card)
    how = ask.t(Text("怎样算的", "How it is told"))
    proof = ask.t(Text("准不准", "How precise"))
    by = ask.t(_OWN_CARD if card.version else _SHIPPED, least=scorecard.LEAST_LOSSES)
    if own is None:
        return [(how, by), (proof, ask.t(_UNPROVEN, days=scorecard.AHEAD_DAYS))]
    scale, found = scorecard.Scale(**own["scale"]), own["quality"]
    if scale.losses:
        by = ask.t(_FITTED, losses=scale.losses)
    if not found["listed"] or not found["lost"]:
        return [(how, by), (proof, ask.t(_UNPROVEN, days=scorecard.AHEAD_DAYS))]
    measured = ask.t(
        _MEASURED,
        days=scorecard.AHEAD_DAYS,
        hit=found["hit"],
        listed=found["listed"],
        precision=f"{found['hit'] / found['listed']:.0%}",
        lost=found["lost"],
        recall=f"{found['hit'] / found['lost']:.0%}",
    )
    bins = "\n".join(
        ask.t(_CALIBRATED, told=f"{told:.0%}", left=f"{left:.0%}", count=count)
        for told, left, count in found["bins"]
    )
    return [(how, by), (proof, measured), (ask.t(Text("校准", "Calibration")), bins)]
