"""The table of the facts, and the groups in which a machine is asked for them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from pydantic import BaseModel

from app.services.core.facts import Fact, FactGroup, Rate
from app.services.infrastructure.facts.addresses import AddressesFact
from app.services.infrastructure.facts.block_devices import BlockDevicesFact
from app.services.infrastructure.facts.btrfs import BtrfsFact
from app.services.infrastructure.facts.clock import ClockFact
from app.services.infrastructure.facts.cpu import CpuFact
from app.services.infrastructure.facts.databases.fact import DatabasesFact
from app.services.infrastructure.facts.disk_io import DiskIoFact
from app.services.infrastructure.facts.filesystems import FilesystemsFact, RemoteFilesystemsFact
from app.services.infrastructure.facts.hardware import HardwareFact
from app.services.infrastructure.facts.identity import IdentityFact
from app.services.infrastructure.facts.kernel_log import KernelLogFact
from app.services.infrastructure.facts.kernel_tables import KernelTablesFact
from app.services.infrastructure.facts.load import LoadFact
from app.services.infrastructure.facts.lvm import LvmFact
from app.services.infrastructure.facts.md.arrays import MdArraysFact
from app.services.infrastructure.facts.memory import MemoryFact
from app.services.infrastructure.facts.memory_errors import MemoryErrorsFact
from app.services.infrastructure.facts.network import NetworkFact
from app.services.infrastructure.facts.oom import OomFact
from app.services.infrastructure.facts.packages import PackagesFact
from app.services.infrastructure.facts.pressure import PressureFact
from app.services.infrastructure.facts.processes import ProcessesFact
from app.services.infrastructure.facts.reboot import RebootFact
from app.services.infrastructure.facts.sensors import SensorsFact
from app.services.infrastructure.facts.smart_tools import SmartToolsFact
from app.services.infrastructure.facts.throttling import ThrottlingFact
from app.services.infrastructure.facts.time_sync import TimeSyncFact
from app.services.infrastructure.facts.timers import TimersFact
from app.services.infrastructure.facts.units import UnitsFact
from app.services.infrastructure.facts.uptime import UptimeFact
from app.services.infrastructure.facts.virtualisation import VirtualisationFact
from app.services.infrastructure.facts.zfs.pools import ZfsPoolsFact

# The cast holds because a fact is only ever handed the values that it read itself.
FACTS = cast(
    "tuple[Fact[BaseModel], ...]",
    (
        ClockFact(),
        CpuFact(),
        LoadFact(),
        MemoryFact(),
        DiskIoFact(),
        NetworkFact(),
        SensorsFact(),
        PressureFact(),
        ProcessesFact(),
        FilesystemsFact(),
        RemoteFilesystemsFact(),
        ZfsPoolsFact(),
        MdArraysFact(),
        BtrfsFact(),
        LvmFact(),
        DatabasesFact(),
        BlockDevicesFact(),
        IdentityFact(),
        UptimeFact(),
        RebootFact(),
        UnitsFact(),
        OomFact(),
        KernelTablesFact(),
        MemoryErrorsFact(),
        ThrottlingFact(),
        KernelLogFact(),
        TimersFact(),
        HardwareFact(),
        VirtualisationFact(),
        TimeSyncFact(),
        AddressesFact(),
        PackagesFact(),
        SmartToolsFact(),
    ),
)


# It looks at every process twice, which costs a machine more than all the rest together, and
# keeps no history: so it is asked only while somebody watches.
_WATCHED_ONLY = frozenset({ProcessesFact.name})

# Only root can be told these, and sudo writes each refusal into the log of the machine, or a mail.
# So they are asked only where the login is root, or may become it.
_ROOT_ONLY = frozenset({LvmFact.name})


def _of(*rates: Rate, without: frozenset[str] = frozenset()) -> FactGroup:
    return FactGroup([fact for fact in FACTS if fact.rate in rates and fact.name not in without])


# The standard round brings the live facts too, so that their charts go on while nobody watches.
GROUPS: Mapping[Rate, FactGroup] = MappingProxyType(
    {
        Rate.LIVE: _of(Rate.LIVE),
        Rate.STANDARD: _of(Rate.LIVE, Rate.STANDARD, without=_WATCHED_ONLY | _ROOT_ONLY),
        Rate.SLOW: _of(Rate.SLOW),
    }
)
_AS_ROOT = _of(Rate.LIVE, Rate.STANDARD, without=_WATCHED_ONLY)


def group_of(rate: Rate, *, as_root: bool) -> FactGroup:
    """Return what a round asks of a machine on which the login is, or may become, root, or not."""
    return _AS_ROOT if as_root and rate is Rate.STANDARD else GROUPS[rate]
