"""The only place that chooses adapters: builds the parts of Unity and hands them out."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sqlalchemy import make_url
from sqlalchemy.engine import URL

from app.adapters.ai import HttpAiProvider
from app.adapters.archive_folder import open_folder
from app.adapters.checkpoint_sinks import NetworkSinks
from app.adapters.databases import Drivers
from app.adapters.jobs_sqlite import SqliteJobEngine
from app.adapters.live_memory import MemoryLiveBus
from app.adapters.local_shell import LocalShell
from app.adapters.notify import Notifiers
from app.adapters.oidc import HttpProviderGateway
from app.adapters.plugin_workers import PluginWorkers
from app.adapters.ssh import SshLimits, SshShells
from app.adapters.ssh.archives import open_sftp
from app.kernel import config, crypto, folders, migrations
from app.kernel.clock import SystemClock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.errors import StartRefused
from app.kernel.logging import get_logger
from app.kernel.zones import time_zone
from app.models import registry
from app.ports.archive_store import ArchiveStore, ArchiveStores, S3Place
from app.ports.live_bus import LiveBus
from app.schedulers import audit, backup, core, credentials, plugins, quiet
from app.schedulers.infrastructure import (
    alerts,
    collection,
    databases,
    foresight,
    reports,
    servers,
    storage,
)
from app.schedulers.jobs import Job
from app.schedulers.runner import JobRuntime
from app.services.core import vault_canary
from app.services.core.alerts.builtin import BuiltInRule, plant, rule_of
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.renewal import renew
from app.services.core.alerts.types import AlertTypes
from app.services.core.announcer import Announcer
from app.services.core.backup.dump import Machine
from app.services.core.backup.stores import Stores
from app.services.core.features import FLAGS
from app.services.core.job_execution import JobExecutor, Timing
from app.services.core.notifications.adoption import adopt_old_address
from app.services.core.platform import Platform
from app.services.core.plugins import described as plugin_types
from app.services.core.plugins.parts import catalog_of
from app.services.infrastructure import alarms, depth_conditions
from app.services.infrastructure.claims import free_claims
from app.services.infrastructure.databases import conditions as database_conditions
from app.services.infrastructure.databases.default_rules import RULES as DATABASE_RULES
from app.services.infrastructure.default_rules import HOST_RULES
from app.services.infrastructure.depth_rules import DEPTH_RULES
from app.services.infrastructure.foresight import rules as foresight_rules
from app.services.infrastructure.local_server import enter_local_machine
from app.services.infrastructure.plugin_addresses import address_of
from app.services.infrastructure.pools import conditions as pool_conditions
from app.services.infrastructure.storage import conditions
from app.services.infrastructure.upkeep import conditions as upkeep_conditions
from app.subscriptions import subscriptions

if TYPE_CHECKING:
    from app.adapters.procrastinate import ProcrastinateEngine

# Names are looked up in threads. Python's own number of them, four and the processors, would let a
# few names that no server answers hold up all other machines.
_THREADS = 64
log = get_logger(__name__)


class Unity:
    """A built Unity: its parts, and their life while it serves."""

    def __init__(
        self,
        platform: Platform,
        background: Sequence[Callable[[], Awaitable[None]]],
        held: TextIO | None = None,
    ) -> None:
        self.platform = platform
        self._background = background
        self._held = held

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the clock, the workers and the live bus going for the length of the block."""
        threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="unity")
        asyncio.get_running_loop().set_default_executor(threads)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_run(work)) for work in self._background]
                try:
                    yield
                finally:
                    for task in tasks:
                        task.cancel()
        finally:
            await self.platform.shells.close()
            await self.platform.database.dispose()
            self.let_go()

    def let_go(self) -> None:
        """Let another process have the data folder."""
        if self._held is not None:
            self._held.close()


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def build(settings: Settings, *, with_jobs: bool = True) -> Unity:
    """Open the data and build all parts, or raise `StartRefused`."""
    held = _hold(settings) if with_jobs else None
    database, vault = await open_database(settings)
    clock = SystemClock()
    await adopt_old_address(database, vault, clock)
    if settings.collect.add_local:
        await enter_local_machine(database, clock, vault)
    if held is not None:
        await free_claims(database, clock, timedelta(seconds=settings.collect.standard_seconds))
    types = AlertTypes(
        (
            *alarms.TYPES,
            *depth_conditions.TYPES,
            *conditions.TYPES,
            *pool_conditions.TYPES,
            *upkeep_conditions.TYPES,
            *plugin_types.TYPES,
            *database_conditions.TYPES,
        )
    )
    live = _live_bus(database)
    shells = SshShells(_ssh_limits(settings), local=LocalShell())
    executor = JobExecutor(database, clock, live=live, timing=Timing())
    engine = _job_engine(database)
    engine_of_jobs = engine(
        database, clock, executor, worker=_worker_name(), slots=settings.jobs.workers
    )
    plugin_host = PluginWorkers(settings.data.resolve() / "plugins")
    platform = Platform(
        settings=settings,
        clock=clock,
        database=database,
        vault=vault,
        shells=shells,
        notifier=_notifiers(settings, plugin_host),
        ai=HttpAiProvider(),
        archives=archive_stores(),
        checkpoint_sinks=NetworkSinks(),
        providers=HttpProviderGateway(),
        jobs=engine_of_jobs,
        live=live,
        plugins=plugin_host,
        plugin_addresses=address_of,
        features=dict(FLAGS),
        job_types=executor.types,
        alert_types=types,
        built_in_rules=await _built_in_rules(database, clock, types),
    )
    runtime = JobRuntime(platform, executor, _jobs(platform), time_zone(settings.jobs.zone))
    announcer = Announcer(database, live, engine_of_jobs)
    catalog = catalog_of(platform)
    await catalog.learn()
    background = [live.serve, platform.watches.serve, platform.logins.serve, announcer.serve]
    background += [platform.plugins.serve, catalog.follow]
    return Unity(platform, [*background, *([runtime.serve] if with_jobs else [])], held)


