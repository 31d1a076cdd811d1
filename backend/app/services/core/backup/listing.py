"""The lists that the page of backups shows, and what is asked for there."""

import uuid
from collections.abc import Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Select, func, select

from app.kernel.clock import Clock
from app.kernel.database import Session
from app.models.core.backup_destination import BackupDestination, DestinationKind
from app.models.core.backup_run import BackupRun, BackupState
from app.models.core.restore_drill import DrillState, RestoreDrill
from app.ports.job_engine import JobType
from app.schemas.base import Page, PageQuery
from app.schemas.core.backup import (
    BackupQuery,
    BackupRead,
    DestinationRead,
    DrillRead,
    PlaceFields,
)
from app.services.core.audit import AuditLog
from app.services.core.backup.errors import BackupNotFound
from app.services.core.backup.places import address_of, read_host_key
from app.services.core.job_runs import JobRuns
from app.services.core.jobs import JobNotFound
from app.services.core.permissions import Actor
from app.services.core.queries import contains, sorted_by

_COLUMNS = {
    "started_at": BackupRun.started_at,
    "destination_name": BackupRun.destination_name,
    "size_bytes": BackupRun.size_bytes,
    "state": BackupRun.state,
}
_DRILL_COLUMNS = {
    "started_at": RestoreDrill.started_at,
    "destination_name": RestoreDrill.destination_name,
    "state": RestoreDrill.state,
}
T = TypeVar("T", bound=BackupRun | RestoreDrill)


class BackupList:
    """Backups, drills and the state of destinations, in the caller's transaction."""

    def __init__(
        self, session: Session, clock: Clock, audit: AuditLog, types: Mapping[str, JobType]
    ) -> None:
        self._session = session
        self._clock = clock
        self._audit = audit
        self._types = types

    async def backups(self, query: BackupQuery) -> Page[BackupRead]:
        """Return a page, the newest first unless asked otherwise."""
        wanted = select(BackupRun)
        if query.destination_id is not None:
            wanted = wanted.where(BackupRun.destination_id == query.destination_id)
        if query.state is not None:
            wanted = wanted.where(BackupRun.state == query.state)
        if query.q:
            wanted = wanted.where(contains(BackupRun.destination_name, query.q))
        order = sorted_by(query.sort or "-started_at", _COLUMNS, BackupRun.id)
        rows, total = await self._page(wanted.order_by(*order), query)
        items = [BackupRead.model_validate(row) for row in rows]
        return Page[BackupRead](items=items, total=total, page=query.page, per_page=query.per_page)

    async def drills(self, query: PageQuery) -> Page[DrillRead]:
        """Return a page, the newest first unless asked otherwise."""
        wanted = select(RestoreDrill)
        if query.q:
            wanted = wanted.where(contains(RestoreDrill.destination_name, query.q))
        order = sorted_by(query.sort or "-started_at", _DRILL_COLUMNS, RestoreDrill.id)
        rows, total = await self._page(wanted.order_by(*order), query)
        items = [DrillRead.model_validate(row) for row in rows]
        return Page[DrillRead](items=items, total=total, page=query.page, per_page=query.per_page)

    async def get(self, run_id: uuid.UUID) -> BackupRun:
        """Return a backup whose archive is still there."""
        row = await self._session.get(BackupRun, run_id)
        is_there = row is not None and row.state == BackupState.SUCCEEDED and row.deleted_at is None
        if row is None or not is_there or row.destination_id is None:
            raise BackupNotFound("There is no archive of this backup.", fix="Choose another one.")
        return row

    async def record_download(self, actor: Actor, row: BackupRun) -> None:
        """Note who takes an archive away."""
        await self._audit.record(
            actor,
            "backup.downloaded",
            kind="backup",
            object_id=row.id,
            name=row.destination_name,
            details={"file": row.file_name},
        )

    async def read(self, row: BackupDestination) -> DestinationRead:
        """Show a destination with how it went there lately."""
        last = await self._session.scalar(_newest_run(row.id))
        good = await self._session.scalar(
            _newest_run(row.id).where(BackupRun.state == BackupState.SUCCEEDED)
        )
        drill = await self._session.scalar(
            select(RestoreDrill)
            .where(RestoreDrill.destination_id == row.id)
            .order_by(RestoreDrill.started_at.desc(), RestoreDrill.id.desc())
            .limit(1)
        )
        place = PlaceFields.model_validate(dict(row.place))
        kind = DestinationKind(row.kind)
        has_failed = last is not None and last.state == BackupState.FAILED
        return DestinationRead(
            **place.model_dump(),
            id=row.id,
            name=row.name,
            kind=kind,
            is_enabled=row.is_enabled,
            host_key_fingerprint=read_host_key(place.host_key).fingerprint
            if place.host_key
            else "",
            has_secret=row.secret is not None,
            keep_last=row.keep_last,
            keep_daily=row.keep_daily,
            keep_weekly=row.keep_weekly,
            keep_monthly=row.keep_monthly,
            address=address_of(kind, row.place),
            last_success_at=good.finished_at if good else None,
            last_error=last.error if last is not None and has_failed else "",
            last_drill_at=drill.finished_at if drill else None,
            last_drill_state=DrillState(drill.state) if drill else None,
            last_drill_reason=drill.reason if drill else "",
        )

    async def request(self, actor: Actor, job: str, destination_id: uuid.UUID | None) -> uuid.UUID:
        """Queue a backup or a drill; return the id of its run."""
        kind = self._types.get(job)
        if kind is None:
            raise JobNotFound(f"This process has no job {job}.")
        arguments = {
            "destination_id": None if destination_id is None else str(destination_id),
            "by": actor.name,
        }
        enqueued = await JobRuns(self._session, self._clock).add(
            kind, arguments, requested_by=actor.name
        )
        await self._session.flush()
        await self._audit.record(
            actor,
            "job.started",
            kind="job",
            object_id=None,
            name=job,
            details={"run_id": str(enqueued.run_id)},
        )
        return enqueued.run_id

    async def _page(self, wanted: Select[T], query: PageQuery) -> tuple[Sequence[T], int]:
        total = await self._session.scalar(
            select(func.count()).select_from(wanted.order_by(None).subquery())
        )
        rows = await self._session.scalars(wanted.offset(query.offset).limit(query.per_page))
        return rows.all(), total or 0


def _newest_run(destination_id: uuid.UUID) -> Select[BackupRun]:
    return (
        select(BackupRun)
        .where(BackupRun.destination_id == destination_id)
        .where(BackupRun.state != BackupState.RUNNING)
        .order_by(BackupRun.started_at.desc(), BackupRun.id.desc())
        .limit(1)
    )
