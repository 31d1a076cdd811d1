"""What the facts' readers share: the files that one command reads, and careful numbers."""

from collections.abc import Mapping
from functools import lru_cache

from app.kernel.text import printable
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
VMSTAT = "/proc/vmstat"
PRESSURE = "/proc/pressure/"
FILE_NR = "/proc/sys/fs/file-nr"
CONNECTIONS = "/proc/sys/net/netfilter/nf_conntrack_count"
MOST_CONNECTIONS = "/proc/sys/net/netfilter/nf_conntrack_max"

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
        VMSTAT,
        FILE_NR,
        CONNECTIONS,
        MOST_CONNECTIONS,
        *(PRESSURE + resource for resource in ("cpu", "io", "memory", "irq")),
    ),
    instant=True,
)

_CLASS_FILES = (
    "hwmon/hwmon*/name",
    "hwmon/hwmon*/temp*_input",
    "hwmon/hwmon*/temp*_label",
    "hwmon/hwmon*/temp*_crit",
    "hwmon/hwmon*/fan*_input",
    "hwmon/hwmon*/fan*_label",
    "thermal/thermal_zone*/type",
    "thermal/thermal_zone*/temp",
    "net/*/operstate",
    "net/*/speed",
    "net/*/duplex",
    "net/*/carrier_changes",
    "net/*/address",
)
EDAC = "/sys/devices/system/edac/mc/"
CPUS = "/sys/devices/system/cpu/"
_SYSTEM_FILES = (
    EDAC + "mc*/mc_name",
    EDAC + "mc*/ce_count",
    EDAC + "mc*/ue_count",
    EDAC + "mc*/dimm*/dimm_label",
    EDAC + "mc*/dimm*/dimm_ce_count",
    EDAC + "mc*/dimm*/dimm_ue_count",
    CPUS + "cpu*/thermal_throttle/core_throttle_count",
    CPUS + "cpu*/thermal_throttle/package_throttle_count",
    # By way of the folder that only processors with these counters have.
    CPUS + "cpu*/thermal_throttle/../topology/physical_package_id",
)
# Sensors, network links and counters of the hardware stand in folders whose names differ. The shell
# finds the names, for less than `find` would take, and one `grep` prints each line behind its path.
SYS = Command(
    (
        "sh",
        "-c",
        "exec grep -s '' /dev/null "
        + " ".join((*(f"/sys/class/{name}" for name in _CLASS_FILES), *_SYSTEM_FILES)),
    ),
    # A driver that hangs hangs in the kernel, where no time-out can end it either.
    instant=True,
)

MDSTAT = "/proc/mdstat"
_MD_FILES = (
    "/sys/block/md*/md/array_state",
    "/sys/block/md*/md/degraded",
    "/sys/block/md*/md/mismatch_cnt",
    "/sys/block/md*/md/uuid",
    "/sys/block/md*/md/dev-*/state",
    "/sys/block/md*/md/dev-*/slot",
    "/sys/block/md*/md/dev-*/errors",
)
_BTRFS_FILES = tuple(
    f"/sys/fs/btrfs/*-*-*-*-*/{name}"
    for name in (
        "label",
        "exclusive_operation",
        "allocation/*/total_bytes",
        "allocation/*/bytes_used",
        "allocation/*/disk_total",
        "devices/*/size",
        "devinfo/*/missing",
        "devinfo/*/error_stats",
    )
)
# What the kernel tells anybody of md and btrfs, each line behind its path, in one process. The
# shell is there to find the names; a machine that has neither answers nothing.
ARRAY_FILES = Command(
    (
        "sh",
        "-c",
        f"grep -s '' {MDSTAT} {' '.join((*_MD_FILES, *_BTRFS_FILES))} /dev/null || true",
    ),
    instant=True,
)

_DMI = "/sys/class/dmi/id/"
VENDOR = _DMI + "sys_vendor"
PRODUCT = _DMI + "product_name"
BOARD_VENDOR = _DMI + "board_vendor"
BOARD = _DMI + "board_name"
FIRMWARE = _DMI + "bios_version"
FIRMWARE_DATE = _DMI + "bios_date"
TREE_MODEL = "/proc/device-tree/model"
HYPERVISOR = "/sys/hypervisor/type"
INIT_CGROUP = "/proc/1/cgroup"
DOCKER_MARK = "/.dockerenv"
PODMAN_MARK = "/run/.containerenv"

SLOW_FILES = Command(
    (
        "head",
        "-c",
        "16384",
        VENDOR,
        PRODUCT,
        BOARD_VENDOR,
        BOARD,
        FIRMWARE,
        FIRMWARE_DATE,
        TREE_MODEL,
        HYPERVISOR,
        INIT_CGROUP,
        DOCKER_MARK,
        PODMAN_MARK,
    ),
    instant=True,
)

_LONGEST = 256  # of a name; the kernel allows 64 for its own
_LARGEST = 2**64  # the kernel counts in 64 bits; more is no number of its


def section(result: CommandResult, path: str, fact: str) -> str | None:
    """Return one file's content out of the answer of `head`, or None when the file is missing.

    Raises `NoRight` when the login may not read it, and `Unparsable` when the answer was cut in
    the middle of it.
    """
    found = _sections(result.stdout).get(path)
    if found is None:
        _refuse_if_denied(result, path, fact)
        return None
    content, is_last = found
    if is_last and result.outcome is not Outcome.RAN:
        raise Unparsable(fact, f"{path} was cut short")
    return content


@lru_cache(maxsize=4)
def _sections(text: str) -> Mapping[str, tuple[str, bool]]:
    """Return the files in an answer of `head`, and which one is the last; many facts read one."""
    parts = f"\n{text}".split("\n==> /")[1:]
    found: dict[str, tuple[str, bool]] = {}
    for place, part in enumerate(parts, start=1):
        path, _, content = part.partition(" <==")
        found.setdefault(f"/{path}", (content.removeprefix("\n"), place == len(parts)))
    return found


def word(result: CommandResult, path: str, fact: str) -> str:
    """Return the one line of a file, safe to show, or nothing when it is missing."""
    # A name out of the device tree ends with a NUL byte.
    text = (section(result, path, fact) or "").strip("\0\n ")
    if "\n" in text or len(text) > _LONGEST:
        raise Unparsable(fact, f"{path} is no name")
    return printable(text).strip()


def class_files(result: CommandResult, folder: str) -> dict[str, dict[str, str]]:
    """Return, out of the answer of `SYS`, the files of each device in one folder of /sys/class."""
    found: dict[str, dict[str, str]] = {}
    for path, content in files_below(result, f"/sys/class/{folder}/").items():
        device, _, name = path.partition("/")
        found.setdefault(device, {})[name] = content
    return found


def files_below(result: CommandResult, folder: str) -> dict[str, str]:
    """Return, out of the answer of `SYS`, the files below a folder by the rest of their path."""
    found = {}
    for line in _lines(result.stdout):
        if line.startswith(folder):
            path, _, content = line[len(folder) :].partition(":")
            found[path] = content
    return found


@lru_cache(maxsize=4)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())


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
