"""When databases are asked for their numbers."""

import uuid
from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Every
from app.ports.database_driver import DatabaseDrivers
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.platform import Platform
from app.services.infrastructure.databases.checks import CHECK
from app.services.infrastructure.databases.collector import DatabaseCollector
from app.services.infrastructure.databases.store import DatabaseStore
from app.services.infrastructure.databases.visits import Visits

# How often it is looked which databases are due; a login that was just entered is tried by then.
_TICK_SECONDS = 5.0
_LEAST_SECONDS = 1.0
_DEEP = timedelta(hours=1)
_SHORT = timedelta(minutes=3)


def jobs(platform: Platform, drivers: DatabaseDrivers) -> tuple[Job, ...]:
    """Return the jobs of databases; they share one collector with its limit."""
    standard = platform.settings.collect.standard_seconds
    collector = DatabaseCollector(
        platform.shells,
        drivers,
        Visits(platform.database, platform.clock, platform.vault),
        DatabaseStore(
            platform.database,
            platform.clock,
            platform.live,
            platform.alerts,
            interval=timedelta(seconds=standard),
            deep_interval=max(_DEEP, timedelta(seconds=standard)),
        ),
        platform.clock,
    )
    tick = timedelta(seconds=max(_LEAST_SECONDS, min(_TICK_SECONDS, standard)))
    return (Job(_due(collector), Every(tick)), Job(_one(collector), is_listed=False))


def _due(collector: DatabaseCollector) -> JobType:
    async def run(_job: JobContext) -> dict[str, JsonValue]:
        tally = await collector.collect_due()
        return {"asked": tally.asked, "answered": tally.answered, "resting": tally.resting}

    # Runs may overlap, because databases are claimed one by one: one that hangs keeps its own
    # run going, and the next tick asks the others.
    title = "Ask all due databases"
    return JobType("databases", title, run, _SHORT, may_overlap=True, is_quiet=True)


def _one(collector: DatabaseCollector) -> JobType:
    async def run(job: JobContext) -> dict[str, JsonValue]:
        verdict = await collector.collect(uuid.UUID(str(job.arguments["database_id"])))
        if verdict is None:
            return {"state": None, "reason": "Its server cannot be asked, or it is gone."}
        return {
            "state": verdict.state.value,
            "kind": verdict.kind,
            "reason": verdict.reason,
            "fix": verdict.fix,
        }

    return JobType(CHECK, "Ask a database now", run, _SHORT)
