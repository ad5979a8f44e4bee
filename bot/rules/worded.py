"""Rules in words: `when task.days_late > 3 and project.phase == do then alert project.manager`.

A small closed grammar over the facts, in Chinese and English; facts go by their key or their words.

    rule      = ("when" | "当") any ("then" | "则" | "就") action {("," | "，") action}
    any       = all {("or" | "或者" | "或") all}
    all       = one {("and" | "并且" | "且") one}
    one       = ("not" | "非") one | "(" any ")" | fact op value
    action    = ("alert" | "提醒") who {("copy" | "抄送") who} | ("task" | "任务") who "name"
              | ("set" | "设置") field value | ("push" | "推送") kind [words, to the end, of own]
              | ("flow" | "启动流程") name | ("webhook" | "告知系统") name
"""

import re
from typing import Any, Final

from bot.rules.actions import LEVELS, OWN
from bot.rules.facts import CHECKED, FACTS, Fact, Op, known_at
from bot.texts import Text

SELECTORS: Final[dict[str, Text]] = {
    "project.manager": Text("项目经理", "project manager"),
    "project.manager.superior": Text("项目经理的上级", "superior of the project manager"),
    "customer.owner": Text("客户负责人", "customer owner"),
    "customer.owner.superior": Text("客户负责人的上级", "superior of the customer owner"),
    "service.head": Text("客服主管", "service head"),
    "role:manager": Text("经理", "managers"),
    "role:finance": Text("财务", "finance"),
    "role:service": Text("客服", "service"),
    "role:sales": Text("销售", "sales"),
    "role:pm": Text("全部项目经理", "all project managers"),
}
_OPS: Final[tuple[tuple[str, Op], ...]] = (
    (">=", ">="), ("<=", "<="), ("==", "=="), ("!=", "!="), ("≥", ">="), ("≤", "<="),
    (">", ">"), ("<", "<"), ("=", "=="), ("不小于", ">="), ("不大于", "<="), ("不少于", ">="),
    ("不超过", "<="), ("大于", ">"), ("超过", ">"), ("小于", "<"), ("少于", "<"), ("低于", "<"),
    ("高于", ">"), ("不是", "!="), ("不等于", "!="), ("等于", "=="), ("属于", "in"), ("包含", "contains"),
    ("is not", "!="), ("is", "=="), ("in", "in"), ("contains", "contains"), ("has", "contains"),
    ("是", "=="),
)  # fmt: skip
_WHEN: Final = ("when", "当", "如果", "if")
_THEN: Final = ("then", "则", "就", "那么")
_OR: Final = ("or", "或者", "或")
_AND: Final = ("and", "并且", "而且", "且")
_NOT: Final = ("not", "非")
_COMMAS: Final = (",", "，", "、", ";", "；")
_YES: Final = ("yes", "true", "是")
_NO: Final = ("no", "false", "否")
_EVENTS: Final = {"survey": "survey.answered", "payment": "payment.received"}


class BadWords(Exception):
    """Words that are no rule; says where, and what is expected there."""

    def __init__(self, text: Text, left: str) -> None:
        super().__init__(text.en)
        self.text = text
        self.left = left[:40]


def parse(words: str) -> dict[str, Any]:
    """The body of a rule, but for its id; raises `BadWords`."""
    reader = _Reader(words)
    reader.need(_WHEN, Text("以「当」开头", "it begins with “when”"))
    when = reader.any_of()
    reader.need(_THEN, Text("条件之后是「则」", "“then” comes after the conditions"))
    then = [reader.action()]
    while reader.one_of(_COMMAS):
        then.append(reader.action())
    if reader.left:
        raise reader.bad(Text("这里应该结束", "it should end here"))
    clauses = when.get("all", [when])
    return {"on": _event(when, reader), "when": clauses, "then": then}


def _event(when: dict[str, Any], reader: "_Reader") -> str:
    """What the rule has to listen to, by the facts that it asks for."""
    asked = _asked(when)
    families = {name.split(".", 1)[0] for name in asked}
    choices = [*CHECKED, *(_EVENTS[name] for name in sorted(families & _EVENTS.keys()))]
    for event in choices:
        if asked <= known_at(event):
            return event
    shown = ", ".join(sorted(asked))
    raise BadWords(
        Text(f"这些事实不会同时知道：{shown}", f"these are never known together: {shown}"),
        reader.left,
    )


def _asked(clause: Any) -> set[str]:
    if isinstance(clause, list):
        return {name for one in clause for name in _asked(one)}
    if "fact" in clause:
        return {clause["fact"]}
    return {name for one in clause.values() for name in _asked(one)}


