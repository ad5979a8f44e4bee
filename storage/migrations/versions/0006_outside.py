"""Guests: people outside with a link to one project; what milestones, care and health lacked."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

Name = sqlmodel.sql.sqltypes.AutoString
PERMISSIONS = {"manager": ["guest.*"], "pm": ["guest.*"]}


def upgrade() -> None:
    op.create_table(
        "guest",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret"),
    )
    op.create_index("ix_guest_project_id", "guest", ["project_id"])
    op.add_column("task", sa.Column("guest_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(None, "task", "guest", ["guest_id"], ["id"])
    op.create_index("ix_task_guest_id", "task", ["guest_id"])
    op.add_column("milestone", sa.Column("phase", Name(), server_default="", nullable=False))
    op.alter_column("milestone", "phase", server_default=None)
    op.add_column("care_node", sa.Column("words", Name(), nullable=True))
    op.alter_column("health_snapshot", "score", nullable=True)
    for role, added in PERMISSIONS.items():
        op.execute(
            sa.text(
                "UPDATE role SET permissions = permissions || CAST(:added AS text[]) WHERE code = :role"
            ).bindparams(added=added, role=role)
        )


def downgrade() -> None:
    op.execute("DELETE FROM health_snapshot WHERE score IS NULL")
    op.alter_column("health_snapshot", "score", nullable=False)
    op.drop_column("care_node", "words")
    op.drop_column("milestone", "phase")
    op.drop_column("task", "guest_id")
    op.drop_table("guest")
