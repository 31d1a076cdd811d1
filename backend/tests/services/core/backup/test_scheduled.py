"""Backups arrive, are read back and thinned out; drills tell whether they would restore."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.bootstrap import archive_stores
from app.models.core.audit_entry import AuditEntry
from app.models.core.backup_run import BackupRun, BackupState
from app.models.core.event import Event
from app.models.core.restore_drill import DrillState, RestoreDrill
from app.ports.archive_store import ArchiveStore, Place
from app.ports.job_engine import JobCancelled, JobFailed
from app.schemas.core.backup import DestinationWrite
from app.services.core.backup import archive, dump
from app.services.core.backup.driller import RestoreDriller
from app.services.core.backup.dump import Wish
from app.services.core.backup.envelope import Strength
from app.services.core.backup.maker import INTERRUPTED, BackupMaker
from app.services.core.backup.naming import made_at
from app.services.core.backup.parts import BackupParts, parts_of
from app.services.core.permissions import system
from tests.fixtures.cast import Cast
from tests.parts.s3 import S3Server
from tests.parts.sshd import Sshd
from tests.services.core.backup.job import NotedRun

WEAK = Strength(memory_kib=64, passes=1, lanes=1)
PASSPHRASE = "the passphrase of the schedule"
TESTS = system("tests")


@dataclass
class Home:
    """A Unity with what its backups need."""

    cast: Cast
    parts: BackupParts
    shelf: Path

    async def set_passphrase(self, text: str = PASSPHRASE) -> None:
        async with self.parts.database.transaction() as session:
            await self.parts.destinations(session).set_passphrase(TESTS, SecretStr(text))

    async def add(self, name: str = "shelf", **fields: object) -> None:
        wish = {"name": name, "kind": "folder", "folder": str(self.shelf)} | fields
        async with self.parts.database.transaction() as session:
            service = self.parts.destinations(session)
            await service.create(TESTS, DestinationWrite.model_validate(wish))

    async def make(self, job: NotedRun | None = None) -> None:
        await BackupMaker(self.parts).make(job or NotedRun())

    async def drill(self) -> None:
        await RestoreDriller(self.parts).run(NotedRun())

    async def runs(self) -> list[BackupRun]:
        async with self.parts.database.snapshot() as session:
            rows = await session.scalars(
                select(BackupRun).order_by(BackupRun.started_at, BackupRun.id)
            )
            return list(rows)

    async def drills(self) -> list[RestoreDrill]:
        async with self.parts.database.snapshot() as session:
            rows = await session.scalars(select(RestoreDrill).order_by(RestoreDrill.id))
            return list(rows)

    async def told(self) -> tuple[list[str], list[str]]:
        """Return what the audit log and the events say."""
        async with self.parts.database.snapshot() as session:
            entries = select(AuditEntry.action).order_by(AuditEntry.seq)
            audit = [
                one for one in await session.scalars(entries) if "backup" in one or "dr" in one
            ]
            events = select(Event.kind).where(Event.kind.startswith("backup."))
            return audit, list(await session.scalars(events))

    def files(self) -> list[Path]:
        return sorted(self.shelf.iterdir())

    @property
    def leftovers(self) -> list[Path]:
        return list((self.parts.machine.data / "backup-work").iterdir())


@pytest.fixture
async def home(empty_cast: Cast, tmp_path: Path) -> Home:
    """Return a Unity with a passphrase and a folder to copy to."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    parts = replace(parts_of(empty_cast.platform), strength=WEAK)
    home = Home(empty_cast, parts, shelf)
    await home.set_passphrase()
    return home


async def test_a_backup_is_copied_read_back_and_listed(home: Home) -> None:
    await home.add()
    job = NotedRun()
    await home.make(job)
    (run,), (file,) = await home.runs(), home.files()
    assert (run.state, run.file_name, run.error) == (BackupState.SUCCEEDED, file.name, "")
    assert run.size_bytes == file.stat().st_size
    assert run.verified_at is not None
    assert run.job_run_id == job.run_id
    assert made_at(file.name, home.parts.kek_id) == home.cast.clock.now()
    verified = archive.verify(file, PASSPHRASE)
    assert verified.manifest.rows == run.rows
    assert verified.root_key is not None
    assert job.notes == ["Saving the database", "Copying to shelf"]
    assert home.leftovers == []
    audit, events = await home.told()
    assert audit[-1] == "backup.made"
    assert events == ["backup.made"]


