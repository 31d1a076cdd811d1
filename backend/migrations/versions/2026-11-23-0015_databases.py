"""Database instances.

Revision ID: 0015_databases
Revises: 0014_assistant
"""

revision = "0015_databases"
down_revision = "0014_assistant"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