class _Reader:
    """Reads a line from the left."""

    def __init__(self, words: str) -> None:
        self.left = words.strip()

    def bad(self, text: Text) -> BadWords:
        return BadWords(text, self.left)

    def one_of(self, words: tuple[str, ...]) -> str | None:
        """Takes the first of these words that stands here; Latin ones only whole."""
        for word in words:
            end = r"(?![\w.])" if word[-1].isascii() and word[-1].isalnum() else ""
            found = re.match(re.escape(word) + end, self.left, re.IGNORECASE)
            if found:
                self.left = self.left[found.end() :].lstrip()
                return word
        return None

    def need(self, words: tuple[str, ...], text: Text) -> None:
        if self.one_of(words) is None:
            raise self.bad(text)

    def any_of(self) -> dict[str, Any]:
        found = [self.all_of()]
        while self.one_of(_OR):
            found.append(self.all_of())
        return found[0] if len(found) == 1 else {"any": found}

    def all_of(self) -> dict[str, Any]:
        found = [self.one()]
        while self.one_of(_AND):
            found.append(self.one())
        return found[0] if len(found) == 1 else {"all": found}

    def one(self) -> dict[str, Any]:
        if self.one_of(_NOT):
            return {"not": self.one()}
        if self.one_of(("(", "（")):
            found = self.any_of()
            self.need((")", "）"), Text("这里缺右括号", "a closing bracket is missing"))
            return found
        name = self.fact()
        by_word: dict[str, Op] = dict(_OPS)
        word = self.one_of(tuple(sorted(by_word, key=len, reverse=True)))
        if word is None:
            raise self.bad(
                Text("这里应是比较，如 > 或「大于」", "a comparison is needed, such as >")
            )
        op = by_word[word]
        value = self.values(FACTS[name]) if op == "in" else self.value(FACTS[name])
        why = FACTS[name].refuses(op, tuple(value) if isinstance(value, list) else value)  # pyright: ignore[reportArgumentType]
        if why:
            raise self.bad(Text(f"{FACTS[name].text.zh}不能这样比较", f"{name}: {why}"))
        return {"fact": name, "op": op, "value": value}

    def fact(self) -> str:
        names = {
            word: name
            for name, fact in FACTS.items()
            for word in (name, fact.text.zh, fact.text.en)
        }
        word = self.one_of(tuple(sorted(names, key=len, reverse=True)))
        if word is None:
            raise self.bad(
                Text(
                    "这里应是一个事实，如 task.days_late",
                    "a fact is needed, such as task.days_late",
                )
            )
        return names[word]

    def values(self, fact: Fact) -> list[Any]:
        self.need(("(", "（"), Text("多个值写在括号里", "several values stand in brackets"))
        found = [self.value(fact)]
        while self.one_of(_COMMAS):
            found.append(self.value(fact))
        self.need((")", "）"), Text("这里缺右括号", "a closing bracket is missing"))
        return found

    def value(self, fact: Fact) -> Any:
        if fact.kind is bool:
            word = self.one_of((*_YES, *_NO))
            if word is None:
                raise self.bad(Text("这里应是「是」或「否」", "yes or no is needed"))
            return word in _YES
        if fact.kind in (int, float):
            return self.number(fact)
        known = {
            word: code
            for code in fact.values
            for word in (code, fact.words(code).text.zh, fact.words(code).text.en)
        }
        word = self.one_of(tuple(sorted(known, key=len, reverse=True)))
        if word is None and known:
            shown = "、".join(dict.fromkeys(known))
            raise self.bad(Text(f"这里应是：{shown}", f"one of these is needed: {shown}"))
        return known[word] if word else self.text()

    def number(self, fact: Fact) -> int | float:
        found = re.match(r"[-+]?\d+(?:\.\d+)?", self.left)
        if found is None:
            raise self.bad(Text("这里应是数字", "a number is needed"))
        self.left = self.left[found.end() :].lstrip()
        units = (fact.unit.zh, fact.unit.en, fact.unit.en.removesuffix("s")) if fact.unit else ()
        if self.one_of(("%", "％")):
            return float(found[0]) / 100
        self.one_of(units)
        return int(found[0]) if fact.kind is int and "." not in found[0] else float(found[0])

    def text(self) -> str:
        found = re.match(r"[\"“「]([^\"”」]+)[\"”」]|([^\s,，、()（）]+)", self.left)
        if found is None:
            raise self.bad(Text("这里还缺内容", "something is missing here"))
        self.left = self.left[found.end() :].lstrip()
        return found[1] or found[2]

    def who(self) -> str:
        names = {
            word: name for name, text in SELECTORS.items() for word in (name, text.zh, text.en)
        }
        word = self.one_of(tuple(sorted(names, key=len, reverse=True)))
        if word is None:
            shown = "、".join(text.zh for text in SELECTORS.values())
            en = ", ".join(SELECTORS)
            raise self.bad(Text(f"这里应是：{shown}", f"one of these is needed: {en}"))
        return names[word]

    def action(self) -> dict[str, Any]:
        if self.one_of(("alert", "提醒", "预警", "通知")):
            made: dict[str, Any] = {"alert": self.who(), "copy": []}
            while self.one_of(("copy", "抄送")):
                made["copy"].append(self.who())
            level = self.one_of(LEVELS)
            return made | ({"level": level} if level else {})
        if self.one_of(("task", "任务")):
            who, name = self.who(), self.text()
            return {"task": who, "name": {"zh": name, "en": name}}
        if self.one_of(("set", "设置")):
            return {"put": self.text(), "to": self.text()}
        if self.one_of(("push", "推送")):
            kind = self.text()
            return {"push": kind} | ({"says": self.own_words()} if kind == OWN else {})
        if self.one_of(("flow", "启动流程")):
            return {"flow": self.text()}
        if self.one_of(("webhook", "告知系统")):
            return {"webhook": self.text()}
        raise self.bad(
            Text(
                "这里应是「提醒」「任务」「设置」「推送」「启动流程」或「告知系统」",
                "alert, task, set, push, flow or webhook is needed here",
            )
        )

    def own_words(self) -> dict[str, str]:
        """All that is left, since a command line has lost its quotes; the same in both languages."""
        words, self.left = self.left, ""
        if not words:
            raise self.bad(Text("这里还缺内容", "something is missing here"))
        return {"zh": words, "en": words}
