"""Notifications, second part.

Revision ID: 0018_notify
Revises: 0017_storage_actions
"""

revision = "0018_notify"
down_revision = "0017_storage_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
