"""Open alerts with the words that their loudest reason has."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.registry import Ask
from bot.rules import engine, wording
from storage import watch
from storage.tables import Alert


@dataclass(frozen=True, slots=True)
class Open:
    alert: Alert
    title: str


async def titled(ask: Ask, alerts: Sequence[Alert]) -> list[Open]:
    """Each alert with its titles in the asker's language, of the reasons that they may see."""
    if not alerts:
        return []
    rules = (await engine.in_force(ask.session)).rules
    seen = await watch.seen(ask.session, ask.actor.scope, alerts)
    return [
        Open(
            alert,
            " · ".join(
                wording.line(one, rules.get(one["rule"]), ask.language).title
                for one in seen[alert.id]
            ),
        )
        for alert in alerts
    ]
