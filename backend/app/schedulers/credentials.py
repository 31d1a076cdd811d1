"""The jobs of the credentials."""

from datetime import timedelta

from app.kernel.triggers import Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.platform import Platform
from app.services.credentials.one_time_secrets import OneTimeSecrets

_SWEEP = timedelta(minutes=5)


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return what the credentials have to do by themselves."""

    async def forget_unused(_job: JobContext) -> None:
        async with platform.database.transaction() as session:
            await OneTimeSecrets(session, platform.clock, platform.vault).sweep()

    sweep = JobType(
        "credentials.one_time",
        "Delete one-time passwords nobody used",
        forget_unused,
        is_quiet=True,
    )
    return (Job(sweep, Every(_SWEEP)),)
