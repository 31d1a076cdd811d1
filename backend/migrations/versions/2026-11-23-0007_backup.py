"""Backups and restore drills.

Revision ID: 0007_backup
Revises: 0006_identity
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0007_backup"
down_revision = "0006_identity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backup_destination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("secret", types.SealedBytes(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("keep_last", sa.Integer(), nullable=False),
        sa.Column("keep_daily", sa.Integer(), nullable=False),
        sa.Column("keep_weekly", sa.Integer(), nullable=False),
        sa.Column("keep_monthly", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_destination")),
        sa.UniqueConstraint("name", name=op.f("uq_backup_destination_name")),
    )
    op.create_table(
        "backup_setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("passphrase", types.SealedBytes(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_setting")),
    )
    op.create_table(
        "backup_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=True),
        sa.Column("destination_name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("job_run_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("verified_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["backup_destination.id"],
            name=op.f("fk_backup_run_destination_id_backup_destination"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_run")),
    )
    with op.batch_alter_table("backup_run", schema=None) as batch_op:
        batch_op.create_index(
            "ix_backup_run_destination_id_started_at",
            ["destination_id", "started_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_backup_run_started_at"), ["started_at"], unique=False)

    op.create_table(
        "restore_drill",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("destination_id", sa.Uuid(), nullable=True),
        sa.Column("destination_name", sa.String(length=60), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("tables", sa.Integer(), nullable=False),
        sa.Column("started_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["backup_destination.id"],
            name=op.f("fk_restore_drill_destination_id_backup_destination"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restore_drill")),
    )
    with op.batch_alter_table("restore_drill", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_restore_drill_destination_id"), ["destination_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_restore_drill_started_at"), ["started_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("restore_drill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_restore_drill_started_at"))
        batch_op.drop_index(batch_op.f("ix_restore_drill_destination_id"))

    op.drop_table("restore_drill")
    with op.batch_alter_table("backup_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_backup_run_started_at"))
        batch_op.drop_index("ix_backup_run_destination_id_started_at")

    op.drop_table("backup_run")
    op.drop_table("backup_setting")
    op.drop_table("backup_destination")
