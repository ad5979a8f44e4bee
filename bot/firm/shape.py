"""The firm as JSON: what `keqing load` reads, and what the demo is written in."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.contract import storable
from bot.domain.terms import Phase

Line = Annotated[str, BeforeValidator(storable), Field(max_length=1000)]
Names = Annotated[list[Line], BeforeValidator(lambda v: [] if v is None else v)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class MemberIn(_Part):
    name: Line
    role: Line | list[Line]
    emails: Names = []
    ids: dict[str, Line] = {}
    superior: Line | None = None
    language: Line | None = None
    timezone: Line | None = None
    password: Line | None = Field(default=None, repr=False)


class ContactIn(_Part):
    name: Line
    title: Line | None = None
    role: Line | None = None
    emails: Names = []
    phones: Names = []
    ids: dict[str, Line | list[Line]] = {}


class MilestoneIn(_Part):
    name: Line
    due: date
    done: bool = False
    phase: Phase | None = None


class TaskIn(_Part):
    name: Line
    due: date | None = None
    assignee: Line | None = None
    key: bool = False
    done: bool = False


class ProjectIn(_Part):
    code: Line | None = None
    name: Line
    aliases: Names = []
    manager: Line | None = None
    members: Names = []
    phase: Line | None = None
    budget: Decimal | None = None
    spent: Decimal | None = None
    progress: int | None = Field(default=None, ge=0, le=100)
    milestones: list[MilestoneIn] = []
    tasks: list[TaskIn] = []


class CustomerIn(_Part):
    code: Line | None = None
    name: Line
    aliases: Names = []
    domains: Names = []
    tier: Line | None = None
    stage: Line | None = None
    industry: Line | None = None
    language: Line | None = None
    owner: Line | None = None
    contacts: list[ContactIn] = []
    projects: list[ProjectIn] = []


class ChatIn(_Part):
    channel: Line
    chat: Line
    customer: Line | None = None
    project: Line | None = None
    audience: Line | None = None


class FirmIn(_Part):
    members: list[MemberIn] = []
    customers: list[CustomerIn] = []
    chats: list[ChatIn] = []
