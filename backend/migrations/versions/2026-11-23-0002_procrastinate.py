"""Create the objects of procrastinate, the queue of the jobs on PostgreSQL.

The SQL is the library's own for a new installation. A later version of the library that changes
its schema gets a revision here with the migration files that it ships.
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002_procrastinate"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

_TABLES = (
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_jobs",
    "procrastinate_workers",
)
_TYPES = (
    "procrastinate_job_to_defer_v1",
    "procrastinate_job_event_type",
    "procrastinate_job_status",
)
_DROP_FUNCTIONS = r"""
DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE proname LIKE 'procrastinate\_%' AND pronamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', one);
    END LOOP;
END;
$$;
"""


def upgrade() -> None:
    _run(SchemaManager.get_schema())


def downgrade() -> None:
    drops = [f"DROP TABLE {name} CASCADE;" for name in _TABLES]
    drops += [_DROP_FUNCTIONS]
    drops += [f"DROP TYPE {name};" for name in _TYPES]
    _run("\n".join(drops))


def _run(sql: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # Without parameters, so that psycopg takes many statements at once and leaves % alone.
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
