"""What the tools of btrfs say: scrub and balance, which only root may ask, and the devices."""

import re
from datetime import UTC, datetime

from pydantic import BaseModel

from app.kernel.text import printable
from app.services.core.facts import Unparsable

_FACT = "btrfs_status"
# Since btrfs-progs 5.2.1; before, a sentence, which had begun the same since 2012.
_FIELD = re.compile(r"^(?P<name>[A-Z][A-Za-z ]{2,24}):\s+(?P<value>\S.*)$")
_COUNTER = re.compile(r"^\s+(?P<name>[a-z_]{4,32}): (?P<value>\d{1,20})$")
_SENTENCE = re.compile(
    r"^\s*scrub (?:started|resumed) at (?P<at>\w{3} \w{3}\s+\d{1,2} [\d:]{8} \d{4})"
    r"(?:,? and (?P<end>finished|was aborted)| (?P<alive>, running for))?"
)
_NEVER = ("no stats available", "no scrub")
_DONE = re.compile(r"(\d{1,9}) out of about (\d{1,9}) chunks balanced")
_LEFT = re.compile(r"(\d{1,3})% left")
_DATE = "%a %b %d %H:%M:%S %Y"


# `btrfs device usage`: the kernel's files have counters by number, and names without numbers.
_DEVICE = re.compile(r"^(?P<path>/dev/\S.*), ID: (?P<number>\d{1,9})$")


class BtrfsScrub(BaseModel):
    """The last or running scrub. `status` is its tool's word; empty when there was none."""

    status: str = ""
    started_at: int | None = None  # seconds since 1970; the tool's local time taken as UTC
    seconds: int | None = None
    counters: dict[str, int] = {}

    @property
    def is_running(self) -> bool:
        """Say whether it goes on."""
        return self.status == "running"

    @property
    def errors(self) -> int | None:
        """How many errors it found, mended or not; None when it did not count."""
        names = ("read_errors", "csum_errors", "verify_errors", "super_errors")
        found = [self.counters[name] for name in names if name in self.counters]
        return sum(found) if found else None


class BtrfsBalance(BaseModel):
    """A running or paused balance."""

    status: str = ""  # running, paused; empty when there is none
    percent: float | None = None


def read_scrub(text: str) -> BtrfsScrub:
    """Read a status of a scrub, or raise `Unparsable`."""
    fields: dict[str, str] = {}
    found = BtrfsScrub()
    for line in text.splitlines():
        if match := _FIELD.match(line):
            fields[match["name"].lower()] = match["value"].strip()
        elif match := _COUNTER.match(line):
            found.counters[match["name"]] = int(match["value"])
        elif match := _SENTENCE.match(line):
            fields["scrub started"] = match["at"]
            ended = {"finished": "finished", "was aborted": "aborted", None: "running"}
            fields["status"] = ended[match["end"]]
    if any(word in text for word in _NEVER) and "status" not in fields:
        return found
    if "status" not in fields:
        raise Unparsable(_FACT, "no status of a scrub")
    found.status = printable(fields["status"])[:40]
    found.started_at = _time(fields.get("scrub started") or fields.get("scrub resumed") or "")
    found.seconds = _seconds(fields.get("duration", ""))
    return found


def read_devices(text: str) -> dict[int, str]:
    """Return the kernel's names of the devices by their numbers; one that is missing has none."""
    found = (_DEVICE.match(line.rstrip()) for line in text.splitlines())
    return {int(one["number"]): printable(one["path"]).rsplit("/", 1)[-1] for one in found if one}


def read_balance(text: str) -> BtrfsBalance:
    """Read a status of a balance, or raise `Unparsable`."""
    if "No balance found" in text:
        return BtrfsBalance()
    if "Balance on" not in text:
        raise Unparsable(_FACT, "no status of a balance")
    left, done = _LEFT.search(text), _DONE.search(text)
    percent = None
    if left is not None:
        percent = max(0.0, 100.0 - int(left[1]))
    elif done is not None and int(done[2]):
        percent = min(100.0, 100 * int(done[1]) / int(done[2]))
    return BtrfsBalance(status="paused" if "is paused" in text else "running", percent=percent)


def _time(text: str) -> int | None:
    try:
        return int(datetime.strptime(text, _DATE).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def _seconds(text: str) -> int | None:
    parts = text.split(":")
    if not 2 <= len(parts) <= 3 or not all(part.isdecimal() and len(part) < 9 for part in parts):  # noqa: PLR2004 - H:MM:SS or MM:SS
        return None
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return total
