"""The record's tables, by subject; importing this package fills `metadata`."""

from sqlmodel import SQLModel

from storage.tables.customers import (
    Alias,
    Contact,
    ContactMerge,
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
    Correction,
    Interaction,
    InteractionVersion,
    PrivateRule,
    TaskTalk,
    TranscriptWindow,
)
from storage.tables.trust import AuditEntry, AuditSeal, Pending, UndoEntry
from storage.tables.watch import (
    Alert,
    Dismissal,
    Event,
    ModelUse,
    Push,
    Reminder,
    Rule,
    Subscription,
)

metadata = SQLModel.metadata

__all__ = [
    "Alert",
    "Alias",
    "Attachment",
    "AuditEntry",
    "AuditSeal",
    "ChatLine",
    "Contact",
    "ContactMerge",
    "Conversation",
    "Correction",
    "Cost",
    "Counter",
    "Cursor",
    "Customer",
    "Dismissal",
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
    "ModelUse",
    "OutboxItem",
    "Pending",
    "PrivateRule",
    "Project",
    "ProjectMember",
    "Push",
    "Reject",
    "Reminder",
    "Role",
    "Rule",
    "SharedToken",
    "Slot",
    "Subscription",
    "Task",
    "TaskTalk",
    "Team",
    "Token",
    "TranscriptWindow",
    "UndoEntry",
    "User",
    "metadata",
]
