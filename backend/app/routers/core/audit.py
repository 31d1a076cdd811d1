"""The audit log."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.routers.core.identity import Entries
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.audit import AuditEntryRead, AuditFault, AuditQuery, AuditVerification
from app.services.core.permissions import P

router = APIRouter(prefix="/api/audit", tags=["audit"])


@router.get(
    "",
    dependencies=[requires(P.AUDIT_READ)],
    summary="Search the audit log",
    responses=documented(401, 403, 422),
)
async def list_audit_entries(
    entries: Entries, query: Annotated[AuditQuery, Query()]
) -> Page[AuditEntryRead]:
    """List who did what, the newest first.

    Sort by `seq`, `at`, `actor_name`, `action` or `object_name`.
    """
    return await entries.list(query)


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
