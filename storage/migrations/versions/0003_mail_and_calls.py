"""Mail and calls: copies of a mail, windows of a transcript, consent, chat lines that change."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Name = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.add_column(
        "outbox",
        sa.Column("copies", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "interaction", sa.Column("kept", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("interaction", sa.Column("brought_in", Name(), server_default="", nullable=False))
    for name in ("kept", "brought_in"):
        op.alter_column("interaction", name, server_default=None)
    op.add_column(
        "interaction",
        sa.Column("recipients", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.create_index(
        "ix_interaction_reply",
        "interaction",
        ["id"],
        postgresql_where=sa.text("evidence = '{reply}'"),
    )
    op.create_index(
        "ix_outbox_external",
        "outbox",
        ["channel", "external_id"],
        postgresql_where=sa.text("external_id <> ''"),
    )
    op.create_table(
        "transcript_window",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("window", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_transcript_window_interaction_id", "transcript_window", ["interaction_id"])
    op.add_column("contact", sa.Column("consent", Name(), server_default="", nullable=False))
    op.alter_column("contact", "consent", server_default=None)
    op.add_column("contact", sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True))
    chat_lines()


def chat_lines() -> None:
    op.execute("CREATE SEQUENCE chat_line_turn")
    op.add_column("chat_line", sa.Column("turn", sa.BigInteger(), nullable=True))
    op.execute("UPDATE chat_line SET turn = id")
    op.execute(
        "SELECT setval('chat_line_turn', COALESCE((SELECT max(id) FROM chat_line), 0) + 1, false)"
    )
    op.alter_column(
        "chat_line", "turn", nullable=False, server_default=sa.text("nextval('chat_line_turn')")
    )
    op.create_index("ix_chat_line_turn", "chat_line", ["chat", "turn"])


def downgrade() -> None:
    op.drop_index("ix_chat_line_turn", "chat_line")
    op.drop_column("chat_line", "turn")
    op.execute("DROP SEQUENCE chat_line_turn")
    op.drop_column("contact", "consent_at")
    op.drop_column("contact", "consent")
    op.drop_table("transcript_window")
    op.drop_index("ix_outbox_external", "outbox")
    op.drop_index("ix_interaction_reply", "interaction")
    op.drop_column("interaction", "recipients")
    op.drop_column("interaction", "brought_in")
    op.drop_column("interaction", "kept")
    op.drop_column("outbox", "copies")
