"""The jobs of the core."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from app.kernel.triggers import Cron, Every
from app.ports.job_engine import JobContext, JobType
from app.schedulers.jobs import Job
from app.services.core.announcer import DISPATCH
from app.services.core.assistant.books import ledger_of
from app.services.core.audit import AuditLog
from app.services.core.dispatcher import EventDispatcher
from app.services.core.event_retention import EventRetention
from app.services.core.hearing import Subscription
from app.services.core.jobs import JobService
from app.services.core.metrics.maintenance import MetricMaintenance
from app.services.core.notifications.composing import Composer
from app.services.core.notifications.delivering import Deliverer
from app.services.core.notifications.heartbeats import DELIVERY, DeadMan, Heartbeats, Watchdog
from app.services.core.notifications.ledger import Ledger
from app.services.core.notifications.self_tests import SelfTests
from app.services.core.platform import Platform


def jobs(platform: Platform) -> tuple[Job, ...]:
    """Return what the core has to do by itself."""

    async def forget_old_runs(_job: JobContext) -> dict[str, int]:
        async with platform.database.transaction() as session:
            audit = AuditLog(session, platform.clock, platform.audit_key)
            service = JobService(session, platform.clock, audit, platform.job_types)
            days = timedelta(days=platform.settings.jobs.history_days)
            return {"dropped": await service.forget_old(days)}

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
    history = JobType(
        name="core.history", title="Drop the history of old runs", run=forget_old_runs
    )
    return (
        Job(history, Cron("17 3 * * *"), jitter=timedelta(minutes=10)),
        Job(metrics, Every(timedelta(minutes=15)), jitter=timedelta(minutes=1)),
    )


def assistant_jobs(platform: Platform) -> tuple[Job, ...]:
    """Return what forgets old questions to the model."""
    ledger = ledger_of(platform)

    async def forget(_job: JobContext) -> dict[str, int]:
        return {"dropped": await ledger.forget_old()}

    forgetting = JobType("core.assistant.history", "Drop the old record of AI", forget)
    return (Job(forgetting, Cron("37 3 * * *"), jitter=timedelta(minutes=10)),)


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


def notification_jobs(platform: Platform, worker: str) -> tuple[Job, ...]:
    """Return what words messages, sends them, and notices silence."""
    database, clock, wanted = platform.database, platform.clock, platform.settings.notifications
    zone = platform.settings.jobs.zone
    look = timedelta(seconds=max(1, round(wanted.look_seconds)))
    composer = Composer(database, clock, link=platform.settings.server.alerts_link, zone=zone)
    deliverer = Deliverer(
        database,
        platform.vault,
        clock,
        platform.notifier,
        live=platform.live,
        settings=wanted,
        worker=worker,
    )
    beats = Heartbeats(database, clock)
    watchdog = Watchdog(database, clock, zone=zone)
    dead_man = DeadMan(database, platform.vault, clock, platform.notifier)
    tests = SelfTests(database, clock)

    async def send(_job: JobContext) -> dict[str, int]:
        if deliverer.is_busy:
            return {}
        composed = await composer.compose()
        arrived = await deliverer.deliver()
        await beats.beat(DELIVERY, every=max(look, timedelta(seconds=wanted.round_seconds)))
        return {"composed": composed, "arrived": arrived}

    async def watch(_job: JobContext) -> dict[str, int]:
        silent = await watchdog.look()
        await dead_man.ping()
        return {"silent": len(silent), "tests": await tests.queue_due()}

    async def forget(_job: JobContext) -> dict[str, int]:
        async with database.transaction() as session:
            keep = timedelta(days=wanted.keep_days)
            return {"dropped": await Ledger(session, clock).forget_old(keep)}

    # A receiver that hangs holds up its own round only: some may overlap, messages are leased.
    sending = JobType(
        "core.notifications", "Send notifications", send, is_quiet=True, may_overlap=True
    )
    watching = JobType(
        "core.notifications.watch", "Notice silence, test channels", watch, is_quiet=True
    )
    forgetting = JobType("core.notifications.history", "Drop old deliveries", forget)
    return (
        Job(sending, Every(look)),
        Job(watching, Every(timedelta(seconds=30))),
        Job(forgetting, Cron("37 3 * * *"), jitter=timedelta(minutes=10)),
    )
