"""Which drive is which: pure rules over what was seen and what is known.

A serial number names a drive. A WWN does where there is no serial number, and only while no two
drives claim it: bridges and cheap firmware give the same one to all. What a virtual machine calls
a disk means nothing outside of it. Where nothing is known, the place is the name.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

# Hypervisors number their disks anew in each machine ("QM00001").
_VIRTUAL = ("qemu", "vmware", "vbox", "virtual", "virtio", "xen", "msft", "google persistent")
_CAPACITY_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """One drive as a machine shows it now."""

    name: str
    serial: str = ""
    wwn: str = ""
    model: str = ""
    vendor: str = ""
    capacity_bytes: int | None = None
    transport: str = ""
    media: str = ""
    address: str = ""
    uses: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # further paths to the same drive
    is_multipath: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """One drive as it is remembered."""

    id: uuid.UUID
    server_id: uuid.UUID
    identity: str
    name: str
    serials: frozenset[str]  # in lower case: the system's, and the drive's own behind a bridge
    wwn: str
    capacity_bytes: int | None
    is_present: bool


@dataclass(frozen=True, slots=True)
class Match:
    """What was seen, who it is (None: a new one), and under which identity it is kept."""

    seen: Seen
    known: Known | None
    identity: str


def is_virtual(seen: Seen) -> bool:
    """Say whether a hypervisor made it up."""
    text = f"{seen.vendor} {seen.model}".lower()
    return any(word in text for word in _VIRTUAL)


def one_of_each(seen: Sequence[Seen]) -> list[Seen]:
    """Make one drive of its several paths (multipath), by serial number, WWN and size."""
    found: dict[tuple[str, ...], Seen] = {}
    for one in seen:
        key: tuple[str, ...] = (one.name,)
        if one.serial and (one.wwn or one.is_multipath):
            key = ("same", one.serial, one.wwn, str(one.capacity_bytes))
        first = found.get(key)
        if first is None:
            found[key] = one
        else:
            uses = tuple(dict.fromkeys((*first.uses, *one.uses)))
            others = (*first.others, one.name)
            found[key] = replace(first, uses=uses, others=others)
    return list(found.values())


def identify(server_id: uuid.UUID, seen: Sequence[Seen], known: Sequence[Known]) -> list[Match]:
    """Say for each drive that was seen who it is. No known drive is given out twice."""
    serials = Counter(_serial_key(one) for one in seen if one.serial)
    wwns = Counter(one.wwn for one in seen if one.wwn)
    by_identity = {one.identity: one for one in known}
    taken: set[uuid.UUID] = set()
    matches: list[Match] = []
    for one in seen:
        identity = _identity(server_id, one, serials, wwns)
        match = _find(server_id, one, identity, known, by_identity)
        if match is not None and match.id in taken:
            match = None
        if match is None and identity in by_identity:
            # Somebody else has the name: the same drive on two machines at once, or a clone.
            identity = f"{identity}@{server_id}"
            match = by_identity.get(identity)
            if match is not None and match.id in taken:
                identity, match = f"{identity}:{one.name}", None
        if match is not None:
            taken.add(match.id)
            identity = _better(match.identity, identity, by_identity)
        matches.append(Match(one, match, identity))
    return matches


def _serial_key(seen: Seen) -> str:
    return seen.serial.lower()


def _identity(
    server_id: uuid.UUID, seen: Seen, serials: Mapping[str, int], wwns: Mapping[str, int]
) -> str:
    suffix = f"@{server_id}" if is_virtual(seen) else ""
    if seen.serial and serials[_serial_key(seen)] == 1:
        return f"serial:{_serial_key(seen)}{suffix}"
    if seen.wwn and wwns[seen.wwn] == 1:
        return f"wwn:{seen.wwn}{suffix}"
    if seen.serial:
        return f"serial:{_serial_key(seen)}@{server_id}:{seen.name}"
    return f"place:{server_id}:{seen.name}"


def _find(
    server_id: uuid.UUID,
    seen: Seen,
    identity: str,
    known: Sequence[Known],
    by_identity: Mapping[str, Known],
) -> Known | None:
    direct = by_identity.get(identity)
    if direct is not None and _may_be(server_id, seen, direct):
        return direct
    here = [one for one in known if one.server_id == server_id]
    for candidates in (
        [one for one in known if seen.serial and _serial_key(seen) in one.serials],
        [one for one in here if seen.wwn and one.wwn == seen.wwn],
        [one for one in here if one.name == seen.name and _is_nameless(one, seen)],
    ):
        fitting = [one for one in candidates if _may_be(server_id, seen, one)]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _is_nameless(known: Known, seen: Seen) -> bool:
    """Say whether one of both has no name of its own yet, so that the place decides."""
    return not (known.serials or known.wwn) or not (seen.serial or seen.wwn)


def _may_be(server_id: uuid.UUID, seen: Seen, known: Known) -> bool:
    if seen.serial and known.serials and _serial_key(seen) not in known.serials:
        return False
    # A drive that is still seen elsewhere has not moved here.
    if known.server_id != server_id and known.is_present:
        return False
    ours, theirs = seen.capacity_bytes, known.capacity_bytes
    return is_same_size(ours, theirs) if ours and theirs else True


def is_same_size(one: int, other: int) -> bool:
    """Say whether two capacities may be of one drive; bridges hide some of it."""
    return abs(one - other) <= _CAPACITY_TOLERANCE * max(one, other)


def _better(old: str, new: str, taken: Iterable[str]) -> str:
    """Keep the old identity, unless it was only a place and a better one is free."""
    is_weak = old.startswith("place:")
    return new if is_weak and not new.startswith("place:") and new not in taken else old
