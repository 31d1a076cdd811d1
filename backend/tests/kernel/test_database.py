"""The recipe that keeps updates: writers queue, readers see one view, nesting is refused."""

import asyncio
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text, update

from app.kernel.clock import SystemClock
from app.kernel.database import Database, in_transaction
from app.kernel.errors import DiskFull
from app.models.core.resource import Resource

NOW = SystemClock().now()


def resource(name: str) -> Resource:
    """Make a row to play with."""
    return Resource(id=uuid.uuid4(), kind="server", name=name, created_at=NOW, updated_at=NOW)


async def test_forty_read_modify_writes_at_once_lose_nothing(database: Database) -> None:
    row = resource("0")
    async with database.transaction() as session:
        session.add(row)

    async def add_one() -> None:
        async with database.transaction() as session:
            name = await session.scalar(select(Resource.name).where(Resource.id == row.id))
            await session.execute(
                update(Resource).where(Resource.id == row.id).values(name=str(int(name or 0) + 1))
            )

    await asyncio.gather(*(add_one() for _ in range(40)))
    async with database.snapshot() as session:
        assert await session.scalar(select(Resource.name)) == "40"


@pytest.mark.both_engines
async def test_an_error_rolls_the_whole_block_back(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            session.add(resource("lost"))
            await session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count()).select_from(Resource)) == 0


async def test_a_transaction_inside_a_transaction_is_refused(database: Database) -> None:
    async with database.transaction():
        assert in_transaction()
        with pytest.raises(RuntimeError, match="inside another"):
            async with database.transaction():
                pass
    assert not in_transaction()


@pytest.mark.both_engines
async def test_times_come_back_with_their_zone(database: Database) -> None:
    async with database.transaction() as session:
        session.add(resource("a"))
    async with database.snapshot() as session:
        assert await session.scalar(select(Resource.created_at)) == NOW


@pytest.mark.both_engines
async def test_times_beyond_all_years_are_compared_like_others(database: Database) -> None:
    first = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
    async with database.transaction() as session:
        session.add(resource("a"))
    query = select(Resource.name).where(Resource.created_at.between(first, last))
    async with database.snapshot() as session:
        assert (await session.scalars(query)).all() == ["a"]


@pytest.mark.both_engines
async def test_a_full_disk_is_told_and_loses_nothing(database: Database) -> None:
    async with database.transaction() as session:
        session.add(resource("kept"))
    with pytest.raises(DiskFull, match="nothing of this was saved"):
        await fill(database)
    async with database.transaction() as session:
        if database.is_sqlite:
            await session.execute(text("PRAGMA max_page_count = 1000000"))
        session.add(resource("after"))
    async with database.snapshot() as session:
        assert set(await session.scalars(select(Resource.name))) == {"kept", "after"}


async def fill(database: Database) -> None:
    """Let the engine itself run out of room; PostgreSQL, which has no such limit, is told so."""
    async with database.transaction() as session:
        if database.is_sqlite:
            await session.execute(text("PRAGMA max_page_count = 1"))  # that is as many as there are
            session.add_all(resource(f"{number:0250}") for number in range(500))
        else:
            await session.execute(text("DO $$ BEGIN RAISE disk_full; END $$"))


async def test_an_engine_that_is_gone_does_not_answer() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    assert not await database.answers()
    await database.dispose()
