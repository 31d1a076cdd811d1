"""The migrations and the models say the same; keys and names follow the house."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, Uuid, create_engine, insert, make_url, select, text
from sqlalchemy.pool import NullPool

from app.kernel import migrations
from app.kernel.clock import SystemClock
from app.models.core.resource import Resource, ResourceTag
from app.models.registry import metadata

# Sample tables use integer series ids; everything else has a client-made UUIDv7.
SAMPLE_TABLES = ("series", "metric_")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgres"))])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    """Return a plain engine on the database."""
    url = make_url(empty_url)
    driver = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    engine = create_engine(url.set(drivername=driver), poolclass=NullPool)
    yield engine
    engine.dispose()


def test_migrations_build_exactly_the_models(empty_url: str, engine: Engine) -> None:
    migrations.upgrade_now(make_url(empty_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": _is_ours, "compare_type": False}
        )
        differences = compare_metadata(context, metadata().metadata)
    assert differences == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name is None or not name.startswith("procrastinate")


def test_up_down_up_with_rows_keeps_what_the_schema_keeps(empty_url: str, engine: Engine) -> None:
    url = make_url(empty_url)
    migrations.upgrade_now(url)
    with engine.begin() as connection:
        _seed(connection)
    migrations.upgrade_now(url)  # nothing to do, nothing lost
    with engine.connect() as connection:
        assert len(connection.execute(select(ResourceTag)).all()) == 3
    migrations.downgrade_now(url, "base")
    with engine.connect() as connection:
        assert migrations.current_revision(url) is None
        assert _tables(connection) == set()
    migrations.upgrade_now(url)
    with engine.begin() as connection:
        _seed(connection)
        assert len(connection.execute(select(ResourceTag)).all()) == 3


def _seed(connection: Connection) -> None:
    now = SystemClock().now()
    for number in range(3):
        resource = uuid.uuid4()
        connection.execute(
            insert(Resource).values(
                id=resource, kind="server", name=f"r{number}", created_at=now, updated_at=now
            )
        )
        connection.execute(
            insert(ResourceTag).values(id=uuid.uuid4(), resource_id=resource, tag="x")
        )


def _tables(connection: Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname='public'"
    return {row[0] for row in connection.execute(text(query))} - {"alembic_version"}


def test_a_database_of_a_newer_version_is_refused_unchanged(empty_url: str, engine: Engine) -> None:
    migrations.upgrade_now(make_url(empty_url))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_future'"))
    with pytest.raises(migrations.DatabaseTooNew, match="newer Unity"):
        migrations.upgrade_now(make_url(empty_url))
    assert migrations.current_revision(make_url(empty_url)) == "9999_future"


def test_there_is_one_head() -> None:
    assert migrations.head_revision()


def test_every_table_has_a_client_made_key() -> None:
    for table in metadata().metadata.sorted_tables:
        if table.name.startswith(SAMPLE_TABLES):
            continue
        (key,) = table.primary_key.columns
        assert isinstance(key.type, Uuid), table.name
