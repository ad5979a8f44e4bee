"""The closed list of facts that rules may speak of, and how they are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal, cast

from bot.domain import terms
from bot.texts import Text

_YES: Final = Text("是", "yes")
_NO: Final = Text("否", "no")

Value = bool | int | float | str | tuple[str, ...]
Facts = Mapping[str, Value | None]
Op = Literal[">", ">=", "<", "<=", "==", "!=", "in", "contains"]
Money = Literal["none", "percent", "amount"]
_ORDER: Final = frozenset({">", ">=", "<", "<="})
_DAYS: Final = Text("天", "days")
_HOURS: Final = Text("小时", "hours")
_MINUTES: Final = Text("分钟", "minutes")
_MONEY: Final = Text("元（本位币）", "in the firm's currency")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact's meaning; `kind` is what its values are, `words` what people call them."""

    kind: type
    text: Text
    words: Any = None
    """A StrEnum whose members have a `text`."""
    share: bool = False
    """Shown in percent."""
    unit: Text | None = None
    money: Money = "none"
    """What a reader must be allowed to see of money to be shown it."""

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(one.value for one in cast("type[StrEnum]", self.words)) if self.words else ()

    def refuses(self, op: Op, value: Value) -> str:
        """Why it cannot be compared so; empty where it can."""
        if op in _ORDER and self.kind not in (int, float):
            return f"{op} compares numbers only"
        if (op == "contains") != (self.kind is tuple):
            return "a list of words is asked with contains, and nothing else is"
        given = value if isinstance(value, tuple) else (value,)
        if op == "in" and not isinstance(value, tuple):
            return "in needs a list"
        for one in given:
            if self.kind is bool and not isinstance(one, bool):
                return "yes or no is needed"
            if self.kind in (int, float) and (
                isinstance(one, bool) or not isinstance(one, int | float)
            ):
                return "a number is needed"
            if self.share and isinstance(one, int | float) and not 0 <= one <= 10:
                return "a share is needed, such as 0.8 or 80%"
            if self.kind in (str, tuple) and not isinstance(one, str):
                return "a word is needed"
            if self.words and one not in self.values:
                return f"one of {', '.join(self.values)} is needed"
        return ""

    def shown(self, value: object, language: str) -> str:
        """A value as a person reads it."""
        if isinstance(value, bool):
            return _YES.in_(language) if value else _NO.in_(language)
        if isinstance(value, int | float) and self.share:
            return f"{value:.0%}"
        if isinstance(value, float) and self.unit:
            return f"{value:,.2f} {self.unit.in_(language)}"
        if isinstance(value, float):
            return f"{value:,.2f}" if self.money == "amount" else f"{value:+.2f}"
        if isinstance(value, int) and self.unit:
            return f"{value} {self.unit.in_(language)}"
        listed = cast("list[object]", value) if isinstance(value, list | tuple) else [value]
        return ", ".join(self._word(str(one), language) for one in listed)

    def _word(self, value: str, language: str) -> str:
        if value not in self.values:
            return value
        return self.words(value).text.in_(language)


def _days(zh: str, en: str, money: Money = "none") -> Fact:
    return Fact(int, Text(zh, en), unit=_DAYS, money=money)


def _count(zh: str, en: str, money: Money = "none") -> Fact:
    return Fact(int, Text(zh, en), money=money)


def _sum(zh: str, en: str) -> Fact:
    return Fact(float, Text(zh, en), money="amount", unit=_MONEY)


def _share(zh: str, en: str, money: Money = "none") -> Fact:
    return Fact(float, Text(zh, en), share=True, money=money)


