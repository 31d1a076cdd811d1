"""Plugins and their instances.

Revision ID: 0013_plugins
Revises: 0012_saved_views
"""

revision = "0013_plugins"
down_revision = "0012_saved_views"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
