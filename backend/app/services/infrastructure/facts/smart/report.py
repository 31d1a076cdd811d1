"""The report of one drive: what was read, in one shape for all kinds of drives."""

import shlex
from enum import StrEnum

from pydantic import BaseModel, Field


class ReadState(StrEnum):
    """Whether a drive could be read; everything but `READ` leaves its health unknown."""

    READ = "read"
    STANDBY = "standby"  # it sleeps, and was left asleep
    NO_RIGHT = "no_right"
    NOT_OPENED = "not_opened"  # the device did not answer, or does not exist
    UNSUPPORTED = "unsupported"  # it has no SMART, or hides it (virtual disks, card readers)
    TIMED_OUT = "timed_out"
    UNPARSABLE = "unparsable"
    ABSENT = "absent"  # no smartctl on the machine
    NOT_REACHED = "not_reached"  # the time of this round was used up before its turn


class Protocol(StrEnum):
    """What a drive speaks."""

    ATA = "ata"
    NVME = "nvme"
    SCSI = "scsi"
    MMC = "mmc"
    UNKNOWN = ""


class SelfTestOutcome(StrEnum):
    """How a self-test ended. Only `FAILED` says something bad of the drive."""

    PASSED = "passed"
    FAILED = "failed"
    ABORTED = "aborted"
    INTERRUPTED = "interrupted"
    RUNNING = "running"
    UNKNOWN = "unknown"


class SelfTest(BaseModel):
    """One entry of a drive's log of self-tests, the newest first."""

    kind: str
    outcome: SelfTestOutcome
    detail: str = ""
    at_hours: int | None = None
    lba: int | None = None


class LoggedError(BaseModel):
    """One entry of a drive's log of errors. That a command was refused is in it, too."""

    number: int | None = None
    what: str
    command: str = ""
    at_hours: int | None = None
    lba: int | None = None


class Attribute(BaseModel):
    """One row of the ATA table; `count` is the raw value as a number where it is one."""

    id: int
    name: str
    value: int | None = None
    worst: int | None = None
    threshold: int | None = None
    raw: int | None = None
    raw_text: str = ""
    when_failed: str = ""  # "", "now" or "past"
    is_prefailure: bool | None = None


class Statistic(BaseModel):
    """One number of the ATA device statistics log."""

    page: int
    offset: int
    name: str
    value: int
    is_normalized: bool = False


class NvmeHealth(BaseModel):
    """The health log of NVMe (log page 2) with all its fields."""

    critical_warning: int | None = None
    available_spare: int | None = None
    available_spare_threshold: int | None = None
    percentage_used: int | None = None
    data_units_read: int | None = None
    data_units_written: int | None = None
    host_reads: int | None = None
    host_writes: int | None = None
    controller_busy_minutes: int | None = None
    power_cycles: int | None = None
    power_on_hours: int | None = None
    unsafe_shutdowns: int | None = None
    media_errors: int | None = None
    error_log_entries: int | None = None
    warning_temperature_minutes: int | None = None
    critical_temperature_minutes: int | None = None
    sensors: list[int] = Field(default_factory=list)


class MmcHealth(BaseModel):
    """What an eMMC tells: how much of its life is used, and the state of its spare blocks.

    Life is told in tenths, so the percentage is the upper end of one.
    """

    life_used_percent: int | None = None
    pre_eol: int | None = None  # 1: well, 2: 80 % of the spare blocks are used, 3: 90 %


class ErrorCounters(BaseModel):
    """One row of the SCSI error counter log."""

    operation: str  # "read", "write" or "verify"
    corrected_fast: int | None = None
    corrected_delayed: int | None = None
    corrected_by_retries: int | None = None
    corrected: int | None = None
    invocations: int | None = None
    gigabytes: float | None = None
    uncorrected: int | None = None


class ScsiHealth(BaseModel):
    """What SAS and SCSI drives count."""

    grown_defects: int | None = None
    pending_defects: int | None = None
    non_medium_errors: int | None = None
    endurance_used_percent: int | None = None
    counters: list[ErrorCounters] = Field(default_factory=list)


class Temperatures(BaseModel):
    """Degrees Celsius, with the limits that the drive itself states."""

    current: int | None = None
    warning_limit: int | None = None
    critical_limit: int | None = None
    lifetime_max: int | None = None


class SmartReport(BaseModel):
    """Everything that was read of one drive."""

    state: ReadState
    detail: str = ""
    tool_version: str = ""
    exit_status: int | None = None
    device: str = ""
    device_type: str = ""
    protocol: Protocol = Protocol.UNKNOWN
    model: str = ""
    family: str = ""
    serial: str = ""
    firmware: str = ""
    wwn: str = ""
    capacity_bytes: int | None = None
    logical_block_bytes: int | None = None
    rotation_rpm: int | None = None  # 0 is a solid state drive
    form_factor: str = ""
    interface: str = ""
    is_in_database: bool | None = None
    passed: bool | None = None
    is_guessed: bool = False  # smartctl judged by the attributes, for the drive gave no status
    temperature: Temperatures = Field(default_factory=Temperatures)
    power_on_hours: int | None = None
    power_cycles: int | None = None
    endurance_used_percent: int | None = None
    attributes: list[Attribute] | None = None
    nvme: NvmeHealth | None = None
    scsi: ScsiHealth | None = None
    mmc: MmcHealth | None = None
    self_tests: list[SelfTest] | None = None
    self_test_running_percent: int | None = None
    error_log_count: int | None = None
    errors: list[LoggedError] = Field(default_factory=list)
    statistics: list[Statistic] = Field(default_factory=list)
    messages: list[str] = Field(default_factory=list)

    @property
    def is_solid_state(self) -> bool:
        """Say whether it has no platters. Old firmware tells it only by its name."""
        if self.rotation_rpm is None and "ssd" in f"{self.family} {self.model}".lower():
            return True
        return self.protocol is Protocol.NVME or self.rotation_rpm == 0


def told_temperature(current: int | None, trip: int | None) -> int | None:
    """Return the temperature, unless both it and its limit are 0: so answers what has no sensor.

    Virtual disks of RAID controllers do; a drive in the frost has a limit.
    """
    return None if current == trip == 0 else current


# smartctl finds these by itself.
_FOUND_BY_ITSELF = frozenset({"", "auto", "ata", "sat", "scsi", "nvme"})


def smartctl_name(device: str, kind: str) -> str:
    """Return how smartctl is told to speak to this very drive, ready to be pasted."""
    option = "" if kind in _FOUND_BY_ITSELF else f"-d {shlex.quote(kind)} "
    return f"{option}{shlex.quote(device)}" if device else ""


def is_remark(message: str) -> bool:
    """Say whether a message only explains what else is in the report."""
    return "based on an Attribute check" in message


def clean_wwn(text: str) -> str:
    """Return a WWN in its shortest form, or nothing for one that names no drive."""
    bare = text.strip().lower().replace(" ", "")
    for prefix in ("0x", "naa.", "eui.", "wwn-0x"):
        bare = bare.removeprefix(prefix)
    # Some drives and bridges answer with nothing but zeros, or ones.
    return "" if not bare.strip("0") or not bare.strip("f") else bare[:120]


_NO_SERIALS = frozenset({"", "unknown", "none", "n/a", "na", "null", "serial", "default", "tbd"})


def clean_serial(text: str) -> str:
    """Return a serial number, or nothing for a filler."""
    bare = " ".join(text.split())
    if bare.lower() in _NO_SERIALS or not bare.strip("0") or not bare.strip("-xX?."):
        return ""
    return bare[:120]
