"""Second factors, providers, scopes by group, service accounts, checkpoints.

Revision ID: 0006_identity
Revises: 0005_notifications
"""

revision = "0006_identity"
down_revision = "0005_notifications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
