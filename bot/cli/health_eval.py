"""`keqing eval churn` and `keqing eval delay`: whether what is foretold comes, on time held out.

Both run on a synthetic firm, whose truth is made by another law than the one that is measured, so that
the figures tell how the method does, not how any real firm will fare.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import typer

from bot.cli import lines
from bot.domain import churn, forecast
from bot.domain.churn import Quality, Seen
from bot.domain.forecast import Habit
from bot.domain.plan import Step, schedule
from bot.texts import Language, Text

CUSTOMERS: Final = 2000
PROJECTS: Final = 400
_MONTHS: Final = 24
_SYNTHETIC = Text("（合成数据，不是任何真实公司）", "(synthetic data, no real firm)")
_CHURN = Text(
    "流失预测 {note}：{customers} 家客户，{months} 个月；前 70% 时间拟合，后 30% 检验",
    "churn {note}: {customers} customers, {months} months; fitted on the first 70 %, tried on the rest",
)
_LINE = Text(
    "{name}：精确率 {precision}，召回率 {recall}（列出 {listed}，流失 {lost}，共 {seen}）；Brier {brier:.4f}（只报平均率 {plain:.4f}）",
    "{name}: precision {precision}, recall {recall} ({listed} listed, {lost} lost, {seen} seen);"
    " Brier {brier:.4f} (telling the mean rate alone {plain:.4f})",
)
_BIN = Text(
    "  预计 {told:.1%} → 实际 {left:.1%}（{count}）",
    "  told {told:.1%} → left {left:.1%} ({count})",
)
_SHIPPED = Text("随产品的评分卡", "shipped scorecard")
_FITTED = Text("用自己的数据校准后", "fitted on own outcomes")
_DELAY = Text(
    "延期预测 {note}：{projects} 个项目，前一半用来学习，后一半检验",
    "delay {note}: {projects} projects, learnt from the first half, tried on the second",
)
_DONE_BY = Text(
    "{name}：P50 前完成 {half:.1%}（应为 50%），P80 前完成 {most:.1%}（应为 80%）",
    "{name}: done by P50 {half:.1%} (should be 50 %), by P80 {most:.1%} (should be 80 %)",
)
_DEFAULT = Text("出厂默认", "as shipped")
_LEARNT = Text("学过自己的任务后", "learnt from own tasks")


@dataclass(frozen=True, slots=True)
class Churned:
    """What was seen in the later time, told with the shipped scale and with the fitted one."""

    shipped: Quality
    fitted: Quality | None


def synthetic(customers: int, seed: int) -> list[Seen]:
    """Points of customers month by month, and whether they left in the three months after.

    The truth: each has a hidden satisfaction that wanders; leaving depends on it alone, by a
    hazard with noise. Signs show it with errors, and much of what they show has other causes.
    """
    chance = random.Random(seed)  # noqa: S311 - an invented firm
    alive = {one: chance.gauss(0.6, 0.8) for one in range(customers)}
    left: dict[int, int] = {}
    told: list[tuple[int, int, int]] = []
    for month in range(_MONTHS):
        for one in list(alive):
            alive[one] += chance.gauss(-0.02, 0.25)
            told.append((month, one, churn.of(_signs(chance, alive[one]), churn.shipped()).points))
            if chance.random() < 0.012 * math.exp(-1.3 * alive[one]):
                left[one] = month
                del alive[one]
    ahead = churn.AHEAD_DAYS // 30
    return [
        (float(points), month <= left.get(one, 99) < month + ahead)
        for month, one, points in told
        if month <= _MONTHS - ahead
    ]


def _signs(chance: random.Random, liking: float) -> dict[str, float | None]:
    bad = max(0.0, -liking)
    return {
        "silence": math.exp(chance.gauss(0.1 + 0.35 * bad, 0.6)),
        "mood_drop": chance.gauss(0.18 * bad, 0.2) if chance.random() < 0.7 else None,
        "complaints": float(_poisson(chance, 0.2 + 0.8 * bad)),
        "says_so": float(_poisson(chance, 0.02 + 0.15 * bad)),
        "overdue_days": chance.expovariate(1 / 25) if chance.random() < 0.15 + 0.1 * bad else 0.0,
        "nps": min(10.0, max(0.0, chance.gauss(7.5 - 1.5 * bad, 1.8)))
        if chance.random() < 0.5
        else None,
        "contract_days": chance.uniform(-30, 300) if chance.random() < 0.4 else None,
        "health_drop": chance.gauss(5 * bad, 6),
        "all_done": float(chance.random() < 0.12),
        "senior_silent": chance.expovariate(1 / (30 + 25 * bad)),
    }


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's way, for small means."""
    least, count, product = math.exp(-mean), 0, chance.random()
    while product > least:
        count, product = count + 1, product * chance.random()
    return count


