"""When machines are asked for their facts."""

import uuid
from datetime import timedelta

from app.kernel.errors import JsonValue
from app.kernel.triggers import Cron, Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.platform import Platform
from app.services.infrastructure.alarm_sweep import end_unwatched
from app.services.infrastructure.collection import CollectionParts, build_collector
from app.services.infrastructure.collector import Collector, Tally
from app.services.infrastructure.retention import forget_old

# How often it is looked which servers are due; each has its own interval.
_TICK_SECONDS = 5.0
_LEAST_SECONDS = 1.0


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the jobs of the collection; they share one collector with its limits."""
    settings = platform.settings.collect
    collector = build_collector(
        CollectionParts(
            platform.settings,
            platform.database,
            platform.clock,
            platform.vault,
            platform.shells,
            platform.live,
            platform.alerts,
        )
    )
    tick = timedelta(seconds=max(_LEAST_SECONDS, min(_TICK_SECONDS, settings.standard_seconds)))
    live = timedelta(seconds=max(_LEAST_SECONDS, settings.live_seconds))
    return (
        Job(_due(collector), Every(tick)),
        Job(_live(collector, platform), Every(live)),
        Job(_one(collector), is_listed=False),
        Job(_sweep(platform), Every(timedelta(minutes=1))),
        Job(_retention(platform), Cron("41 3 * * *"), jitter=timedelta(minutes=10)),
    )


def _due(collector: Collector) -> JobType:
    async def run(_job: JobContext) -> dict[str, JsonValue]:
        return _told(await collector.collect_due())

    # Runs may overlap, because servers are claimed one by one: a machine that hangs keeps its own
    # run going, and the next tick asks the others.
    return JobType("collect", "Collect from all due servers", run, may_overlap=True, is_quiet=True)


def _live(collector: Collector, platform: Platform) -> JobType:
    async def run(_job: JobContext) -> dict[str, JsonValue]:
        return _told(await collector.collect_live(platform.watches.active()))

    return JobType(
        "collect_live",
        "Collect live facts of this machine and of watched servers",
        run,
        may_overlap=True,
        is_quiet=True,
    )


def _one(collector: Collector) -> JobType:
    async def run(job: JobContext) -> dict[str, JsonValue]:
        verdict = await collector.collect_server(uuid.UUID(str(job.arguments["server_id"])))
        if verdict is None:
            return {"status": None, "reason": "The server is disabled or was deleted."}
        return {
            "status": verdict.status.value,
            "kind": verdict.kind,
            "reason": verdict.reason,
            "fix": verdict.fix,
        }

    return JobType("collect_server", "Collect from one server", run)


def _sweep(platform: Platform) -> JobType:
    async def run(_job: JobContext) -> dict[str, JsonValue]:
        ended = await end_unwatched(platform.database, platform.clock, platform.alerts)
        return {"ended": len(ended)}

    title = "End the alerts of servers that are switched off"
    return JobType("collection.alerts", title, run, is_quiet=True)


def _retention(platform: Platform) -> JobType:
    async def run(_job: JobContext) -> dict[str, JsonValue]:
        days = timedelta(days=platform.settings.jobs.history_days)
        dropped = await forget_old(
            platform.database, platform.clock, days, platform.settings.metrics
        )
        return {"dropped": dropped}

    return JobType("collection.history", "Drop the history of old collections and alerts", run)


def _told(tally: Tally) -> dict[str, JsonValue]:
    return {"asked": tally.asked, "answered": tally.answered, "crashed": tally.crashed}
