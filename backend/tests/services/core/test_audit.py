"""The audit chain: one entry with each change, never a fork, and every tampering located."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.audit_entry import AuditEntry
from app.services.core.audit import AuditLog
from app.services.core.audit_entries import AuditEntries
from app.services.core.audit_verify import Fault, Report
from app.services.core.permissions import ROLES, Actor, ActorKind, Role

ALICE = Actor(ActorKind.USER, "alice", ROLES[Role.ADMIN], user_id=uuid.uuid4())
KEY = b"a" * 32
WRITERS = 16
Tamper = Callable[[Database], Awaitable[None]]


async def append(database: Database, clock: ManualClock, *names: str) -> None:
    """Write entries, one transaction each."""
    for name in names:
        async with database.transaction() as session:
            await AuditLog(session, clock, KEY).record(
                ALICE,
                "thing.changed",
                kind="thing",
                object_id=uuid.uuid4(),
                name=name,
                details={"name": name, "password": "hunter2", "ratio": 0.1, "ünï": "\u2028"},
            )


async def verify(database: Database, noted: tuple[int, str] | None = None) -> Report:
    """Check the chain of a database."""
    async with database.snapshot() as session:
        return await AuditEntries(session).verify(noted=noted)


async def entries(database: Database) -> Sequence[AuditEntry]:
    """Return all rows in their order."""
    async with database.snapshot() as session:
        return (await session.scalars(select(AuditEntry).order_by(AuditEntry.seq))).all()


@pytest.mark.both_engines
async def test_sixteen_writers_never_fork_the_chain(database: Database, clock: ManualClock) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(WRITERS):
            group.create_task(append(database, clock, *(f"{number}-{n}" for n in range(5))))
    rows = await entries(database)
    assert [row.seq for row in rows] == list(range(1, WRITERS * 5 + 1))
    assert len({row.prev for row in rows}) == WRITERS * 5
    assert (await verify(database)).is_intact


@pytest.mark.both_engines
async def test_two_entries_of_one_transaction_follow_each_other(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        log = AuditLog(session, clock, KEY)
        for name in ("first", "second"):
            await log.record(ALICE, "thing.changed", kind="thing", object_id=None, name=name)
    assert (await verify(database)).last_seq == 2
    assert (await verify(database)).is_intact


@pytest.mark.both_engines
async def test_a_change_that_fails_leaves_no_entry_and_no_gap(
    database: Database, clock: ManualClock
) -> None:
    await append(database, clock, "kept")

    async def fail() -> None:
        async with database.transaction() as session:
            log = AuditLog(session, clock, KEY)
            await log.record(ALICE, "thing.changed", kind="thing", object_id=None, name="lost")
            raise RuntimeError("Not after all.")

    with pytest.raises(RuntimeError, match="after all"):
        await fail()
    await append(database, clock, "kept too")
    assert [row.object_name for row in await entries(database)] == ["kept", "kept too"]
    assert (await verify(database)).is_intact


async def test_secret_fields_are_stored_as_a_digest(database: Database, clock: ManualClock) -> None:
    await append(database, clock, "one", "two")
    first, second = await entries(database)
    assert "hunter2" not in first.entry
    assert "hmac-sha256:" in first.entry
    log = AuditLog.__new__(AuditLog)
    log._key = KEY
    assert log.digest("hunter2") in second.entry


async def test_the_same_place_cannot_be_taken_twice(database: Database, clock: ManualClock) -> None:
    await append(database, clock, "one")
    (row,) = await entries(database)
    copy = {c.name: getattr(row, c.name) for c in AuditEntry.__table__.columns} | {
        "id": uuid.uuid4()
    }
    with pytest.raises(IntegrityError) as caught:
        async with database.transaction() as session:
            session.add(AuditEntry(**copy))
    assert "alice" not in str(caught.value)


async def _delete(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.seq == 4))


async def _swap(database: Database) -> None:
    async with database.transaction() as session:
        for old, new in ((3, 99), (5, 3), (99, 5)):
            await session.execute(update(AuditEntry).where(AuditEntry.seq == old).values(seq=new))


async def _change_text(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE audit_entry SET entry = replace(entry, 'alice', 'mallo') WHERE seq = 6")
        )


async def _change_column(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            update(AuditEntry).where(AuditEntry.seq == 2).values(actor_name="mallory")
        )


async def _close_the_gap(database: Database) -> None:
    """Delete an entry and move the later ones up, without computing the hashes anew."""
    async with database.transaction() as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.seq == 7))
        for old in (8, 9):
            await session.execute(
                update(AuditEntry).where(AuditEntry.seq == old).values(seq=old - 1)
            )


@pytest.mark.parametrize(
    ("tamper", "places"),
    [
        (_delete, {4}),
        (_swap, {3, 4, 5, 6}),
        (_change_text, {6}),
        (_change_column, {2}),
        (_close_the_gap, {7, 8}),
    ],
)
async def test_tampering_is_found_at_its_place(
    database: Database, clock: ManualClock, tamper: Tamper, places: set[int]
) -> None:
    await append(database, clock, *"abcdefghi")
    assert (await verify(database)).is_intact
    await tamper(database)
    report = await verify(database)
    assert not report.is_intact
    assert {fault.seq for fault in report.faults} == places


async def test_a_cut_off_end_is_found_against_a_noted_hash(
    database: Database, clock: ManualClock
) -> None:
    await append(database, clock, "a", "b", "c")
    before = await verify(database)
    noted = (before.last_seq, before.last_hash)
    await append(database, clock, "d")
    assert (await verify(database, noted)).is_intact
    async with database.transaction() as session:
        await session.execute(delete(AuditEntry).where(AuditEntry.seq >= 3))
    assert (await verify(database)).is_intact  # the chain alone cannot know
    assert (await verify(database, noted)).faults == (
        Fault(3, "Entries were cut off the end: the noted one is missing."),
    )
    await append(database, clock, "other")
    assert (await verify(database, noted)).faults == (
        Fault(3, "Its hash is not the noted one: the chain was rewritten."),
    )


def test_the_verifier_needs_the_standard_library_only() -> None:
    program = (
        "import sys; import app.services.core.audit_verify;"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('sqlalchemy', 'pydantic', 'fastapi', 'cryptography')])"
    )
    backend = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=backend, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
