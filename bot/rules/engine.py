"""Where rules meet the record: facts are gathered, matching rules fire, people are told once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, outbox
from bot.contract import Button, Fact, Level, Notice
from bot.people import Defaults, own_chats
from bot.rules import book
from bot.rules.facts import FACTS, Facts
from bot.rules.words import TEMPLATES
from bot.texts import Language, Text, language_of
from storage import audit, definitions, people, watch
from storage.tables import (
    Alert,
    Conversation,
    Customer,
    Event,
    Interaction,
    Project,
    User,
)

_RULE = Text("规则", "Rule")
_ACKNOWLEDGE = Text("知道了", "Got it")
_OPEN = Text("打开", "Open")


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


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule fires about."""

    name: str
    customer: Customer | None
    project: Project | None
    words: Mapping[str, Any]
    """What the template says; `Text` values are said in the reader's language."""


class Engine:
    """Fires rules. Own rules are read anew by every scan and by each batch that needs them."""

    def __init__(self, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._defaults = defaults
        self._home = home

    async def in_force(self, session: AsyncSession) -> book.Book:
        """The shipped rules with the firm's own and its switches."""
        own = await definitions.newest(session, "rule")
        return book.in_force((rule.name, rule.body, rule.enabled) for rule in own)

    async def filed(self, session: AsyncSession, items: Sequence[Filed], now: datetime) -> None:
        """Rules on messages, for a batch that is being filed in this transaction."""
        loud = [i for i in items if i.customer_id and i.direction == "in" and i.signals]
        if not loud:
            return
        rules = await self.in_force(session)
        known = await watch.customers(session, {i.customer_id for i in loud if i.customer_id})
        for item in loud:
            customer = known[item.customer_id or 0]
            facts: Facts = {
                "message.sentiment": item.sentiment,
                "message.score": item.score,
                "message.signals": item.signals,
                "message.kind": item.kind,
                "customer.tier": customer.tier,
            }
            said = {"customer": f"{customer.code} {customer.name}", "because": item.because}
            for rule in rules.matching("message.filed", facts):
                subject = Subject(f"customer:{customer.id}", customer, None, said)
                await self.fire(session, rule, subject, facts, now)

    async def check_project(
        self, session: AsyncSession, project: Project, now: datetime, rules: book.Book
    ) -> list[tuple[str, str]]:
        """Rules on a project's figures; answers the (rule, subject) pairs that hold."""
        facts = project_facts(project)
        subject = Subject(
            f"project:{project.id}",
            None,
            project,
            {
                "project": f"{project.code} {project.name}",
                "budget_used": _percent(facts["project.budget_used"]),
                "progress": f"{project.progress}%",
            },
        )
        held: list[tuple[str, str]] = []
        for rule in rules.matching("project.checked", facts):
            held.append((rule.id, subject.name))
            await self.fire(session, rule, subject, facts, now)
        return held

    async def fire(
        self,
        session: AsyncSession,
        rule: book.Rule,
        subject: Subject,
        facts: Facts,
        now: datetime,
    ) -> Alert | None:
        """Raise an alert and tell its people; None while the rule is quiet about the subject."""
        earlier = await watch.open_alert(session, rule.id, subject.name)
        if earlier and earlier.quiet_until and earlier.quiet_until > now:
            return None
        if earlier and earlier.acknowledged_at:
            if rule.on != "message.filed":
                return None  # handled; the scan closes it once its reason is gone
            earlier.closed_at = now
            earlier = None
        alert = earlier or Alert(
            rule=rule.id,
            subject=subject.name,
            customer_id=_customer_id(subject),
            project_id=subject.project.id if subject.project else None,
            level=rule.then[0].level,
            opened_at=now,
        )
        alert.quiet_until = now + rule.quiet_for
        alert.facts = json.loads(json.dumps(dict(facts), default=str))
        session.add(alert)
        await session.flush()
        if earlier is None:
            session.add(_event(alert, rule, now))
        await audit.write(session, audit.Trace("alert.raised", "alert", alert.id, facts=facts))
        for action in rule.then:
            await self._tell(session, alert, rule, action, subject, now)
        return alert

    async def _tell(
        self,
        session: AsyncSession,
        alert: Alert,
        rule: book.Rule,
        action: book.Action,
        subject: Subject,
        now: datetime,
    ) -> None:
        told: dict[int, User] = {}
        for selector in (action.alert, *action.copy_to):
            for user in await _select(session, selector, subject):
                told[user.id] = user
        for user in told.values():
            language = language_of(user.language or self._defaults.language)
            for own in await own_chats(session, self._home, user, now):
                await self._post(
                    session, alert, rule, action, subject, own, language, user.timezone, now
                )
        if action.chats:
            chats = await watch.bound_chats(
                session, _customer_id(subject), subject.project.id if subject.project else None, now
            )
            for chat in chats:
                language = language_of(chat.language or self._defaults.language)
                await self._post(
                    session, alert, rule, action, subject, chat, language, chat.timezone, now
                )

    async def _post(
        self,
        session: AsyncSession,
        alert: Alert,
        rule: book.Rule,
        action: book.Action,
        subject: Subject,
        chat: Conversation,
        language: Language,
        timezone: str | None,
        now: datetime,
    ) -> None:
        if chat.muted_until and chat.muted_until > now:
            return
        local = now.astimezone(clock.zone(timezone or chat.timezone, self._defaults.timezone))
        await outbox.post(
            session,
            notice(alert, rule, action, subject, language),
            channel=chat.channel,
            chat=chat.chat,
            key=f"alert:{alert.id}:{now:%Y%m%dT%H%M}:{chat.channel}:{chat.chat}",
            not_before=outbox.after_quiet(local, self._defaults.quiet),
        )


def notice(
    alert: Alert, rule: book.Rule, action: book.Action, subject: Subject, language: Language
) -> Notice:
    """An alert as a card, with the facts that made the rule fire."""
    template = TEMPLATES[action.template]
    said = {name: _said(value, language) for name, value in subject.words.items()}
    facts = [
        Fact(
            label=FACTS[c.fact].text.in_(language),
            value=FACTS[c.fact].shown(alert.facts.get(c.fact), language),
        )
        for c in rule.when
    ]
    about = subject.project or subject.customer
    buttons = [
        Button(label=_ACKNOWLEDGE.in_(language), command=f"/alert ack {alert.id}", primary=True)
    ]
    if about is not None:
        family = "project" if subject.project else "customer"
        buttons.append(Button(label=_OPEN.in_(language), command=f"/{family} {about.code}"))
    return Notice(
        level=Level(action.level),
        title=template.title.in_(language, **said),
        text=template.body.in_(language, **said),
        facts=(*facts, Fact(label=_RULE.in_(language), value=rule.id)),
        buttons=tuple(buttons),
        language=language,
    )


def project_facts(project: Project) -> dict[str, Any]:
    used = float(project.spent / project.budget) if project.budget else None
    return {
        "project.budget_used": used,
        "project.progress": project.progress / 100,
        "project.phase": project.phase,
    }


async def _select(session: AsyncSession, selector: str, subject: Subject) -> Sequence[User]:
    """The active users that a selector means for this subject."""
    if selector.startswith("role:"):
        return await people.users_with_role(session, selector.removeprefix("role:"))
    if selector == "customer.owner":
        return await _users(session, await _owner_id(session, subject))
    manager = subject.project.manager_id if subject.project else None
    if selector == "project.manager":
        return await _users(session, manager)
    superior = None
    for user in await _users(session, manager):
        superior = user.superior_id
    return await _users(session, superior)


async def _owner_id(session: AsyncSession, subject: Subject) -> int | None:
    if subject.customer is not None:
        return subject.customer.owner_id
    if subject.project is None:
        return None
    customer = await session.get(Customer, subject.project.customer_id)
    return customer.owner_id if customer else None


async def _users(session: AsyncSession, user_id: int | None) -> Sequence[User]:
    if user_id is None:
        return []
    return (await session.exec(select(User).where(User.id == user_id, col(User.active)))).all()


def _customer_id(subject: Subject) -> int | None:
    if subject.customer is not None:
        return subject.customer.id
    return subject.project.customer_id if subject.project else None


def _event(alert: Alert, rule: book.Rule, now: datetime) -> Event:
    return Event(
        name="alert.raised",
        customer_id=alert.customer_id,
        project_id=alert.project_id,
        facts={"rule": rule.id, "alert": alert.id},
        at=now,
    )


def _percent(value: float | None) -> str:
    return "?" if value is None else f"{value:.0%}"


def _said(value: object, language: Language) -> object:
    """A word of a template in the reader's language."""
    if isinstance(value, Text):
        return value.in_(language)
    if isinstance(value, date):
        return format_date(value, "medium", locale="en" if language == "en" else "zh_CN")
    return value
