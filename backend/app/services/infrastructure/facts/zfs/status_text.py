"""`zpool status` as text, as every version before 2.3 prints it, and most machines still do."""

import re
from collections.abc import Iterator

from app.kernel.text import printable
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.zfs.model import (
    Scan,
    ScanState,
    Vdev,
    VdevGroup,
    ZfsPool,
)
from app.services.infrastructure.facts.zfs.scan_text import read_scan
from app.services.infrastructure.facts.zfs.units import amount

_FACT = "zfs_pools"
_KEY = re.compile(
    r"[ ]{0,8}(pool|id|state|status|action|see|scan|scrub|remove|checkpoint|expand|config|errors"
    r"|comment|dedup): ?(.*)\Z"
)
_MESSAGE = re.compile(r"ZFS-8000-[0-9A-Z]{2}")
# A pool's name may hold spaces, a state never does: so the line is read from its state.
_ROW = re.compile(
    r"(?P<name>\S.*?)\s+(?P<state>ONLINE|DEGRADED|FAULTED|OFFLINE|UNAVAIL|REMOVED|SUSPENDED|AVAIL"
    r"|INUSE|SPLIT|CLOSED|UNKNOWN)"
    r"(?:\s+(?P<read>[\d.]+[KMGTPEZ]?|-)\s+(?P<write>[\d.]+[KMGTPEZ]?|-)"
    r"\s+(?P<sum>[\d.]+[KMGTPEZ]?|-)(?:\s+(?P<slow>\d[\d.]*[KMGTPEZ]?|-)(?=\s|\Z))?)?"
    r"(?:\s+(?P<note>\S.*))?\Z"
)
_GROUPS = {
    "logs": VdevGroup.LOG,
    "cache": VdevGroup.CACHE,
    "spares": VdevGroup.SPARE,
    "special": VdevGroup.SPECIAL,
    "dedup": VdevGroup.DEDUP,
}
_COUNTED = re.compile(r"(\d+) data errors")
_SCANS = ("scan", "scrub")
_MOST_VDEVS, _LONGEST = 2048, 1000


def read_pools(text: str) -> list[ZfsPool]:
    """Return the pools of the answer, or raise `Unparsable`."""
    pools = [_pool(fields) for fields in _split(text)]
    if not pools:
        raise Unparsable(_FACT, "it names no pool")
    return pools


def _split(text: str) -> Iterator[dict[str, list[str]]]:
    """Yield the lines of each pool under their keys."""
    fields: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        found = _KEY.match(line)
        # Inside of the table a device could be called like a key, but is indented by a tab.
        if found is None:
            lines.append(line)
            continue
        if found[1] == "pool":
            if fields:
                yield fields
            fields = {}
        lines = [found[2]]
        fields.setdefault(_key(found[1], fields), lines)
    if fields:
        yield fields


def _key(name: str, fields: dict[str, list[str]]) -> str:
    """Return the key of a line; a resilver in sequence is a second scan below that of the scrub."""
    return "rebuild" if name in _SCANS and any(one in fields for one in _SCANS) else name


def _scan(fields: dict[str, list[str]]) -> Scan | None:
    """Return what runs, or what ended last."""
    told = [fields.get(key, []) for key in (*_SCANS, "rebuild")]
    found = [one for one in map(read_scan, told) if one is not None]
    running = [one for one in found if one.state in (ScanState.RUNNING, ScanState.PAUSED)]
    return max(running or found, key=lambda one: one.ended_at or 0, default=None)


def _pool(fields: dict[str, list[str]]) -> ZfsPool:
    name, state = _words(fields, "pool"), _words(fields, "state")
    if not name or not state or "config" not in fields:
        raise Unparsable(_FACT, "a pool without its name, state or devices")
    see = _MESSAGE.search(_words(fields, "see"))
    rows = _rows(fields["config"])
    vdevs, top = _tree(rows, name)
    return ZfsPool(
        name=name,
        state=state.split()[0],
        message_id=see[0] if see else "",
        status=_words(fields, "status"),
        action=_words(fields, "action"),
        data_errors=_data_errors(fields.get("errors", [])),
        scan=_scan(fields),
        read_errors=top.read_errors if top else None,
        write_errors=top.write_errors if top else None,
        checksum_errors=top.checksum_errors if top else None,
        vdevs=vdevs,
    )


def _words(fields: dict[str, list[str]], key: str) -> str:
    text = " ".join(word for line in fields.get(key, []) for word in line.split())
    return printable(text)[:_LONGEST]


def _data_errors(lines: list[str]) -> int | None:
    first = lines[0].strip() if lines else ""
    if first.startswith("No known data errors"):
        return 0
    counted = _COUNTED.match(first)
    if counted is not None:
        return amount(counted[1])
    if first.startswith("Permanent errors have been detected"):
        return sum(1 for line in lines[1:] if line.strip())
    return None


def _rows(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield depth and text of each line of the table; depth 0 is that of the header."""
    base: int | None = None
    for line in lines:
        wide = line.expandtabs(8)
        text = wide.strip()
        if not text:
            continue
        indent = len(wide) - len(wide.lstrip())
        if base is None:
            if not text.startswith("NAME"):
                continue
            base = indent
            continue
        if indent < base:
            raise Unparsable(_FACT, "the table of devices is not in order")
        yield (indent - base) // 2, text


def _tree(rows: Iterator[tuple[int, str]], pool: str) -> tuple[list[Vdev], Vdev | None]:
    vdevs: list[Vdev] = []
    above: dict[int, int] = {}  # depth → index of the last device there
    group, top = VdevGroup.DATA, None
    for depth, text in rows:
        if depth == 0 and text in _GROUPS:
            group, above = _GROUPS[text], {}
            continue
        found = _ROW.match(text)
        if found is None:
            raise Unparsable(_FACT, f"a device in unknown words: {printable(text)[:80]}")
        vdev = _vdev(found, group)
        if depth == 0 and top is None and found["name"] == pool:
            top = vdev
            continue
        parent = above.get(depth - 1)
        if parent is not None:
            vdevs[parent].is_leaf = False
        vdev.parent = parent
        above = {level: index for level, index in above.items() if level < depth}
        above[depth] = len(vdevs)
        if len(vdevs) >= _MOST_VDEVS:
            raise Unparsable(_FACT, "more devices than a pool has")
        vdevs.append(vdev)
    return vdevs, top


def _vdev(found: re.Match[str], group: VdevGroup) -> Vdev:
    name = printable(found["name"])
    return Vdev(
        name=name.rsplit("/", 1)[-1] if name.startswith("/") else name,
        group=group,
        state=found["state"],
        path=name if name.startswith("/") else "",
        read_errors=amount(found["read"] or ""),
        write_errors=amount(found["write"] or ""),
        checksum_errors=amount(found["sum"] or ""),
        slow_ios=amount(found["slow"] or ""),
        note=printable(found["note"] or "")[:_LONGEST],
    )
