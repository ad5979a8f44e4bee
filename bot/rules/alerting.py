"""Alerts combined: one for each customer, with all its reasons; nobody is told twice of the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox
from bot.domain import workdays, worktime
from bot.people import Defaults, own_chats
from bot.rules import reasons as why
from bot.rules import wording
from bot.rules.book import Book, Rule, Rung
from bot.rules.firing import Firing, Seen
from bot.rules.reasons import Reason
from bot.rules.receivers import Cast
from bot.texts import language_of
from storage import audit, watch
from storage.scope import covers
from storage.tables import Conversation, Event, User
from storage.watch import Open

_LADDERS: Final[dict[str, tuple[tuple[float, str], ...]]] = {
    "info": (),
    "warning": ((18, "project.manager.superior"), (18, "customer.owner.superior")),
    "danger": (
        (4, "project.manager.superior"),
        (4, "customer.owner.superior"),
        (9, "role:manager"),
    ),
}
"""Hours of working time until the next is told, where a rule has no ladder of its own."""
_STRICTER: Final = {"vip": 0.5}
IN_CHATS: Final = "percent"
"""What of money may be said in a chat of members: not everybody there may see amounts."""


def ladder_of(rule: Rule | None, level: str, tier: str) -> tuple[Rung, ...]:
    """A rule's own ladder, else the usual one: half the time for those who matter most."""
    if rule is not None and rule.ladder is not None:
        return rule.ladder
    share = _STRICTER.get(tier, 1.0)
    return tuple(Rung(after=timedelta(hours=hours * share), to=to) for hours, to in _LADDERS[level])


@dataclass(slots=True)
class _Round:
    """One alert as it is worked on, with those who have to hear of it now."""

    alert: Open
    rules: Mapping[str, Rule]
    tier: str
    about: tuple[str, str]
    users: dict[str, User]
    chats: dict[str, Conversation]

    def shown_to(self, receiver: str, money: str) -> list[Reason]:
        return [one for one in self.open if receiver in one["to"] and covers(money, one["money"])]

    @property
    def open(self) -> list[Reason]:
        found = why.open_ones(self.alert.reasons)
        return sorted(found, key=lambda one: -why.order(one["level"]))


