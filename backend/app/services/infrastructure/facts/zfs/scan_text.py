"""The `scan:` of `zpool status`, whose words have changed with the versions (0.6 to 2.3)."""

import re

from app.services.infrastructure.facts.zfs.model import Scan, ScanKind, ScanState
from app.services.infrastructure.facts.zfs.units import amount, moment, seconds

_DONE = re.compile(
    r"(?P<kind>scrub|resilver(?:ed)?)(?: \([^)]*\))?(?: repaired)?"
    r" ?(?P<amount>[\d.]+[KMGTPEZ]?B?)? in (?P<time>.+?)"
    r" with (?P<errors>\d+) errors on (?P<at>.+)\Z"
)
# Before 2010: "scrub completed after 0h7m with 0 errors on Mon Jan  4 ...".
_DONE_OLD = re.compile(
    r"(?P<kind>scrub|resilver) completed after (?P<time>\S+)"
    r" with (?P<errors>\d+) errors on (?P<at>.+)\Z"
)
_RUNS = re.compile(
    r"(?P<kind>scrub|resilver)(?: \([^)]*\))? in progress"
    r" (?:since (?P<at>.+)|for [^,]+(?:,.*)?)\Z"
)
_PAUSED = re.compile(r"(?P<kind>scrub) paused since (?P<at>.+)\Z")
_ENDED = re.compile(r"(?P<kind>scrub|resilver) (?:canceled|stopped)(?: on| after)? ?(?P<at>.*)\Z")
_STARTED = re.compile(r"(?:scrub|resilver) started on (.+)\Z")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)% done")
_MOVED = re.compile(r"(\d+(?:\.\d+)?[KMGTPEZ]?B?) (?:repaired|resilvered)\b")
_LEFT = re.compile(r"((?:\d+ days? )?\d+:\d\d:\d\d|(?:\d+[dh])*\d+[mhs]) to go")
_ISSUED = re.compile(r"([\d.]+[KMGTPEZ]?B?)(?: / [\d.]+[KMGTPEZ]?B?)? issued\b")
_SCANNED = re.compile(r"([\d.]+[KMGTPEZ]?B?)(?: / [\d.]+[KMGTPEZ]?B?)? scanned\b")
_TOTAL = re.compile(r"([\d.]+[KMGTPEZ]?B?) total\b")
_OF = re.compile(r"scanned out of ([\d.]+[KMGTPEZ]?B?)|issued[^,]* / ([\d.]+[KMGTPEZ]?B?)")
_SLASH = re.compile(r"/ ([\d.]+[KMGTPEZ]?B?) (?:issued|scanned)\b")


def read_scan(lines: list[str]) -> Scan | None:
    """Return the scan, or None for "none requested" and for words that are not known."""
    told = [line.strip() for line in lines if line]
    if not told:
        return None
    first, *rest = told
    done = _DONE.match(first) or _DONE_OLD.match(first)
    if done is not None:
        return _finished(done)
    running = _RUNS.match(first)
    if running is not None:
        begun = moment(running["at"]) if running["at"] else None
        return _progress(_kind(running["kind"]), ScanState.RUNNING, begun, [first, *rest])
    paused = _PAUSED.match(first)
    if paused is not None:
        started = next((found[1] for found in map(_STARTED.match, rest) if found), "")
        found = _progress(ScanKind.SCRUB, ScanState.PAUSED, moment(started), rest)
        return found.model_copy(update={"paused_at": moment(paused["at"])})
    ended = _ENDED.match(first)
    if ended is not None:
        at = moment(ended["at"])
        return Scan(kind=_kind(ended["kind"]), state=ScanState.CANCELLED, ended_at=at)
    return None


def _kind(text: str) -> ScanKind:
    return ScanKind.SCRUB if text.startswith("scrub") else ScanKind.RESILVER


def _finished(done: re.Match[str]) -> Scan:
    ended, took = moment(done["at"]), seconds(done["time"])
    moved = done.groupdict().get("amount")
    return Scan(
        kind=_kind(done["kind"]),
        state=ScanState.FINISHED,
        started_at=ended - took if ended is not None and took is not None else None,
        ended_at=ended,
        percent=100.0,
        repaired_bytes=amount(moved) if moved else None,
        errors=amount(done["errors"]),
        duration_seconds=took,
    )


def _progress(kind: ScanKind, state: ScanState, begun: int | None, lines: list[str]) -> Scan:
    text = " ".join(lines)
    percent, left = _PERCENT.search(text), _LEFT.search(text)
    issued = _ISSUED.search(text) or _SCANNED.search(text)
    whole = _TOTAL.search(text) or _SLASH.search(text) or _OF.search(text)
    moved = _MOVED.search(text)
    return Scan(
        kind=kind,
        state=state,
        started_at=begun,
        percent=min(float(percent[1]), 100.0) if percent else None,
        repaired_bytes=amount(moved[1]) if moved else None,
        examined_bytes=amount(issued[1]) if issued else None,
        total_bytes=amount(next((part for part in whole.groups() if part), "")) if whole else None,
        seconds_left=seconds(left[1]) if left else None,
    )
