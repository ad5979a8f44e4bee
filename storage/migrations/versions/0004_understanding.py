"""Understanding: corrections, reminders, talk about tasks, private mail, merged contacts, model use."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Name = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.add_column(
        "interaction", sa.Column("mood_sure", sa.Float(), server_default="0", nullable=False)
    )
    op.add_column("interaction", sa.Column("mood_by", Name(), server_default="", nullable=False))
    for name in ("mood_sure", "mood_by"):
        op.alter_column("interaction", name, server_default=None)
    op.create_index(
        "ix_interaction_unsure",
        "interaction",
        ["received_at"],
        postgresql_where=sa.text("direction = 'in' AND mood_by = '' AND mood_sure < 0.6"),
    )
    op.add_column("contact", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "contact_merged_into_id_fkey", "contact", "contact", ["merged_into_id"], ["id"]
    )
    op.create_index("ix_contact_merged_into_id", "contact", ["merged_into_id"])
    op.create_table(
        "contact_merge",
        _id(),
        *_links(kept_id="contact", gone_id="contact"),
        sa.Column("moved", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("before", postgresql.JSONB(), server_default="{}", nullable=False),
        *_links(by_id="user_account?"),
        _at("at"),
        _at("undone_at", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("kept_id", "gone_id"):
        op.create_index(f"ix_contact_merge_{name}", "contact_merge", [name])
    talk()
    watch()


def talk() -> None:
    op.create_table(
        "correction",
        _id(),
        *_links(interaction_id="interaction"),
        sa.Column("before", Name(), nullable=False),
        sa.Column("after", Name(), nullable=False),
        *_links(by_id="user_account?"),
        _at("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("interaction_id"),
    )
    op.create_table(
        "task_talk",
        _id(),
        *_links(task_id="task", interaction_id="interaction"),
        sa.Column("state", Name(), nullable=False),
        sa.Column("sure", sa.Float(), nullable=False),
        sa.Column("because", Name(), nullable=False),
        *_links(by_id="user_account?"),
        _at("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task_id", "interaction_id"),
    )
    for name in ("task_id", "interaction_id"):
        op.create_index(f"ix_task_talk_{name}", "task_talk", [name])
    op.create_table(
        "private_rule",
        _id(),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("value", Name(), nullable=False),
        sa.Column("kept_out", sa.Integer(), nullable=False),
        *_links(by_id="user_account?"),
        _at("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "value"),
    )


def watch() -> None:
    op.create_table(
        "reminder",
        _id(),
        *_links(user_id="user_account"),
        sa.Column("text", Name(), nullable=False),
        _at("at"),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("source", Name(), nullable=False),
        *_links(
            customer_id="customer?",
            project_id="project?",
            interaction_id="interaction?",
            made_by_id="user_account?",
        ),
        _at("made_at"),
        _at("told_at", null=True),
        _at("done_at", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("user_id", "customer_id", "project_id", "interaction_id"):
        op.create_index(f"ix_reminder_{name}", "reminder", [name])
    op.create_index(
        "ix_reminder_coming",
        "reminder",
        ["at"],
        postgresql_where=sa.text("told_at IS NULL AND done_at IS NULL"),
    )
    op.create_index(
        "ix_reminder_promise",
        "reminder",
        ["interaction_id", "text"],
        unique=True,
        postgresql_where=sa.text("source = 'promise'"),
    )
    op.create_table(
        "dismissal",
        _id(),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("subject", Name(), nullable=False),
        *_links(by_id="user_account?"),
        _at("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "subject"),
    )
    op.create_table(
        "model_use",
        _id(),
        sa.Column("day", sa.Date(), nullable=False),
        *_links(user_id="user_account?"),
        sa.Column("purpose", Name(), nullable=False),
        sa.Column("model", Name(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("asked", "failed", "tokens_in", "tokens_out")
        ),
        sa.Column("cost", sa.Numeric(18, 6), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "day", "user_id", "purpose", "model", postgresql_nulls_not_distinct=True
        ),
    )


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _at(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _links(**to: str) -> list[sa.Column]:
    """References: column → table, with a question mark where it may be empty."""
    return [
        sa.Column(
            name,
            sa.BigInteger(),
            sa.ForeignKey(f"{table.rstrip('?')}.id"),
            nullable=table.endswith("?"),
        )
        for name, table in to.items()
    ]


def downgrade() -> None:
    for table in (
        "model_use",
        "dismissal",
        "reminder",
        "private_rule",
        "task_talk",
        "correction",
        "contact_merge",
    ):
        op.drop_table(table)
    op.drop_column("contact", "merged_into_id")
    op.drop_index("ix_interaction_unsure", "interaction")
    op.drop_column("interaction", "mood_by")
    op.drop_column("interaction", "mood_sure")
