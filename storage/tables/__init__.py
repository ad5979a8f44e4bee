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
    Cursor,
    InboxItem,
    InboxKey,
    OutboxItem,
    Reject,
    SharedToken,
    Slot,
)
from storage.tables.people import LinkRequest, Role, Team, Token, User
from storage.tables.projects import Cost, Milestone, Project, ProjectMember, Task
from storage.tables.talk import (
    Attachment,
    Conversation,
    Interaction,
    InteractionVersion,
    TranscriptWindow,
)
from storage.tables.trust import AuditEntry, AuditSeal, Pending, UndoEntry
from storage.tables.watch import Alert, Event, Push, Rule, Subscription

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
    "Cursor",
    "Customer",
    "Domain",
    "Event",
    "FieldDefinition",
    "Identity",
    "InboxItem",
    "InboxKey",
    "Interaction",
    "InteractionVersion",
    "LinkRequest",
    "Merge",
    "Milestone",
    "OutboxItem",
    "Pending",
    "Project",
    "ProjectMember",
    "Push",
    "Reject",
    "Role",
    "Rule",
    "SharedToken",
    "Slot",
    "Subscription",
    "Task",
    "Team",
    "Token",
    "TranscriptWindow",
    "UndoEntry",
    "User",
    "metadata",
]
