"""Projects: phases, milestones, tasks, costs."""

# SQLModel types `__tablename__` as something that it is never given.
# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.columns import amount, document, key, link, moment


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
    budget: Decimal | None = amount(null=True)
    spent: Decimal = amount()
    currency: str = "CNY"
    progress: int = 0
    """Percent done, 0 to 100."""
    starts_on: date | None = None
    due_on: date | None = None
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


class Task(SQLModel, table=True):
    __table_args__ = (
        Index("ix_task_open", "project_id", "due", postgresql_where=text("done_at IS NULL")),
    )

    id: int = key()
    project_id: int = link("project")
    name: str
    due: date | None = None
    assignee_id: int | None = link("user_account", null=True)
    key: bool = False
    """On the critical path, or so important: its delay warns the superior too."""
    done_at: datetime | None = moment(null=True)
    interaction_id: int | None = link("interaction", null=True)
    """The customer's words it came from."""
    created_by_id: int | None = link("user_account", null=True, index=False)
    created_at: datetime = moment()


class Cost(SQLModel, table=True):
    id: int = key()
    project_id: int = link("project")
    amount: Decimal = amount()
    currency: str = "CNY"
    note: str = ""
    spent_on: date
    by_id: int | None = link("user_account", null=True, index=False)
    created_at: datetime = moment()
