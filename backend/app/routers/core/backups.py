"""Backups of Unity itself: where they go, how they went, and whether they can be restored."""

import uuid
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, status
from fastapi.responses import StreamingResponse

from app.routers.dependencies import PageParameters, PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.backup import (
    BackupQuery,
    BackupRead,
    BackupRequest,
    BackupSettingsRead,
    DestinationRead,
    DestinationTest,
    DestinationWrite,
    DrillRead,
    PassphraseWrite,
)
from app.schemas.core.job import JobRunRead
from app.services.core.audit import AuditLog
from app.services.core.backup import driller, maker, trial
from app.services.core.backup.destinations import Destinations
from app.services.core.backup.download import ArchiveDownload
from app.services.core.backup.listing import BackupList
from app.services.core.jobs import JobService
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(tags=["backups"])
MANAGE = P.BACKUP_MANAGE
ARCHIVE = "application/octet-stream"
_DOWNLOAD: dict[int | str, dict[str, object]] = {
    200: {"content": {ARCHIVE: {"schema": {"type": "string", "format": "binary"}}}}
}


def _destinations(platform: Platform, session: ReadSession) -> Destinations:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return Destinations(session, platform.clock, platform.vault, audit)


def _list(platform: Platform, session: ReadSession) -> BackupList:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return BackupList(session, platform.clock, audit, platform.job_types)


