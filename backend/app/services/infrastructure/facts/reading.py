"""What the facts' readers share: the files that one command reads, and careful numbers."""

from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import NoRight, Unparsable

STAT = "/proc/stat"
LOADAVG = "/proc/loadavg"
MEMINFO = "/proc/meminfo"
UPTIME = "/proc/uptime"
DISKSTATS = "/proc/diskstats"
NET_DEV = "/proc/net/dev"
ARCSTATS = "/proc/spl/kstat/zfs/arcstats"
HOSTNAME = "/proc/sys/kernel/hostname"
KERNEL = "/proc/sys/kernel/osrelease"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
MACHINE_ID = "/etc/machine-id"
OS_RELEASE = "/etc/os-release"
REBOOT_REQUIRED = "/var/run/reboot-required"
REBOOT_PACKAGES = "/var/run/reboot-required.pkgs"

# One process reads them all, because starting a process costs a machine far more than reading a
# file. `head` names each file before its content, and goes on where one is missing.
FILES = Command(
    (
        "head",
        "-c",
        "262144",
        STAT,
        LOADAVG,
        MEMINFO,
        UPTIME,
        DISKSTATS,
        NET_DEV,
        ARCSTATS,
        HOSTNAME,
        KERNEL,
        BOOT_ID,
        MACHINE_ID,
        OS_RELEASE,
        REBOOT_REQUIRED,
        REBOOT_PACKAGES,
    )
)

_LARGEST = 2**64  # the kernel counts in 64 bits; more is no number of its


def section(result: CommandResult, path: str, fact: str) -> str | None:
    """Return one file's content out of the answer of `head`, or None when the file is missing.

    Raises `NoRight` when the login may not read it, and `Unparsable` when the answer was cut in
    the middle of it.
    """
    text = result.stdout
    header = f"==> {path} <==\n"
    start = 0 if text.startswith(header) else text.find("\n" + header) + 1
    if start == 0 and not text.startswith(header):
        _refuse_if_denied(result, path, fact)
        return None
    start += len(header)
    end = text.find("\n==> /", start - 1)
    if end == -1:
        if result.outcome is not Outcome.RAN:
            raise Unparsable(fact, f"{path} was cut short")
        return text[start:]
    return text[start:end]


def _refuse_if_denied(result: CommandResult, path: str, fact: str) -> None:
    if "Permission denied" not in result.stderr:
        return
    for line in result.stderr.splitlines():
        if path in line and "Permission denied" in line:
            raise NoRight(fact, f"The login may not read {path}.")


def count(text: str) -> int:
    """Return a whole number from 0 to 2**64; ValueError for anything else."""
    number = int(text)
    if not 0 <= number < _LARGEST:
        raise ValueError("A number is out of range.")
    return number


def number(text: str) -> float:
    """Return a finite number; ValueError for anything else ("nan" and "inf" are no answers)."""
    value = float(text)
    if not -_LARGEST < value < _LARGEST:
        raise ValueError("A number is out of range.")
    return value
