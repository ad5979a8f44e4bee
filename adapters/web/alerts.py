"""Open alerts with the words that their rule's notice had."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.registry import Ask
from bot.rules import book
from bot.rules.words import TEMPLATES
from storage import definitions
from storage.tables import Alert


@dataclass(frozen=True, slots=True)
class Open:
    alert: Alert
    title: str


async def titled(ask: Ask, alerts: Sequence[Alert]) -> list[Open]:
    """Each alert with its title in the asker's language; the rule's id where the rule is gone."""
    if not alerts:
        return []
    own = await definitions.newest(ask.session, "rule")
    rules = book.in_force((rule.name, rule.body, rule.enabled) for rule in own).rules
    return [Open(alert, _title(ask, alert, rules.get(alert.rule))) for alert in alerts]


def _title(ask: Ask, alert: Alert, rule: book.Rule | None) -> str:
    if rule is None:
        return alert.rule
    facts = {name.rsplit(".", 1)[-1]: value for name, value in alert.facts.items()}
    try:
        return TEMPLATES[rule.then[0].template].title.in_(ask.language, **facts)
    except KeyError:  # an older alert, from before its template knew this fact
        return alert.rule
