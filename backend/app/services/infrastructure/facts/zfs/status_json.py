"""`zpool status -j`, which OpenZFS has since 2.3."""

from collections.abc import Mapping

from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.zfs.model import (
    Scan,
    ScanKind,
    ScanState,
    Vdev,
    VdevGroup,
    ZfsPool,
)
from app.services.infrastructure.facts.zfs.units import amount, moment

_FACT = "zfs_pools"
# In the order of the text.
_GROUPS: Mapping[str, VdevGroup] = {
    "dedup": VdevGroup.DEDUP,
    "special": VdevGroup.SPECIAL,
    "logs": VdevGroup.LOG,
    "l2cache": VdevGroup.CACHE,
    "spares": VdevGroup.SPARE,
}
# The codes of libzfs in the words of the text (`zpool_main.c`), which are those for people.
_NOTES: Mapping[str, str] = {
    "OPEN_FAILED": "cannot open",
    "CORRUPT_DATA": "corrupted data",
    "NO_REPLICAS": "insufficient replicas",
    "BAD_GUID_SUM": "missing device",
    "TOO_SMALL": "corrupted data",
    "BAD_LABEL": "invalid label",
    "VERSION_NEWER": "newer version",
    "VERSION_OLDER": "corrupted data",
    "UNSUP_FEAT": "unsupported feature(s)",
    "SPARED": "currently in use",
    "ERR_EXCEEDED": "too many errors",
    "IO_FAILURE": "experienced I/O failures",
    "BAD_LOG": "bad intent log",
    "EXTERNAL": "external device fault",
    "EXTERNAL_PERSIST": "external device fault",
    "SPLIT_POOL": "split into new pool",
    "ACTIVE": "currently in use",
    "CHILDREN_OFFLINE": "all children offline",
    "ASHIFT_TOO_BIG": "unsupported minimum blocksize",
    "BAD_ASHIFT": "corrupted data",
}
_STATES = {
    "SCANNING": ScanState.RUNNING,
    "FINISHED": ScanState.FINISHED,
    "CANCELED": ScanState.CANCELLED,
}
_KINDS = {"SCRUB": ScanKind.SCRUB, "RESILVER": ScanKind.RESILVER, "REBUILD": ScanKind.RESILVER}
_MOST_VDEVS, _DEEPEST = 2048, 8


def read_pools(document: Node) -> list[ZfsPool]:
    """Return the pools of the answer; an empty list when none is imported."""
    pools = document.at("pools")
    if not document.has("pools"):
        raise Unparsable(_FACT, "a document without pools")
    return [_pool(name, pools.at(name)) for name in pools.names()]


def _pool(key: str, node: Node) -> ZfsPool:
    name, state = node.at("name").word() or key, node.at("state").word()
    if not state:
        raise Unparsable(_FACT, "a pool without its state")
    vdevs: list[Vdev] = []
    roots = node.at("vdevs")
    top = next((roots.at(one) for one in roots.names()), Node(None))
    _children(top.at("vdevs"), VdevGroup.DATA, None, vdevs)
    for group, kind in _GROUPS.items():
        _children(node.at(group), kind, None, vdevs)
    return ZfsPool(
        name=name,
        state=state,
        message_id=node.at("msgid").word(),
        status=" ".join(node.at("status").word().split()),
        action=" ".join(node.at("action").word().split()),
        data_errors=_count(node.at("error_count")),
        scan=_scan(node.at("scan_stats")),
        guid=node.at("pool_guid").word(),
        read_errors=_count(top.at("read_errors")),
        write_errors=_count(top.at("write_errors")),
        checksum_errors=_count(top.at("checksum_errors")),
        vdevs=vdevs,
    )