@pytest.mark.needs("sshd")
async def test_one_backup_goes_to_a_folder_a_server_and_a_bucket(
    home: Home, sshd: Sshd, s3: S3Server, tmp_path: Path
) -> None:
    far = tmp_path / "far"
    far.mkdir()
    target = sshd.target()
    await home.add()
    await home.add(
        "server",
        kind="sftp",
        folder=str(far),
        host=target.host,
        port=target.port,
        username=target.username,
        private_key=sshd.key.private,
        host_key=sshd.host_key.public,
    )
    place = s3.place()
    await home.add(
        "bucket",
        kind="s3",
        endpoint=place.endpoint,
        bucket=place.bucket,
        prefix=place.prefix,
        access_key_id=place.access_key_id,
        secret_access_key=place.secret_access_key,
    )
    await home.make()
    runs = await home.runs()
    assert {run.destination_name: run.state for run in runs} == dict.fromkeys(
        ("shelf", "server", "bucket"), BackupState.SUCCEEDED
    )
    assert len({run.sha256 for run in runs}) == 1
    await home.drill()
    assert {drill.state for drill in await home.drills()} == {DrillState.GREEN}


async def test_what_fails_at_one_destination_does_not_stop_the_others(home: Home) -> None:
    await home.add("gone", folder="/not/mounted")
    await home.add()
    with pytest.raises(JobFailed, match="gone: There is no folder /not/mounted"):
        await home.make()
    states = {run.destination_name: (run.state, run.error[:24]) for run in await home.runs()}
    assert states == {
        "gone": (BackupState.FAILED, "There is no folder /not/"),
        "shelf": (BackupState.SUCCEEDED, ""),
    }
    _, events = await home.told()
    assert sorted(events) == ["backup.failed", "backup.made"]


async def test_without_a_passphrase_the_failure_is_listed(empty_cast: Cast, tmp_path: Path) -> None:
    home = Home(empty_cast, replace(parts_of(empty_cast.platform), strength=WEAK), tmp_path)
    await home.make()
    assert await home.runs() == []
    await home.add()
    with pytest.raises(JobFailed, match="no passphrase"):
        await home.make()
    assert [run.state for run in await home.runs()] == [BackupState.FAILED]


