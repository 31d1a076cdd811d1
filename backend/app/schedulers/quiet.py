"""When silences, windows, snoozes and causes are looked at anew: what they end on is the clock."""

from datetime import timedelta

from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.alerts.quiet import sweep
from app.services.core.platform import Platform

_EVERY = timedelta(seconds=15)


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the one job."""

    async def look(_job: JobContext) -> dict[str, int]:
        return {"changed": await sweep(platform.database, platform.clock, platform.live)}

    quiet = JobType("alerts.quiet", "See which alerts are kept quiet", look, is_quiet=True)
    return (Job(quiet, Every(_EVERY)),)
