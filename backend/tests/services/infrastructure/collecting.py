"""A collector over scripted machines, for the tests of the collection."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from app.adapters.live_memory import MemoryLiveBus
from app.kernel.clock import ManualClock
from app.kernel.config import CollectPart, Settings
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.resource import Resource, ResourceKind
from app.models.infrastructure.monitored_server import (
    HostKeyPin,
    HostKeyState,
    MonitoredServer,
)
from app.services.core.alerts.builtin import plant
from app.services.infrastructure.alarms import RULES
from app.services.infrastructure.collection import CollectionParts, build_collector
from app.services.infrastructure.collector import Collector
from app.services.infrastructure.facts.filesystems import FilesystemsFact
from app.services.infrastructure.facts.reading import FILES
from app.services.infrastructure.facts.units import UnitsFact
from tests.fakes.shell import A_HOST_KEY, FakeShell, FakeShells

PROC = """==> /proc/stat <==
cpu  {busy} 0 0 {idle} 0 0 0 0 0 0
cpu0 {busy} 0 0 {idle} 0 0 0 0 0 0
btime 1773480000
==> /proc/loadavg <==
0.25 0.20 0.10 1/100 1234
==> /proc/meminfo <==
MemTotal:        1000000 kB
MemFree:          200000 kB
MemAvailable:     600000 kB
Buffers:           10000 kB
Cached:           100000 kB
SwapTotal:             0 kB
SwapFree:              0 kB
==> /proc/uptime <==
5000.00 9000.00
"""
DF = FilesystemsFact.commands[0].argv
UNITS = UnitsFact.commands[0].argv


def df(used_percent: int) -> str:
    """Return what df says of one disk of 1,000,000 KiB."""
    used = used_percent * 10_000
    return (
        "Filesystem Type 1K-blocks Used Avail Inodes IFree Mounted on\n"
        f"/dev/sda1 ext4 1000000 {used} {1_000_000 - used} 1000 900 /\n"
    )


def behaves(machine: FakeShell, *, busy: int = 1000, idle: int = 9000) -> None:
    """Teach a machine the facts of a healthy one."""
    machine.answers(*FILES.argv, stdout=PROC.format(busy=busy, idle=idle))
    machine.answers(*DF, stdout=df(40))


@dataclass
class Site:
    """Scripted machines, entered as servers, and the collector that asks them."""

    database: Database
    clock: ManualClock
    vault: Vault
    shells: FakeShells = field(default_factory=FakeShells)
    live: MemoryLiveBus = field(default_factory=MemoryLiveBus)
    settings: CollectPart = field(default_factory=CollectPart)

    def collector(self) -> Collector:
        """Build a collector, as each process does."""
        return build_collector(
            CollectionParts(
                Settings(collect=self.settings),
                self.database,
                self.clock,
                self.vault,
                self.shells,
                self.live,
            )
        )

    async def enter(self, name: str, *, is_pinned: bool = True, **fields: object) -> UUID:
        """Enter a healthy machine that is due; its slow facts are not."""
        server_id, now = uuid7(), self.clock.now()
        times = {"created_at": now, "updated_at": now}
        async with self.database.transaction() as session:
            await plant(session, RULES, now)
            session.add(Resource(id=server_id, kind=ResourceKind.SERVER.value, name=name, **times))
            await session.flush()
            values: dict[str, object] = {
                "host": f"{name}.test",
                "username": "unity",
                "slow_due_at": now + timedelta(days=1),
                **fields,
            }
            session.add(MonitoredServer(id=server_id, name=name, **values, **times))
            await session.flush()
            if is_pinned:
                session.add(
                    HostKeyPin(
                        server_id=server_id,
                        algorithm=A_HOST_KEY.algorithm,
                        public=A_HOST_KEY.public,
                        fingerprint=A_HOST_KEY.fingerprint,
                        state=HostKeyState.APPROVED,
                        **times,
                    )
                )
        behaves(self.machine(server_id))
        return server_id

    def machine(self, server_id: UUID) -> FakeShell:
        """Return the scripted machine of a server."""
        return self.shells.machine(str(server_id))

    async def server(self, server_id: UUID) -> MonitoredServer:
        """Return the row of a server."""
        async with self.database.snapshot() as session:
            found = await session.get(MonitoredServer, server_id)
            assert found is not None
            return found

    async def next_cycle(self, collector: Collector | None = None) -> None:
        """Let the standard interval pass and collect."""
        self.clock.advance(timedelta(seconds=self.settings.standard_seconds))
        await (collector or self.collector()).collect_due()
