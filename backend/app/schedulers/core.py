"""The jobs of the core."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from app.kernel.triggers import Cron, Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.alarm_delivery import AlarmDelivery
from app.services.core.announcer import DISPATCH
from app.services.core.audit import AuditLog
from app.services.core.dispatcher import EventDispatcher
from app.services.core.event_retention import EventRetention
from app.services.core.hearing import Subscription
from app.services.core.jobs import JobService
from app.services.core.metrics.maintenance import MetricMaintenance
from app.services.core.platform import Platform


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return what the core has to do by itself."""

    async def forget_old_runs(_job: JobContext) -> dict[str, int]:
        async with platform.database.transaction() as session:
            audit = AuditLog(session, platform.clock, platform.audit_key)
            service = JobService(session, platform.clock, audit, platform.job_types)
            days = timedelta(days=platform.settings.jobs.history_days)
            return {"dropped": await service.forget_old(days)}

    delivery = AlarmDelivery(platform.database, platform.vault, platform.clock, platform.messages)

    async def send_alarms(_job: JobContext) -> dict[str, int]:
        return {"arrived": await delivery.deliver()}

    maintenance = MetricMaintenance(platform.database, platform.clock, platform.settings.metrics)

    async def keep_metrics(_job: JobContext) -> dict[str, int]:
        return asdict(await maintenance.run())

    metrics = JobType(
        name="core.metrics",
        title="Seal, roll up and drop measurements",
        run=keep_metrics,
        timeout=timedelta(minutes=30),
        is_quiet=True,
    )
    alarms = JobType("core.alarms", "Send waiting alarms", send_alarms, is_quiet=True)
    history = JobType(
        name="core.history", title="Drop the history of old runs", run=forget_old_runs
    )
    return (
        Job(history, Cron("17 3 * * *"), jitter=timedelta(minutes=10)),
        Job(metrics, Every(timedelta(minutes=15)), jitter=timedelta(minutes=1)),
        Job(alarms, Every(timedelta(seconds=10))),
    )


def event_jobs(platform: Platform, table: Sequence[Subscription]) -> tuple[Job, ...]:
    """Return what tells the domains of each other, and forgets it when it is old."""
    dispatcher = EventDispatcher(platform.database, platform.clock, table)
    keep = timedelta(days=platform.settings.events.keep_days)
    retention = EventRetention(platform.database, platform.clock, keep)

    async def dispatch(_job: JobContext) -> dict[str, int]:
        return {"handled": await dispatcher.dispatch()}

    async def forget(_job: JobContext) -> dict[str, int]:
        return {"dropped": await retention.run()}

    telling = JobType(DISPATCH, "Tell each other what happened", dispatch, is_quiet=True)
    forgetting = JobType("core.events.history", "Drop old activity", forget)
    return (
        # The announcer starts it at once; this is for what it could not tell, and for what waits.
        Job(telling, Every(timedelta(seconds=5))),
        Job(forgetting, Cron("47 3 * * *"), jitter=timedelta(minutes=10)),
    )
