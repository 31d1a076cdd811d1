"""Further things known of a pool, as pairs of words: what its system tells that others do not."""

from collections.abc import Iterator
from datetime import datetime

from app.kernel.text import size_words
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.infrastructure.facts.btrfs_status import BtrfsBalance, BtrfsScrub
from app.services.infrastructure.facts.md.mdadm import MdadmReport
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.pools.write import root_detail_of

_ARRAY = ("State", "Name", "Consistency Policy", "Failed Devices", "Spare Devices", "Events",
          "Update Time")  # fmt: skip
_GIB = 1024**3


def notes_of(row: StoragePool, view: PoolView) -> list[tuple[str, str]]:
    """Return what there is to tell beside the columns."""
    root = root_detail_of(row)
    return [
        *_of_view(view),
        *_of_array(root.array),
        *_of_scrub(root.scrub),
        *_of_balance(root.balance, root.read_at),
    ]


def _of_view(view: PoolView) -> Iterator[tuple[str, str]]:
    if view.unallocated_bytes is not None:
        yield "Not allocated", f"{view.unallocated_bytes / _GIB:.1f} GiB"
    if view.metadata_percent is not None:
        yield "Metadata used", f"{view.metadata_percent:.0f} % of what is set aside"
    if view.mismatches is not None:
        yield "Sectors that differed", str(view.mismatches)
    if view.mount:
        yield "Mounted at", view.mount
    if view.kind is PoolKind.MD:
        yield "Write-intent bitmap", view.bitmap or "none"
        spares = sum(1 for one in view.members if one.role == "spare")
        yield "Spares", str(spares)
    yield from _of_last_scrub(view)


def _of_last_scrub(view: PoolView) -> Iterator[tuple[str, str]]:
    """Say what the last whole scrub did; its tool prints most of that only while it runs."""
    took, read = view.last_scrub_seconds, view.last_scrub_bytes
    if took is not None:
        pace = f", {size_words(round(read / took))} a second" if read and took else ""
        yield "Last scrub took", _time_words(took) + pace
    if read is not None:
        yield "Last scrub read", size_words(read)
    if view.last_scrub_repaired_bytes:
        yield "Last scrub repaired", size_words(view.last_scrub_repaired_bytes)


def _time_words(seconds: int) -> str:
    """Return "11 h 16 min"; of a short time the seconds."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"


def _of_array(array: MdadmReport | None) -> Iterator[tuple[str, str]]:
    for field in _ARRAY if array is not None else ():
        if array is not None and (value := array.fields.get(field)):
            yield f"mdadm: {field.lower()}", value


def _of_scrub(scrub: BtrfsScrub | None) -> Iterator[tuple[str, str]]:
    if scrub is None:
        return
    yield "btrfs: scrub", scrub.status or "none was ever run"
    if scrub.errors is not None:
        lost = scrub.counters.get("uncorrectable_errors", 0)
        yield "btrfs: errors found", f"{scrub.errors}, {lost} of them not mended"


def _of_balance(balance: BtrfsBalance | None, at: datetime | None) -> Iterator[tuple[str, str]]:
    if balance is None or at is None:
        return
    percent = "" if balance.percent is None else f", {balance.percent:.0f} %"
    yield "btrfs: balance", f"{balance.status or 'none runs'}{percent}"
