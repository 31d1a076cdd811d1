"""What the kernel said of broken disks, file systems and memory during the last day."""

import re
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Absent, Fact, Trouble, Unparsable
from app.services.infrastructure.facts.clock import NOW, seconds_in
from app.services.infrastructure.facts.reading import FILES, UPTIME, number, section

_END = "== end of the log =="
# The ring of the kernel where the login may read it, else the journal of this boot. The newest part
# is enough: a disk that fails fills the ring with the same lines. busybox knows no levels.
KERNEL_LOG = Command(
    (
        "sh",
        "-c",
        (
            "log=$(dmesg -r -l emerg,alert,crit,err,warn 2>/dev/null || dmesg -r 2>/dev/null"
            " || journalctl -k -b -q -p warning --no-pager -o short-monotonic -n 400 2>/dev/null"
            " | grep .) || exit;"
            ' [ ${#log} -le 65536 ] || log=$(printf "%s\\n" "$log" | tail -c 65536);'
            f' printf "%s\\n%s\\n" "$log" "{_END}"'
        ),
    ),
    seconds=8,
)
_KEPT_SECONDS = 86_400
_MOST_EVENTS = 50
_MOST_LINES = 2000
_LONGEST = 300
_WARNING = 4  # the least of the levels that count
_LINE = re.compile(
    rf"^(?:<([0-9]{{1,3}})>)?\[ *([0-9]{{1,12}}\.[0-9]{{1,9}})\] (.{{0,{_LONGEST}}})", re.MULTILINE
)
_DISK = r"(?P<subject>[\w!:/-]{1,64}?)"
# The first one that fits is taken; each says of what the line tells.
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(text))
    for kind, text in (
        ("oom", r"ut of memory: Kill(?:ed)? process [0-9]+ \((?P<subject>[^()]{1,64})\)"),
        ("filesystem", rf"EXT[234]-fs error \(device {_DISK}\)"),
        (
            "filesystem",
            rf"EXT[234]-fs \({_DISK}\): (?:Remounting filesystem|failed to|previous I/O)",
        ),
        ("filesystem", rf"XFS \({_DISK}\): .{{0,80}}(?:[Cc]orrupt|I/O [Ee]rror|[Ss]hut)"),
        ("filesystem", rf"BTRFS (?:error|critical) \(device {_DISK}(?: state [A-Z]+)?\)"),
        ("filesystem", rf"BTRFS warning \(device {_DISK}\): (?:csum|checksum|lost page)"),
        ("filesystem", rf"Aborting journal on device {_DISK}(?:-[0-9]+)?\."),
        ("storage", rf"(?:I/O|critical \w{{1,20}}) error, dev {_DISK}, sector"),
        ("storage", rf"Buffer I/O error on dev(?:ice)? {_DISK}, logical block"),
        ("storage", rf"\[{_DISK}\] .{{0,40}}Sense Key : (?:Medium|Hardware) Error"),
        (
            "storage",
            (
                r"(?P<subject>ata[0-9]{1,4})(?:\.[0-9]{1,3})?: (?:exception Emask|COMRESET failed"
                r"|softreset failed|hardreset failed|limiting SATA link|disabled|disable device)"
            ),
        ),
        (
            "storage",
            (
                r"nvme (?P<subject>nvme[0-9]{1,4}): (?:I/O .{0,60}timeout|controller is down"
                r"|Device not ready|Removing after|Disabling device|frozen state)"
            ),
        ),
        ("storage", r"md/raid[0-9]{1,2}:(?P<subject>md\w{1,32}): Disk failure on"),
        ("hung", r"INFO: task (?P<subject>.{1,32}):[0-9]+ blocked for more than"),
        ("memory", r"EDAC (?P<subject>MC[0-9]{1,4}): "),
        ("memory", r"(?P<subject>Memory failure): 0x"),
        ("hardware", r"(?P<subject>PCIe Bus Error): severity=Uncorrect"),
        ("hardware", r"(?P<subject>\[Hardware Error\]|Machine [Cc]heck)"),
    )
)
# Most lines are none of these, and one search is cheaper than a dozen.
_ANY = re.compile(
    r"error|Error|EXT[234]-fs|XFS|BTRFS|journal on|memory|failure|Emask|failed|limiting|disable"
    r"|timeout|nvme|blocked for|EDAC|Machine"
)
# Drives for floppies and CDs complain when they are empty, or not there at all.
_EMPTY_DRIVE = re.compile(r"(?:fd|sr)[0-9]")


