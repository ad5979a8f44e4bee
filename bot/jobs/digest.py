"""Progress digests: of a project, of a customer, of a member's own work; pushed when due."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, outbox, people, record
from bot.clock import Clock
from bot.commands import cards, payments_card
from bot.commands.registry import Ask
from bot.contract import Audience, Button, Notice, Table
from bot.domain import terms, workdays
from bot.people import Actor, Defaults
from bot.rules import book
from bot.texts import Text, language_of, listed
from storage import approvals, audit, digests, projects, talk, watch
from storage.db import Database
from storage.digests import Material
from storage.scope import Scope
from storage.tables import Alert, Approval, Conversation, Project, Subscription, User

JOB: Final = "digest"
CRON: Final = "* * * * *"
LATE: Final = timedelta(hours=6)
"""A digest that could not go out for longer than this is left out."""

_CHUNK: Final = 200
_MOST: Final = 20
"""Projects told of in one digest."""

_LATE: Final = 5
"""Payments and approvals named in a member's day."""

_log = log.get("digest")


@dataclass(frozen=True, slots=True)
class _Due:
    """A digest that is due, and whose eyes it is made for."""

    subscription: Subscription
    chat: Conversation
    at: datetime
    ask: Ask

    @property
    def id(self) -> int:
        return self.subscription.id

    @property
    def project_id(self) -> int | None:
        return self.subscription.project_id or self.chat.project_id


class Digest:
    """The job that sends each digest once per slot."""

    def __init__(self, db: Database, now: Clock, defaults: Defaults, home: str) -> None:
        """`home` is the channel of members' own chats with the assistant."""
        self._db = db
        self._now = now
        self._defaults = defaults
        self._home = home

    async def run(self, slot: str) -> None:  # noqa: ARG002 - what is due now counts, not the slot
        """Post all digests that are due; a second run finds their keys taken."""
        now = self._now()
        async with self._db.transaction() as session:
            await digests.add_missing(session, self._home, self._defaults.timezone, now)
            due = [s for s in await digests.subscriptions(session) if due_at(s, now) is not None]
        for at in range(0, len(due), _CHUNK):
            async with self._db.transaction() as session:
                await self._send(session, due[at : at + _CHUNK], now)

    async def _send(
        self, session: AsyncSession, due: Sequence[Subscription], now: datetime
    ) -> None:
        """A chunk of digests; what they tell of projects is read for all of them at once."""
        ready = [one for s in due if (one := await self._ready(session, s, now)) is not None]
        about = await _about(session, ready)
        told: dict[date, dict[int, Material]] = {}
        for today in {one.ask.now.date() for one in ready}:
            ids = {p.id for one in ready if one.ask.now.date() == today for p in about[one.id]}
            told[today] = await digests.material(session, ids, today, _week(now))
        letters: dict[str, tuple[_Due, outbox.Letter]] = {}
        for one in ready:
            if one.subscription.user_id is not None:
                notice = await of_member(one.ask)
            else:
                notice = _of_projects(one.ask, about[one.id], told[one.ask.now.date()])
            if notice.facts or notice.table is not None:  # nothing to say is no reason to ping
                for chat in await self._readers(session, one.subscription, one.chat, now):
                    key = f"digest:{one.id}:{one.at:%Y-%m-%dT%H:%M}:{chat.id}"
                    # A time that was asked for is not night.
                    letter = outbox.Letter(notice, chat.channel, chat.chat, key, now)
                    letters[key] = (one, letter)
        added = await outbox.post_all(session, [letter for _, letter in letters.values()])
        await _note(session, {letters[key][0].id: letters[key][0] for key in added}, about)

    async def _ready(
        self, session: AsyncSession, subscription: Subscription, now: datetime
    ) -> _Due | None:
        at = due_at(subscription, now)
        chat = await session.get(Conversation, subscription.conversation_id)
        if at is None or chat is None or (chat.muted_until and chat.muted_until > now):
            return None
        if chat.audience != Audience.INTERNAL:  # customers came in after somebody subscribed
            _log.warning("digest.wrong_audience", subscription=subscription.id)
            return None
        actor = await self._reader(session, subscription, chat)
        if actor is None:
            return None
        return _Due(subscription, chat, at, Ask(session, actor, now.astimezone(actor.zone), chat))

    async def _readers(
        self,
        session: AsyncSession,
        subscription: Subscription,
        chat: Conversation,
        now: datetime,
    ) -> list[Conversation]:
        """The chat itself; for a member's own, also their private chats on platforms."""
        user = await session.get(User, subscription.user_id or 0)
        if user is None or chat.channel != self._home:
            return [chat]
        return await people.own_chats(session, self._home, user, now)

    async def _reader(
        self, session: AsyncSession, subscription: Subscription, chat: Conversation
    ) -> Actor | None:
        """Whose eyes a digest is made for: the member's, or an internal chat's."""
        if subscription.user_id is not None:
            return await people.actor(session, subscription.user_id, self._defaults)
        return Actor(
            user_id=None,
            name="",
            roles=(),
            permissions=frozenset(),
            # A group may hold project managers: percentages of money, never amounts.
            scope=Scope(None, frozenset({("all", "all")}), "percent", talk=True),
            language=language_of(chat.language or self._defaults.language),
            zone=clock.zone(subscription.timezone, self._defaults.timezone),
        )


