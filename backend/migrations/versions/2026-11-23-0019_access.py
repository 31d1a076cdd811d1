"""Access, second part.

Revision ID: 0019_access
Revises: 0018_notify
"""

revision = "0019_access"
down_revision = "0018_notify"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
