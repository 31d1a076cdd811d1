"""Makes a backup and copies it to the destinations, one line in the list for each of them."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import CursorResult, update

from app.kernel.errors import JsonValue, StartRefused, UnityError
from app.kernel.ids import uuid7
from app.models.core.backup_run import BackupRun, BackupState
from app.ports.archive_store import StoreError
from app.ports.job_engine import JobCancelled, JobContext, JobFailed
from app.services.core.backup import dump, outcome, transfer
from app.services.core.backup.content import Written
from app.services.core.backup.destinations import OpenDestination
from app.services.core.backup.dump import Wish
from app.services.core.backup.errors import DestinationFailed, NoRoomForBackup
from app.services.core.backup.naming import name_of
from app.services.core.backup.outcome import BackupOutcome
from app.services.core.backup.parts import BackupParts
from app.services.core.permissions import system

JOB = "core.backup"
INTERRUPTED = "It was interrupted: Unity was stopped, or the job cancelled."
_ACTOR = system(JOB)
_FAILURES = (UnityError, StartRefused, OSError)


@dataclass(frozen=True, slots=True)
class _Task:
    """One destination of one backup."""

    run_id: uuid.UUID
    destination: OpenDestination


class BackupMaker:
    """One archive for all destinations; what goes wrong at one does not stop the others."""

    def __init__(self, parts: BackupParts) -> None:
        self._parts = parts

    async def make(
        self, job: JobContext, destination_id: uuid.UUID | None = None, by: str = "schedule"
    ) -> Mapping[str, JsonValue]:
        """Make the backup; raises `JobFailed` with what went wrong where."""
        async with self._parts.database.snapshot() as session:
            service = self._parts.destinations(session)
            wanted = (
                await service.enabled()
                if destination_id is None
                else [await service.opened(destination_id)]
            )
        tasks = await self._begin(job, wanted, by)
        if not tasks:
            return {"skipped": "No destination is set, so nothing was saved."}
        try:
            with self._parts.work_folder() as folder:
                return await self._carry(job, folder, tasks)
        except NoRoomForBackup as error:
            raise JobFailed(await self._fail_all(tasks, "", error)) from error
        except JobCancelled:
            await self._fail_all(tasks, "", JobFailed(INTERRUPTED))
            raise

    async def _carry(
        self, job: JobContext, folder: Path, tasks: Sequence[_Task]
    ) -> Mapping[str, JsonValue]:
        path = folder / name_of(self._parts.kek_id, self._parts.clock.now())
        written = await self._archive(job, path, tasks)
        failed = []
        for number, task in enumerate(tasks, 1):
            await job.progress(number, len(tasks) + 1, f"Copying to {task.destination.name}")
            if error := await self._deliver(path, written, task):
                failed.append(error)
        if failed:
            raise JobFailed(" ".join(failed))
        return {"file": path.name, "bytes": written.size, "destinations": len(tasks)}

    async def _begin(
        self, job: JobContext, wanted: Sequence[OpenDestination], by: str
    ) -> list[_Task]:
        now = self._parts.clock.now()
        tasks = [_Task(uuid7(), destination) for destination in wanted]
        async with self._parts.database.transaction() as session:
            # Runs of this job never overlap: what still counts as running has no process any more.
            await session.execute(
                update(BackupRun)
                .where(BackupRun.state == BackupState.RUNNING)
                .values(state=BackupState.FAILED, error=INTERRUPTED, finished_at=now)
            )
            session.add_all(
                BackupRun(
                    id=task.run_id,
                    destination_id=task.destination.id,
                    destination_name=task.destination.name,
                    state=BackupState.RUNNING,
                    requested_by=by,
                    job_run_id=job.run_id,
                    started_at=now,
                )
                for task in tasks
            )
        return tasks

    async def _archive(self, job: JobContext, path: Path, tasks: Sequence[_Task]) -> Written:
        await job.progress(0, len(tasks) + 1, "Saving the database")
        try:
            async with self._parts.database.snapshot() as session:
                passphrase = await self._parts.destinations(session).passphrase()
            wish = Wish(passphrase, strength=self._parts.strength)
            return await asyncio.to_thread(
                dump.create, self._parts.machine, path, wish, self._parts.clock
            )
        except _FAILURES as error:
            raise JobFailed(await self._fail_all(tasks, path.name, error)) from error

    async def _deliver(self, path: Path, written: Written, task: _Task) -> str:
        """Copy, read back and prune; return what went wrong, or nothing."""
        destination = task.destination
        try:
            async with self._parts.stores.open(destination.place) as store:
                await transfer.put(store, path, written.sha256)
                await self._succeed(task, path.name, written)
                gone = await transfer.prune(
                    store, destination, self._parts.kek_id, self._parts.zone
                )
        except StoreError as error:
            failure = DestinationFailed(error.detail, fix=error.fix)
            return await self._fail(task, path.name, failure)
        except _FAILURES as error:
            return await self._fail(task, path.name, error)
        await self._forget(destination, gone)
        return ""

    async def _succeed(self, task: _Task, name: str, written: Written) -> None:
        now = self._parts.clock.now()
        values = {
            "state": BackupState.SUCCEEDED,
            "file_name": name,
            "size_bytes": written.size,
            "sha256": written.sha256,
            "rows": written.manifest.rows,
            "verified_at": now,
            "finished_at": now,
        }
        await self._end(task, values, self._outcome(task, name, ""))

    async def _fail(self, task: _Task, name: str, error: BaseException) -> str:
        words = _words(error)
        values = {
            "state": BackupState.FAILED,
            "file_name": name,
            "error": words,
            "finished_at": self._parts.clock.now(),
        }
        await self._end(task, values, self._outcome(task, name, words))
        return f"{task.destination.name}: {words}"

    async def _fail_all(self, tasks: Sequence[_Task], name: str, error: BaseException) -> str:
        for task in tasks:
            await self._fail(task, name, error)
        return _words(error)

    def _outcome(self, task: _Task, name: str, error: str) -> BackupOutcome:
        return BackupOutcome("backup", task.run_id, task.destination.name, name, error)

    async def _end(self, task: _Task, values: Mapping[str, object], ended: BackupOutcome) -> None:
        async with self._parts.database.transaction() as session:
            changed = await session.execute(
                update(BackupRun)
                .where(BackupRun.id == task.run_id, BackupRun.state == BackupState.RUNNING)
                .values(**values)
            )
            # What has ended already, as before a cancellation, has been told.
            if isinstance(changed, CursorResult) and changed.rowcount:
                await outcome.tell(session, self._parts.clock, self._parts.audit_key, _ACTOR, ended)

    async def _forget(self, destination: OpenDestination, gone: Sequence[str]) -> None:
        if not gone:
            return
        async with self._parts.database.transaction() as session:
            await session.execute(
                update(BackupRun)
                .where(BackupRun.destination_id == destination.id, BackupRun.file_name.in_(gone))
                .values(deleted_at=self._parts.clock.now())
            )


def _words(error: BaseException) -> str:
    if isinstance(error, UnityError):
        return f"{error.detail} {error.fix}".strip()[:1000]
    if isinstance(error, OSError):
        return f"{error.filename or 'The work folder'}: {error.strerror}."[:1000]
    return str(error)[:1000]
