"""On which file system a folder lies, as its machine sees it, also for one in a container."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

_WORDS = 9


@dataclass(frozen=True, slots=True)
class Mount:
    """A line of /proc/PID/mountinfo."""

    number: str  # major:minor of the file system
    root: str  # which of its folders is mounted
    point: str
    device: str
    kind: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a folder is on its machine, and what it lies on; empty where it is not known."""

    path: str = ""
    mountpoint: str = ""
    device: str = ""


NOWHERE = Mount("", "", "", "", "")


def read_mount(line: str) -> Mount:
    """Read a line; one that is none matches nothing."""
    head, _, tail = line.partition(" - ")
    words, rest = head.split(), tail.split()
    if len(words) < 6 or len(rest) < 2:  # noqa: PLR2004 - the fields before and behind the dash
        return NOWHERE
    return Mount(words[2], _plain(words[3]), _plain(words[4]), _plain(rest[1]), rest[0])


def place_of(path: str, seen: Sequence[Mount], host: Sequence[Mount]) -> Place:
    """Return the place of a folder: `seen` are the mounts of its process, `host` the machine's."""
    if not path.startswith("/"):
        return Place()
    path = posixpath.normpath(path)
    mount = _longest(path, seen)
    if mount is NOWHERE:
        return Place()
    if seen is host:
        return Place(path, mount.point, mount.device)
    inside = _join(mount.root, path[len(mount.point.rstrip("/")) :])
    # Of the mounts of that file system on the machine, the one that holds this part of it.
    holders = [one for one in host if one.number == mount.number and _is_below(inside, one.root)]
    if not holders:
        return Place()
    best = max(holders, key=lambda one: len(one.root))
    return Place(_join(best.point, inside[len(best.root.rstrip("/")) :]), best.point, best.device)


def _longest(path: str, mounts: Sequence[Mount]) -> Mount:
    holding = [one for one in mounts if one is not NOWHERE and _is_below(path, one.point)]
    # Of two mounts on one point the later one is on top.
    return max(reversed(holding), key=lambda one: len(one.point), default=NOWHERE)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _join(folder: str, rest: str) -> str:
    return posixpath.normpath(f"{folder.rstrip('/')}/{rest.lstrip('/')}")


def _plain(text: str) -> str:
    """Undo how the kernel writes blanks."""
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, sign)
    return text