def due_at(subscription: Subscription, now: datetime) -> datetime | None:
    """The slot that is due now, in the subscription's zone; None when none is.

    Slots lie on working days for daily digests, on one weekday for weekly ones, or on the first day
    after it that is worked; a slot before the subscription was made, or older than LATE, is not due.
    """
    if subscription.muted_until and subscription.muted_until > now:
        return None
    local = now.astimezone(clock.zone(subscription.timezone))
    for day in (local.date(), local.date() - timedelta(days=1)):
        at = datetime.combine(day, subscription.at, local.tzinfo)
        if not _falls_on(subscription, day) or at > local or at < subscription.since:
            continue
        return at if local - at <= LATE else None
    return None


def _falls_on(subscription: Subscription, day: date) -> bool:
    if subscription.every in {"always", "off"}:
        return subscription.every == "always"
    if subscription.every == "weekly":
        last = day - timedelta(days=(day.weekday() - subscription.weekday) % 7)
        asked_for_a_day_off = subscription.weekday in workdays.china().weekend
        return day == (last if asked_for_a_day_off else workdays.china().add(last, 0))
    return workdays.china().is_workday(day)


async def _note(
    session: AsyncSession, sent: Mapping[int, _Due], about: Mapping[int, list[Project]]
) -> None:
    """The timelines and the trail tell of the digests that went out."""
    for one in sent.values():
        only = about[one.id][0] if one.project_id is not None and about[one.id] else None
        session.add(
            record.happened(
                "digest.sent",
                customer_id=only.customer_id if only else one.chat.customer_id,
                project_id=only.id if only else None,
            )
        )
        _log.info("digest.posted", subscription=one.id)
    if sent:
        traces = [audit.Trace("digest.sent", "subscription", id_) for id_ in sent]
        await audit.write(session, *traces)


async def _about(session: AsyncSession, ready: Sequence[_Due]) -> dict[int, list[Project]]:
    """The projects that each digest tells of, by subscription."""
    of_chats = [one for one in ready if one.subscription.user_id is None]
    ids = {one.project_id for one in of_chats if one.project_id is not None}
    known = {p.id: p for p in await projects.with_ids(session, Scope.everything(), list(ids))}
    firms = {one.chat.customer_id for one in of_chats if one.project_id is None}
    running = await digests.running(session, firms - {None})
    found: dict[int, list[Project]] = {one.id: [] for one in ready}
    for one in of_chats:
        if one.project_id is not None:
            found[one.id] = [known[one.project_id]]
        else:
            found[one.id] = [p for p in running if p.customer_id == one.chat.customer_id]
    return found


def _week(now: datetime) -> datetime:
    return (now - timedelta(days=7)).astimezone(UTC)


async def of_projects(ask: Ask, about: Sequence[Project]) -> Notice:
    """What moved in projects: phase, progress, late and coming work, mood, money, risks."""
    told = await digests.material(
        ask.session, [project.id for project in about], ask.now.date(), _week(ask.now)
    )
    return _of_projects(ask, about, told)


def _of_projects(ask: Ask, about: Sequence[Project], told: Mapping[int, Material]) -> Notice:
    facts: list[tuple[str, str]] = []
    buttons: list[Button] = []
    for project in about[:_MOST]:
        lines = _lines(ask, project, told[project.id])
        facts.append((f"{project.code} {project.name}", "\n".join(line for line in lines if line)))
        buttons.append(Button(label=project.code, command=f"/project {project.code}"))
    title = ask.t(
        Text("进度摘要 {day}", "Progress digest, {day}"),
        day=cards.day(ask.now.date(), ask.language),
    )
    text = "" if facts else ask.t(Text("没有进行中的项目。", "No running projects."))
    return ask.notice(title=title, text=text, facts=facts, buttons=buttons[:5])


