"""Work: plans, changes, approvals, money, health, care, service, and what a firm writes as data."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Name = sqlmodel.sql.sqltypes.AutoString

PERMISSIONS = {
    "manager": [
        *("deal.*", "quote.*", "contract.*", "case.*", "care.*", "survey.*", "risk.*", "change.*"),
        *("time.*", "kb.*", "report.*", "flow.*", "source.*", "defect.*", "handover.*"),
        "staff.write",
    ],
    "sales": [
        *("deal.*", "quote.*", "contract.write", "case.*", "care.*", "survey.*", "risk.write"),
        *("change.write", "time.write", "kb.read"),
    ],
    "pm": [
        *("case.*", "survey.*", "care.read", "risk.*", "change.*", "time.*", "kb.*", "defect.*"),
        "report.read",
    ],
    "service": [
        *("case.*", "care.*", "survey.*", "risk.write", "change.write", "time.write", "kb.*"),
        "defect.*",
    ],
    "finance": ["contract.*", "quote.read", "time.write", "kb.read", "report.read"],
}


def upgrade() -> None:
    for name in ("quote_code", "contract_code"):
        op.execute(f"CREATE SEQUENCE {name}")
    tables()
    columns()
    indexes()
    op.execute("""
INSERT INTO definition (kind, name, version, body, enabled, at)
SELECT 'rule', id, 1, body, enabled, updated_at FROM rule
""")
    op.drop_table("rule")
    for role, added in PERMISSIONS.items():
        op.execute(
            sa.text(
                "UPDATE role SET permissions = permissions || CAST(:added AS text[]) WHERE code = :role"
            ).bindparams(added=added, role=role)
        )


def tables() -> None:
    op.create_table(
        "holding",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule", Name(), nullable=False),
        sa.Column("subject", Name(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("rule", "subject"),
    )
    op.create_table(
        "price_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", Name(), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("name_en", Name(), nullable=False),
        sa.Column("unit", Name(), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "article",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("title", Name(), nullable=False),
        sa.Column("text", Name(), nullable=False),
        sa.Column("language", Name(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "name"),
    )
    op.create_table(
        "definition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "name", "version"),
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["to_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "exchange_rate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("currency", "day"),
    )
    op.create_table(
        "contact_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("channel", Name(), nullable=False),
        sa.Column("about", Name(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("nudged_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id"),
    )
    op.create_table(
        "health_snapshot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("churn", sa.Float(), nullable=True),
        sa.Column("churn_reasons", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("segment", Name(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "day"),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=True),
        sa.Column("title", Name(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("steps", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", Name(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "deal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("stage", Name(), nullable=False),
        sa.Column("chance", sa.Integer(), nullable=False),
        sa.Column("close_on", sa.Date(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("why_lost", Name(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "delay_forecast",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("p50", sa.Date(), nullable=False),
        sa.Column("p80", sa.Date(), nullable=False),
        sa.Column("spi", sa.Float(), nullable=True),
        sa.Column("drivers", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("project_id", "day"),
    )
    op.create_table(
        "lesson",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("text", Name(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("unallocated", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("note", Name(), nullable=False),
        sa.Column("refund_of_id", sa.BigInteger(), nullable=True),
        sa.Column("source", Name(), nullable=True),
        sa.Column("external_id", Name(), nullable=True),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["refund_of_id"], ["receipt.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", "external_id"),
    )
    op.create_table(
        "risk",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("title", Name(), nullable=False),
        sa.Column("level", Name(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("answer", Name(), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("mapping", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "alert_verdict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("alert_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alert_id", "user_id"),
    )
    op.create_table(
        "customer_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("template", Name(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("every", Name(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("timezone", Name(), nullable=False),
        sa.Column("language", Name(), nullable=True),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("wishes", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id", "template", "conversation_id"),
    )
    op.create_table(
        "quote",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", Name(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("deal_id", sa.BigInteger(), nullable=True),
        sa.Column("title", Name(), nullable=False),
        sa.Column("language", Name(), nullable=False),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("discount", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("net", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("total", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("state", Name(), nullable=False),
        sa.Column("sha256", Name(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"]),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", "version"),
    )
    op.create_table(
        "source_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", Name(), nullable=False),
        sa.Column("error", Name(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "event_id"),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("approval_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("instead_of_id", sa.BigInteger(), nullable=True),
        sa.Column("why", Name(), nullable=False),
        sa.Column("verdict", Name(), nullable=False),
        sa.Column("comment", Name(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"]),
        sa.ForeignKeyConstraint(["instead_of_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("approval_id", "step", "user_id"),
    )
    op.create_table(
        "answer_clock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "contract",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", Name(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("quote_id", sa.BigInteger(), nullable=True),
        sa.Column("name", Name(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("terms", Name(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("remind_days", sa.Integer(), nullable=False),
        sa.Column("state", Name(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["quote_id"], ["quote.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "deliverable",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("milestone_id", sa.BigInteger(), nullable=True),
        sa.Column("name", Name(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_name", Name(), nullable=False),
        sa.Column("file_type", Name(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("sha256", Name(), nullable=False),
        sa.Column("state", Name(), nullable=False),
        sa.Column("push_id", sa.BigInteger(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", Name(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("comment", Name(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "quote_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("quote_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", Name(), nullable=False),
        sa.Column("name", Name(), nullable=False),
        sa.Column("unit", Name(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["quote_id"], ["quote.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "service_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("title", Name(), nullable=False),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", Name(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solve_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solution", Name(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"]),
        sa.ForeignKeyConstraint(["opened_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "care_node",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("node", Name(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("state", Name(), nullable=False),
        sa.Column("push_id", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "customer_id", "project_id", "node", "due", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "change_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("title", Name(), nullable=False),
        sa.Column("reason", Name(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("made_task_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("state", Name(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"]),
        sa.ForeignKeyConstraint(["made_task_id"], ["task.id"]),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "defect",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("title", Name(), nullable=False),
        sa.Column("severity", Name(), nullable=False),
        sa.Column("deliverable_id", sa.BigInteger(), nullable=True),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["deliverable_id"], ["deliverable.id"]),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "payment_term",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("contract_id", sa.BigInteger(), nullable=True),
        sa.Column("milestone_id", sa.BigInteger(), nullable=True),
        sa.Column("name", Name(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("paid", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "survey",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", Name(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("milestone_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("push_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", Name(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["service_case.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestone.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret"),
    )
    op.create_table(
        "task_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["after_id"], ["task.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task_id", "after_id"),
    )
    op.create_table(
        "time_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("worked_on", sa.Date(), nullable=False),
        sa.Column("note", Name(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "allocation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("settled", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"]),
        sa.ForeignKeyConstraint(["term_id"], ["payment_term.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", Name(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("term_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("tax", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("currency", Name(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("source", Name(), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"]),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"]),
        sa.ForeignKeyConstraint(["term_id"], ["payment_term.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )


def columns() -> None:
    op.add_column(
        "alert", sa.Column("reasons", postgresql.JSONB(), server_default="[]", nullable=False)
    )
    op.add_column("alert", sa.Column("rung", sa.Integer(), server_default="0", nullable=False))
    op.add_column("alert", sa.Column("climb_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("customer", sa.Column("service_level", Name(), server_default="", nullable=False))
    op.add_column(
        "project", sa.Column("progress_by", Name(), server_default="hand", nullable=False)
    )
    op.add_column("project", sa.Column("template", Name(), server_default="", nullable=False))
    op.add_column("project", sa.Column("size", sa.Numeric(precision=12, scale=2), nullable=True))
    op.add_column("project", sa.Column("size_unit", Name(), server_default="", nullable=False))
    op.add_column("project", sa.Column("pushes", Name(), server_default="ask", nullable=False))
    op.add_column("project", sa.Column("planned_due_on", sa.Date(), nullable=True))
    op.add_column("project", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("push", sa.Column("customer_id", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE push SET customer_id = (SELECT customer_id FROM project p WHERE p.id = project_id)"
    )
    op.alter_column("push", "customer_id", nullable=False)
    op.add_column("push", sa.Column("kind", Name(), server_default="progress", nullable=False))
    op.add_column("task", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("task", sa.Column("estimate", sa.Numeric(precision=12, scale=2), nullable=True))
    op.add_column("task", sa.Column("planned_due", sa.Date(), nullable=True))
    op.add_column("task", sa.Column("milestone_id", sa.BigInteger(), nullable=True))
    op.add_column("task", sa.Column("stage", Name(), server_default="todo", nullable=False))
    op.add_column(
        "task", sa.Column("checklist", postgresql.JSONB(), server_default="[]", nullable=False)
    )
    op.add_column(
        "user_account",
        sa.Column(
            "hours_a_week", sa.Numeric(precision=5, scale=2), server_default="40", nullable=False
        ),
    )
    op.add_column(
        "user_account", sa.Column("hour_cost", sa.Numeric(precision=18, scale=2), nullable=True)
    )
    op.add_column(
        "user_account",
        sa.Column("skills", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.create_foreign_key(None, "push", "customer", ["customer_id"], ["id"])
    op.create_foreign_key(None, "task", "milestone", ["milestone_id"], ["id"])
    op.alter_column("push", "project_id", nullable=True)


def indexes() -> None:
    op.create_index(
        "ix_article_search", "article", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_delegation_user_id"), "delegation", ["user_id"], unique=False)
    op.create_index(op.f("ix_contact_plan_owner_id"), "contact_plan", ["owner_id"], unique=False)
    op.create_index(op.f("ix_health_snapshot_day"), "health_snapshot", ["day"], unique=False)
    op.create_index(op.f("ix_approval_customer_id"), "approval", ["customer_id"], unique=False)
    op.create_index(op.f("ix_approval_project_id"), "approval", ["project_id"], unique=False)
    op.create_index(
        "ix_approval_waiting",
        "approval",
        ["kind", "row_id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("ix_deal_customer_id"), "deal", ["customer_id"], unique=False)
    op.create_index(op.f("ix_deal_owner_id"), "deal", ["owner_id"], unique=False)
    op.create_index(op.f("ix_deal_project_id"), "deal", ["project_id"], unique=False)
    op.create_index(op.f("ix_lesson_project_id"), "lesson", ["project_id"], unique=False)
    op.create_index(op.f("ix_receipt_customer_id"), "receipt", ["customer_id"], unique=False)
    op.create_index(op.f("ix_receipt_project_id"), "receipt", ["project_id"], unique=False)
    op.create_index("ix_receipt_received", "receipt", ["received_on"], unique=False)
    op.create_index(op.f("ix_receipt_refund_of_id"), "receipt", ["refund_of_id"], unique=False)
    op.create_index(op.f("ix_risk_owner_id"), "risk", ["owner_id"], unique=False)
    op.create_index(op.f("ix_risk_project_id"), "risk", ["project_id"], unique=False)
    op.create_index(op.f("ix_source_project_id"), "source", ["project_id"], unique=False)
    op.create_index(op.f("ix_alert_verdict_alert_id"), "alert_verdict", ["alert_id"], unique=False)
    op.create_index(
        op.f("ix_customer_report_conversation_id"),
        "customer_report",
        ["conversation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_customer_report_customer_id"), "customer_report", ["customer_id"], unique=False
    )
    op.create_index(op.f("ix_quote_customer_id"), "quote", ["customer_id"], unique=False)
    op.create_index(op.f("ix_quote_deal_id"), "quote", ["deal_id"], unique=False)
    op.create_index(op.f("ix_quote_project_id"), "quote", ["project_id"], unique=False)
    op.create_index(
        "ix_source_event_refused",
        "source_event",
        ["source_id"],
        unique=False,
        postgresql_where=sa.text("error <> ''"),
    )
    op.create_index(op.f("ix_vote_approval_id"), "vote", ["approval_id"], unique=False)
    op.create_index(op.f("ix_vote_user_id"), "vote", ["user_id"], unique=False)
    op.create_index(
        op.f("ix_answer_clock_answered_by_id"), "answer_clock", ["answered_by_id"], unique=False
    )
    op.create_index(
        "ix_answer_clock_customer", "answer_clock", ["customer_id", "started_at"], unique=False
    )
    op.create_index(op.f("ix_answer_clock_due_at"), "answer_clock", ["due_at"], unique=False)
    op.create_index(
        op.f("ix_answer_clock_interaction_id"), "answer_clock", ["interaction_id"], unique=False
    )
    op.create_index(
        "ix_answer_clock_running",
        "answer_clock",
        ["conversation_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL AND stopped_at IS NULL"),
    )
    op.create_index(op.f("ix_contract_customer_id"), "contract", ["customer_id"], unique=False)
    op.create_index(op.f("ix_contract_project_id"), "contract", ["project_id"], unique=False)
    op.create_index(op.f("ix_contract_quote_id"), "contract", ["quote_id"], unique=False)
    op.create_index(op.f("ix_deliverable_contact_id"), "deliverable", ["contact_id"], unique=False)
    op.create_index(
        op.f("ix_deliverable_milestone_id"), "deliverable", ["milestone_id"], unique=False
    )
    op.create_index(op.f("ix_deliverable_project_id"), "deliverable", ["project_id"], unique=False)
    op.create_index(op.f("ix_deliverable_push_id"), "deliverable", ["push_id"], unique=False)
    op.create_index(op.f("ix_deliverable_secret"), "deliverable", ["secret"], unique=False)
    op.create_index(op.f("ix_quote_line_quote_id"), "quote_line", ["quote_id"], unique=False)
    op.create_index(
        op.f("ix_service_case_contact_id"), "service_case", ["contact_id"], unique=False
    )
    op.create_index(
        op.f("ix_service_case_customer_id"), "service_case", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_service_case_interaction_id"), "service_case", ["interaction_id"], unique=False
    )
    op.create_index(
        "ix_service_case_open",
        "service_case",
        ["solve_by"],
        unique=False,
        postgresql_where=sa.text("solved_at IS NULL"),
    )
    op.create_index(op.f("ix_service_case_owner_id"), "service_case", ["owner_id"], unique=False)
    op.create_index(
        op.f("ix_service_case_project_id"), "service_case", ["project_id"], unique=False
    )
    op.create_index(op.f("ix_care_node_customer_id"), "care_node", ["customer_id"], unique=False)
    op.create_index(
        "ix_care_node_due",
        "care_node",
        ["due"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(op.f("ix_care_node_project_id"), "care_node", ["project_id"], unique=False)
    op.create_index(op.f("ix_care_node_push_id"), "care_node", ["push_id"], unique=False)
    op.create_index(op.f("ix_care_node_task_id"), "care_node", ["task_id"], unique=False)
    op.create_index(
        op.f("ix_change_request_interaction_id"), "change_request", ["interaction_id"], unique=False
    )
    op.create_index(
        op.f("ix_change_request_made_task_id"), "change_request", ["made_task_id"], unique=False
    )
    op.create_index(
        op.f("ix_change_request_owner_id"), "change_request", ["owner_id"], unique=False
    )
    op.create_index(
        op.f("ix_change_request_project_id"), "change_request", ["project_id"], unique=False
    )
    op.create_index(op.f("ix_change_request_task_id"), "change_request", ["task_id"], unique=False)
    op.create_index(op.f("ix_defect_deliverable_id"), "defect", ["deliverable_id"], unique=False)
    op.create_index(op.f("ix_defect_interaction_id"), "defect", ["interaction_id"], unique=False)
    op.create_index(op.f("ix_defect_project_id"), "defect", ["project_id"], unique=False)
    op.create_index(
        op.f("ix_payment_term_contract_id"), "payment_term", ["contract_id"], unique=False
    )
    op.create_index(
        op.f("ix_payment_term_customer_id"), "payment_term", ["customer_id"], unique=False
    )
    op.create_index(
        op.f("ix_payment_term_milestone_id"), "payment_term", ["milestone_id"], unique=False
    )
    op.create_index(
        "ix_payment_term_open",
        "payment_term",
        ["due"],
        unique=False,
        postgresql_where=sa.text("settled_on IS NULL"),
    )
    op.create_index(
        op.f("ix_payment_term_project_id"), "payment_term", ["project_id"], unique=False
    )
    op.create_index(op.f("ix_survey_case_id"), "survey", ["case_id"], unique=False)
    op.create_index(op.f("ix_survey_contact_id"), "survey", ["contact_id"], unique=False)
    op.create_index(op.f("ix_survey_conversation_id"), "survey", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_survey_customer_id"), "survey", ["customer_id"], unique=False)
    op.create_index(op.f("ix_survey_milestone_id"), "survey", ["milestone_id"], unique=False)
    op.create_index(
        "ix_survey_open",
        "survey",
        ["sent_at"],
        unique=False,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    op.create_index(op.f("ix_survey_project_id"), "survey", ["project_id"], unique=False)
    op.create_index(op.f("ix_survey_push_id"), "survey", ["push_id"], unique=False)
    op.create_index(op.f("ix_survey_task_id"), "survey", ["task_id"], unique=False)
    op.create_index(op.f("ix_survey_user_id"), "survey", ["user_id"], unique=False)
    op.create_index(op.f("ix_task_link_after_id"), "task_link", ["after_id"], unique=False)
    op.create_index(op.f("ix_task_link_task_id"), "task_link", ["task_id"], unique=False)
    op.create_index(op.f("ix_time_entry_project_id"), "time_entry", ["project_id"], unique=False)
    op.create_index(op.f("ix_time_entry_task_id"), "time_entry", ["task_id"], unique=False)
    op.create_index("ix_time_entry_worked", "time_entry", ["user_id", "worked_on"], unique=False)
    op.create_index(op.f("ix_allocation_receipt_id"), "allocation", ["receipt_id"], unique=False)
    op.create_index(op.f("ix_allocation_term_id"), "allocation", ["term_id"], unique=False)
    op.create_index(op.f("ix_invoice_customer_id"), "invoice", ["customer_id"], unique=False)
    op.create_index(op.f("ix_invoice_project_id"), "invoice", ["project_id"], unique=False)
    op.create_index(op.f("ix_invoice_term_id"), "invoice", ["term_id"], unique=False)
    op.create_index(op.f("ix_push_customer_id"), "push", ["customer_id"], unique=False)
    op.create_index(op.f("ix_task_milestone_id"), "task", ["milestone_id"], unique=False)


def downgrade() -> None:
    op.create_table(
        "rule",
        sa.Column("id", Name(), nullable=False),
        sa.Column("body", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("DELETE FROM push WHERE project_id IS NULL")
    op.alter_column("push", "project_id", nullable=False)
    for table, names in (
        ("alert", ("reasons", "rung", "climb_at")),
        ("customer", ("service_level",)),
        (
            "project",
            (
                "progress_by",
                "template",
                "size",
                "size_unit",
                "pushes",
                "planned_due_on",
                "closed_at",
            ),
        ),
        ("push", ("customer_id", "kind")),
        ("task", ("starts_on", "estimate", "planned_due", "milestone_id", "stage", "checklist")),
        ("user_account", ("hours_a_week", "hour_cost", "skills")),
    ):
        for name in names:
            op.drop_column(table, name)
    for table in (
        "holding",
        "price_item",
        "article",
        "definition",
        "delegation",
        "exchange_rate",
        "contact_plan",
        "health_snapshot",
        "approval",
        "deal",
        "delay_forecast",
        "lesson",
        "receipt",
        "risk",
        "source",
        "alert_verdict",
        "customer_report",
        "quote",
        "source_event",
        "vote",
        "answer_clock",
        "contract",
        "deliverable",
        "quote_line",
        "service_case",
        "care_node",
        "change_request",
        "defect",
        "payment_term",
        "survey",
        "task_link",
        "time_entry",
        "allocation",
        "invoice",
    ):
        op.execute(f"DROP TABLE {table} CASCADE")
    for name in ("quote_code", "contract_code"):
        op.execute(f"DROP SEQUENCE {name}")