class _Liar:
    """A place whose disk changes one bit of what it was given."""

    def __init__(self, store: ArchiveStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        async for piece in self._store.read(name):
            yield bytes([piece[0] ^ 1]) + piece[1:]


class _LyingStores:
    @asynccontextmanager
    async def open(self, place: Place) -> AsyncIterator[ArchiveStore]:
        async with archive_stores().open(place) as store:
            yield _Liar(store)  # type: ignore[misc]  # the other methods are the store's own


async def test_a_copy_that_comes_back_different_is_no_backup(home: Home) -> None:
    await home.add()
    home.parts = replace(home.parts, stores=_LyingStores())
    with pytest.raises(JobFailed, match="is not what was sent"):
        await home.make()
    (run,) = await home.runs()
    assert (run.state, run.verified_at) == (BackupState.FAILED, None)
    assert home.files() == []


async def test_what_the_retention_does_not_keep_goes_and_nothing_else(home: Home) -> None:
    await home.add(keep_last=2, keep_daily=0, keep_weekly=0, keep_monthly=0)
    strangers = ["unity-00000000-20200101T000000Z.unitybackup", "holiday.jpg"]
    for name in strangers:
        (home.shelf / name).write_bytes(b"x")
    for _ in range(4):
        home.cast.clock.advance(timedelta(days=1))
        await home.make()
    runs = await home.runs()
    assert [run.deleted_at is None for run in runs] == [False, False, True, True]
    kept = {path.name for path in home.files()} - set(strangers)
    assert kept == {run.file_name for run in runs[2:]}
    assert {path.name for path in home.files()} > set(strangers)


async def test_a_cancelled_backup_is_listed_as_such(home: Home) -> None:
    await home.add()
    with pytest.raises(JobCancelled):
        await home.make(NotedRun(stops_at="Copying"))
    (run,) = await home.runs()
    assert (run.state, run.error) == (BackupState.FAILED, INTERRUPTED)
    assert home.leftovers == []


async def test_a_backup_whose_process_died_is_closed_by_the_next(home: Home) -> None:
    await home.add()
    async with home.parts.database.transaction() as session:
        session.add(
            BackupRun(
                destination_name="shelf",
                state=BackupState.RUNNING,
                requested_by="schedule",
                started_at=home.cast.clock.now(),
            )
        )
    home.cast.clock.advance(timedelta(hours=1))
    await home.make()
    dead, new = await home.runs()
    assert (dead.state, dead.error) == (BackupState.FAILED, INTERRUPTED)
    assert new.state == BackupState.SUCCEEDED


async def test_a_drill_restores_the_newest_and_is_green(home: Home) -> None:
    await home.add()
    await home.make()
    home.cast.clock.advance(timedelta(days=1))
    await home.make()
    await home.drill()
    (drill,) = await home.drills()
    newest = (await home.runs())[-1]
    assert (drill.state, drill.reason, drill.file_name) == (DrillState.GREEN, "", newest.file_name)
    assert drill.rows == newest.rows
    assert drill.tables > 20
    assert len(drill.checks) == 6
    assert home.leftovers == []
    audit, _ = await home.told()
    assert audit[-1] == "restore_drill.green"


async def _corrupt(home: Home) -> None:
    data = bytearray(home.files()[-1].read_bytes())
    data[len(data) // 2] ^= 1
    home.files()[-1].write_bytes(data)


async def _forget_the_hash(home: Home) -> None:
    """Corrupt an archive that the list does not know, as after a restore of an older state."""
    name = home.files()[-1].name
    newer = home.shelf / name.replace("-2026", "-2027")
    home.files()[-1].rename(newer)
    await _corrupt(home)


async def _cut(home: Home) -> None:
    newer = home.shelf / home.files()[-1].name.replace("-2026", "-2027")
    newer.write_bytes(home.files()[-1].read_bytes()[:-1000])


async def _change_the_passphrase(home: Home) -> None:
    await home.set_passphrase("another passphrase since then")


async def _leave_out_the_key(home: Home) -> None:
    target = home.files()[-1]
    target.unlink()
    newer = target.with_name(target.name.replace("-2026", "-2027"))
    wish = Wish(PASSPHRASE, with_key=False, strength=WEAK)
    dump.create(home.parts.machine, newer, wish, home.cast.clock)


async def _lose_all(home: Home) -> None:
    for path in home.files():
        path.unlink()


async def _unmount(home: Home) -> None:
    await _lose_all(home)
    home.shelf.rmdir()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_corrupt, "it is not what was copied there"),
        (_forget_the_hash, "was changed after it was made"),
        (_cut, "cut short"),
        (_change_the_passphrase, "passphrase does not open"),
        (_leave_out_the_key, "was made without its root key"),
        (_lose_all, "There is no backup of this Unity"),
        (_unmount, "There is no folder"),
    ],
)
async def test_each_of_these_turns_the_drill_red(
    home: Home, spoil: Callable[[Home], "object"], reason: str
) -> None:
    await home.add()
    await home.make()
    await spoil(home)  # type: ignore[misc]  # each of them is awaited
    with pytest.raises(JobFailed, match=reason):
        await home.drill()
    (drill,) = await home.drills()
    assert drill.state == DrillState.RED
    assert reason in drill.reason
    audit, events = await home.told()
    assert audit[-1] == "restore_drill.red"
    assert "backup.failed" in events
    assert home.leftovers == []