def held_out(seen: Sequence[Seen]) -> Churned:
    cut = round(0.7 * len(seen))
    scale = churn.fit(seen[:cut])
    later = seen[cut:]
    return Churned(
        churn.quality(later, churn.shipped().scale), churn.quality(later, scale) if scale else None
    )


def run_churn(seed: int, spoken: Language, *, as_json: bool) -> None:
    found = held_out(synthetic(CUSTOMERS, seed))
    named = [(_SHIPPED, found.shipped), *([(_FITTED, found.fitted)] if found.fitted else [])]
    if as_json:
        lines.show(
            {
                "synthetic": True,
                "customers": CUSTOMERS,
                "seed": seed,
                **{name.en: _as_object(one) for name, one in named},
            }
        )
        return
    note = _SYNTHETIC.in_(spoken)
    typer.echo(_CHURN.in_(spoken, note=note, customers=CUSTOMERS, months=_MONTHS))
    for name, one in named:
        told = _LINE.in_(
            spoken,
            name=name.in_(spoken),
            precision=_percent(one.precision),
            recall=_percent(one.recall),
            listed=one.listed,
            lost=one.lost,
            seen=one.seen,
            brier=one.brier,
            plain=one.plain,
        )
        typer.echo(told)
        for mean, left, count in one.bins:
            typer.echo(_BIN.in_(spoken, told=mean, left=left, count=count))


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _as_object(one: Quality) -> dict[str, Any]:
    return {
        "precision": one.precision,
        "recall": one.recall,
        "listed": one.listed,
        "lost": one.lost,
        "seen": one.seen,
        "brier": round(one.brier, 5),
        "brier_of_the_mean": round(one.plain, 5),
        "calibration": [list(bin_) for bin_ in one.bins],
    }


@dataclass(frozen=True, slots=True)
class Kept:
    """The share of projects that were done by their P50 and their P80."""

    half: float
    most: float


def delays(projects: int, seed: int) -> tuple[Kept, Kept]:
    """As shipped, and learnt from the first half's tasks; both on the second half.

    The truth: a firm whose tasks take 1.3 times their days in the middle, some of them (one in
    twelve) three times as long, and all of a project's tasks a little longer or shorter together.
    """
    chance = random.Random(seed)  # noqa: S311 - an invented firm
    past: list[float] = []
    tried: list[tuple[list[Step], float]] = []
    for number in range(projects):
        steps = [
            Step(id_, chance.randint(2, 15), tuple(chance.sample(range(id_), min(id_, 2))))
            for id_ in range(chance.randint(6, 20))
        ]
        mood = chance.gauss(0.0, 0.08)
        took = {step.id: step.days * _ratio(chance, mood) for step in steps}
        if number < projects // 2:
            past += [took[step.id] / step.days for step in steps]
            continue
        real = schedule([Step(s.id, took[s.id], s.after, s.not_before) for s in steps])
        tried.append((steps, max(slot.finish for slot in real.values())))
    return _kept(tried, Habit()), _kept(tried, forecast.learn(past[-500:]))


def _ratio(chance: random.Random, mood: float) -> float:
    late = 3.0 if chance.random() < 1 / 12 else 1.0
    return late * math.exp(chance.gauss(math.log(1.3) + mood, 0.35))


def _kept(tried: Sequence[tuple[list[Step], float]], habit: Habit) -> Kept:
    found = [(forecast.play(steps, habit, 1), end) for steps, end in tried]
    told = [(one, end) for one, end in found if one is not None]
    return Kept(
        sum(end <= one.half for one, end in told) / len(told),
        sum(end <= one.most for one, end in told) / len(told),
    )


def run_delay(seed: int, spoken: Language, *, as_json: bool) -> None:
    default, learnt = delays(PROJECTS, seed)
    if as_json:
        lines.show(
            {
                "synthetic": True,
                "projects": PROJECTS,
                "seed": seed,
                "as shipped": {"p50": default.half, "p80": default.most},
                "learnt": {"p50": learnt.half, "p80": learnt.most},
            }
        )
        return
    typer.echo(_DELAY.in_(spoken, note=_SYNTHETIC.in_(spoken), projects=PROJECTS))
    for name, one in ((_DEFAULT, default), (_LEARNT, learnt)):
        typer.echo(_DONE_BY.in_(spoken, name=name.in_(spoken), half=one.half, most=one.most))
