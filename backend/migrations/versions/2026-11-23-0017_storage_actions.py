"""Self-tests and scrubs, planned and started.

Revision ID: 0017_storage_actions
Revises: 0016_foresight
"""

revision = "0017_storage_actions"
down_revision = "0016_foresight"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
