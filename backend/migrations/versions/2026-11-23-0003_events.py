"""The outbox of events.

Revision ID: 0003_events
Revises: 0002_procrastinate
"""

revision = "0003_events"
down_revision = "0002_procrastinate"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
