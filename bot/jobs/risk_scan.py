"""The risk scan: every rule that is checked again and again, over the whole firm."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, telling
from bot.clock import Clock
from bot.contract import Button, Level, Notice
from bot.domain import workdays
from bot.people import Defaults
from bot.rules import alerting, book, engine, reasons
from bot.rules.engine import Engine
from bot.rules.firing import Firing, of_row
from bot.texts import Text, language_of
from storage import definitions, facts, holdings, people, watch
from storage.db import Database
from storage.tables import User

JOB: Final = "risk_scan"
CRON: Final = "*/5 * * * *"
MOST: Final = 200
"""A rule that fires for more at once is held, and its owner asked."""

_log = log.get("risk_scan")

_HELD_TITLE = Text("规则已暂停：{name}", "Rule held: {name}")
_HELD = Text(
    "规则 {rule} 这次会同时对 {n} 个对象发出预警，已先暂停，没有打扰任何人。先试运行看看，确实需要再启用。",
    "The rule {rule} would have fired for {n} at once. It is held and nobody was disturbed. Try it on the"
    " past first; switch it on if that is what you want.",
)
_TRY = Text("试运行", "Try it")
_ON = Text("仍要启用", "Switch it on")


class RiskScan:
    """The job that evaluates scan rules, raises alerts once, and closes what is over."""

    def __init__(
        self, db: Database, rules: Engine, now: Clock, defaults: Defaults, home: str
    ) -> None:
        self._db = db
        self._rules = rules
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - the scan looks at now
        now = self._now()
        async with self._db.transaction() as session:
            await watch.lock(session, ["scan"])
            rules = await engine.in_force(session)
            holding = await self._lasting(session, await self._found(session, rules, now), now)
            holding = await self._held_back(session, holding, now)
            if not self._is_day_off(now):  # what is told every few days would pile up for Monday
                await self._rules.fire(session, holding, rules, now)
            await _close(session, rules, {one.key for one in holding}, now)
        _log.info("risk_scan.done", holding=len(holding))

    def _is_day_off(self, now: datetime) -> bool:
        today = now.astimezone(clock.zone(self._defaults.timezone)).date()
        return self._defaults.quiet is not None and not workdays.china().is_workday(today)

    async def _found(self, session: AsyncSession, rules: book.Book, now: datetime) -> list[Firing]:
        zone = self._defaults.timezone
        today = now.astimezone(clock.zone(zone)).date()
        found: list[Firing] = []
        for what in facts.LOOKED_AT:
            listening = rules.on(f"{what}.checked")
            if not listening:
                continue
            async for rows in facts.pages(session, what, now, today, zone):
                for row in rows:
                    seen = of_row(what, row)
                    found += [Firing(rule, seen) for rule in listening if rule.matches(seen.facts)]
        return await _with_evidence(session, found, now)

    async def _lasting(
        self, session: AsyncSession, found: Sequence[Firing], now: datetime
    ) -> list[Firing]:
        """Those that need not last, or have lasted for as long as their rule wants."""
        waiting = {one.rule.id: one.rule.lasts for one in found if one.rule.lasts}
        rules = await engine.in_force(session)
        named = [rule.id for rule in rules.rules.values() if rule.lasts]
        since = await holdings.keep(
            session, named, [one.key for one in found if one.rule.id in waiting], now
        )
        return [
            one for one in found if one.rule.lasts is None or since[one.key] + one.rule.lasts <= now
        ]

    async def _held_back(
        self, session: AsyncSession, holding: Sequence[Firing], now: datetime
    ) -> list[Firing]:
        known = {
            (reason["rule"], reason["subject"])
            for alert in await watch.open_alerts(session)
            for reason in reasons.open_ones(alert.reasons)
        }
        new = Counter(one.rule.id for one in holding if one.key not in known)
        many = {one.rule.id: one.rule for one in holding if not one.rule.many}
        for rule_id in [id_ for id_ in many if new[id_] > MOST]:
            await self._hold(session, many[rule_id], new[rule_id], now)
            holding = [one for one in holding if one.rule.id != rule_id]
        return list(holding)

    async def _hold(
        self, session: AsyncSession, rule: book.Rule, count: int, now: datetime
    ) -> None:
        earlier = await definitions.versions(session, "rule", rule.id)
        body = earlier[0].body if earlier else {}
        await definitions.write(session, "rule", rule.id, body, enabled=False, at=now)
        owner_id = next((one.by_id for one in earlier if one.by_id), None)
        owner = await session.get(User, owner_id) if owner_id else None
        owners = [owner] if owner else await people.users_with_role(session, "manager")
        for user in owners:
            language = language_of(user.language or self._defaults.language)
            await telling.member(
                session,
                user,
                Notice(
                    level=Level.WARNING,
                    title=_HELD_TITLE.in_(language, name=book.title_of(rule).in_(language)),
                    text=_HELD.in_(language, rule=rule.id, n=count),
                    buttons=(
                        Button(label=_TRY.in_(language), command=f"/rule try {rule.id} 30"),
                        Button(label=_ON.in_(language), command=f"/rule on {rule.id}"),
                    ),
                    language=language,
                ),
                home=self._home,
                key=f"rule-held:{rule.id}:{now.isoformat()}",
                now=now,
                by_day=self._defaults,
            )


async def _with_evidence(
    session: AsyncSession, found: Sequence[Firing], now: datetime
) -> list[Firing]:
    """Reasons of mood name the words that weighed most."""
    moody = {one.seen.customer_id or 0 for one in found if "customer.mood_drop" in one.rule.asks}
    if not moody:
        return list(found)
    words = await facts.telling(session, moody, now)
    return [
        Firing(one.rule, replace(one.seen, interaction_id=words.get(one.seen.customer_id or 0)))
        if "customer.mood_drop" in one.rule.asks
        else one
        for one in found
    ]


async def _close(
    session: AsyncSession, rules: book.Book, holding: set[tuple[str, str]], now: datetime
) -> None:
    """Reasons whose cause is gone, whose rule is, or that were handled and have rested since."""
    for alert in await watch.open_alerts(session):
        gone = [
            reason
            for reason in reasons.open_ones(alert.reasons)
            if _is_over(reason, rules.rules.get(reason["rule"]), holding, now)
        ]
        for reason in gone:
            reason["gone"] = now.isoformat()
        if gone:
            alerting.settle(alert, now)
            await watch.keep(session, alert)


def _is_over(
    reason: reasons.Reason, rule: book.Rule | None, holding: set[tuple[str, str]], now: datetime
) -> bool:
    if rule is None:
        return True
    if rule.scanned:
        return (reason["rule"], reason["subject"]) not in holding
    return reason["acked"] and alerting.rested(reason, rule.quiet_for, now)