def _reader(platform: PlatformDep, session: ReadSession) -> Destinations:
    return _destinations(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> Destinations:
    return _destinations(platform, session)


def _list_reader(platform: PlatformDep, session: ReadSession) -> BackupList:
    return _list(platform, session)


def _list_writer(platform: PlatformDep, session: WriteSession) -> BackupList:
    return _list(platform, session)


def _asker(platform: PlatformDep, session: WriteSession, background: BackgroundTasks) -> BackupList:
    # Background tasks run after the answer, and so after the commit.
    background.add_task(platform.jobs.nudge)
    return _list(platform, session)


def _jobs(platform: PlatformDep, session: WriteSession) -> JobService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return JobService(session, platform.clock, audit, platform.job_types)


Reader = Annotated[Destinations, Depends(_reader)]
Writer = Annotated[Destinations, Depends(_writer)]
ListReader = Annotated[BackupList, Depends(_list_reader)]
ListWriter = Annotated[BackupList, Depends(_list_writer)]
Asker = Annotated[BackupList, Depends(_asker, scope="function")]
Jobs = Annotated[JobService, Depends(_jobs)]


@router.get(
    "/api/backups",
    dependencies=[requires(MANAGE)],
    summary="List backups",
    response_model=Page[BackupRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_backups(
    request: Request, backups: ListReader, query: Annotated[BackupQuery, Query()]
) -> Response:
    """List the backups that were made, one entry a destination.

    Sort by `started_at`, `destination_name`, `size_bytes` or `state`.
    """
    return answer(request, await backups.backups(query))


@router.post(
    "/api/backups",
    dependencies=[requires(MANAGE)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Make a backup now",
    responses=documented(401, 403, 404, 422),
)
async def make_backup(
    wish: BackupRequest, actor: CurrentActor, backups: Asker, destinations: Writer, jobs: Jobs
) -> JobRunRead:
    """Queue a backup to one destination, or to all that are enabled; follow the run."""
    if wish.destination_id is not None:
        await destinations.get(wish.destination_id)
    return await jobs.get_run(await backups.request(actor, maker.JOB, wish.destination_id))


@router.get(
    "/api/backups/settings",
    dependencies=[requires(MANAGE)],
    summary="Show the settings of backups",
    responses=documented(401, 403),
)
async def get_backup_settings(destinations: Reader) -> BackupSettingsRead:
    """Tell whether there is a passphrase; it is never shown."""
    return await destinations.settings()


@router.put(
    "/api/backups/passphrase",
    dependencies=[requires(MANAGE, step_up=True)],
    summary="Set the passphrase of backups",
    responses=documented(401, 403, 422),
)
async def set_backup_passphrase(
    wish: PassphraseWrite, actor: CurrentActor, destinations: Writer
) -> BackupSettingsRead:
    """Encrypt all new backups with this one; those that exist keep the one they were made with."""
    return await destinations.set_passphrase(actor, wish.passphrase)


@router.get(
    "/api/backups/destinations",
    dependencies=[requires(MANAGE)],
    summary="List destinations",
    responses=documented(401, 403),
)
async def list_backup_destinations(
    destinations: Reader, backups: ListReader
) -> list[DestinationRead]:
    """List where backups are copied to, by name."""
    return [await backups.read(row) for row in await destinations.list()]


@router.post(
    "/api/backups/destinations",
    dependencies=[requires(MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Add a destination",
    responses=documented(401, 403, 409, 422),
)
async def create_backup_destination(
    wish: DestinationWrite, actor: CurrentActor, destinations: Writer, backups: ListWriter
) -> DestinationRead:
    """Add a folder, an SFTP server or an S3 bucket; try it next."""
    return await backups.read(await destinations.create(actor, wish))


@router.put(
    "/api/backups/destinations/{destination_id}",
    dependencies=[requires(MANAGE)],
    summary="Change a destination",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_backup_destination(
    destination_id: uuid.UUID,
    wish: DestinationWrite,
    actor: CurrentActor,
    destinations: Writer,
    backups: ListWriter,
) -> DestinationRead:
    """Change a destination; for another host or endpoint its secrets are entered again."""
    return await backups.read(await destinations.edit(actor, destination_id, wish))


@router.delete(
    "/api/backups/destinations/{destination_id}",
    dependencies=[requires(MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Forget a destination",
    responses=documented(401, 403, 404, 422),
)
async def delete_backup_destination(
    destination_id: uuid.UUID, actor: CurrentActor, destinations: Writer
) -> None:
    """Forget a destination; the archives there stay."""
    await destinations.delete(actor, destination_id)


@router.post(
    "/api/backups/destinations/{destination_id}/test",
    dependencies=[requires(MANAGE)],
    summary="Try a destination",
    responses=documented(401, 403, 404, 422),
)
async def test_backup_destination(
    destination_id: uuid.UUID, platform: PlatformDep
) -> DestinationTest:
    """Write a small file there, read it back and delete it; an unknown host key is offered."""
    async with platform.database.snapshot() as session:
        destination = await _destinations(platform, session).opened(destination_id)
    return await trial.run(platform.archives, destination.place)


@router.get(
    "/api/backups/drills",
    dependencies=[requires(MANAGE)],
    summary="List restore drills",
    response_model=Page[DrillRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_restore_drills(
    request: Request, backups: ListReader, query: PageParameters
) -> Response:
    """List the drills. Sort by `started_at`, `destination_name` or `state`."""
    return answer(request, await backups.drills(query))


@router.post(
    "/api/backups/drills",
    dependencies=[requires(MANAGE)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Run a restore drill now",
    responses=documented(401, 403, 404, 422),
)
async def run_restore_drill(
    wish: BackupRequest, actor: CurrentActor, backups: Asker, destinations: Writer, jobs: Jobs
) -> JobRunRead:
    """Queue a drill: the newest backup is restored into a scratch place and looked at."""
    if wish.destination_id is not None:
        await destinations.get(wish.destination_id)
    return await jobs.get_run(await backups.request(actor, driller.JOB, wish.destination_id))


@router.get(
    "/api/backups/{backup_id}/archive",
    dependencies=[requires(MANAGE, step_up=True)],
    summary="Download an archive",
    response_class=StreamingResponse,
    responses=_DOWNLOAD | documented(401, 403, 404, 422, 502),
)
async def download_backup(
    backup_id: uuid.UUID, actor: CurrentActor, platform: PlatformDep
) -> StreamingResponse:
    """Fetch an archive from its destination, encrypted as it lies there."""
    found = await ArchiveDownload(platform).open(actor, backup_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.name}"',
        "Content-Length": str(found.size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(found.pieces, media_type=ARCHIVE, headers=headers)
