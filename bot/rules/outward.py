"""What a system of the firm's is told where a rule fires: words, and the same as data.

Amounts of money never leave so: not as facts, and not in words.
"""

from datetime import datetime

from bot.contract import Level, Notice
from bot.rules import book, reasons, wording
from bot.rules.facts import FACTS
from bot.rules.firing import Firing
from bot.rules.sentences import asked
from bot.texts import Language
from storage.tables import Customer, Project


def notice(
    firing: Firing,
    customer: Customer | None,
    project: Project | None,
    language: Language,
    now: datetime,
) -> Notice:
    rule, seen = firing.rule, firing.seen
    title, text = _words(firing, customer, project, language, now)
    facts = {
        name: value for name, value in sorted(seen.facts.items()) if FACTS[name].money != "amount"
    }
    return Notice(
        level=Level(reasons.loudest(tell.level for tell in rule.tells)),
        title=title,
        text=text,
        language=language,
        data={
            "rule": rule.id,
            "event": rule.on,
            "at": now.isoformat(),
            "customer": customer.code if customer else None,
            "project": project.code if project else None,
            "facts": facts,
        },
    )


def _words(
    firing: Firing,
    customer: Customer | None,
    project: Project | None,
    language: Language,
    now: datetime,
) -> tuple[str, str]:
    rule = firing.rule
    if rule.money == "amount":
        return book.title_of(rule).in_(language), ""
    if rule.tells:
        line = wording.line(reasons.made(firing, now), rule, language)
        return line.title, line.text
    about = project or customer
    name = f"{about.code} {about.name}: " if about else ""
    return book.title_of(rule).in_(language), name + asked(rule, language)
