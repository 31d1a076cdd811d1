"""The rules that are on from the first minute look at what the collector really writes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.kernel.ids import uuid7
from app.schemas.core.alert_rule import Composite, Forecast, Levels, RateOfChange, metrics_of
from app.services.core.facts import Sample
from app.services.core.metrics.series import rate_unit
from app.services.infrastructure import depth_conditions
from app.services.infrastructure.alarms import RULES, TYPES
from app.services.infrastructure.default_rules import HOST_RULES
from app.services.infrastructure.depth_rules import DEPTH_RULES
from app.services.infrastructure.derived_metrics import derived
from app.services.infrastructure.facts.cpu import CpuTimes
from app.services.infrastructure.facts.disk_io import Disk, DiskIo, DiskIoFact
from app.services.infrastructure.facts.filesystems import Filesystem, Filesystems
from app.services.infrastructure.facts.kernel_tables import KernelTables, TableUse
from app.services.infrastructure.facts.load import Load
from app.services.infrastructure.facts.memory import Memory
from app.services.infrastructure.facts.memory_errors import (
    MemoryController,
    MemoryErrors,
    MemoryErrorsFact,
)
from app.services.infrastructure.facts.network import Interface, Network, NetworkFact
from app.services.infrastructure.facts.oom import OomFact, OomKills
from app.services.infrastructure.facts.packages import Packages, PackagesFact
from app.services.infrastructure.facts.pressure import Pressure, ResourcePressure, Stall
from app.services.infrastructure.facts.reboot import Reboot, RebootFact
from app.services.infrastructure.facts.throttling import (
    ThrottledPackage,
    Throttling,
    ThrottlingFact,
)
from app.services.infrastructure.facts.time_sync import TimeSync, TimeSyncFact
from app.services.infrastructure.packet_drops import PacketDrops

RUNBOOKS = Path(__file__).parents[4] / "docs" / "runbooks"
ALL = (*RULES, *HOST_RULES, *DEPTH_RULES)
KINDS = (*TYPES, *depth_conditions.TYPES)


def written() -> dict[str, str]:
    """Return every metric that the facts of a made-up machine write, with its unit."""
    disks = DiskIo(
        disks=[Disk(device="sda", reads=1, writes=1, read_bytes=1, written_bytes=1, busy_seconds=1)]
    )
    one = Filesystem(
        device="/dev/sda1",
        mountpoint="/",
        fstype="ext4",
        size_bytes=100,
        used_bytes=40,
        available_bytes=60,
        inodes=100,
        inodes_free=50,
    )
    memory = Memory(
        total=100, available=40, free=20, buffers=1, cached=10, swap_total=10, swap_free=4
    )
    interface = Interface.model_construct(
        name="eth0",
        received_bytes=1,
        received_packets=1,
        received_errors=1,
        received_dropped=1,
        sent_bytes=1,
        sent_packets=1,
        sent_errors=1,
        sent_dropped=1,
        state="up",
        speed_mbit=1000,
        carrier_changes=1,
    )
    network = Network(interfaces=[interface])
    drops, server_id, now = PacketDrops(), uuid7(), datetime.now(UTC)
    drops.samples(server_id, now, network)
    table = TableUse(used=1, limit=2)
    stall = Stall(avg10=1, avg60=1, avg300=1, total_seconds=1)
    pressure = Pressure(
        resources=[
            ResourcePressure(resource=name, some=stall, full=stall)
            for name in ("cpu", "io", "memory")
        ]
    )
    errors = MemoryErrors(controllers=[MemoryController(name="mc0", corrected=1, uncorrected=0)])
    throttling = Throttling(
        packages=[ThrottledPackage(package=0, package_throttles=1, worst_core=1)]
    )
    packages = Packages(manager="apt", pending=1, security=1, updates=[])
    values = {
        "cpu": CpuTimes(cores=4, user=1, nice=0, system=1, idle=8, iowait=1, steal=1),
        "load": Load(load1=1, load5=1, load15=2, running=1, processes=9),
        "memory": memory,
        "filesystems": Filesystems(filesystems=[one]),
        "remote_filesystems": Filesystems(filesystems=[one]),
        "disk_io": disks,
        "pressure": pressure,
        "kernel_tables": KernelTables(open_files=table, connections=table),
    }
    samples: list[Sample] = [
        *derived(values),
        *DiskIoFact().samples(disks),
        *NetworkFact().samples(network),
        *drops.samples(server_id, now + timedelta(minutes=10), network),
        *OomFact().samples(OomKills(kills=1)),
        *MemoryErrorsFact().samples(errors),
        *ThrottlingFact().samples(throttling),
        *PackagesFact().samples(packages),
        *RebootFact().samples(Reboot(is_needed=True)),
        *TimeSyncFact().samples(TimeSync(is_synchronized=True, offset_seconds=0.1)),
    ]
    return {
        sample.metric: rate_unit(sample.unit) if sample.is_counter else sample.unit
        for sample in samples
    }


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.key)
def test_every_metric_of_a_rule_is_written_in_its_unit(rule: object) -> None:
    assert rule in ALL
    units = written()
    definition = next(one for one in ALL if one is rule).definition
    assert metrics_of(definition) <= units.keys()
    parts = definition.parts if isinstance(definition, Composite) else [definition]
    for part in parts:
        if isinstance(part, Levels | Forecast):
            is_share = isinstance(part, RateOfChange) and part.in_percent
            assert part.unit == ("percent" if is_share else units[part.metric])


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.key)
def test_every_rule_names_its_source_and_its_runbook(rule: object) -> None:
    found = next(one for one in ALL if one is rule)
    assert found.source
    assert (RUNBOOKS / f"{found.runbook}.md").exists()
    assert found.fix


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_reported_condition_has_its_runbook(kind: object) -> None:
    found = next(one for one in KINDS if one is kind)
    assert (RUNBOOKS / f"{found.runbook}.md").exists()


def test_shares_are_percent_of_the_whole_machine() -> None:
    values = {"cpu": CpuTimes(cores=4, user=2, nice=0, system=2, idle=8, iowait=4, steal=1)}
    found = {dict(one.labels)["mode"]: one.value for one in derived(values)}
    assert found == {"busy": 125.0, "iowait": 100.0, "steal": 25.0}


def test_a_table_without_a_limit_is_never_full() -> None:
    free, half = TableUse(used=9, limit=0), TableUse(used=9, limit=18)
    values = {"kernel_tables": KernelTables(open_files=half, connections=free)}
    assert [(one.metric, one.value) for one in derived(values)] == [
        ("unity_open_files_used_percent", 50.0)
    ]
