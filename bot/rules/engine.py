"""Where rules meet the record: facts are gathered, matching rules fire, and do what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log
from bot.people import Defaults
from bot.rules import book, facts, news
from bot.rules.actions import Action, Begin, GiveTask, Offer, Put, Tell, Webhook
from bot.rules.alerting import Alerting
from bot.rules.doing import Doing
from bot.rules.facts import Value
from bot.rules.firing import Doer, Firing, Seen, of_row
from storage import definitions, watch
from storage import facts as figures
from storage.tables import Interaction, Project

_log = log.get("rules")
_KINDS: Final[dict[type[Any], str]] = {
    GiveTask: "task",
    Put: "put",
    Offer: "push",
    Begin: "flow",
    Webhook: "webhook",
}


@dataclass(frozen=True, slots=True)
class Filed:
    """What rules may know of a message that has just been filed."""

    interaction_id: int
    customer_id: int | None
    project_id: int | None
    direction: str
    sentiment: str
    score: float
    signals: tuple[str, ...]
    kind: str
    because: str

    @classmethod
    def of(cls, item: Interaction) -> "Filed":
        """What is kept already, when something more is known of it."""
        return cls(
            interaction_id=item.id,
            customer_id=item.customer_id,
            project_id=item.project_id,
            direction=item.direction,
            sentiment=item.sentiment,
            score=item.score,
            signals=tuple(item.signals),
            kind=item.kind,
            because=item.because,
        )


async def in_force(session: AsyncSession, *, off: bool = False) -> book.Book:
    """The shipped rules with the firm's own and its switches; `off`: with those switched off, too."""
    return book.in_force(await definitions.newest(session, "rule"), off=off)


class Engine:
    """Fires rules. Own rules are read anew by every scan and by each batch that needs them."""

    def __init__(
        self, defaults: Defaults, home: str, actions: Mapping[str, Doer] | None = None
    ) -> None:
        """`home` is the channel of members' own chats; `actions` does what upper layers know how
        to do: "push" (an `Offer`), "flow" (a `Begin`), "webhook".
        """
        self._defaults = defaults
        self._home = home
        self.alerting = Alerting(defaults, home)
        doing = Doing(defaults, home)
        self._doers: dict[str, Doer] = {
            "task": doing.give_task,
            "put": doing.put,
            **(actions or {}),
        }

    async def filed(self, session: AsyncSession, items: Sequence[Filed], now: datetime) -> None:
        """Rules on messages, for a batch that is being filed in this transaction."""
        heard = [one for one in items if one.customer_id and one.direction == "in"]
        if not heard:
            return
        rules = await in_force(session)
        listening = rules.on("message.filed")
        if all("message.signals" in rule.asks for rule in listening):
            heard = [one for one in heard if one.signals]
        if not heard or not listening:
            return
        known = await watch.customers(session, {one.customer_id or 0 for one in heard})
        firings: list[Firing] = []
        for item in heard:
            customer = known[item.customer_id or 0]
            seen_facts: dict[str, Value] = {
                "message.sentiment": item.sentiment,
                "message.score": item.score,
                "message.signals": item.signals,
                "message.kind": item.kind,
                "customer.tier": customer.tier,
                "customer.stage": customer.stage,
            }
            said = {"customer": f"{customer.code} {customer.name}", "because": item.because}
            name = f"customer:{customer.id}"
            seen = Seen(name, customer.id, item.project_id, seen_facts, said, item.interaction_id)
            firings += [Firing(rule, seen) for rule in listening if rule.matches(seen_facts)]
        await self.fire(session, firings, rules, now)

    async def check_project(
        self, session: AsyncSession, project: Project, now: datetime, rules: book.Book
    ) -> None:
        """Rules on a project's figures, as soon as they have changed."""
        row = await self._row(session, "project", project.id, now)
        if row:
            seen = of_row("project", row)
            found = rules.matching("project.checked", seen.facts)
            now_only = [Firing(rule, seen) for rule in found if rule.lasts is None]
            await self.fire(session, now_only, rules, now)

    async def happened(
        self,
        session: AsyncSession,
        event: str,
        now: datetime,
        *,
        customer_id: int | None,
        project_id: int | None,
        facts: Mapping[str, Any],
    ) -> None:
        """Rules on something that has just been done or heard of, in its transaction."""
        if customer_id is None and project_id is None:
            return
        rules = await in_force(session)
        listening = rules.on(event)
        if listening:
            seen = await self._seen(session, event, now, customer_id, project_id, facts)
            firings = [Firing(rule, seen) for rule in listening if rule.matches(seen.facts)]
            await self.fire(session, firings, rules, now)

    async def _seen(
        self,
        session: AsyncSession,
        event: str,
        now: datetime,
        customer_id: int | None,
        project_id: int | None,
        given: Mapping[str, Any],
    ) -> Seen:
        of_project = await self._row(session, "project", project_id, now)
        customer_id = customer_id or of_project.get("customer_id")
        of_customer = await self._row(session, "customer", customer_id, now)
        known: dict[str, Value] = {}
        said: dict[str, str] = {}
        for what, row in (("customer", of_customer), ("project", of_project)):
            if row:
                seen = of_row(what, row)
                known |= seen.facts
                said |= seen.said
        known |= facts.of_event(event, given)
        if event.startswith("milestone."):
            said["milestone"] = str(given.get("name") or "")
        said["because"] = str(given.get("comment") or given.get("because") or "")
        name = f"project:{project_id}" if project_id else f"customer:{customer_id}"
        return Seen(name, customer_id, project_id, known, said, given.get("interaction"))

    async def _row(
        self, session: AsyncSession, what: str, id_: int | None, now: datetime
    ) -> figures.Row:
        if id_ is None:
            return {}
        zone = self._defaults.timezone
        today = now.astimezone(clock.zone(zone)).date()
        return await figures.of_one(session, what, id_, now, today, zone)

    async def fire(
        self, session: AsyncSession, firings: Sequence[Firing], rules: book.Book, now: datetime
    ) -> None:
        """Alert and act; what goes on holding is told once, and acted upon once."""
        if not firings:
            return
        loud = [one for one in firings if one.rule.tells and not one.rule.news]
        fresh = await self.alerting.raise_(session, loud, rules, now) if loud else set()
        glad = [one for one in firings if one.rule.news]
        if glad:
            await news.tell(session, glad, now, self._defaults, self._home)
        for one in firings:
            if one.rule.news or not one.rule.tells or one.key in fresh:
                for action in one.rule.then:
                    if not isinstance(action, Tell):
                        await self._do(session, one, action, now)

    async def _do(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        kind = _KINDS[type(action)]
        doer = self._doers.get(kind)
        if doer is None:
            _log.error("rules.nobody_does", rule=firing.rule.id, action=kind)
            return
        await doer(session, firing, action, now)
