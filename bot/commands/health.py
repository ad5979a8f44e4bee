"""Health: of a customer, of all of them, and how the score is weighed."""

from collections import Counter
from datetime import timedelta
from typing import Annotated, Final

from bot.commands import health_card
from bot.commands.registry import Ask, CommandError, command
from bot.contract import Button, Level, Notice, Table
from bot.domain import health as scores
from bot.domain.health import Part, Standing
from bot.planning import standing
from bot.texts import Text
from storage import definitions
from storage import health as kept
from storage.tables import Customer

_BACK: Final = timedelta(days=180)
_FRESH: Final = timedelta(days=7)
_MOST: Final = 15


@command(
    "health",
    zh="健康",
    reads=True,
    permission="customer.read",
    aliases=("健康分", "客户健康"),
    help=Text(
        "客户健康分：四个方面、变化原因、怎样提升；不写客户则看全部",
        "a customer's health: four parts, what moved it, how to raise it; of all without a name",
    ),
)
async def health(
    ask: Ask, customer: Annotated[Customer | None, Text("客户", "customer")] = None
) -> Notice:
    if customer is None:
        return await _all(ask)
    found = await standing.of(ask.session, [customer.id], ask.now, ask.actor.zone.key)
    one = found[0]
    if one.health is None:
        missing = [name for name, value in one.values.items() if value is None]
        return health_card.unknown(ask, customer, missing, one.risk.probability, one.risk.reasons)
    past = await kept.history(ask.session, customer.id, ask.now.date() - _BACK)
    return health_card.of(
        ask,
        health_card.Seen(
            customer,
            one.health.score,
            one.health.as_json(),
            one.health.missing,
            one.risk.probability,
            one.risk.reasons,
            [snapshot for snapshot in past if snapshot.day < ask.now.date()],
        ),
    )


async def _all(ask: Ask) -> Notice:
    rows = await kept.latest(ask.session, ask.actor.scope, ask.now.date() - _FRESH)
    if not rows:
        return ask.say(
            Text(
                "还没有健康分，今晚会算出来；也可以 /健康 客户 现在就看一个。",
                "No scores yet; they are worked out tonight. One customer now: /health <customer>.",
            )
        )
    before = await kept.earlier(ask.session, [row.customer.id for row in rows], ask.now.date())
    told = [row.snapshot.score for row in rows if row.snapshot.score is not None]
    counts = Counter(scores.standing(score) for score in told)
    unknown = len(rows) - len(told)
    shown = rows[:_MOST]
    heads = (
        Text("客户", "Customer"),
        Text("健康分", "Health"),
        Text("月变化", "In a month"),
        Text("流失", "May leave"),
        Text("负责人", "Owner"),
    )
    return ask.notice(
        title=ask.t(
            Text("客户健康分布（{count}）", "Health of customers ({count})"), count=len(rows)
        ),
        level=Level.WARNING if counts[Standing.RISK] else Level.INFO,
        facts=[
            *((ask.t(one.text), _share(counts[one], len(told))) for one in Standing if told),
            (ask.t(Text("数据不够", "Too little known")), str(unknown) if unknown else ""),
        ],
        table=Table(
            columns=tuple(ask.t(head) for head in heads),
            rows=tuple(
                (
                    *health_card.line(ask, row.customer, row.snapshot, before.get(row.customer.id)),
                    row.owner or "—",
                )
                for row in shown
            ),
        ),
        buttons=[
            Button(label=row.customer.code, command=f"/health {row.customer.code}")
            for row in shown[:5]
        ],
    )


def _share(count: int, whole: int) -> str:
    return f"{count} ({count / whole:.0%})"


@command(
    "health.weights",
    zh="健康权重",
    reads=True,
    sets="progress",
    permission="field.write",
    help=Text("查看或设置健康分四个方面的权重", "the weights of health's four parts, shown or set"),
)
async def weights(
    ask: Ask,
    progress: Annotated[int | None, Text("进度", "progress")] = None,
    satisfaction: Annotated[int | None, Text("满意度", "satisfaction")] = None,
    money: Annotated[int | None, Text("资金", "money")] = None,
    closeness: Annotated[int | None, Text("亲密度", "closeness")] = None,
) -> Notice:
    given = {
        Part.PROGRESS: progress,
        Part.SATISFACTION: satisfaction,
        Part.MONEY: money,
        Part.CLOSENESS: closeness,
    }
    now = (await standing.scheme(ask.session)).parts
    if any(value is not None for value in given.values()):
        if any(value is None or not 0 <= value <= 100 for value in given.values()):
            raise CommandError(
                Text(
                    "请给全四个权重，每个 0 到 100：/健康权重 30 30 20 20",
                    "Give all four weights, each 0 to 100: /health weights 30 30 20 20",
                )
            )
        now = {part: float(value or 0) for part, value in given.items()}
        if sum(now.values()) != 100:
            raise CommandError(
                Text(
                    "四个权重加起来必须是 100，现在是 {sum}。",
                    "The four weights must add up to 100; these make {sum}.",
                ),
                sum=round(sum(now.values())),
            )
        made = await definitions.write(
            ask.session,
            "health",
            "weights",
            {"weights": {part.value: weight for part, weight in now.items()}},
            by_id=ask.actor.user_id,
            at=ask.now,
        )
        ask.wrote("health.weighed", made)
    return ask.notice(
        title=ask.t(Text("健康分权重", "Weights of health")),
        facts=[(ask.t(part.text), f"{now[part]:.0f}%") for part in Part],
    )
