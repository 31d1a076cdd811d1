"""Forecasts.

Revision ID: 0016_foresight
Revises: 0015_databases
"""

revision = "0016_foresight"
down_revision = "0015_databases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
