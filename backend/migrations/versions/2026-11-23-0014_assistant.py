"""What the AI provider was asked.

Revision ID: 0014_assistant
Revises: 0013_plugins
"""

revision = "0014_assistant"
down_revision = "0013_plugins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