def _children(
    node: Node, group: VdevGroup, parent: int | None, into: list[Vdev], depth: int = 0
) -> None:
    if depth > _DEEPEST:
        raise Unparsable(_FACT, "devices nested too deep")
    for key in node.names():
        one = node.at(key)
        if len(into) >= _MOST_VDEVS:
            raise Unparsable(_FACT, "more devices than a pool has")
        index = len(into)
        path = one.at("path").word()
        name = one.at("name").word() or key
        below = one.at("vdevs")
        # A spare that waits has done nothing yet; the text leaves its numbers out as well.
        counts = Node(None) if group is VdevGroup.SPARE else one
        into.append(
            Vdev(
                name=name.rsplit("/", 1)[-1] if name.startswith("/") else name,
                group=group,
                state=_state(one),
                parent=parent,
                is_leaf=not below.names(),
                path=path or (name if name.startswith("/") else ""),
                read_errors=_count(counts.at("read_errors")),
                write_errors=_count(counts.at("write_errors")),
                checksum_errors=_count(counts.at("checksum_errors")),
                slow_ios=_count(one.at("slow_ios")),
                note=_note(one),
            )
        )
        _children(below, group, index, into, depth + 1)


def _state(node: Node) -> str:
    """Return a device's state in the words of the text, which tell more apart (`libzfs_pool.c`)."""
    match node.at("state").word(), node.at("aux").word():
        case "CANT_OPEN", "CORRUPT_DATA" | "BAD_LOG":
            return "FAULTED"
        case "CANT_OPEN", "SPLIT_POOL":
            return "SPLIT"
        case "CANT_OPEN", _:
            return "UNAVAIL"
        case "CLOSED", _:
            return "OFFLINE"
        case state, _:
            return state or "UNKNOWN"


def _note(node: Node) -> str:
    was, why = node.at("was").word(), node.at("aux").word()
    return f"was {was}" if was else _NOTES.get(why, why)


def _scan(node: Node) -> Scan | None:
    kind = _KINDS.get(node.at("function").word())
    state = _STATES.get(node.at("state").word())
    if kind is None or state is None:
        return None
    pause = _time(node.at("scrub_pause"))
    if state is ScanState.RUNNING and pause:
        state = ScanState.PAUSED
    total, issued = _count(node.at("to_examine")), _count(node.at("issued"))
    skipped = _count(node.at("skipped")) or 0
    begun, ended = _time(node.at("start_time")), _time(node.at("end_time"))
    is_over = state in (ScanState.FINISHED, ScanState.CANCELLED)
    is_running = state is ScanState.RUNNING
    whole = (total or 0) - skipped
    return Scan(
        kind=kind,
        state=state,
        started_at=begun,
        ended_at=ended if is_over else None,
        percent=_percent(state, issued, whole),
        repaired_bytes=_count(node.at("processed")),
        examined_bytes=issued,
        total_bytes=total,
        errors=_count(node.at("errors")),
        duration_seconds=ended - begun if is_over and begun and ended and ended >= begun else None,
        paused_at=pause if state is ScanState.PAUSED else None,
        pass_started_at=_pass_start(node) if is_running else None,
        pass_issued_bytes=_count(node.at("issued_bytes_per_scan")) if is_running else None,
        left_bytes=max(0, whole - issued) if is_running and issued is not None else None,
    )


def _pass_start(node: Node) -> int | None:
    """Return when this pass began; what it stood still is added, as if it had begun later."""
    begun = _time(node.at("pass_start"))
    return None if begun is None else begun + (_count(node.at("scrub_spent_paused")) or 0)


def _percent(state: ScanState, issued: int | None, whole: int) -> float | None:
    if state is ScanState.FINISHED:
        return 100.0
    if issued is None or whole <= 0:
        return None
    return min(100.0, round(100.0 * issued / whole, 2))


def _count(node: Node) -> int | None:
    """Return a number: exact with --json-int or -p, else "1.5K"; a dash is none."""
    exact = node.count()
    return exact if exact is not None else amount(node.word())


def _time(node: Node) -> int | None:
    """Return a time: seconds since 1970, or as ctime(3) writes it; 0 and a dash are none."""
    exact = node.count()
    return (exact or None) if exact is not None else moment(node.word())
