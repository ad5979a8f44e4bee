"""What rules do beside telling: tasks made, listed fields set."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot import clock, telling
from bot.contract import Button, Level, Notice
from bot.domain import workdays
from bot.people import Defaults
from bot.rules import wording
from bot.rules.actions import Action, GiveTask, Put
from bot.rules.firing import Firing
from bot.rules.receivers import Cast
from bot.texts import Text, language_of
from storage import audit
from storage.tables import Customer, Event, Project, Reminder, Task, User

_YOURS = Text("您有新任务", "A task for you")
_DONE = Text("完成", "Done")


class Doing:
    """The actions that need nothing but the record."""

    def __init__(self, defaults: Defaults, home: str) -> None:
        self._defaults = defaults
        self._home = home

    async def give_task(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        """A task in the project, or in the customer's newest; without any, a reminder."""
        assert isinstance(action, GiveTask)  # noqa: S101 - the engine hands each doer its own
        cast = await Cast.of(session, [firing.seen])
        user = next(iter(cast.meant([action.task], firing.seen)), None)
        language = language_of((user.language if user else None) or self._defaults.language)
        words = wording.spoken(firing.seen.facts, firing.seen.said, firing.rule, language)
        name = wording.filled(wording.own(action.name, language), words)[:300]
        today = now.astimezone(clock.zone(self._defaults.timezone)).date()
        due = workdays.china().add(today, action.due_in)
        project = await _project(session, firing)
        if project is None:
            if user is not None:
                session.add(
                    Reminder(
                        user_id=user.id,
                        text=name,
                        at=now,
                        due=due,
                        customer_id=firing.seen.customer_id,
                        interaction_id=firing.seen.interaction_id,
                    )
                )
                await session.flush()
            return
        made = Task(
            project_id=project.id,
            name=name,
            due=due,
            assignee_id=user.id if user else None,
            key=action.key,
            interaction_id=firing.seen.interaction_id,
        )
        session.add(made)
        await session.flush()
        await _trace(session, firing, "task.made", "task", made.id, number=made.id, name=name)
        if user is not None:
            await self._say(session, user, made, firing, language, now)

    async def _say(
        self,
        session: AsyncSession,
        user: User,
        task: Task,
        firing: Firing,
        language: str,
        now: datetime,
    ) -> None:
        notice = Notice(
            level=Level.WARNING,
            title=_YOURS.in_(language),
            text=f"T-{task.id} {task.name}\n{firing.seen.said.get('because', '')}".strip(),
            buttons=(
                Button(label=_DONE.in_(language), command=f"/task done T-{task.id}", primary=True),
            ),
            language=language_of(language),
        )
        await telling.member(
            session,
            user,
            notice,
            home=self._home,
            key=f"task:{task.id}",
            now=now,
            by_day=self._defaults,
        )

    async def put(
        self, session: AsyncSession, firing: Firing, action: Action, now: datetime
    ) -> None:
        assert isinstance(action, Put)  # noqa: S101 - the engine hands each doer its own
        table, field = action.put.split(".")
        row: Customer | Project | None = None
        if table == "customer" and firing.seen.customer_id:
            row = await session.get(Customer, firing.seen.customer_id)
        elif firing.seen.project_id:
            row = await session.get(Project, firing.seen.project_id)
        if row is None:
            return
        if isinstance(row, Customer) and field == "tag":
            if action.to in row.tags:
                return
            row.tags = [*row.tags, action.to]
            event, facts = "customer.tagged", {"tags": action.to}
        else:
            before = getattr(row, field)
            if before == action.to:
                return
            setattr(row, field, action.to)
            event, facts = action.put, {"before": before, "after": action.to}
        row.updated_at = now
        session.add(row)
        await session.flush()
        await _trace(session, firing, event, table, row.id, **facts)


async def _project(session: AsyncSession, firing: Firing) -> Project | None:
    if firing.seen.project_id:
        return await session.get(Project, firing.seen.project_id)
    return (
        await session.exec(
            select(Project)
            .where(Project.customer_id == firing.seen.customer_id)
            .order_by(col(Project.phase) == "closed", col(Project.id).desc())
            .limit(1)
        )
    ).first()


async def _trace(
    session: AsyncSession, firing: Firing, event: str, subject: str, id_: int, **facts: object
) -> None:
    """The timeline and the audit trail say that it was done, and by which rule."""
    session.add(
        Event(
            name=event,
            customer_id=firing.seen.customer_id,
            project_id=firing.seen.project_id,
            facts={**facts, "by_rule": firing.rule.id},
        )
    )
    await audit.write(
        session, audit.Trace(event, subject, id_, facts={"rule": firing.rule.id, **facts})
    )
