"""The record's tables, by subject; importing this package fills `metadata`."""

from sqlmodel import SQLModel

from storage.tables.customers import (
    Alias,
    Contact,
    Customer,
    Domain,
    FieldDefinition,
    Identity,
    Merge,
)
from storage.tables.flow import (
    ChatLine,
    Counter,
    InboxItem,
    InboxKey,
    OutboxItem,
    Reject,
    Slot,
)
from storage.tables.people import Role, Team, Token, User
from storage.tables.projects import Cost, Milestone, Project, ProjectMember, Task
from storage.tables.talk import Attachment, Conversation, Interaction, InteractionVersion
from storage.tables.trust import AuditEntry, AuditSeal, Pending, UndoEntry
from storage.tables.watch import Alert, Event, Rule, Subscription

metadata = SQLModel.metadata

__all__ = [
    "Alert",
    "Alias",
    "Attachment",
    "AuditEntry",
    "AuditSeal",
    "ChatLine",
    "Contact",
    "Conversation",
    "Cost",
    "Counter",
    "Customer",
    "Domain",
    "Event",
    "FieldDefinition",
    "Identity",
    "InboxItem",
    "InboxKey",
    "Interaction",
    "InteractionVersion",
    "Merge",
    "Milestone",
    "OutboxItem",
    "Pending",
    "Project",
    "ProjectMember",
    "Reject",
    "Role",
    "Rule",
    "Slot",
    "Subscription",
    "Task",
    "Team",
    "Token",
    "UndoEntry",
    "User",
    "metadata",
]
