"""A rule tried on the past: how often it would have fired, and on whom."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock
from bot.rules import facts
from bot.rules.book import Rule
from bot.rules.facts import CHECKED, FACTS
from bot.rules.firing import of_row
from storage import facts as figures

MOMENTS: Final = 13
"""How often what is checked again and again is looked at within the time of a trial."""


_TODAY: Final = frozenset(
    {
        *("task.key", "task.days_late", "project.days_late", "project.late_tasks"),
        *("project.budget_used", "project.open_high_risks", "project.late_high_risks"),
        *("contract.days_left", "case.kind", "case.hours_left", "case.breached"),
        "answer.minutes_left",
    }
)
"""What the record keeps no past of, or only of a part: due dates, budgets and levels were changed."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Firings by customer, the most first."""

    customers: tuple[tuple[int, int], ...]
    today: tuple[str, ...] = ()
    """Facts of the rule that were taken as they are today, or by the dates and budgets of today."""
    unknown: tuple[str, ...] = ()
    """Facts of the rule that nobody knows of the past, so that they never held."""

    @property
    def times(self) -> int:
        return sum(count for _, count in self.customers)


async def tried(
    session: AsyncSession, rule: Rule, days: int, now: datetime, timezone: str
) -> Tried:
    since = now - timedelta(days=days)
    if rule.on == "message.filed":
        hits = await _messages(session, rule, since, now)
    elif rule.scanned:
        step = max(timedelta(days=1), timedelta(days=days) / MOMENTS)
        moments = [now - step * n for n in range(int(timedelta(days=days) / step) + 1)]
        hits = await _scans(session, rule, moments[::-1], timezone)
    else:
        hits = await _events(session, rule, since, now)
    counts: dict[int, int] = defaultdict(int)
    for (customer, _), at in hits.items():
        counts[customer] += _loud(at, rule.quiet_for)
    return Tried(
        tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0]))),
        tuple(name for name in rule.asks if name in _TODAY),
        tuple(name for name in rule.asks if _is_lost(rule, name)),
    )


def _is_lost(rule: Rule, name: str) -> bool:
    """Of what has happened the timeline keeps its own facts, and few of others."""
    family = name.split(".", 1)[0]
    other = family in {"customer", "project"} and family != rule.on.split(".", 1)[0]
    return rule.on not in CHECKED and other and name not in figures.MOVING


async def fires_now(session: AsyncSession, rule: Rule, now: datetime, timezone: str) -> int:
    """How many it would fire for if it were switched on now."""
    if not rule.scanned:
        return 0
    return len(await _scans(session, rule, [now], timezone))


Hits = dict[tuple[int, str], list[datetime]]
"""Customer and subject → when the conditions were met."""


async def _messages(session: AsyncSession, rule: Rule, since: datetime, now: datetime) -> Hits:
    hits: Hits = defaultdict(list)
    signalled = "message.signals" in rule.asks
    moved = await figures.moved(session, since)
    async for rows in figures.messages(session, since, now, signalled=signalled):
        for row in rows:
            signals = {"message.signals": tuple(row["message.signals"])}
            if rule.matches({**moved.then(row, row["at"]), **signals}):
                hits[row["customer_id"], ""].append(row["at"])
    return {key: sorted(at) for key, at in hits.items()}


async def _scans(
    session: AsyncSession, rule: Rule, moments: Sequence[datetime], timezone: str
) -> Hits:
    what = rule.on.split(".", 1)[0]
    hits: Hits = defaultdict(list)
    moved = await figures.moved(session, moments[0])
    since: dict[str, datetime] = {}
    for at in moments:
        today = at.astimezone(clock.zone(timezone)).date()
        holding: dict[str, datetime] = {}
        async for rows in figures.pages(session, what, at, today, timezone, past=len(moments) > 1):
            for row in rows:
                seen = of_row(what, moved.then(row, at))
                # In the past a project may have been closed that was opened again since.
                if not rule.matches(seen.facts) or seen.facts.get("project.phase") == "closed":
                    continue
                holding[seen.name] = since.get(seen.name, at)
                if rule.lasts is None or holding[seen.name] + rule.lasts <= at:
                    hits[seen.customer_id or 0, seen.name].append(at)
        since = holding
    return hits


async def _events(session: AsyncSession, rule: Rule, since: datetime, now: datetime) -> Hits:
    hits: Hits = defaultdict(list)
    moved = await figures.moved(session, since)
    for row in await figures.happened(session, rule.on, since, now):
        then = moved.then(row, row["at"])
        known: dict[str, Any] = {name: then[name] for name in then if name in FACTS}
        if rule.matches(known | facts.of_event(rule.on, row["facts"])):
            hits[row["customer_id"] or 0, str(row["id"])].append(row["at"])
    return hits


def _loud(moments: Sequence[datetime], quiet: timedelta) -> int:
    """How often it would have spoken, being quiet after each time."""
    spoke, last = 0, None
    for at in moments:
        if last is None or last + quiet <= at:
            spoke, last = spoke + 1, at
    return spoke
