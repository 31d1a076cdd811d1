"""Summaries of the audit log.

Revision ID: 0019_access
Revises: 0017_storage_actions
"""

import sqlalchemy as sa
from alembic import op

revision = "0019_access"
down_revision = "0017_storage_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; a job fills it from the entries that stand."""
    op.create_table(
        "audit_summary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_summary")),
        sa.UniqueConstraint("block", name=op.f("uq_audit_summary_block")),
    )


def downgrade() -> None:
    """Drop it; nothing is lost that the entries do not say."""
    op.drop_table("audit_summary")
