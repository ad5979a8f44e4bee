"""Chat platforms: shared tokens, cursors, private chats, pushes to customers, files to fetch."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Name = sqlmodel.sql.sqltypes.AutoString
MAY_APPROVE = ("manager", "pm")
MAY_PROPOSE = ("manager", "pm", "sales", "service")


def upgrade() -> None:
    conversations()
    outbox()
    op.add_column("attachment", sa.Column("ref", Name(), server_default="", nullable=False))
    op.add_column("attachment", sa.Column("error", Name(), nullable=True))
    op.alter_column("attachment", "ref", server_default=None)
    op.create_table(
        "shared_token",
        sa.Column("name", Name(), nullable=False),
        sa.Column("value", Name(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "adapter_cursor",
        sa.Column("name", Name(), nullable=False),
        sa.Column("value", Name(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    link_requests()
    pushes()
    for role, added in (
        *((r, "push.approve") for r in MAY_APPROVE),
        *((r, "push.propose") for r in MAY_PROPOSE),
    ):
        op.execute(
            sa.text(
                "UPDATE role SET permissions = array_append(permissions, :added) WHERE code = :role"
            ).bindparams(added=added, role=role)
        )


def conversations() -> None:
    op.add_column("conversation", sa.Column("user_id", sa.BigInteger(), nullable=True))
    op.add_column("conversation", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(None, "conversation", "user_account", ["user_id"], ["id"])
    op.create_index("ix_conversation_user_id", "conversation", ["user_id"])
    # Members' own chats on the web page are named by their number.
    op.execute("""
UPDATE conversation SET user_id = u.id FROM user_account u
WHERE conversation.channel = 'web' AND conversation.chat = 'user-' || u.id
""")


def outbox() -> None:
    op.add_column("outbox", sa.Column("thread", Name(), server_default="", nullable=False))
    op.add_column("outbox", sa.Column("place", Name(), server_default="", nullable=False))
    op.add_column(
        "outbox", sa.Column("messages", sa.SmallInteger(), server_default="1", nullable=False)
    )
    op.add_column("outbox", sa.Column("carrier_id", sa.BigInteger(), nullable=True))
    for name in ("thread", "place", "messages"):
        op.alter_column("outbox", name, server_default=None)
    op.create_index(
        "ix_outbox_channel",
        "outbox",
        ["channel", "done_at"],
        postgresql_where=sa.text("state = 'sent'"),
    )


def link_requests() -> None:
    op.create_table(
        "link_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("channel", Name(), nullable=False),
        sa.Column("address", Name(), nullable=False),
        sa.Column("chat", Name(), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("email", Name(), nullable=False),
        sa.Column("phone", Name(), nullable=False),
        sa.Column("suggested_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["suggested_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "address"),
    )


def pushes() -> None:
    op.create_table(
        "push",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("notice", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("state", Name(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["decided_by_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_push_conversation_id", "push", ["conversation_id"])
    op.create_index(
        "ix_push_waiting", "push", ["project_id"], postgresql_where=sa.text("state = 'waiting'")
    )
