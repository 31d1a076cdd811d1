"""Alert rules, silences, windows, and alerts of all domains.

Revision ID: 0004_alerts
Revises: 0003_events
"""

revision = "0004_alerts"
down_revision = "0003_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
