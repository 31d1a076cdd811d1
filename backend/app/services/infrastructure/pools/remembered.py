"""What two looks at a pool tell that one does not: whether errors grow, and what a scrub read.

The tools count errors since they were last cleared, so a number alone may be years old. And of a
scrub that has ended ZFS prints neither how much it read nor how fast (openzfs issue 7123).
"""

from collections.abc import Mapping
from datetime import datetime

from app.services.infrastructure.pools.view import PoolMember, PoolView

_SCRUBS = frozenset({"scrub"})
Places = Mapping[tuple[str, ...], PoolMember]


def with_names(view: PoolView, names: Mapping[int, str]) -> PoolView:
    """Call the devices of btrfs by their names, which were asked for hours ago.

    Only a name that the kernel still shows is believed: a device may have been replaced since.
    """
    there = {one.name: one for one in view.members if one.role == "device"}
    called = {
        one.name: there[name]
        for one in view.members
        if one.role == "data" and one.is_well and (name := _name(one, names)) in there
    }
    if not called:
        return view
    named = {one.name for one in called.values()}
    members = [
        one.model_copy(
            update={"name": called[one.name].name, "path": called[one.name].path, "note": one.name}
        )
        if one.name in called
        else one
        for one in view.members
        if one.role != "device" or one.name not in named
    ]
    return view.model_copy(update={"members": members})


def _name(one: PoolMember, names: Mapping[int, str]) -> str:
    number = one.name.removeprefix("device ")
    return names.get(int(number), "") if number.isdecimal() else ""


def remember(view: PoolView, before: PoolView | None, now: datetime) -> PoolView:
    """Return a view with what is known from the look before it."""
    if before is None:
        return view
    known = _places(before)
    members = [
        _grown(one, known.get(place), now)
        for place, one in zip(_paths(view), view.members, strict=True)
    ]
    return view.model_copy(update={"members": members, **_last_scrub(view, before)})


def _grown(one: PoolMember, before: PoolMember | None, now: datetime) -> PoolMember:
    if before is None:
        return one
    here, there = _counts(one), _counts(before)
    growth = sum(max(0, new - old) for new, old in zip(here, there, strict=True))
    if growth:
        return one.model_copy(update={"errors_grew_at": now, "errors_grew_by": growth})
    if not sum(here) or any(new < old for new, old in zip(here, there, strict=True)):
        return one  # they were cleared
    return one.model_copy(
        update={
            "errors_grew_at": before.errors_grew_at,
            "errors_grew_by": before.errors_grew_by,
        }
    )


def _last_scrub(view: PoolView, before: PoolView) -> dict[str, int | None]:
    """Return what the last whole scrub read, of the numbers that were shown while it ran."""
    if view.last_scrub_bytes is not None:
        return {}
    if view.last_scrub_at is None or view.activity in _SCRUBS:
        return {
            "last_scrub_bytes": before.last_scrub_bytes,
            "last_scrub_seconds": before.last_scrub_seconds,
            "last_scrub_repaired_bytes": before.last_scrub_repaired_bytes,
        }
    if before.activity in _SCRUBS:
        return {"last_scrub_bytes": before.activity_bytes}
    return {"last_scrub_bytes": before.last_scrub_bytes}


def _counts(one: PoolMember) -> tuple[int, int, int]:
    return one.read_errors or 0, one.write_errors or 0, one.checksum_errors or 0


def _places(view: PoolView) -> Places:
    return dict(zip(_paths(view), view.members, strict=True))


def _paths(view: PoolView) -> list[tuple[str, ...]]:
    """Return where each member stands in the tree, by the names from the top."""
    found: list[tuple[str, ...]] = []
    for one in view.members:
        above = found[one.parent] if one.parent is not None else (one.role,)
        found.append((*above, one.name))
    return found
