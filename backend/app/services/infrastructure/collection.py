"""Puts the parts of the collection together, for the process that runs the jobs."""

from dataclasses import dataclass
from datetime import timedelta

from app.kernel.clock import Clock
from app.kernel.config import Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.ports.live_bus import LiveBus
from app.ports.shell import Shells
from app.services.core.alerts.engine import AlertEngine
from app.services.core.audit import KEY_INFO
from app.services.infrastructure.claims import Claims
from app.services.infrastructure.collector import Collector
from app.services.infrastructure.cycle_metrics import CycleMetrics
from app.services.infrastructure.databases.ledger import DatabaseLedger
from app.services.infrastructure.offered_keys import OfferedKeys
from app.services.infrastructure.pools.ledger import PoolLedger
from app.services.infrastructure.result_writer import ResultWriter
from app.services.infrastructure.root_commands import RootCommands
from app.services.infrastructure.storage.ledger import DriveLedger
from app.services.infrastructure.storage.readings import DriveReader
from app.services.infrastructure.targets import TargetBuilder
from app.services.infrastructure.topology.ledger import TopologyLedger
from app.services.infrastructure.upkeep.ledger import UpkeepLedger

_LEASE_MARGIN_SECONDS = 30


@dataclass(frozen=True, slots=True)
class CollectionParts:
    """What a collection is built on."""

    settings: Settings
    database: Database
    clock: Clock
    vault: Vault
    shells: Shells
    live: LiveBus
    alerts: AlertEngine | None = None


def build_collector(parts: CollectionParts) -> Collector:
    """Build the collector of a process."""
    settings = parts.settings.collect
    longest = settings.connect_seconds + settings.login_seconds + settings.budget_seconds
    slow = timedelta(seconds=settings.slow_seconds)
    claims = Claims(
        parts.database,
        parts.clock,
        TargetBuilder(parts.vault),
        standard=timedelta(seconds=settings.standard_seconds),
        lease=timedelta(seconds=longest + _LEASE_MARGIN_SECONDS),
        slow_lease=timedelta(
            seconds=longest
            + settings.drives_seconds
            + settings.budget_seconds
            + _LEASE_MARGIN_SECONDS
        ),
    )
    alerts = parts.alerts or AlertEngine(parts.clock)
    metrics = CycleMetrics(alerts, live=timedelta(seconds=settings.live_seconds), slow=slow)
    keys = OfferedKeys(parts.clock, parts.vault.subkey(KEY_INFO))
    drives = DriveLedger(parts.clock, DriveReader(slow), alerts)
    pools = PoolLedger(parts.clock, alerts)
    writer = ResultWriter(
        parts.database,
        parts.clock,
        parts.live,
        metrics=metrics,
        sinks=(
            *(keys, drives, pools, TopologyLedger(parts.clock)),
            *(DatabaseLedger(parts.clock, alerts), UpkeepLedger(parts.clock)),
            RootCommands(parts.clock, parts.vault.subkey(KEY_INFO)),
        ),
        slow_interval=slow,
    )
    return Collector(settings, parts.shells, claims, writer, parts.clock)
