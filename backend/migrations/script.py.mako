"""${message}.

Adding is safe at any time. Removing a column takes two releases: first the code stops reading it.
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
