"""Progress digests: of a project, of a customer, of a member's own work; pushed when due."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, log, outbox, people, record
from bot.clock import Clock
from bot.commands import cards
from bot.commands.registry import Ask
from bot.contract import Audience, Button, Notice, Table
from bot.domain import terms, workdays
from bot.people import Actor, Defaults
from bot.rules import book
from bot.texts import Text, language_of, listed
from storage import audit, digests, projects, talk, watch
from storage.db import Database
from storage.scope import Scope
from storage.tables import Alert, Conversation, Project, Subscription, User

JOB: Final = "digest"
CRON: Final = "* * * * *"
LATE: Final = timedelta(hours=6)
"""A digest that could not go out for longer than this is left out."""

_log = log.get("digest")


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
            await digests.add_missing(session, self._home, self._defaults.timezone)
            due = [s for s in await digests.subscriptions(session) if due_at(s, now) is not None]
        for subscription in due:
            async with self._db.transaction() as session:
                await self._send(session, subscription, now)

    async def _send(self, session: AsyncSession, subscription: Subscription, now: datetime) -> None:
        at = due_at(subscription, now)
        chat = await session.get(Conversation, subscription.conversation_id)
        if at is None or chat is None or (chat.muted_until and chat.muted_until > now):
            return
        if chat.audience != Audience.INTERNAL:  # customers came in after somebody subscribed
            _log.warning("digest.wrong_audience", subscription=subscription.id)
            return
        actor = await self._reader(session, subscription, chat)
        if actor is None:
            return
        ask = Ask(session, actor, now.astimezone(actor.zone), chat)
        project = await session.get(Project, subscription.project_id or chat.project_id or 0)
        if subscription.user_id is not None:
            notice = await of_member(ask)
        elif project is not None:
            notice = await of_projects(ask, [project])
        else:
            scope = actor.scope
            found = await projects.listed(
                session, scope, customer_id=chat.customer_id, open_only=True
            )
            notice = await of_projects(ask, found)
        if not notice.facts and notice.table is None:
            return  # nothing to say is no reason to ping
        posted = [
            await outbox.post(
                session,
                notice,
                channel=one.channel,
                chat=one.chat,
                key=f"digest:{subscription.id}:{at:%Y-%m-%dT%H:%M}:{one.id}",
                # A time that was asked for is not night.
                not_before=now,
            )
            for one in await self._readers(session, subscription, chat, now)
        ]
        if any(posted):
            session.add(
                record.happened(
                    "digest.sent",
                    customer_id=project.customer_id if project else chat.customer_id,
                    project_id=project.id if project else None,
                )
            )
            await audit.write(session, audit.Trace("digest.sent", "subscription", subscription.id))
            _log.info("digest.posted", subscription=subscription.id)

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

    Slots lie on working days for daily digests, on one weekday for weekly ones; a slot before the
    subscription was made, or older than LATE, is not due.
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
        return day.weekday() == subscription.weekday
    return workdays.china().is_workday(day)


async def of_projects(ask: Ask, about: Sequence[Project]) -> Notice:
    """What moved in projects: phase, progress, late and coming work, mood, alerts."""
    t = ask.t
    week = (ask.now - timedelta(days=7)).astimezone(UTC)
    facts: list[tuple[str, str]] = []
    buttons: list[Button] = []
    for project in about[:20]:
        lines = [
            f"{t(terms.Phase(project.phase).text)} · {project.progress}%",
            *await _tasks(ask, project),
            *await _milestones(ask, project),
            await _talk(ask, project, week),
            _budget(ask, project),
        ]
        facts.append((f"{project.code} {project.name}", "\n".join(line for line in lines if line)))
        buttons.append(Button(label=project.code, command=f"/project {project.code}"))
    title = t(
        Text("进度摘要 {day}", "Progress digest, {day}"),
        day=cards.day(ask.now.date(), ask.language),
    )
    text = "" if facts else t(Text("没有进行中的项目。", "No running projects."))
    return ask.notice(title=title, text=text, facts=facts, buttons=buttons[:5])


async def _tasks(ask: Ask, project: Project) -> list[str]:
    rows = await projects.tasks(ask.session, Scope.everything(), project_id=project.id)
    today = ask.now.date()
    late = [task for task, _ in rows if task.due and task.due < today]
    soon = [task for task, _ in rows if task.due and today <= task.due <= today + timedelta(days=7)]
    lines: list[str] = []
    if late:
        names = listed((cards.short(task.name, 30) for task in late[:3]), ask.language)
        lines.append(
            ask.t(Text("逾期 {n} 项：{names}", "{n} late: {names}"), n=len(late), names=names)
        )
    if soon:
        names = listed((cards.short(task.name, 30) for task in soon[:3]), ask.language)
        lines.append(
            ask.t(
                Text("本周到期 {n} 项：{names}", "{n} due this week: {names}"),
                n=len(soon),
                names=names,
            )
        )
    return lines


async def _milestones(ask: Ask, project: Project) -> list[str]:
    today = ask.now.date()
    open_ = [m for m in await projects.milestones(ask.session, project.id) if m.done_at is None]
    if not open_:
        return []
    upcoming = min(open_, key=lambda m: m.due)
    late = ask.t(Text("（已逾期）", " (late)")) if upcoming.due < today else ""
    return [
        ask.t(
            Text("下一里程碑：{name} {due}{late}", "Next milestone: {name}, {due}{late}"),
            name=upcoming.name,
            due=cards.day(upcoming.due, ask.language),
            late=late,
        )
    ]


async def _talk(ask: Ask, project: Project, since: datetime) -> str:
    if not ask.actor.scope.talk:
        return ""
    counts = await digests.talk_since(ask.session, project.id, since)
    if not counts.messages:
        return ""
    line = ask.t(
        Text("近 7 天客户往来 {n} 条", "{n} customer messages in 7 days"), n=counts.messages
    )
    if counts.negative:
        line += ask.t(Text("，负面 {n} 条", ", {n} negative"), n=counts.negative)
    return line


def _budget(ask: Ask, project: Project) -> str:
    shown = cards.budget(ask, project)
    return f"{ask.t(Text('预算', 'Budget'))}: {shown}" if shown else ""


async def _at_risk(ask: Ask, alerts: Sequence[Alert]) -> list[tuple[str, str]]:
    """Projects with open alerts, as a line each: what a member should look at first."""
    ids = list(dict.fromkeys(alert.project_id for alert in alerts if alert.project_id))
    lines: list[tuple[str, str]] = []
    for project in await projects.with_ids(ask.session, ask.actor.scope, ids[:8]):
        rules = sorted({alert.rule for alert in alerts if alert.project_id == project.id})
        shown = [
            f"{project.progress}%",
            *await _tasks(ask, project),
            *(ask.t(book.name_of(rule)) for rule in rules),
        ]
        lines.append((f"{project.code} {project.name}", " · ".join(shown)))
    return lines


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
    table: Table | None = work.table
    return ask.notice(
        title=t(Text("{name}，您的今日摘要", "{name}, your day"), name=ask.actor.name),
        text=work.text,
        facts=[
            *await _at_risk(ask, alerts),
            (t(Text("待归档", "To be filed")), str(unsure) if unsure else ""),
            (t(Text("风险预警", "Risk alerts")), str(len(alerts)) if alerts else ""),
        ],
        table=table,
        buttons=[
            Button(label=t(Text("待归档", "To be filed")), command="/inbox"),
            Button(label=t(Text("我的任务", "My tasks")), command="/tasks"),
        ],
    )
