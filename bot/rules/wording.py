"""What an alert says: one reason as its own card, several as a list under one headline."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from babel.dates import format_date

from bot.contract import Button, Fact, Level, Notice
from bot.rules import reasons as why
from bot.rules.actions import Said
from bot.rules.book import Rule, title_of
from bot.rules.facts import FACTS
from bot.rules.firing import Firing
from bot.rules.reasons import Reason
from bot.rules.words import TEMPLATES
from bot.texts import Text, language_of
from bot.texts import listed as in_a_row

_RULE = Text("规则", "Rule")
_ACKNOWLEDGE = Text("知道了", "Got it")
_OPEN = Text("打开", "Open")
_USEFUL = Text("有用", "Useful")
_USELESS = Text("没用", "Not useful")
_EVIDENCE = Text("依据 #{number}", "Evidence #{number}")
_SEVERAL = Text("{about}：{n} 项风险", "{about}: {n} risks")
_HIGHER = Text("仍未处理，现升级给您。", "Nobody has taken this yet; it is escalated to you.")
_MORE = Text("……另有 {n} 项", "… and {n} more")
_MOST_EVIDENCE: Final = 3
_MOST_LINES: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A reason in a reader's words."""

    reason: Reason
    rule: Rule | None
    title: str
    text: str


def line(reason: Reason, rule: Rule | None, language: str) -> Line:
    """A reason in words; one whose rule is gone goes by the rule's id."""
    said = rule.tells[0] if rule and rule.tells else None
    if rule is None or said is None:
        return Line(reason, rule, reason["rule"], "")
    if not reason["facts"]:  # it was raised before facts were kept: there is nothing to fill in
        return Line(reason, rule, title_of(rule).in_(language), "")
    words = spoken(reason["facts"], reason["said"], rule, language)
    template = TEMPLATES.get(said.template)
    if template is not None:
        title, text = template.title.in_(language), template.body.in_(language)
        return Line(reason, rule, filled(title, words), filled(text, words))
    name = own(rule.name, language) if rule.name else rule.id
    return Line(reason, rule, name, filled(own(said.says, language), words))


def own(said: Said | None, language: str) -> str:
    if said is None:
        return ""
    return said.en if language == "en" else said.zh


def spoken(
    facts: Mapping[str, Any], said: Mapping[str, str], rule: Rule, language: str
) -> dict[str, str]:
    """All that words in braces may name; what the rule asks for goes before its namesakes."""
    ordered = [name for name in facts if name not in rule.asks]
    ordered += [name for name in rule.asks if name in facts]
    words = {name.rsplit(".", 1)[-1]: _bare(name, facts[name], language) for name in ordered}
    return words | {name: _day(name, value, language) for name, value in said.items()}


def filled(text: str, words: Mapping[str, str]) -> str:
    """Names in braces become their words; nothing else of braces is understood."""
    return re.sub(r"\{(\w+)\}", lambda found: words.get(found[1], "?"), text)


def _bare(name: str, value: Any, language: str) -> str:
    """A value inside a sentence that has its own unit."""
    fact = FACTS.get(name)
    if isinstance(value, float) and not (fact and fact.share):
        return f"{value:.2f}"
    if fact is None or (isinstance(value, int) and not isinstance(value, bool) and not fact.share):
        return str(value)
    return fact.shown(value, language)


def _day(name: str, value: str, language: str) -> str:
    if name != "due":
        return value
    locale = "en" if language == "en" else "zh_CN"
    return format_date(date.fromisoformat(value), "medium", locale=locale)


def headline(lines: Sequence[Line]) -> Line | None:
    """The line of a rule that only puts others together."""
    return next((one for one in lines if one.rule and one.rule.sums_up), None)


def notice(
    number: int,
    shown: Sequence[Reason],
    rules: Mapping[str, Rule],
    about: tuple[str, str],
    language: str,
    *,
    higher: bool = False,
) -> Notice:
    """An alert as a card. `about` is a command that opens what it is about, and its name."""
    language = language_of(language)
    lines = [line(one, rules.get(one["rule"]), language) for one in shown]
    head = headline(lines)
    listed = [one for one in lines if one is not head] or lines
    level = why.loudest(one["level"] for one in shown)
    if len(listed) == 1:
        title, text = listed[0].title, listed[0].text
        facts = [*_facts(listed[0], language), _rule_fact(listed[0], language)]
    else:
        title = head.title if head else _SEVERAL.in_(language, about=about[1], n=len(listed))
        colon = ": " if language == "en" else "："
        rows = [
            f"{n}. {one.title}{colon}{one.text}" for n, one in enumerate(listed[:_MOST_LINES], 1)
        ]
        if len(listed) > _MOST_LINES:
            rows.append(_MORE.in_(language, n=len(listed) - _MOST_LINES))
        text = "\n".join([*([head.text] if head else []), *rows])
        named = dict.fromkeys(one.reason["rule"] for one in lines)
        facts = [Fact(label=_RULE.in_(language), value=in_a_row(named, language))]
    if higher:
        text = f"{_HIGHER.in_(language)}\n{text}"
    return Notice(
        level=Level(level),
        title=title,
        text=text,
        facts=tuple(facts),
        buttons=tuple(_buttons(number, shown, about, language)),
        language=language,
    )


def news(firing: Firing, about: tuple[str, str], language: str, now: datetime) -> Notice:
    """Good news as a card: nothing of it waits for anybody. `about` is as for `notice`."""
    language = language_of(language)
    told = line(why.made(firing, now), firing.rule, language)
    return Notice(
        level=Level.GOOD,
        title=told.title,
        text=told.text,
        facts=tuple(_facts(told, language)),
        buttons=(Button(label=_OPEN.in_(language), command=about[0], primary=True),),
        language=language,
    )


def _buttons(
    number: int, shown: Sequence[Reason], about: tuple[str, str], language: str
) -> list[Button]:
    evidence = dict.fromkeys(one["interaction"] for one in shown if one["interaction"])
    return [
        Button(label=_ACKNOWLEDGE.in_(language), command=f"/alert ack {number}", primary=True),
        Button(label=_OPEN.in_(language), command=about[0]),
        *(
            Button(label=_EVIDENCE.in_(language, number=item), command=f"/item #{item}")
            for item in list(evidence)[:_MOST_EVIDENCE]
        ),
        Button(label=_USEFUL.in_(language), command=f"/alert useful {number}"),
        Button(label=_USELESS.in_(language), command=f"/alert useless {number}"),
    ]


def _facts(one: Line, language: str) -> list[Fact]:
    asked = one.rule.asks if one.rule else ()
    facts = one.reason["facts"]
    return [
        Fact(label=FACTS[name].text.in_(language), value=FACTS[name].shown(facts[name], language))
        for name in asked
        if facts.get(name) is not None
    ]


def _rule_fact(one: Line, language: str) -> Fact:
    return Fact(label=_RULE.in_(language), value=one.reason["rule"])
