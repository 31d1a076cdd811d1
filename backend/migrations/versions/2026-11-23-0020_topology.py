"""Topology and causes.

Revision ID: 0020_topology
Revises: 0019_access
"""

revision = "0020_topology"
down_revision = "0019_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
