"""The audit log."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.routers.core.identity import Entries
from app.routers.dependencies import PlatformDep, ReadSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.core.audit import (
    AuditExportQuery,
    AuditFault,
    AuditPage,
    AuditQuery,
    AuditVerification,
    ExportFormat,
)
from app.services.core.audit_search import AuditExport, AuditSearch
from app.services.core.permissions import P

router = APIRouter(prefix="/api/audit", tags=["audit"])


@router.get(
    "",
    dependencies=[requires(P.AUDIT_READ)],
    summary="Search the audit log",
    responses=documented(401, 403, 422),
)
async def list_audit_entries(
    session: ReadSession, query: Annotated[AuditQuery, Query()]
) -> AuditPage:
    """List who did what, the newest first; `next` is where the following page begins."""
    return await AuditSearch(session).page(query)


@router.get(
    "/export",
    dependencies=[requires(P.AUDIT_EXPORT)],
    summary="Take the audit log away",
    response_class=StreamingResponse,
    responses=documented(401, 403, 422),
)
async def export_audit_log(
    actor: CurrentActor, platform: PlatformDep, query: Annotated[AuditExportQuery, Query()]
) -> StreamingResponse:
    """Stream all matching entries as JSON lines or CSV, the oldest first; that is recorded, too."""
    export = AuditExport(platform.database, platform.clock, platform.audit_key)
    last = await export.begin(actor, query, query.format)
    name = f'attachment; filename="unity-audit.{query.format.value}"'
    kind = "text/csv" if query.format is ExportFormat.CSV else "application/x-ndjson"
    return StreamingResponse(
        export.lines(query, query.format, last),
        media_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": name, "Cache-Control": "no-store"},
    )


@router.get(
    "/verification",
    dependencies=[requires(P.AUDIT_READ)],
    summary="Verify the audit log",
    responses=documented(401, 403),
)
async def verify_audit_log(actor: CurrentActor, entries: Entries) -> AuditVerification:
    """Check the hash chain from its first entry to its last.

    `unity audit verify` does the same without this server, and compares with a hash noted before.
    """
    actor.require(P.AUDIT_READ)  # the chain is one for all groups
    report = await entries.verify()
    return AuditVerification(
        is_intact=report.is_intact,
        entries=report.entries,
        last_seq=report.last_seq,
        last_hash=report.last_hash,
        faults=[AuditFault(seq=fault.seq, problem=fault.problem) for fault in report.faults],
    )
