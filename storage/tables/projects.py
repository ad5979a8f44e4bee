"""Projects: plan, work, costs, what is delivered, what changes, what may go wrong."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import document, key, link, moment, money, quantity, records


class Project(SQLModel, table=True):
    __table_args__ = (Index("ix_project_upper_code", text("upper(code)")),)

    id: int = key()
    code: str = Field(unique=True)
    """`P-0001`, or as given, verbatim."""
    name: str = Field(index=True)
    customer_id: int = link("customer")
    manager_id: int | None = link("user_account", null=True)
    phase: str = "start"
    """start 立项, plan 计划, do 执行, accept 验收, paid 回款, closed."""
    budget: Decimal | None = money(null=True)
    spent: Decimal = money()
    currency: str = "CNY"
    progress: int = 0
    """Percent done, 0 to 100."""
    progress_by: str = "hand"
    """hand (by a person), tasks (worked out from them), outside (a system tells it)."""
    template: str = ""
    """The template it was made from; empty: none."""
    size: Decimal | None = quantity(null=True)
    """What defects are counted against, such as 12.5 (thousand lines) or 300 (square metres)."""
    size_unit: str = ""
    pushes: str = "ask"
    """Words for its customer: ask (each waits for a yes), milestone (also proposed when one is
    reached), off."""
    starts_on: date | None = None
    due_on: date | None = None
    planned_due_on: date | None = None
    """The day first agreed; an approved change moves it, a delay does not."""
    closed_at: datetime | None = moment(null=True)
    custom: dict[str, Any] = document()
    created_at: datetime = moment()
    updated_at: datetime = moment()


class ProjectMember(SQLModel, table=True):
    __tablename__ = "project_member"
    __table_args__ = (UniqueConstraint("project_id", "user_id"),)

    id: int = key()
    project_id: int = link("project")
    user_id: int = link("user_account")


class Milestone(SQLModel, table=True):
    id: int = key()
    project_id: int = link("project")
    name: str
    due: date = Field(index=True)
    done_at: datetime | None = moment(null=True)
    remind_days: int = 3
    """A reminder goes out this many days before `due`."""
    phase: str = ""
    """Which phase it belongs to; empty: not said. What belongs to payment is no customer's news."""


class Task(SQLModel, table=True):
    __table_args__ = (
        Index("ix_task_open", "project_id", "due", postgresql_where=text("done_at IS NULL")),
    )

    id: int = key()
    project_id: int = link("project")
    name: str
    due: date | None = None
    assignee_id: int | None = link("user_account", null=True)
    guest_id: int | None = link("guest", null=True)
    """The supplier who does it; the assignee sees to it."""
    key: bool = False
    """So important that its delay warns the superior too."""
    starts_on: date | None = None
    estimate: Decimal | None = quantity(null=True)
    """Hours of work planned."""
    planned_due: date | None = None
    """The day first agreed; an approved change moves it, a delay does not."""
    milestone_id: int | None = link("milestone", null=True)
    stage: str = "todo"
    """Where an open task stands on the board: todo, doing, review."""
    checklist: list[dict[str, Any]] = records()
    """[{"text", "done"}]."""
    done_at: datetime | None = moment(null=True)
    interaction_id: int | None = link("interaction", null=True)
    """The customer's words it came from."""
    created_by_id: int | None = link("user_account", null=True, index=False)
    created_at: datetime = moment()


class TaskLink(SQLModel, table=True):
    """A task that cannot begin before another is done. Never a ring."""

    __tablename__ = "task_link"
    __table_args__ = (UniqueConstraint("task_id", "after_id"),)

    id: int = key()
    task_id: int = link("task")
    after_id: int = link("task")


class TimeEntry(SQLModel, table=True):
    __tablename__ = "time_entry"
    __table_args__ = (Index("ix_time_entry_worked", "user_id", "worked_on"),)

    id: int = key()
    project_id: int = link("project")
    task_id: int | None = link("task", null=True)
    user_id: int = link("user_account", index=False)
    hours: Decimal = quantity()
    worked_on: date
    note: str = ""
    made_at: datetime = moment()


class Cost(SQLModel, table=True):
    id: int = key()
    project_id: int = link("project")
    amount: Decimal = money()
    currency: str = "CNY"
    note: str = ""
    spent_on: date
    by_id: int | None = link("user_account", null=True, index=False)
    created_at: datetime = moment()