# What only PostgreSQL or only S3 needs is loaded only there: the start waits for nothing unused.
def _live_bus(database: Database) -> LiveBus:
    if database.is_sqlite:
        return MemoryLiveBus()
    from app.adapters.live_postgres import PostgresLiveBus  # noqa: PLC0415 - see above

    return PostgresLiveBus(database.conninfo)


def _job_engine(database: Database) -> "type[SqliteJobEngine | ProcrastinateEngine]":
    if database.is_sqlite:
        return SqliteJobEngine
    from app.adapters.procrastinate import ProcrastinateEngine  # noqa: PLC0415 - see above

    return ProcrastinateEngine


def _open_bucket(place: S3Place) -> AbstractAsyncContextManager[ArchiveStore]:
    from app.adapters.archive_s3 import open_bucket  # noqa: PLC0415 - see above

    return open_bucket(place)


def _jobs(platform: Platform) -> tuple[Job, ...]:
    """Return the jobs of all domains."""
    return (
        *core.jobs(platform),
        *core.notification_jobs(platform, _worker_name()),
        *core.assistant_jobs(platform),
        *audit.jobs(platform),
        *core.event_jobs(platform, subscriptions(platform)),
        *backup.jobs(platform),
        *plugins.jobs(platform),
        *credentials.jobs(platform),
        *collection.jobs(platform),
        *alerts.jobs(platform),
        *quiet.jobs(platform),
        *servers.jobs(platform),
        *storage.jobs(platform, time_zone(platform.settings.jobs.zone)),
        *foresight.jobs(platform),
        *reports.jobs(platform),
        *databases.jobs(platform, Drivers()),
    )


def machine(settings: Settings) -> Machine:
    """Return where this Unity keeps what a backup holds."""
    return Machine(
        url=database_url(settings),
        data=settings.data.resolve(),
        keys=settings.keys_folder.resolve(),
        settings=settings.model_dump_json(),
        settings_file=config.settings_file(),
    )


def archive_stores() -> ArchiveStores:
    """Return what opens the places of backups."""
    return Stores(open_folder, open_sftp, _open_bucket)


async def _built_in_rules(
    database: Database, clock: SystemClock, types: AlertTypes
) -> dict[str, BuiltInRule]:
    """Enter the alert rules that Unity brings along, or renew them; return all of them."""
    rules = [
        *map(rule_of, types.values()),
        *alarms.RULES,
        *HOST_RULES,
        *DEPTH_RULES,
        *pool_conditions.RULES,
        *foresight_rules.RULES,
        *DATABASE_RULES,
    ]
    async with database.transaction() as session:
        await plant(session, rules, clock.now())
        await renew(session, AlertEngine(clock), rules, clock.now())
    return {rule.key: rule for rule in rules}


def _hold(settings: Settings) -> TextIO | None:
    """Keep the data folder for the one process that runs the jobs on SQLite."""
    if database_url(settings).get_backend_name() != "sqlite":
        return None
    folders.prepare(settings.data)
    return folders.hold(settings.data)


def _ssh_limits(settings: Settings) -> SshLimits:
    collect = settings.collect
    return SshLimits(
        connect_seconds=collect.connect_seconds,
        login_seconds=collect.login_seconds,
        sessions_per_host=collect.sessions_per_host,
        idle_seconds=max(900.0, 3 * collect.standard_seconds),
    )


def _notifiers(settings: Settings, plugin_host: PluginWorkers) -> Notifiers:
    wanted = settings.notifications
    allowed = [ip_network(text, strict=False) for text in wanted.allow]
    return Notifiers(allowed=allowed, seconds=wanted.send_seconds, plugins=plugin_host)


def _worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def database_url(settings: Settings) -> URL:
    """Return where the data lies: PostgreSQL when set, else a file in the data folder."""
    text = settings.database.url.get_secret_value()
    if not text:
        return make_url(f"sqlite:///{settings.data.resolve() / 'unity.db'}")
    url = make_url(text)
    if settings.database.password_file is not None:
        return url.set(password=_read_secret(settings.database.password_file))
    return url


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise StartRefused(
            f"UNITY_DATABASE__PASSWORD_FILE: {path} cannot be read: {error.strerror}."
        ) from error


async def open_database(settings: Settings) -> tuple[Database, Vault]:
    """Check the folders and the root key, migrate, and return both; `StartRefused` otherwise.

    The root key is checked before anything is written: a wrong or missing one changes nothing.
    """
    folders.prepare(settings.data)
    registry.metadata()  # what each row hangs on is known before the first question
    url = database_url(settings)
    database = Database(url, pool_size=settings.database.pool_size)
    root_key = crypto.read_root_key(settings.keys_folder)
    vault = None if root_key is None else Vault(root_key)
    canary = None
    if not database.is_sqlite or await asyncio.to_thread(Path(url.database or "").exists):
        with migrations.opening(url):
            canary = await vault_canary.read(database)
    if canary is not None:
        vault_canary.check(vault, canary, str(settings.keys_folder))
    await migrations.upgrade(url)
    if vault is None:
        vault = Vault(crypto.create_root_key(settings.keys_folder))
        log.info("root_key_created", path=str(settings.keys_folder / crypto.ROOT_KEY_NAME))
    if canary is None:
        async with database.transaction() as session:
            await vault_canary.plant(session, vault)
    return database, vault
