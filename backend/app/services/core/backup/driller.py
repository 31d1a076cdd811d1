"""Fetches the newest backup of each destination, and tries whether it can be restored."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from app.kernel.errors import JsonValue, UnityError
from app.kernel.ids import uuid7
from app.models.core.backup_run import BackupRun
from app.models.core.restore_drill import DrillState, RestoreDrill
from app.ports.archive_store import StoreError
from app.ports.job_engine import JobContext, JobFailed
from app.services.core.backup import outcome, transfer
from app.services.core.backup.destinations import OpenDestination
from app.services.core.backup.drill import DrillReport, drill
from app.services.core.backup.errors import BackupNotFound, DestinationFailed
from app.services.core.backup.outcome import BackupOutcome
from app.services.core.backup.parts import BackupParts
from app.services.core.permissions import system

JOB = "core.restore_drill"
_ACTOR = system(JOB)


class RestoreDriller:
    """Nothing of the running Unity is changed but the list of drills."""

    def __init__(self, parts: BackupParts) -> None:
        self._parts = parts

    async def run(
        self, job: JobContext, destination_id: uuid.UUID | None = None
    ) -> Mapping[str, JsonValue]:
        """Try each destination; raises `JobFailed` when one of them is red."""
        async with self._parts.database.snapshot() as session:
            service = self._parts.destinations(session)
            wanted = (
                await service.enabled()
                if destination_id is None
                else [await service.opened(destination_id)]
            )
        red: list[str] = []
        rows = 0
        for number, destination in enumerate(wanted):
            await job.progress(number, len(wanted), f"Restoring from {destination.name}")
            report = await self._try(destination)
            rows += report.rows
            if not report.is_green:
                red.append(f"{destination.name}: {report.reason}")
        if red:
            raise JobFailed(" ".join(red))
        if not wanted:
            return {"skipped": "No destination is set, so there is nothing to try."}
        return {"green": len(wanted), "rows": rows}

    async def _try(self, destination: OpenDestination) -> DrillReport:
        started_at = self._parts.clock.now()
        with self._parts.work_folder() as folder:
            report, name = await self._drill(destination, folder)
        await self._store(destination, name, report, started_at)
        return report

    async def _drill(self, destination: OpenDestination, folder: Path) -> tuple[DrillReport, str]:
        report, name = DrillReport(), ""
        try:
            async with self._parts.database.snapshot() as session:
                passphrase = await self._parts.destinations(session).passphrase()
            async with self._parts.stores.open(destination.place) as store:
                found = await transfer.newest(store, self._parts.kek_id)
                if found is None:
                    raise BackupNotFound(
                        f"There is no backup of this Unity at {destination.name}.",
                        fix="Make one first.",
                    )
                name = found
                digest = await transfer.fetch(store, name, folder / name)
            await self._compare(destination, name, digest)
        except StoreError as error:
            failure = DestinationFailed(error.detail, fix=error.fix)
            report.fail("Fetch the newest backup", f"{failure.detail} {failure.fix}".strip())
            return report, name
        except UnityError as error:
            report.fail("Fetch the newest backup", f"{error.detail} {error.fix}".strip())
            return report, name
        return await asyncio.to_thread(drill, folder / name, passphrase, folder), name

    async def _compare(self, destination: OpenDestination, name: str, digest: str) -> None:
        """Refuse what is not what was sent there, as far as we remember that."""
        query = select(BackupRun.sha256).where(
            BackupRun.destination_id == destination.id, BackupRun.file_name == name
        )
        async with self._parts.database.snapshot() as session:
            sent = await session.scalar(query)
        if sent and sent != digest:
            raise DestinationFailed(
                f"{name} at {destination.name} is damaged: it is not what was copied there.",
                fix="Make a new backup, and check the disk of the destination.",
            )

    async def _store(
        self, destination: OpenDestination, name: str, report: DrillReport, started_at: datetime
    ) -> None:
        row = RestoreDrill(
            id=uuid7(),
            destination_id=destination.id,
            destination_name=destination.name,
            file_name=name,
            state=DrillState.GREEN if report.is_green else DrillState.RED,
            reason=report.reason[:1000],
            checks=[asdict(check) for check in report.checks],
            rows=report.rows,
            tables=report.tables,
            started_at=started_at,
            finished_at=self._parts.clock.now(),
        )
        ended = BackupOutcome("restore_drill", row.id, destination.name, name, row.reason)
        async with self._parts.database.transaction() as session:
            session.add(row)
            await session.flush()
            await outcome.tell(session, self._parts.clock, self._parts.audit_key, _ACTOR, ended)
