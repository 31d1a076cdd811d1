"""Weekly reports: what is planned, a preview, and those that were sent."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from app.kernel.database import Session
from app.models.infrastructure.report import ReportIssue
from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.report import (
    HealthReportRead,
    HealthReportWrite,
    ReportIssueDetail,
    ReportIssueQuery,
    ReportIssueRead,
    ReportPreview,
    ReportPreviewQuery,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.core.platform import Platform
from app.services.infrastructure.reports.parts import maker_of
from app.services.infrastructure.reports.service import HealthReportService

router = APIRouter(prefix="/api/infrastructure/reports", tags=["reports"])
MANAGE = requires(P.NOTIFICATIONS_MANAGE)
PAGE: dict[int | str, dict[str, object]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "A page."}
}
# A mail in a frame: its own style, no script, no address, and nothing of the page around it.
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none';"
    " frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
    "x-frame-options": "SAMEORIGIN",
}


def _service(platform: Platform, session: ReadSession) -> HealthReportService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return HealthReportService(session, platform.clock, audit, platform.settings.jobs.zone)


def _reader(platform: PlatformDep, session: ReadSession) -> HealthReportService:
    return _service(platform, session)


def _writer(platform: PlatformDep, session: WriteSession) -> HealthReportService:
    return _service(platform, session)


Reader = Annotated[HealthReportService, Depends(_reader)]
Writer = Annotated[HealthReportService, Depends(_writer)]


@router.get(
    "", dependencies=[MANAGE], summary="List planned reports", responses=documented(401, 403)
)
async def list_health_reports(reports: Reader) -> Sequence[HealthReportRead]:
    """List the reports that come every week, by name."""
    return await reports.list()


@router.post(
    "",
    dependencies=[MANAGE],
    status_code=status.HTTP_201_CREATED,
    summary="Plan a report",
    responses=documented(401, 403, 409, 422),
)
async def create_health_report(
    wish: HealthReportWrite, actor: CurrentActor, reports: Writer
) -> HealthReportRead:
    """Plan a report about everything or one group, at an hour of a day of the week."""
    return await reports.create(actor, wish)


@router.get(
    "/preview",
    dependencies=[MANAGE],
    summary="Preview a report",
    responses=documented(401, 403, 404, 422),
)
async def preview_health_report(
    platform: PlatformDep, query: Annotated[ReportPreviewQuery, Query()]
) -> ReportPreview:
    """Word a report as it would go out now. Nothing is kept or sent."""
    return await maker_of(platform).preview(query.name, query.group_id)


@router.get(
    "/preview/page",
    dependencies=[MANAGE],
    summary="Preview a report as a page",
    response_class=Response,
    responses=documented(401, 403, 404, 422) | PAGE,
)
async def preview_health_report_page(
    platform: PlatformDep, query: Annotated[ReportPreviewQuery, Query()]
) -> Response:
    """Answer with the mail itself, as a mail program shows it."""
    return _page((await maker_of(platform).preview(query.name, query.group_id)).html)


@router.get(
    "/issues",
    dependencies=[MANAGE],
    summary="List sent reports",
    responses=documented(401, 403, 422),
)
async def list_report_issues(
    reports: Reader, query: Annotated[ReportIssueQuery, Query()]
) -> Page[ReportIssueRead]:
    """List the reports that were sent, the newest first."""
    return await reports.issues(query)


@router.get(
    "/issues/{issue_id}",
    dependencies=[MANAGE],
    summary="Show a sent report",
    responses=documented(401, 403, 404, 422),
)
async def get_report_issue(issue_id: uuid.UUID, reports: Reader) -> ReportIssueDetail:
    """Show a report word for word as it was sent."""
    return await reports.issue(issue_id)


@router.get(
    "/issues/{issue_id}/page",
    dependencies=[MANAGE],
    summary="Show a sent report as a page",
    response_class=Response,
    responses=documented(401, 403, 404, 422) | PAGE,
)
async def get_report_issue_page(issue_id: uuid.UUID, reports: Reader) -> Response:
    """Answer with the mail itself, as it was sent."""
    return _page((await reports.issue(issue_id)).html)


@router.put(
    "/{report_id}",
    dependencies=[MANAGE],
    summary="Change a planned report",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_health_report(
    report_id: uuid.UUID, wish: HealthReportWrite, actor: CurrentActor, reports: Writer
) -> HealthReportRead:
    """Change what a report is about, when it comes and to whom."""
    return await reports.edit(actor, report_id, wish)


@router.delete(
    "/{report_id}",
    dependencies=[MANAGE],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a planned report",
    responses=documented(401, 403, 404, 422),
)
async def delete_health_report(report_id: uuid.UUID, actor: CurrentActor, reports: Writer) -> None:
    """Send a report no more. Those that were sent stay in the list."""
    await reports.delete(actor, report_id)


@router.post(
    "/{report_id}/send",
    dependencies=[MANAGE],
    summary="Send a report now",
    responses=documented(401, 403, 404, 422),
)
async def send_health_report(
    report_id: uuid.UUID, actor: CurrentActor, platform: PlatformDep
) -> ReportIssueRead:
    """Make a report and queue it for its channels. Whether it arrived, their ledger says."""

    async def note(session: Session, issue: ReportIssue) -> None:
        await _service(platform, session).note_sent(actor, issue)

    issue_id = await maker_of(platform).make_now(report_id, actor.name, note)
    async with platform.database.snapshot() as session:
        return ReportIssueRead.model_validate(await _service(platform, session).issue(issue_id))


def _page(html: str) -> Response:
    return Response(html, media_type="text/html", headers=_HEADERS)
