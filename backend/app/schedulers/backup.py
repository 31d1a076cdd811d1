"""The jobs of backups: make one, and try whether it can be restored."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Cron
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.backup import driller, maker
from app.services.core.backup.driller import RestoreDriller
from app.services.core.backup.maker import BackupMaker
from app.services.core.backup.parts import parts_of
from app.services.core.platform import Platform

_LONG = timedelta(hours=6)
Result = Mapping[str, JsonValue]


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return both; without a destination they do nothing and say so."""
    parts = parts_of(platform)
    making, drilling = BackupMaker(parts), RestoreDriller(parts)

    async def make(job: JobContext) -> Result:
        by = str(job.arguments.get("by") or "schedule")
        return await making.make(job, _destination(job), by)

    async def drill(job: JobContext) -> Result:
        return await drilling.run(job, _destination(job))

    making_kind = JobType(maker.JOB, "Make a backup of Unity", make, _LONG)
    drilling_kind = JobType(driller.JOB, "Try to restore the newest backup", drill, _LONG)
    return (
        Job(making_kind, Cron("30 2 * * *"), jitter=timedelta(minutes=10)),
        Job(drilling_kind, Cron("30 5 * * 0"), jitter=timedelta(minutes=10)),
    )


def _destination(job: JobContext) -> uuid.UUID | None:
    given = job.arguments.get("destination_id")
    return uuid.UUID(str(given)) if given else None
