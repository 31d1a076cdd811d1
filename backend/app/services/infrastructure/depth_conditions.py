"""What a machine itself says is wrong with its hardware, its kernel and its timers."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import BaseModel

from app.kernel.text import in_command
from app.models.core.alert import Severity
from app.services.core.alerts.types import AlertType, Condition
from app.services.infrastructure.facts.kernel_log import KernelEvent, KernelLog
from app.services.infrastructure.facts.memory_errors import MemoryController, MemoryErrors
from app.services.infrastructure.facts.timers import Timers

_DOMAIN = "infrastructure"
# The log is read at least every 40 minutes, so nothing in it is missed.
_NEWS_SECONDS = 3600
DISK_LOG = AlertType(
    kind="kernel_disk_errors",
    domain=_DOMAIN,
    title="{name}: the kernel reports errors of {subject}",
    over="{name}: no further errors of {subject}",
    consequences="A disk, its cable or a file system is failing; data may be lost.",
    about="The kernel log tells of disk or file system errors",
    runbook="kernel-disk-errors",
    source="the kernel's own messages of libata, NVMe, SCSI, md and its file systems; any of"
    " them within an hour",
)
HARDWARE_LOG = AlertType(
    kind="kernel_hardware_errors",
    domain=_DOMAIN,
    title="{name}: the kernel reports errors of its hardware ({subject})",
    over="{name}: no further errors of its hardware ({subject})",
    consequences="Memory, a processor or a card may be failing.",
    about="The kernel log tells of memory, processor or bus errors",
    runbook="kernel-hardware-errors",
    source="Linux, Documentation/admin-guide/ras.rst: what machine checks, EDAC and PCIe report",
)
MEMORY = AlertType(
    kind="memory_uncorrected_errors",
    domain=_DOMAIN,
    title="{name}: memory errors that could not be corrected ({subject})",
    over="{name}: no uncorrected memory errors since the last boot ({subject})",
    severity=Severity.CRITICAL,
    consequences="Data in memory, and what was written from it, may be damaged.",
    about="The memory had errors that could not be corrected",
    runbook="memory-errors",
    source="netdata, health.d/memory.conf: ecc_memory_mc_uncorrectable, more than 0",
)
TIMER = AlertType(
    kind="timer_in_trouble",
    domain=_DOMAIN,
    title="{name}: {subject} does not run",
    over="{name}: {subject} runs as planned",
    consequences="What it should start, such as a backup, does not happen.",
    about="A systemd timer is late, stopped, or has no next time",
    runbook="timer-in-trouble",
    source="systemd.timer(5): what is not active or has no next time starts nothing",
)
TYPES: tuple[AlertType, ...] = (DISK_LOG, HARDWARE_LOG, MEMORY, TIMER)
_DISKS = frozenset({"storage", "filesystem"})
_HARDWARE = frozenset({"memory", "hardware"})
# What is told here of a timer whose unit has failed is told already of the unit.
_TIMER_WORDS: Mapping[str, tuple[str, Severity | None]] = {
    "late": ("Its time has passed, and what it starts does not run.", None),
    "stopped": ("It is enabled, but not running, so it will start nothing.", Severity.INFO),
    "spent": ("It is on, has never run and has no next time.", Severity.INFO),
}


def depth_conditions(
    values: Mapping[str, BaseModel],
) -> Iterator[tuple[AlertType, Sequence[Condition]]]:
    """Yield the types that could be judged with what is wrong; what was not read yields nothing."""
    for value in values.values():
        match value:
            case KernelLog():
                yield DISK_LOG, _recent(value, _DISKS, _disk)
                yield HARDWARE_LOG, _recent(value, _HARDWARE, _hardware)
            case MemoryErrors():
                yield MEMORY, [_uncorrected(one) for one in value.controllers if one.uncorrected]
            case Timers():
                yield TIMER, list(_timers(value))
            case _:
                pass


def _recent(
    value: KernelLog, kinds: frozenset[str], of: Callable[[KernelEvent], Condition]
) -> list[Condition]:
    found: dict[str, KernelEvent] = {}
    for event in value.events:  # the newest of a subject comes first
        if event.kind in kinds and event.seconds_ago <= _NEWS_SECONDS:
            found.setdefault(event.subject, event)
    return [of(event) for event in found.values()]


def _disk(event: KernelEvent) -> Condition:
    return Condition(
        f"The kernel said {_times(event)}: {event.message}",
        subject=event.subject,
        fix=f"See all of it: `journalctl -k --since -1d --grep {in_command(event.subject)}`;"
        " then look at the drive's own errors on its page, its cable and its power.",
    )


def _hardware(event: KernelEvent) -> Condition:
    return Condition(
        f"The kernel said {_times(event)}: {event.message}",
        subject=event.subject,
        fix="See all of it: `journalctl -k --since -1d --grep 'Hardware Error|EDAC|Memory failure'`"
        " or `ras-mc-ctl --errors`; then test the memory (memtest86+) when it may be down.",
    )


def _times(event: KernelEvent) -> str:
    return "once" if event.times == 1 else f"{event.times} times, lastly"


def _uncorrected(one: MemoryController) -> Condition:
    modules = ", ".join(module.label or module.name for module in one.modules if module.uncorrected)
    where = f" ({modules})" if modules else ""
    errors = "1 error" if one.uncorrected == 1 else f"{one.uncorrected} errors"
    modules_of = f"/sys/devices/system/edac/mc/{in_command(one.name)}/dimm*/dimm_*"
    return Condition(
        f"The memory had {errors}{where} since the last boot that could not be corrected.",
        subject=one.name,
        fix=f"Find the module: `grep -H . {modules_of}`;"
        " replace it, and check what was written meanwhile.",
        value=float(one.uncorrected),
    )


def _timers(value: Timers) -> Iterator[Condition]:
    for one in value.timers:
        words, severity = _TIMER_WORDS.get(one.trouble, ("", None))
        name = in_command(one.name)
        if words:
            yield Condition(
                words,
                subject=one.name,
                fix=f"See why: `systemctl status {name} {in_command(one.starts)}`;"
                f" start it again: `sudo systemctl restart {name}`.",
                severity=severity,
            )
