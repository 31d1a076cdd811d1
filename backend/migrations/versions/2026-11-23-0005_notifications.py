"""Channels, routes and the ledger of deliveries.

Revision ID: 0005_notifications
Revises: 0004_alerts
"""

revision = "0005_notifications"
down_revision = "0004_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
