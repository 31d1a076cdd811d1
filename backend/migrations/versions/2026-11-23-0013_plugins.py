"""Plugins and their instances.

Revision ID: 0013_plugins
Revises: 0012_saved_views
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0013_plugins"
down_revision = "0012_saved_views"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plugin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=500), nullable=False),
        sa.Column("distribution", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("problem", sa.String(length=2000), nullable=False),
        sa.Column("description", sa.JSON(), nullable=False),
        sa.Column("seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin")),
        sa.UniqueConstraint("name", name=op.f("uq_plugin_name")),
    )
    op.create_table(
        "plugin_instance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secret", types.SealedBytes(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("next_due_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("problem", sa.String(length=2000), nullable=False),
        sa.Column("problem_kind", sa.String(length=40), nullable=False),
        sa.Column("fix", sa.String(length=1000), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_run_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_ok_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("memory", sa.JSON(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["id"], ["resource.id"], name=op.f("fk_plugin_instance_id_resource"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["resource.id"],
            name=op.f("fk_plugin_instance_server_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_instance")),
        sa.UniqueConstraint("name", name=op.f("uq_plugin_instance_name")),
    )
    with op.batch_alter_table("plugin_instance", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plugin_instance_next_due_at"), ["next_due_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_plugin_instance_plugin"), ["plugin"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_plugin_instance_server_id"), ["server_id"], unique=False
        )

    op.create_table(
        "plugin_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("secret_hmac", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["plugin_instance.id"],
            name=op.f("fk_plugin_key_instance_id_plugin_instance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_plugin_key_public_id")),
    )
    with op.batch_alter_table("plugin_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plugin_key_instance_id"), ["instance_id"], unique=False
        )

    op.create_table(
        "plugin_log_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["plugin_instance.id"],
            name=op.f("fk_plugin_log_line_instance_id_plugin_instance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_log_line")),
    )
    with op.batch_alter_table("plugin_log_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plugin_log_line_instance_id_plugin_log_line_at"),
            ["instance_id", "at"],
            unique=False,
        )

    op.create_table(
        "plugin_page",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["plugin_instance.id"],
            name=op.f("fk_plugin_page_instance_id_plugin_instance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_page")),
        sa.UniqueConstraint("instance_id", "key", name=op.f("uq_plugin_page_instance_id_key")),
    )
    op.create_table(
        "plugin_push",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["plugin_instance.id"],
            name=op.f("fk_plugin_push_instance_id_plugin_instance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_push")),
        sa.UniqueConstraint("instance_id", "key", name=op.f("uq_plugin_push_instance_id_key")),
    )
    with op.batch_alter_table("plugin_push", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plugin_push_at"), ["at"], unique=False)

    op.create_table(
        "plugin_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=2000), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["plugin_instance.id"],
            name=op.f("fk_plugin_run_instance_id_plugin_instance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_run")),
    )
    with op.batch_alter_table("plugin_run", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plugin_run_instance_id_plugin_run_began_at"),
            ["instance_id", "began_at"],
            unique=False,
        )


def downgrade() -> None:
    for table in ("plugin_run", "plugin_push", "plugin_page", "plugin_log_line", "plugin_key"):
        op.drop_table(table)
    op.drop_table("plugin_instance")
    op.drop_table("plugin")
