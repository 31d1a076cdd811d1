"""Rights by group, service accounts, checkpoints of the audit log.

Revision ID: 0010_access
Revises: 0009_storage_pools
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0010_access"
down_revision = "0009_storage_pools"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and what they need in those that stand."""
    op.create_table(
        "audit_signing_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("public", sa.String(length=64), nullable=False),
        sa.Column("private", types.SealedBytes(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("retired_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_signing_key")),
        sa.UniqueConstraint("name", name=op.f("uq_audit_signing_key_name")),
    )
    op.create_table(
        "audit_sink",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=1000), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sink")),
        sa.UniqueConstraint("name", name=op.f("uq_audit_sink_name")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("h", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("signature", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["audit_signing_key.id"],
            name=op.f("fk_audit_checkpoint_key_id_audit_signing_key"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoint")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_checkpoint_seq")),
    )
    with op.batch_alter_table("audit_checkpoint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_checkpoint_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_checkpoint_key_id"), ["key_id"], unique=False)

    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["resource_group.id"],
            name=op.f("fk_role_grant_group_id_resource_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_role_grant_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sa.UniqueConstraint("user_id", "group_id", name=op.f("uq_role_grant_user_id_group_id")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_grant_group_id"), ["group_id"], unique=False)

    op.create_table(
        "service_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_service_account_owner_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_service_account_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_account")),
        sa.UniqueConstraint("user_id", name=op.f("uq_service_account_user_id")),
    )
    with op.batch_alter_table("service_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_account_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "api_token_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["resource_group.id"],
            name=op.f("fk_api_token_group_group_id_resource_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["api_token.id"],
            name=op.f("fk_api_token_group_token_id_api_token"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token_group")),
        sa.UniqueConstraint(
            "token_id", "group_id", name=op.f("uq_api_token_group_token_id_group_id")
        ),
    )
    with op.batch_alter_table("api_token_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_group_group_id"), ["group_id"], unique=False)

    op.create_table(
        "checkpoint_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sink_id", sa.Uuid(), nullable=False),
        sa.Column("checkpoint_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"],
            ["audit_checkpoint.id"],
            name=op.f("fk_checkpoint_delivery_checkpoint_id_audit_checkpoint"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["sink_id"],
            ["audit_sink.id"],
            name=op.f("fk_checkpoint_delivery_sink_id_audit_sink"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint_delivery")),
        sa.UniqueConstraint(
            "sink_id", "checkpoint_id", name=op.f("uq_checkpoint_delivery_sink_id_checkpoint_id")
        ),
    )
    with op.batch_alter_table("checkpoint_delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_checkpoint_delivery_checkpoint_id"), ["checkpoint_id"], unique=False
        )
        batch_op.create_index("ix_checkpoint_delivery_due", ["state", "next_try_at"], unique=False)

    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_limited", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("addresses", sa.Text(), nullable=False, server_default=""))

    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("result", sa.String(length=10), nullable=False, server_default="done")
        )
        batch_op.drop_index(batch_op.f("ix_audit_entry_action"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_name"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_object_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_resource_id"))
        batch_op.create_index("ix_audit_entry_action_seq", ["action", "seq"], unique=False)
        batch_op.create_index("ix_audit_entry_actor_id_seq", ["actor_id", "seq"], unique=False)
        batch_op.create_index("ix_audit_entry_actor_name_seq", ["actor_name", "seq"], unique=False)
        batch_op.create_index("ix_audit_entry_at_seq", ["at", "seq"], unique=False)
        batch_op.create_index("ix_audit_entry_object_id_seq", ["object_id", "seq"], unique=False)
        batch_op.create_index(
            "ix_audit_entry_resource_id_seq", ["resource_id", "seq"], unique=False
        )
        batch_op.create_index("ix_audit_entry_result_seq", ["result", "seq"], unique=False)

    op.execute("UPDATE audit_entry SET result = 'failed' WHERE action LIKE '%failed'")

    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("requested_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("resource_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_job_run_resource_id"), ["resource_id"], unique=False)


def downgrade() -> None:
    """Take them away; grants, service accounts' notes and checkpoints go with them."""
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_run_resource_id"))
        batch_op.drop_column("resource_id")
        batch_op.drop_column("requested_by_id")

    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_result_seq")
        batch_op.drop_index("ix_audit_entry_resource_id_seq")
        batch_op.drop_index("ix_audit_entry_object_id_seq")
        batch_op.drop_index("ix_audit_entry_at_seq")
        batch_op.drop_index("ix_audit_entry_actor_name_seq")
        batch_op.drop_index("ix_audit_entry_actor_id_seq")
        batch_op.drop_index("ix_audit_entry_action_seq")
        batch_op.create_index(
            batch_op.f("ix_audit_entry_resource_id"), ["resource_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_audit_entry_object_id"), ["object_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_name"), ["actor_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.drop_column("result")

    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_column("addresses")
        batch_op.drop_column("is_limited")

    with op.batch_alter_table("checkpoint_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_checkpoint_delivery_due")
        batch_op.drop_index(batch_op.f("ix_checkpoint_delivery_checkpoint_id"))

    op.drop_table("checkpoint_delivery")
    with op.batch_alter_table("api_token_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_group_group_id"))

    op.drop_table("api_token_group")
    with op.batch_alter_table("service_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_account_owner_id"))

    op.drop_table("service_account")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_grant_group_id"))

    op.drop_table("role_grant")
    with op.batch_alter_table("audit_checkpoint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_checkpoint_key_id"))
        batch_op.drop_index(batch_op.f("ix_audit_checkpoint_at"))

    op.drop_table("audit_checkpoint")
    op.drop_table("audit_sink")
    op.drop_table("audit_signing_key")
