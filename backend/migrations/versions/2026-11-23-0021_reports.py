"""Reports.

Revision ID: 0021_reports
Revises: 0020_topology
"""

revision = "0021_reports"
down_revision = "0020_topology"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