class KernelEvent(BaseModel):
    """What was said of one thing: how often, and the last of the lines.

    `kind` is storage, filesystem, memory, hardware, oom or hung. `at` is the machine's own time.
    """

    kind: str
    subject: str
    message: str
    times: int
    at: int
    seconds_ago: int


class KernelLog(BaseModel):
    """The newest first."""

    events: list[KernelEvent]


class KernelLogFact(Fact[KernelLog]):
    is_rare = True
    name = "kernel_log"
    title = "Kernel log"
    commands = (KERNEL_LOG, FILES, NOW)
    value = KernelLog
    programs = ("dmesg",)
    fixes = MappingProxyType(
        {
            Trouble.ABSENT: "Let the login read the log:"
            " `sudo usermod -aG systemd-journal LOGIN` on the machine.",
            Trouble.TIMED_OUT: "The journal is slow to read; see `journalctl --disk-usage`.",
        }
    )

    def parse(self, results: tuple[CommandResult, ...]) -> KernelLog | None:
        log, files, clock = results
        if log.outcome in (Outcome.TIMED_OUT, Outcome.REFUSED):
            return None
        text, mark, _ = log.stdout.rpartition(_END)
        if not mark:
            if log.stdout.strip():
                raise Unparsable(self.name, "the answer is incomplete")
            raise Absent(self.name, "The login may not read the kernel log, or none is kept.")
        try:
            uptime = number((section(files, UPTIME, self.name) or "").split()[0])
            now = int(seconds_in(clock.stdout.split()[0]))
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "the machine does not tell how long it runs") from error
        return KernelLog(events=read_events(text, uptime, now))


def read_events(text: str, uptime: float, now: int) -> list[KernelEvent]:
    """Return what a log tells of the last day, the newest first."""
    found: dict[tuple[str, str], tuple[int, float, str]] = {}
    for level, seconds, rest in _LINE.findall(text)[-_MOST_LINES:]:
        hint = _ANY.search(rest)
        if hint is None or (level and int(level) % 8 > _WARNING):
            continue
        at = float(seconds)
        if at <= uptime - _KEPT_SECONDS - 1:
            continue
        # A line of the journal names the machine and "kernel:" behind the time.
        words = rest.partition(" kernel: ")[2] or rest
        if told := _told(words, hint[0]):
            known = found.pop(told, None)
            found[told] = (known[0] + 1 if known else 1, at, words)
    events = []
    for (kind, subject), (times, at, words) in list(found.items())[: -_MOST_EVENTS - 1 : -1]:
        ago = int(max(0.0, uptime - at))
        events.append(
            KernelEvent(
                kind=kind,
                subject=subject,
                message=printable(words).strip(),
                times=times,
                at=max(0, now - ago),
                seconds_ago=ago,
            )
        )
    return events


def _told(words: str, hint: str) -> tuple[str, str] | None:
    """Return kind and subject of a line that tells of something bad."""
    for kind, pattern in _likely(hint):
        if told := pattern.search(words):
            subject = printable(told[1]).strip(" []")
            is_known = kind != "storage" or not _EMPTY_DRIVE.match(subject)
            return (kind, subject) if is_known else None
    return None


@lru_cache(maxsize=64)
def _likely(hint: str) -> Sequence[tuple[str, re.Pattern[str]]]:
    """Return the patterns, first those that have the word that drew attention to the line."""
    return sorted(_PATTERNS, key=lambda each: hint not in each[1].pattern)