FACTS: Final[dict[str, Fact]] = {
    "task.days_late": _days("任务已逾期的天数", "days that a task is late"),
    "task.key": Fact(bool, Text("是否关键任务", "whether a task is a key task")),
    "project.phase": Fact(str, Text("项目阶段", "phase of the project"), terms.Phase),
    "project.progress": _share("项目进度比例", "share of the project that is done"),
    "project.budget_used": _share(
        "预算使用比例", "share of the budget that is used", money="percent"
    ),
    "project.days_late": _days("项目已逾期的天数", "days that the project is late"),
    "project.late_tasks": _count("项目逾期任务数", "late tasks of the project"),
    "project.spi": Fact(float, Text("项目进度绩效指数", "schedule performance index")),
    "project.forecast_slip": _days(
        "预计比计划晚的天数", "days that the project is forecast to slip"
    ),
    "project.open_changes_30d": _count(
        "近 30 天项目变更申请数", "changes asked for in the project in 30 days"
    ),
    "project.open_high_risks": _count("未关闭的高风险数", "open high risks of the project"),
    "project.late_high_risks": _count(
        "应对已过期的高风险数", "open high risks of the project past their day"
    ),
    "project.defects_open": _count("未修复的缺陷数", "open defects of the project"),
    "customer.tier": Fact(str, Text("客户等级", "tier of the customer"), terms.Tier),
    "customer.stage": Fact(str, Text("客户阶段", "stage of the customer"), terms.Stage),
    "customer.mood": Fact(
        float, Text("客户近 7 天的平均情绪", "mean mood of the customer, last 7 days")
    ),
    "customer.mood_drop": Fact(
        float, Text("相比之前 30 天情绪下降多少", "how far mood fell against the 30 days before")
    ),
    "customer.negative_share": _share(
        "近 30 天负面消息比例", "share of negative messages in 30 days"
    ),
    "customer.complaints_30d": _count("近 30 天投诉次数", "complaints in 30 days"),
    "customer.scope_changes_30d": _count(
        "近 30 天提出范围变更的次数", "times that scope was to change in 30 days"
    ),
    "customer.days_silent": _days("客户没有消息的天数", "days without a word of the customer"),
    "customer.overdue_days": _days(
        "最久一笔回款已逾期的天数", "days that the oldest payment is overdue", money="amount"
    ),
    "customer.health": Fact(float, Text("客户健康分", "health score of the customer")),
    "customer.health_drop": Fact(
        float, Text("健康分一个月内下降多少", "how far the health score fell in a month")
    ),
    "customer.churn": _share("客户流失可能性", "how likely the customer is to leave"),
    "customer.nps": _count("最近一次 NPS 分", "latest NPS score of the customer"),
    "message.sentiment": Fact(str, Text("消息情绪", "sentiment of a message"), terms.Sentiment),
    "message.score": Fact(float, Text("消息情绪分", "sentiment score of a message")),
    "message.signals": Fact(tuple, Text("消息信号", "signals of a message"), terms.Signal),
    "message.kind": Fact(str, Text("消息种类", "kind of a message"), terms.Kind),
    "survey.kind": Fact(str, Text("问卷种类", "kind of the survey")),
    "survey.score": _count("问卷得分", "score of the survey"),
    "survey.comment": Fact(str, Text("问卷留言", "comment of the survey")),
    "payment.on_time": Fact(bool, Text("是否按时付款", "whether a payment was on time")),
    "payment.days_late": _days("付款晚了几天", "days that a payment was late", money="amount"),
    "payment.first": Fact(bool, Text("是否首笔款", "whether it is the first payment")),
    "push.kind": Fact(str, Text("推送种类", "kind of the push")),
    "change.days": _days("变更影响的工期天数", "days that a change adds"),
    "change.cost": _sum("变更增加的费用", "what a change costs"),
    "quote.discount": _share("报价折扣", "discount of the quote", money="amount"),
    "quote.total": _sum("报价总额", "total of the quote"),
    "contract.amount": _sum("合同金额", "amount of the contract"),
    "contract.days_left": _days("合同剩余天数", "days until the contract ends"),
    "case.kind": Fact(str, Text("工单种类", "kind of the case")),
    "case.hours_left": Fact(
        int, Text("工单距超时的小时数", "hours until the case is late"), unit=_HOURS
    ),
    "case.breached": Fact(bool, Text("工单是否已超时", "whether the case is late")),
    "answer.minutes_left": Fact(
        int, Text("距应答时限的分钟数", "minutes until an answer is due"), unit=_MINUTES
    ),
}

CHECKED: Final[dict[str, tuple[str, ...]]] = {
    "task.checked": ("task", "project.phase", "project.progress", "customer.tier"),
    "project.checked": ("project", "customer.tier", "customer.stage"),
    "customer.checked": ("customer",),
    "contract.checked": ("contract.days_left", "customer.tier", "customer.stage"),
    "case.checked": ("case", "customer.tier", "customer.stage"),
    "answer.checked": ("answer", "customer.tier", "customer.stage"),
    "message.filed": ("message", "customer.tier", "customer.stage"),
}
"""What is looked at, and which facts (or groups of them) are known then."""


def is_event(name: str) -> bool:
    """Whether a rule may listen to it: what is looked at, and all that the timeline tells."""
    return name in CHECKED or name in terms.EVENTS or name in _COMING


_COMING: Final = frozenset({"survey.answered", "payment.received", "contract.signed"})
"""Told by their commands; the shipped rules listen to them."""


def known_at(event: str) -> frozenset[str]:
    """The facts that a rule on this event may ask for."""
    family = event.split(".", 1)[0]
    groups = CHECKED.get(event, (family, "project", "customer"))
    return frozenset(name for name in FACTS if name in groups or name.split(".", 1)[0] in groups)


def of_event(event: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """Facts of something that has happened, by their whole names; others are left out."""
    family = event.split(".", 1)[0]
    found: dict[str, Value] = {}
    for key, value in given.items():
        fact = FACTS.get(f"{family}.{key}")
        if (
            fact is not None
            and value is not None
            and isinstance(value, (int, float) if fact.kind is float else fact.kind)
        ):
            found[f"{family}.{key}"] = value
    return found


def holds(value: Value | None, op: Op, wanted: Value) -> bool:
    """Whether a fact's value meets a condition; a fact that is not known never does."""
    if value is None:
        return False
    match op:
        case "==":
            return value == wanted
        case "!=":
            return value != wanted
        case "in":
            return isinstance(wanted, tuple) and value in wanted
        case "contains":
            return isinstance(value, tuple) and wanted in value
        case _:
            return _ordered(value, op, wanted)


def _ordered(value: Value, op: Op, wanted: Value) -> bool:
    if not isinstance(value, int | float) or not isinstance(wanted, int | float):
        return False
    return {
        ">": value > wanted,
        ">=": value >= wanted,
        "<": value < wanted,
        "<=": value <= wanted,
    }[op]