def _lines(ask: Ask, project: Project, told: Material) -> Iterator[str]:
    yield f"{ask.t(terms.Phase(project.phase).text)} · {project.progress}%"
    yield from _tasks(ask, told)
    yield _milestone(ask, told)
    yield _talk(ask, told)
    yield _budget(ask, project)
    if told.overdue and ask.actor.scope.sees("percent"):
        late = Text("回款逾期 {n} 期，最久 {days} 天", "{n} payments late, the oldest {days} days")
        yield ask.t(late, n=told.overdue, days=told.overdue_days)
    if told.high_risks:
        names = listed((cards.short(one, 30) for one in told.high_risks), ask.language)
        yield ask.t(Text("高风险：{names}", "High risks: {names}"), names=names)
    if told.changes:
        yield ask.t(Text("待决定变更 {n} 项", "{n} changes wait for a decision"), n=told.changes)


def _tasks(ask: Ask, told: Material) -> Iterator[str]:
    for count, tasks, text in (
        (told.late, told.late_names, Text("逾期 {n} 项：{names}", "{n} late: {names}")),
        (
            told.soon,
            told.soon_names,
            Text("本周到期 {n} 项：{names}", "{n} due this week: {names}"),
        ),
    ):
        if count:
            names = listed((cards.short(name, 30) for name in tasks), ask.language)
            yield ask.t(text, n=count, names=names)


def _milestone(ask: Ask, told: Material) -> str:
    if told.stone is None:
        return ""
    name, due = told.stone
    late = ask.t(Text("（已逾期）", " (late)")) if due < ask.now.date() else ""
    return ask.t(
        Text("下一里程碑：{name} {due}{late}", "Next milestone: {name}, {due}{late}"),
        name=name,
        due=cards.day(due, ask.language),
        late=late,
    )


def _talk(ask: Ask, told: Material) -> str:
    if not ask.actor.scope.talk or not told.messages:
        return ""
    line = ask.t(Text("近 7 天客户往来 {n} 条", "{n} customer messages in 7 days"), n=told.messages)
    if told.negative:
        line += ask.t(Text("，负面 {n} 条", ", {n} negative"), n=told.negative)
    return line


def _budget(ask: Ask, project: Project) -> str:
    shown = cards.budget(ask, project)
    return f"{ask.t(Text('预算', 'Budget'))}: {shown}" if shown else ""


async def _at_risk(ask: Ask, alerts: Sequence[Alert]) -> list[tuple[str, str]]:
    """Projects with open alerts, as a line each: what a member should look at first."""
    ids = list(dict.fromkeys(alert.project_id for alert in alerts if alert.project_id))
    found = await projects.with_ids(ask.session, ask.actor.scope, ids[:8])
    told = await digests.material(
        ask.session, [project.id for project in found], ask.now.date(), _week(ask.now)
    )
    lines: list[tuple[str, str]] = []
    for project in found:
        rules = sorted({alert.rule for alert in alerts if alert.project_id == project.id})
        shown = [
            f"{project.progress}%",
            *_tasks(ask, told[project.id]),
            *(ask.t(book.name_of(rule)) for rule in rules),
        ]
        lines.append((f"{project.code} {project.name}", " · ".join(shown)))
    return lines


def _titles(waiting: Sequence[Approval]) -> str:
    return "\n".join(f"#{one.id} {cards.short(one.title, 40)}" for one in waiting[:_LATE])


async def of_member(ask: Ask) -> Notice:
    """A member's own day: open tasks, doubts to settle, open alerts."""
    t = ask.t
    rows = await projects.tasks(
        ask.session, ask.actor.scope, assignee_id=ask.actor.user_id, limit=20
    )
    names = await projects.user_names(ask.session, [task.assignee_id for task, _ in rows])
    work = cards.tasks(ask, rows, names, "")
    unsure = await talk.count_unsure(ask.session, ask.actor.scope)
    alerts = await watch.alerts(ask.session, ask.actor.scope, limit=100)
    waiting = await approvals.waiting_for(ask.session, ask.actor.user_id or 0)
    late = await payments_card.overdue_lines(
        ask.session, ask.actor.scope, ask.now.date(), ask.language
    )
    table: Table | None = work.table
    return ask.notice(
        title=t(Text("{name}，您的今日摘要", "{name}, your day"), name=ask.actor.name),
        text=work.text,
        facts=[
            *await _at_risk(ask, alerts),
            (t(Text("待归档", "To be filed")), str(unsure) if unsure else ""),
            (t(Text("风险预警", "Risk alerts")), str(len(alerts)) if alerts else ""),
            (t(Text("待我批准", "Waiting for my yes")), _titles(waiting)),
            (t(Text("逾期回款", "Late payments")), "\n".join(late[:_LATE])),
        ],
        table=table,
        buttons=[
            Button(label=t(Text("待归档", "To be filed")), command="/inbox"),
            Button(label=t(Text("我的任务", "My tasks")), command="/tasks"),
        ],
    )
