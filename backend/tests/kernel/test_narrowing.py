"""Every statement of a narrowed session stays within reach, however it was written."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import CursorResult, Result, delete, exists, func, select, text, union_all, update
from sqlalchemy.orm import aliased

from app.kernel import reach
from app.kernel.database import Database
from app.kernel.narrowing import BeyondReach, ClashesUnseen, whole
from app.models.core.job_schedule import JobSchedule
from app.models.core.resource import Resource, ResourceGroup, ResourceGroupMember, ResourceTag
from app.models.registry import metadata

pytestmark = pytest.mark.both_engines
NOW = datetime(2026, 3, 14, tzinfo=UTC)
GROUP, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
OWN, PART, FOREIGN = uuid.UUID(int=11), uuid.UUID(int=12), uuid.UUID(int=13)
NEAR = reach.Reach(frozenset({GROUP}))


@pytest.fixture
async def two(database: Database) -> Database:
    """Return a database with a resource in each of two groups, and a part of the first."""
    metadata()
    async with database.transaction() as session:
        for key, name in ((GROUP, "near"), (OTHER, "far")):
            session.add(ResourceGroup(id=key, name=name, created_at=NOW, updated_at=NOW))
        for key, name, above in (
            (OWN, "own", None),
            (PART, "part", OWN),
            (FOREIGN, "foreign", None),
        ):
            session.add(resource(key, name, above))
            await session.flush()
            session.add(ResourceTag(resource_id=key, tag=name))
        session.add(ResourceGroupMember(group_id=GROUP, resource_id=OWN))
        session.add(ResourceGroupMember(group_id=OTHER, resource_id=FOREIGN))
    return database


def resource(key: uuid.UUID, name: str, above: uuid.UUID | None = None) -> Resource:
    return Resource(
        id=key, kind="thing", name=name, parent_id=above, created_at=NOW, updated_at=NOW
    )


async def test_queries_of_every_form_are_narrowed(two: Database) -> None:
    other, table = aliased(Resource), Resource.__table__
    with reach.within(NEAR):
        async with two.snapshot() as session:
            rows = select(Resource).order_by(Resource.name)
            assert [row.name for row in await session.scalars(rows)] == ["own", "part"]
            assert await session.scalar(select(func.count()).select_from(rows.subquery())) == 2
            assert await session.scalar(select(func.count(Resource.id))) == 2
            assert len((await session.execute(select(table.c.name))).all()) == 2
            assert await session.get(Resource, FOREIGN) is None
            twice = union_all(select(Resource.name), select(ResourceTag.tag))
            assert len((await session.execute(twice)).all()) == 4
            pairs = select(Resource.name, other.name).outerjoin(
                other, other.id == Resource.parent_id
            )
            found = {(row[0], row[1]) for row in await session.execute(pairs)}
            assert found == {("own", None), ("part", "own")}
            tagged = select(ResourceGroup.name).where(exists().where(ResourceTag.tag == "foreign"))
            assert (await session.scalars(tagged)).all() == []


async def test_an_outer_join_keeps_its_own_side(two: Database) -> None:
    """A condition after the join would drop rows whose other side is out of sight."""
    async with two.transaction() as session:
        row = await session.get(Resource, OWN)
        assert row is not None
        row.parent_id = FOREIGN
    other = aliased(Resource)
    statement = select(Resource.name, other.name).outerjoin(other, other.id == Resource.parent_id)
    with reach.within(NEAR):
        async with two.snapshot() as session:
            rows = {(row[0], row[1]) for row in await session.execute(statement)}
    assert rows == {("own", None), ("part", "own")}


def counted(result: Result[*tuple[Any, ...]]) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount


async def test_changes_touch_no_more_than_is_seen_and_count_it(two: Database) -> None:
    with reach.within(NEAR):
        async with two.transaction() as session:
            changed = await session.execute(update(Resource).values(kind="mine"))
            assert counted(changed) == 2
            gone = await session.execute(delete(ResourceTag))
            assert counted(gone) == 2
            row = await session.scalar(select(Resource).where(Resource.id == OWN).with_for_update())
            assert row is not None
            row.name = "renamed"
    async with two.snapshot() as session:
        kinds = await session.execute(select(Resource.name, Resource.kind).order_by(Resource.name))
        assert [tuple(row) for row in kinds] == [
            ("foreign", "thing"),
            ("part", "mine"),
            ("renamed", "mine"),
        ]
        assert (await session.scalars(select(ResourceTag.tag))).all() == ["foreign"]


async def test_what_would_be_out_of_sight_is_not_written(two: Database) -> None:
    with reach.within(NEAR), pytest.raises(BeyondReach):
        async with two.transaction() as session:
            session.add(resource(uuid.UUID(int=20), "nowhere"))
    with reach.within(NEAR), pytest.raises(BeyondReach):
        async with two.transaction() as session:
            session.add(ResourceTag(resource_id=FOREIGN, tag="guessed"))
    async with two.snapshot() as session:
        assert await session.scalar(select(func.count(Resource.id))) == 3
        assert await session.scalar(select(func.count(ResourceTag.id))) == 3


async def test_a_refused_change_is_rolled_back_whole(two: Database) -> None:
    with reach.within(NEAR), pytest.raises(BeyondReach):  # noqa: PT012 - the block rolls back
        async with two.transaction() as session:
            await session.execute(update(Resource).values(kind="mine"))
            session.add(ResourceGroup(name="mine", created_at=NOW, updated_at=NOW))
            await session.flush()
    async with two.snapshot() as session:
        assert (await session.scalars(select(Resource.kind).distinct())).all() == ["thing"]


async def test_tables_about_everything_are_read_and_not_written(two: Database) -> None:
    with reach.within(NEAR):
        async with two.snapshot() as session:
            await session.execute(select(JobSchedule))
    with reach.within(NEAR), pytest.raises(BeyondReach):
        async with two.transaction() as session:
            await session.execute(update(JobSchedule).values(is_paused=True))


async def test_a_clash_with_what_is_out_of_sight_says_only_that(two: Database) -> None:
    with reach.within(NEAR), pytest.raises(ClashesUnseen):
        async with two.transaction() as session:
            session.add(ResourceTag(resource_id=OWN, tag="own"))


async def test_the_whole_is_seen_where_it_is_asked_for(two: Database) -> None:
    with reach.within(NEAR):
        async with two.snapshot() as session:
            everything = whole(select(Resource.name).order_by(Resource.name))
            assert (await session.scalars(everything)).all() == ["foreign", "own", "part"]
            assert len((await session.scalars(select(Resource.name))).all()) == 2


async def test_without_groups_there_is_nothing(two: Database) -> None:
    with reach.within(reach.Reach(frozenset())):
        async with two.snapshot() as session:
            assert (await session.scalars(select(Resource.id))).all() == []


async def test_plain_text_cannot_be_narrowed_and_is_refused(two: Database) -> None:
    with reach.within(NEAR):
        async with two.snapshot() as session:
            with pytest.raises(RuntimeError, match="text"):
                await session.execute(text("SELECT name FROM resource"))


async def test_who_is_everywhere_sees_everything_afterwards(two: Database) -> None:
    with reach.within(NEAR):
        async with two.snapshot() as session:
            assert len((await session.scalars(select(Resource.id))).all()) == 2
    async with two.snapshot() as session:
        assert len((await session.scalars(select(Resource.id))).all()) == 3
