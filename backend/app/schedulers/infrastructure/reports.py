"""When weekly reports are made: it is looked every minute which are due."""

from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.platform import Platform

EVERY = timedelta(minutes=1)


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the job of reports."""

    async def run(_job: JobContext) -> dict[str, JsonValue]:
        # What words a report is needed once a week: it is not loaded before that.
        from app.services.infrastructure.reports.parts import maker_of  # noqa: PLC0415 - see above

        return {"made": await maker_of(platform).make_due()}

    kind = JobType(
        "reports",
        "Make the weekly reports that are due",
        run,
        timeout=timedelta(minutes=10),
        is_quiet=True,
    )
    return (Job(kind, Every(EVERY)),)
