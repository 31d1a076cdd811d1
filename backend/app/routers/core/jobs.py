"""Jobs: their schedules, and the history of their runs."""

import uuid
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, status

from app.routers.dependencies import PageParameters, PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.core.job import JobChange, JobRead, JobRunQuery, JobRunRead
from app.services.core.audit import AuditLog
from app.services.core.jobs import JobService
from app.services.core.permissions import P
from app.services.core.platform import Platform

router = APIRouter(tags=["jobs"])


def _service(platform: Platform, session: ReadSession) -> JobService:
    audit = AuditLog(session, platform.clock, platform.audit_key)
    return JobService(session, platform.clock, audit, platform.job_types)


def _reader(platform: PlatformDep, session: ReadSession) -> JobService:
    return _service(platform, session)


def _writer(
    platform: PlatformDep, session: WriteSession, background: BackgroundTasks
) -> JobService:
    # Background tasks run after the answer, and so after the commit.
    background.add_task(platform.jobs.nudge)
    background.add_task(platform.live.publish, "schedule", {})
    return _service(platform, session)


JobReader = Annotated[JobService, Depends(_reader, scope="function")]
Jobs = Annotated[JobService, Depends(_writer, scope="function")]


@router.get(
    "/api/jobs",
    dependencies=[requires(P.JOBS_READ)],
    summary="List jobs",
    response_model=Page[JobRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_jobs(request: Request, jobs: JobReader, query: PageParameters) -> Response:
    """List the jobs and when they run.

    Sort by `name`, `title`, `next_fire_at` or `last_fired_at`.
    """
    return answer(request, await jobs.list_jobs(query))


@router.get(
    "/api/jobs/{name}",
    dependencies=[requires(P.JOBS_READ)],
    summary="Show a job",
    responses=documented(401, 403, 404),
)
async def get_job(name: str, jobs: JobReader) -> JobRead:
    """Show one job and when it runs."""
    return await jobs.get_job(name)


@router.patch(
    "/api/jobs/{name}",
    dependencies=[requires(P.JOBS_MANAGE)],
    summary="Change when a job runs",
    responses=documented(401, 403, 404, 422),
)
async def change_job(name: str, change: JobChange, actor: CurrentActor, jobs: Jobs) -> JobRead:
    """Set another schedule; it counts at once, without a restart."""
    return await jobs.change(actor, name, change.trigger)


@router.post(
    "/api/jobs/{name}/pause",
    dependencies=[requires(P.JOBS_MANAGE)],
    summary="Pause a job",
    responses=documented(401, 403, 404),
)
async def pause_job(name: str, actor: CurrentActor, jobs: Jobs) -> JobRead:
    """Stop the clock of a job; its runs that are queued or running go on."""
    return await jobs.pause(actor, name)


@router.post(
    "/api/jobs/{name}/resume",
    dependencies=[requires(P.JOBS_MANAGE)],
    summary="Resume a job",
    responses=documented(401, 403, 404),
)
async def resume_job(name: str, actor: CurrentActor, jobs: Jobs) -> JobRead:
    """Start the clock of a job again; what it missed is not caught up."""
    return await jobs.resume(actor, name)


@router.post(
    "/api/jobs/{name}/run",
    dependencies=[requires(P.JOBS_MANAGE)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Run a job now",
    responses=documented(401, 403, 404),
)
async def run_job(
    name: str, actor: CurrentActor, jobs: Jobs, platform: PlatformDep, response: Response
) -> JobRunRead:
    """Queue a run; `Location` is where to follow it. A run that waits already is not doubled."""
    run = await jobs.run_now(actor, name)
    base = platform.settings.server.base_path
    response.headers["Location"] = f"{base}/api/job-runs/{run.id}"
    return run


@router.get(
    "/api/job-runs",
    dependencies=[requires(P.JOBS_READ)],
    summary="List runs",
    response_model=Page[JobRunRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_job_runs(
    request: Request, jobs: JobReader, query: Annotated[JobRunQuery, Query()]
) -> Response:
    """List the runs of all jobs, the newest first.

    Sort by `name`, `state`, `enqueued_at`, `started_at` or `finished_at`.
    """
    return answer(request, await jobs.list_runs(query))


@router.get(
    "/api/job-runs/{run_id}",
    dependencies=[requires(P.JOBS_READ)],
    summary="Show a run",
    responses=documented(401, 403, 404, 422),
)
async def get_job_run(run_id: uuid.UUID, jobs: JobReader) -> JobRunRead:
    """Show one run with its progress, its result or its error."""
    return await jobs.get_run(run_id)


@router.post(
    "/api/job-runs/{run_id}/cancel",
    dependencies=[requires(P.JOBS_MANAGE)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Cancel a run",
    responses=documented(401, 403, 404, 409, 422),
)
async def cancel_job_run(run_id: uuid.UUID, actor: CurrentActor, jobs: Jobs) -> JobRunRead:
    """End a queued run at once, or ask a running one to stop, which takes some seconds."""
    return await jobs.cancel(actor, run_id)
