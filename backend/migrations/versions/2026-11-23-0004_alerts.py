"""Alert rules, the engine's memory of them, and alerts of all domains.

Revision ID: 0004_alerts
Revises: 0003_events
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0004_alerts"
down_revision = "0003_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give alerts their rule, severity and labels, and the engine its memory.

    What was open is closed: it has no rule and no memory, so that nothing would ever resolve it.
    What still is wrong fires again at the next look.
    """
    op.execute(sa.text("DELETE FROM alert WHERE state = 'pending'"))
    op.execute(
        sa.text(
            "UPDATE alert SET state = 'resolved', resolved_at = CURRENT_TIMESTAMP"
            " WHERE state = 'firing'"
        )
    )
    op.create_table(
        "alert_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("domain", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("over", sa.String(length=200), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("fix", sa.String(length=1000), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("for_seconds", sa.Integer(), nullable=False),
        sa.Column("for_samples", sa.Integer(), nullable=False),
        sa.Column("clear_seconds", sa.Integer(), nullable=False),
        sa.Column("cooldown_seconds", sa.Integer(), nullable=False),
        sa.Column("flap_changes", sa.Integer(), nullable=False),
        sa.Column("flap_seconds", sa.Integer(), nullable=False),
        sa.Column("runbook", sa.String(length=500), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("muted_until", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rule")),
        sa.UniqueConstraint("key", name=op.f("uq_alert_rule_key")),
    )
    with op.batch_alter_table("alert_rule", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_rule_kind"), ["kind"], unique=False)

    op.create_table(
        "alert_instance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("phase", sa.String(length=20), nullable=False),
        sa.Column("since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("clear_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_value", sa.Double(), nullable=True),
        sa.Column("cool_until", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("is_flapping", sa.Boolean(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
            name=op.f("fk_alert_instance_alert_id_alert"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_alert_instance_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["alert_rule.id"],
            name=op.f("fk_alert_instance_rule_id_alert_rule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_instance")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_alert_instance_fingerprint")),
    )
    with op.batch_alter_table("alert_instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_instance_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index("ix_alert_instance_due", ["due_at"], unique=False)
        batch_op.create_index(
            "ix_alert_instance_resource", ["resource_id", "rule_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_alert_instance_rule_id"), ["rule_id"], unique=False)

    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rule_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "domain", sa.String(length=40), nullable=False, server_default="infrastructure"
            )
        )
        batch_op.add_column(
            sa.Column("fingerprint", sa.String(length=64), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("severity", sa.String(length=20), nullable=False, server_default="warning")
        )
        batch_op.add_column(sa.Column("labels", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(
            sa.Column("title", sa.String(length=300), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("value", sa.Double(), nullable=True))
        batch_op.add_column(
            sa.Column("unit", sa.String(length=40), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("reasons", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(
            sa.Column("runbook", sa.String(length=500), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("acknowledged_at", types.UTCDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("acknowledged_by", sa.String(length=255), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column(
                "acknowledged_note", sa.String(length=1000), nullable=False, server_default=""
            )
        )
        batch_op.add_column(
            sa.Column("snoozed_until", types.UTCDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("is_flapping", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("muted_by", sa.String(length=300), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("cause_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_alert_cause_id"), ["cause_id"], unique=False)
        batch_op.create_index("ix_alert_history", ["fingerprint", "began_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_rule_id"), ["rule_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_severity"), ["severity"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_alert_rule_id_alert_rule"),
            "alert_rule",
            ["rule_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_alert_cause_id_alert"),
            "alert",
            ["cause_id"],
            ["id"],
            ondelete="SET NULL",
        )
        batch_op.drop_column("seen")
    op.execute(sa.text("UPDATE alert SET title = substr(message, 1, 300)"))


def downgrade() -> None:
    """Leave what the alerts of before could hold."""
    op.execute(sa.text("DELETE FROM alert WHERE state = 'pending'"))
    op.execute(sa.text("UPDATE alert SET state = 'firing' WHERE state = 'acknowledged'"))
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.Integer(), nullable=False, server_default="1"))
        batch_op.drop_constraint(batch_op.f("fk_alert_cause_id_alert"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_alert_rule_id_alert_rule"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_alert_severity"))
        batch_op.drop_index(batch_op.f("ix_alert_rule_id"))
        batch_op.drop_index("ix_alert_history")
        batch_op.drop_index(batch_op.f("ix_alert_cause_id"))
        batch_op.drop_column("cause_id")
        batch_op.drop_column("muted_by")
        batch_op.drop_column("is_flapping")
        batch_op.drop_column("snoozed_until")
        batch_op.drop_column("acknowledged_note")
        batch_op.drop_column("acknowledged_by")
        batch_op.drop_column("acknowledged_at")
        batch_op.drop_column("runbook")
        batch_op.drop_column("reasons")
        batch_op.drop_column("unit")
        batch_op.drop_column("value")
        batch_op.drop_column("title")
        batch_op.drop_column("labels")
        batch_op.drop_column("severity")
        batch_op.drop_column("fingerprint")
        batch_op.drop_column("domain")
        batch_op.drop_column("rule_id")

    with op.batch_alter_table("alert_instance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_instance_rule_id"))
        batch_op.drop_index("ix_alert_instance_resource")
        batch_op.drop_index("ix_alert_instance_due")
        batch_op.drop_index(batch_op.f("ix_alert_instance_alert_id"))

    op.drop_table("alert_instance")
    with op.batch_alter_table("alert_rule", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_rule_kind"))

    op.drop_table("alert_rule")
