"""From what a machine answered, over whole cycles, to the alert and to its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.event import Event
from app.models.infrastructure.monitored_server import ServerStatus
from app.services.core.alerts.builtin import plant, rule_of
from app.services.core.facts import Trouble
from app.services.infrastructure.depth_conditions import TYPES
from app.services.infrastructure.depth_rules import DEPTH_RULES
from app.services.infrastructure.facts.clock import NOW
from app.services.infrastructure.facts.reading import FILES, SYS
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.readings import Readings
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.collecting import PROC, Site

_HEALTHY = PROC.format(busy=1000, idle=9000)
_NET_DEV = """
==> /proc/net/dev <==
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop ...
  eth0: 1000       10    0    0    0     0          0         0  1000       10    0    0    0 0 0 0
"""
_RECORDED_AT = datetime(2026, 11, 23, 11, 55, tzinfo=UTC)
Answer = Callable[[FakeShell], None]


@dataclass(frozen=True)
class Story:
    """What a machine answers in turn, each for so many minutes, and what is told of it."""

    name: str
    chapters: tuple[tuple[Answer, int], ...]
    told: tuple[str, ...]


def proc(text: str) -> Answer:
    """Return a machine whose /proc has this besides."""
    return lambda machine: machine.answers(*FILES.argv, stdout=_HEALTHY + text)


def sysfs(text: str) -> Answer:
    """Return a machine whose /sys has this."""

    def answer(machine: FakeShell) -> None:
        machine.answers(*FILES.argv, stdout=_HEALTHY + _NET_DEV)
        machine.answers(*SYS.argv, stdout=text)

    return answer


def recorded(fact: str, case: str) -> Answer:
    """Return a machine that answers what was recorded of a fact."""

    def answer(machine: FakeShell) -> None:
        reader = next(one for one in FACTS if one.name == fact)
        for result in load(reader, FOLDER / fact / f"{case}.yaml").results:
            if result.argv == NOW.argv:
                continue  # a clock that stands still would be a fault of its own
            # The recording has one file of many; a cycle without the others is no cycle.
            said = _HEALTHY.partition("==> /proc/uptime")[0] if result.argv == FILES.argv else ""
            machine.answers(
                *result.argv,
                stdout=said + result.stdout,
                stderr=result.stderr,
                exit_status=result.exit_status,
                outcome=result.outcome,
            )

    return answer


def pressure(resource: str, percent: float) -> Answer:
    line = f"avg10={percent} avg60={percent} avg300={percent} total=1000000\n"
    return proc(f"\n==> /proc/pressure/{resource} <==\nsome {line}full {line}")


def oom(kills: int) -> Answer:
    return proc(f"\n==> /proc/vmstat <==\nnr_free_pages 1\noom_kill {kills}\n")


def open_files(used: int) -> Answer:
    return proc(f"\n==> /proc/sys/fs/file-nr <==\n{used}\t0\t1000\n")


def connections(used: int) -> Answer:
    folder = "/proc/sys/net/netfilter/nf_conntrack"
    return proc(f"\n==> {folder}_count <==\n{used}\n\n==> {folder}_max <==\n2000\n")


def packets(
    *, received: int = 0, lost: int = 0, sent: int = 0, unsent: int = 0, device: str = "eth0"
) -> Answer:
    """Return a machine whose interface has carried, and dropped, so many thousands of packets."""
    numbers = f"1 {received}000 0 {lost}000 0 0 0 0 1 {sent}000 0 {unsent}000 0 0 0 0"
    return proc(_NET_DEV.partition("  eth0:")[0] + f"  {device}: {numbers}\n")


def corrected(errors: int) -> Answer:
    folder = "/sys/devices/system/edac/mc/mc0"
    return sysfs(f"{folder}/ce_count:{errors}\n{folder}/ue_count:0\n")


def throttled(times: int, kind: str = "package") -> Answer:
    counts = {"core": 1, "package": 1, kind: times}
    folder = "/sys/devices/system/cpu/cpu0/thermal_throttle"
    return sysfs("".join(f"{folder}/{one}_throttle_count:{n}\n" for one, n in counts.items()))


def link(speed: int, changes: int) -> Answer:
    folder = "/sys/class/net/eth0"
    return sysfs(
        f"{folder}/operstate:up\n{folder}/speed:{speed}\n{folder}/carrier_changes:{changes}\n"
    )


STORIES = (
    *(
        Story(
            f"pressure_{resource}",
            ((pressure(resource, 0), 5), (pressure(resource, 95), 15), (pressure(resource, 1), 10)),
            (
                f"nas: programs wait for {what}",
                f"nas: programs hardly wait for {what} any more",
            ),
        )
        for resource, what in (("cpu", "the processor"), ("memory", "memory"), ("io", "disks"))
    ),
    Story(
        "oom_kill",
        ((oom(3), 10), (oom(4), 5), (oom(4), 40)),
        (
            "nas: a program was ended for want of memory",
            "nas: no program was ended for want of memory for half an hour",
        ),
    ),
    Story(
        "open_files_many",
        ((open_files(700), 30), (open_files(701), 25), (open_files(601), 5), (open_files(599), 5)),
        ("nas: very many files are open", "nas: fewer files are open"),
    ),
    Story(
        "open_files_last",
        ((open_files(1), 5), (open_files(901), 25), (open_files(801), 5), (open_files(1), 5)),
        (
            *("nas: very many files are open", "nas: soon no more files can be opened"),
            *("nas: files can be opened again", "nas: fewer files are open"),
        ),
    ),
    Story(
        "conntrack_full",
        (
            *((connections(1500), 30), (connections(1501), 10)),
            *((connections(1301), 30), (connections(1299), 5)),
        ),
        (
            "nas: the table of connections is nearly full",
            "nas: the table of connections has room",
        ),
    ),
    Story(
        "network_receive_drops",
        (
            (packets(received=100, lost=90), 10),  # what was before says nothing
            *((packets(received=100 + 98 * n, lost=90 + 2 * n), 10) for n in range(1, 4)),
            (packets(received=500, lost=97), 20),
        ),
        (
            "nas: eth0 drops packets that it receives",
            "nas: eth0 takes what it receives",
        ),
    ),
    Story(
        "network_transmit_drops",
        (
            (packets(received=1), 10),
            *((packets(received=1, sent=9 * n, unsent=n), 10) for n in range(1, 5)),
            # So few packets say nothing, even if half of them are lost.
            (packets(received=1, sent=38, unsent=6), 20),
        ),
        (
            "nas: eth0 drops packets that it should send",
            "nas: eth0 sends what it should",
        ),
    ),
    Story(
        "memory_corrected_errors",
        ((corrected(0), 10), (corrected(17), 5), (corrected(17), 70)),
        (
            "nas: its memory has errors (controller 0)",
            "nas: no memory errors for an hour (controller 0)",
        ),
    ),
    *(
        Story(
            "cpu_throttled",
            (
                *((throttled(times, kind), 5) for times in range(0, 200, 40)),
                (throttled(160, kind), 25),
            ),
            ("nas: the processor is slowed by heat", "nas: the processor runs at full speed again"),
        )
        for kind in ("package", "core")
    ),
    Story(
        "network_link_flaps",
        ((link(1000, 2), 10), (link(1000, 8), 5), (link(1000, 8), 25)),
        ("nas: the link of eth0 comes and goes", "nas: the link of eth0 is steady"),
    ),
    Story(
        "network_link_slower",
        ((link(1000, 2), 24 * 60), (link(100, 4), 5), (link(1000, 6), 5)),
        (
            "nas: the link of eth0 is slower than before",
            "nas: the link of eth0 keeps its speed",
        ),
    ),
    Story(
        "memory_uncorrected_errors",
        (
            (recorded("memory_errors", "made-corrected"), 5),
            (recorded("memory_errors", "made-uncorrected"), 5),
            (recorded("memory_errors", "made-server"), 5),
        ),
        (
            "nas: memory errors that could not be corrected (mc0)",
            "nas: no uncorrected memory errors since the last boot (mc0)",
        ),
    ),
    Story(
        "kernel_disk_errors",
        (
            (recorded("kernel_log", "made-quiet"), 5),
            (recorded("kernel_log", "made-nvme"), 5),
            (recorded("kernel_log", "made-quiet"), 5),
        ),
        (
            "nas: the kernel reports errors of nvme0",
            "nas: the kernel reports errors of nvme0n1p2",
            "nas: no further errors of nvme0",
            "nas: no further errors of nvme0n1p2",
        ),
    ),
    Story(
        "kernel_hardware_errors",
        (
            (recorded("kernel_log", "made-memory"), 5),
            (recorded("kernel_log", "made-quiet"), 5),
        ),
        tuple(
            sorted(
                f"nas: {words} ({subject})"
                for words in (
                    "the kernel reports errors of its hardware",
                    "no further errors of its hardware",
                )
                for subject in ("Hardware Error", "MC0", "Memory failure")
            )
        ),
    ),
    Story(
        "timer_in_trouble",
        (
            (recorded("timers", "made-every-trouble"), 5),
            (recorded("timers", "debian-12-well"), 5),
        ),
        tuple(
            sorted(
                f"nas: {name}.timer {words}"
                for words in ("does not run", "runs as planned")
                for name in ("late", "never-started", "spent", "stopped")
            )
        ),
    ),
    Story(
        "security_updates",
        ((recorded("packages", "made-apt"), 3 * 24 * 60), (recorded("packages", "debian-12"), 5)),
        ("nas: security updates wait", "nas: no security update waits"),
    ),
    Story(
        "reboot_required",
        (
            (proc("\n==> /proc/sys/kernel/osrelease <==\n6.1.0-9-amd64\n"), 5),
            (recorded("reboot", "made-debian-asks"), 5 * 60),
            (recorded("reboot", "debian-12"), 5),
        ),
        ("nas waits for a reboot", "nas waits for no reboot"),
    ),
)


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def enter(site: Site) -> UUID:
    """Enter a machine at the day of the recordings."""
    site.clock.advance(_RECORDED_AT - site.clock.now())
    server_id = await site.enter("nas")
    async with site.database.transaction() as session:
        rules = [*DEPTH_RULES, *(rule_of(kind) for kind in TYPES)]
        await plant(session, rules, site.clock.now())
    return server_id


async def titles(site: Site) -> list[str]:
    async with site.database.snapshot() as session:
        return list(
            await session.scalars(
                select(Event.summary).where(Event.kind.like("alert.%")).order_by(Event.id)
            )
        )


def test_there_is_a_story_for_every_rule_and_every_condition() -> None:
    known = {rule.key for rule in DEPTH_RULES} | {kind.kind for kind in TYPES}
    assert {story.name for story in STORIES} == known


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_an_alert_is_told_once_and_once_when_it_is_over(site: Site, story: Story) -> None:
    server_id = await enter(site)
    collector = site.collector()
    machine = site.machine(server_id)
    for answer, minutes in story.chapters:
        answer(machine)
        step = 5 if minutes < 1000 else 360
        for _ in range(0, minutes, step):
            site.clock.advance(timedelta(minutes=step))
            machine.answers(*NOW.argv, stdout=f"{site.clock.now().timestamp()} +0000\n")
            await collector.collect_server(server_id)
    said = await titles(site)
    about = [one for one in said if one not in _BESIDE]
    if len(story.told) > 2:  # several at once are told in no order
        half = len(story.told) // 2
        assert sorted(about) == sorted(story.told)
        assert not set(about[:half]) & set(about[half:])
    else:
        assert tuple(about) == story.told


async def test_drops_on_the_air_are_usual(site: Site) -> None:
    server_id = await enter(site)
    collector, machine = site.collector(), site.machine(server_id)
    for n in range(12):
        packets(received=90 * n, lost=10 * n, device="wlan0")(machine)
        site.clock.advance(timedelta(minutes=5))
        machine.answers(*NOW.argv, stdout=f"{site.clock.now().timestamp()} +0000\n")
        await collector.collect_server(server_id)
    assert await titles(site) == []


# A recording may show more than its story is about.
_BESIDE = frozenset({"nas: backup.service has failed", "nas: backup.service no longer failed"})


async def test_what_a_machine_does_not_have_is_said_once_and_is_no_fault(site: Site) -> None:
    server_id = await enter(site)
    recorded("kernel_log", "made-no-right")(site.machine(server_id))
    await site.collector().collect_server(server_id)
    assert (await site.server(server_id)).status == ServerStatus.ONLINE
    async with site.database.snapshot() as session:
        told = (await Readings(session, site.clock, 300).facts(server_id)).facts
    by_name = {one.fact: one for one in told}
    lacking = ("pressure", "oom", "kernel_tables", "memory_errors", "throttling", "kernel_log")
    for name in (*lacking, "timers"):
        assert by_name[name].trouble == Trouble.ABSENT
        assert by_name[name].detail
    assert "may not read the kernel log" in by_name["kernel_log"].detail
    assert "systemd-journal" in by_name["kernel_log"].fix
    assert await titles(site) == []
