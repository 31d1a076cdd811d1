"""Checkpoints of the audit log, and the places that keep them."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, status
from fastapi.responses import PlainTextResponse

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.checkpoint import CheckpointStatus, Retried, SinkRead, SinkWrite
from app.services.core.audit import AuditLog
from app.services.core.audit_sinks import AuditSinks
from app.services.core.permissions import P

router = APIRouter(prefix="/api/audit", tags=["audit"])


def _reader(platform: PlatformDep, session: ReadSession) -> AuditSinks:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return AuditSinks(session, platform.clock, audit)


def _writer(platform: PlatformDep, session: WriteSession) -> AuditSinks:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return AuditSinks(session, platform.clock, audit)


SinkReader = Annotated[AuditSinks, Depends(_reader)]
Sinks = Annotated[AuditSinks, Depends(_writer)]


@router.get(
    "/checkpoints",
    dependencies=[requires(P.AUDIT_READ)],
    summary="Checkpoints of the audit log",
    responses=documented(401, 403),
)
async def get_checkpoints(
    actor: CurrentActor, platform: PlatformDep, sinks: SinkReader
) -> CheckpointStatus:
    """Show the last signed checkpoints and the public keys to check them with."""
    actor.require(P.AUDIT_READ)  # the chain is one for all groups
    return await sinks.status(platform.settings.audit)


@router.get(
    "/checkpoints/export",
    dependencies=[requires(P.AUDIT_READ)],
    summary="All checkpoints as lines",
    response_class=PlainTextResponse,
    responses=documented(401, 403),
)
async def export_checkpoints(actor: CurrentActor, sinks: SinkReader) -> PlainTextResponse:
    """Return what was sent out, one line each: what `unity audit verify --checkpoints` reads.

    A copy that was kept elsewhere proves more than this one.
    """
    actor.require(P.AUDIT_READ)
    text = "".join(line + "\n" for line in await sinks.lines())
    name = 'attachment; filename="unity-checkpoints.jsonl"'
    return PlainTextResponse(text, headers={"Content-Disposition": name})


@router.get(
    "/sinks",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Places that keep checkpoints",
    responses=documented(401, 403),
)
async def list_audit_sinks(sinks: SinkReader) -> Sequence[SinkRead]:
    """List where checkpoints are sent, and how the last deliveries went."""
    return await sinks.list()


@router.post(
    "/sinks",
    dependencies=[requires(P.SETTINGS_MANAGE, step_up=True)],
    status_code=status.HTTP_201_CREATED,
    summary="Add a place for checkpoints",
    responses=documented(401, 403, 409, 422),
)
async def create_audit_sink(new: SinkWrite, actor: CurrentActor, sinks: Sinks) -> SinkRead:
    """Send checkpoints to a file, a syslog server or a webhook from now on."""
    return await sinks.create(actor, new)


@router.put(
    "/sinks/{sink_id}",
    dependencies=[requires(P.SETTINGS_MANAGE, step_up=True)],
    summary="Change a place for checkpoints",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_audit_sink(
    sink_id: uuid.UUID, edit: SinkWrite, actor: CurrentActor, sinks: Sinks
) -> SinkRead:
    """Change a place, or switch it off."""
    return await sinks.edit(actor, sink_id, edit)


@router.delete(
    "/sinks/{sink_id}",
    dependencies=[requires(P.SETTINGS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Forget a place for checkpoints",
    responses=documented(401, 403, 404, 422),
)
async def delete_audit_sink(sink_id: uuid.UUID, actor: CurrentActor, sinks: Sinks) -> None:
    """Send nothing there any more; what it has got, it keeps."""
    await sinks.delete(actor, sink_id)


@router.post(
    "/sinks/{sink_id}/retry",
    dependencies=[requires(P.SETTINGS_MANAGE)],
    summary="Send again what has not arrived",
    responses=documented(401, 403, 404, 422),
)
async def retry_audit_sink(sink_id: uuid.UUID, actor: CurrentActor, sinks: Sinks) -> Retried:
    """Take up again what was given up; the job sends it within a minute."""
    return Retried(retried=await sinks.retry(actor, sink_id))