class Alerting:
    """Raises alerts, tells their people, climbs their ladders."""

    def __init__(self, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._defaults = defaults
        self._home = home

    async def raise_(
        self, session: AsyncSession, firings: Sequence[Firing], book: Book, now: datetime
    ) -> set[tuple[str, str]]:
        """Combine what fired into alerts and tell it; answers the (rule, subject) that are new."""
        by_subject: dict[str, list[Firing]] = defaultdict(list)
        for one in firings:
            by_subject[one.seen.about].append(one)
        await watch.lock(session, by_subject)
        alerts = {one.subject: one for one in await watch.open_alerts(session, subjects=by_subject)}
        cast = await Cast.of(session, (one.seen for one in firings))
        fresh: set[tuple[str, str]] = set()
        for subject, listed in by_subject.items():
            found = alerts.get(subject)
            fresh |= await self._combine(session, found, listed, cast, book, now)
        return fresh

    async def _combine(
        self,
        session: AsyncSession,
        alert: Open | None,
        firings: Sequence[Firing],
        cast: Cast,
        book: Book,
        now: datetime,
    ) -> set[tuple[str, str]]:
        alert = alert or _new(firings[0].seen, now)
        before = _state(alert)
        round_ = _round(alert, firings[0].seen, cast, book)
        fresh: set[tuple[str, str]] = set()
        for firing in firings:
            if await self._take_in(session, round_, firing, cast, now):
                fresh.add(firing.key)
        _lead(alert)
        told = self._to_tell(round_, cast, now)
        if told and (alert.id is None or alert.climb_at is None or alert.level != before[1]):
            self._start_ladder(round_, now)
        if alert.id is None or before != _state(alert):
            await watch.keep(session, alert)
        await _note(session, alert, fresh, now)
        await self._tell(session, round_, told, now)
        return fresh

    async def _take_in(
        self, session: AsyncSession, round_: _Round, firing: Firing, cast: Cast, now: datetime
    ) -> bool:
        """Keep a reason and whom it is for; True where it is new, or has come again after a rest."""
        rule, reasons = firing.rule, round_.alert.reasons
        found = why.find(reasons, firing)
        reason = found or why.made(firing, now)
        again = found is not None and not rule.scanned and rested(found, rule.quiet_for, now)
        if found is None:
            reasons.append(reason)
        else:
            latest = why.made(firing, now)
            reason["facts"], reason["said"] = latest["facts"], latest["said"]
            reason["interaction"] = latest["interaction"] or reason["interaction"]
        if again:
            reason["acked"], reason["at"] = False, now.isoformat()
        if found is None or again:
            round_.alert.acknowledged_at = None
        people: list[str] = []
        for tell in rule.tells:
            for user in cast.meant(tell.selectors, firing.seen):
                round_.users[f"u{user.id}"] = user
                people.append(f"u{user.id}")
            if (
                tell.chats
                and covers(IN_CHATS, reason["money"])
                and not reason["acked"]
                and rested(reason, rule.quiet_for, now)
            ):
                for chat in await watch.bound_chats(
                    session, firing.seen.customer_id, firing.seen.project_id, now
                ):
                    round_.chats[f"c{chat.id}"] = chat
                    people.append(f"c{chat.id}")
        reason["to"] = list(dict.fromkeys([*reason["to"], *people]))
        return found is None or again

    def _to_tell(self, round_: _Round, cast: Cast, now: datetime) -> list[tuple[str, list[Reason]]]:
        """Who hears of it now, and which reasons they are shown."""
        told: list[tuple[str, list[Reason]]] = []
        for receiver in (*round_.users, *round_.chats):
            user = round_.users.get(receiver)
            shown = round_.shown_to(receiver, cast.money(user) if user else IN_CHATS)
            due = [
                one
                for one in shown
                if (rule := round_.rules.get(one["rule"]))
                and why.is_due(one, receiver, rule.quiet_for, now)
            ]
            level = why.loudest(one["level"] for one in due)
            if due and not _in_peace(shown, due, receiver, level, now):
                told.append((receiver, shown))
                for one in shown:
                    one["told"][receiver] = now.isoformat()
        return told

    def _start_ladder(self, round_: _Round, now: datetime) -> None:
        round_.alert.rung = 0
        first = next(iter(round_.users.values()), None)
        self._climb_next(round_, first, now)

    def _climb_next(self, round_: _Round, waiting: User | None, now: datetime) -> None:
        """Set when the next rung is told: in the working time of who has been told."""
        alert = round_.alert
        leading = round_.rules.get(alert.rule)
        rungs = ladder_of(leading, alert.level, round_.tier)
        if alert.rung >= len(rungs):
            alert.climb_at = None
            return
        zone = clock.zone(waiting.timezone if waiting else None, self._defaults.timezone)
        after = rungs[alert.rung].after
        alert.climb_at = worktime.after(now.astimezone(zone), after, workdays.china())

    async def climb(self, session: AsyncSession, alert: Open, book: Book, now: datetime) -> bool:
        """Tell the next person of an alert that nobody has taken; False where there is none."""
        seen = Seen(alert.subject, alert.customer_id, alert.project_id, {})
        cast = await Cast.of(session, [seen])
        round_ = _round(alert, seen, cast, book)
        rungs = ladder_of(round_.rules.get(alert.rule), alert.level, round_.tier)
        told: list[tuple[str, list[Reason]]] = []
        waiting: User | None = None
        while not told and alert.rung < len(rungs):
            for user in cast.meant([rungs[alert.rung].to], seen):
                shown = [o for o in round_.open if covers(cast.money(user), o["money"])]
                if shown and not all(f"u{user.id}" in one["told"] for one in shown):
                    receiver = f"u{user.id}"
                    round_.users[receiver] = waiting = user
                    told.append((receiver, shown))
                    for one in shown:
                        one["to"] = list(dict.fromkeys([*one["to"], receiver]))
                        one["told"][receiver] = now.isoformat()
            alert.rung += 1
        self._climb_next(round_, waiting, now)
        await watch.keep(session, alert)
        await self._tell(session, round_, told, now, higher=True)
        return bool(told)

    async def _tell(
        self,
        session: AsyncSession,
        round_: _Round,
        told: Sequence[tuple[str, list[Reason]]],
        now: datetime,
        *,
        higher: bool = False,
    ) -> None:
        for receiver, shown in told:
            user = round_.users.get(receiver)
            chats = (
                await own_chats(session, self._home, user, now)
                if user
                else [round_.chats[receiver]]
            )
            who = user or round_.chats[receiver]
            for chat in chats:
                await self._post(session, round_, shown, chat, who, now, higher=higher)

    async def _post(
        self,
        session: AsyncSession,
        round_: _Round,
        shown: Sequence[Reason],
        chat: Conversation,
        reader: User | Conversation,
        now: datetime,
        *,
        higher: bool,
    ) -> None:
        language = language_of(reader.language or self._defaults.language)
        zone = clock.zone(reader.timezone or chat.timezone, self._defaults.timezone)
        number = round_.alert.id or 0
        await outbox.post(
            session,
            wording.notice(number, shown, round_.rules, round_.about, language, higher=higher),
            channel=chat.channel,
            chat=chat.chat,
            key=f"alert:{number}:{now.isoformat()}:{chat.channel}:{chat.chat}",
            not_before=outbox.after_quiet(now.astimezone(zone), self._defaults.quiet),
        )


def _round(alert: Open, seen: Seen, cast: Cast, book: Book) -> _Round:
    customer = cast.customers.get(seen.customer_id or 0)
    only = _only_project(alert.reasons, seen.project_id)
    about = cast.about(seen, only)
    return _Round(alert, book.rules, customer.tier if customer else "", about, {}, {})


async def _note(
    session: AsyncSession, alert: Open, fresh: Iterable[tuple[str, str]], now: datetime
) -> None:
    for rule, subject in sorted(fresh):
        project = next(
            o["project"] for o in alert.reasons if (o["rule"], o["subject"]) == (rule, subject)
        )
        event = Event(
            name="alert.raised",
            customer_id=alert.customer_id,
            project_id=project,
            facts={"rule": rule, "alert": alert.id, "subject": subject},
            at=now,
        )
        session.add(event)
        facts = {"rule": rule, "subject": subject}
        await audit.write(session, audit.Trace("alert.raised", "alert", alert.id, facts=facts))


def _new(seen: Seen, now: datetime) -> Open:
    return Open(
        id=None,
        subject=seen.about,
        customer_id=seen.customer_id,
        project_id=seen.project_id,
        rule="",
        level="info",
        facts={},
        reasons=[],
        rung=0,
        climb_at=None,
        opened_at=now,
        acknowledged_at=None,
    )


def _state(alert: Open) -> tuple[object, ...]:
    """What would have to be written."""
    return (repr(alert.reasons), alert.level, alert.rung, alert.climb_at, alert.acknowledged_at)


def rested(reason: Reason, quiet: timedelta, now: datetime) -> bool:
    heard = [datetime.fromisoformat(at) for at in reason["told"].values()]
    return not heard or max(heard) + quiet <= now


def _in_peace(
    shown: Sequence[Reason], due: Sequence[Reason], receiver: str, level: str, now: datetime
) -> bool:
    """Only what they have not heard yet is held back; a reminder comes at its own time."""
    return all(receiver not in one["told"] for one in due) and why.left_in_peace(
        shown, receiver, level, now
    )


def _only_project(reasons: Iterable[Reason], first: int | None) -> int | None:
    ids = {one["project"] for one in why.open_ones(reasons)} | {first}
    return first if ids == {first} else None


def _lead(alert: Open) -> None:
    """The loudest reason, the newest of those, stands for the alert in lists."""
    left = why.open_ones(alert.reasons)
    if not left:
        return
    leading = max(left, key=lambda one: (why.order(one["level"]), one["at"]))
    alert.rule, alert.facts, alert.level = leading["rule"], leading["facts"], leading["level"]
    projects = {one["project"] for one in left if one["project"]}
    alert.project_id = projects.pop() if len(projects) == 1 else None


def settle(alert: Open, now: datetime) -> None:
    """Close what has no reason left, and let the loudest of the others lead."""
    if why.open_ones(alert.reasons):
        _lead(alert)
    else:
        alert.closed_at, alert.climb_at = now, None
