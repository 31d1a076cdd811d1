"""/proc/mdstat, which anybody may read (the kernel's drivers/md/md.c, `md_seq_show`)."""

import re
from collections.abc import Iterator

from app.kernel.text import printable
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.md.model import (
    MdArray,
    Member,
    MemberRole,
    Sync,
    SyncKind,
)
from app.services.infrastructure.facts.reading import count

_FACT = "md_arrays"
_HEAD = re.compile(r"(md\S*|\S+) : (\S+)((?: \([^)]*\))*)(?: (.*))?\Z")
_MEMBER = re.compile(r"([^\s\[]+)\[(\d+)\]((?:\([A-Z]\))*)\Z")
_BLOCKS = re.compile(r"\s*(\d+) blocks")
_PLACES = re.compile(r"\[(\d+)/(\d+)\] \[([U_]*)\]")
_SUPER = re.compile(r" super (\S+)")
_SYNC = re.compile(
    r"(resync|recovery|check|repair|reshape)\s*=\s*"
    r"(?:(?P<percent>\d+(?:\.\d+)?)%|(?P<waits>DELAYED|PENDING|REMOTE))"
)
_FINISH = re.compile(r"finish=(\d+(?:\.\d+)?)min")
_SPEED = re.compile(r"speed=(\d+)K/sec")
_BITMAP = re.compile(r"\s*bitmap: \d+/\d+ pages.*?(, file: .*)?\Z")
_LEVEL = re.compile(r"(raid\d+|linear|multipath|faulty)\Z")
_KIB, _LARGEST, _MOST = 1024, 2**64, 1024
_MOST_ARRAYS = 512


def read_mdstat(text: str) -> list[MdArray]:
    """Return the arrays, or raise `Unparsable`."""
    if "Personalities :" not in text:
        raise Unparsable(_FACT, "/proc/mdstat begins in unknown words")
    blocks = list(_blocks(text))
    if len(blocks) > _MOST_ARRAYS:
        raise Unparsable(_FACT, "more arrays than a kernel has")
    return [_array(lines) for lines in blocks]


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.splitlines():
        if line.startswith(("Personalities", "read_ahead", "unused devices")):
            continue
        if not line.strip():
            if block:
                yield block
            block = []
        elif line[0].isspace():
            if block:
                block.append(line)
        else:
            if block:
                yield block
            block = [line]
    if block:
        yield block


def _array(lines: list[str]) -> MdArray:
    head = _HEAD.match(lines[0])
    if head is None:
        raise Unparsable(_FACT, f"an array in unknown words: {printable(lines[0])[:80]}")
    words = (head[4] or "").split()
    level = words.pop(0) if words and _LEVEL.match(words[0]) else ""
    members = [_member(word) for word in words if "[" in word]
    if len(members) > _MOST:
        raise Unparsable(_FACT, "more members than an array has")
    rest = " ".join(lines[1:])
    blocks, places, version = _BLOCKS.match(lines[1] if len(lines) > 1 else ""), None, ""
    places = _PLACES.search(rest)
    found = _SUPER.search(rest)
    version = printable(found[1]) if found else ""
    is_container = not level and version.startswith("external:") and "/" not in version
    array = MdArray(
        name=printable(head[1]),
        level="container" if is_container else level,
        state=head[2],
        is_read_only="read-only" in head[3],
        is_container_part=version.startswith("external:/"),
        metadata=version or ("0.90" if level else ""),
        size_bytes=_whole(blocks[1]) * _KIB if blocks else None,
        wanted=_whole(places[1]) if places else None,
        working=_whole(places[2]) if places else None,
        bitmap=_bitmap(lines),
        sync=_sync(rest),
        members=members,
    )
    _mark_rebuilding(array, places[3] if places else "")
    return array


def _member(word: str) -> Member:
    found = _MEMBER.match(word)
    if found is None:
        raise Unparsable(_FACT, f"a member in unknown words: {printable(word)[:80]}")
    flags = set(re.findall(r"\(([A-Z])\)", found[3]))
    roles = {
        "F": MemberRole.FAULTY,
        "S": MemberRole.SPARE,
        "J": MemberRole.JOURNAL,
        "R": MemberRole.REPLACEMENT,
    }
    role = next((roles[flag] for flag in "FSJR" if flag in flags), MemberRole.ACTIVE)
    return Member(name=printable(found[1]), role=role, is_write_mostly="W" in flags)


def _mark_rebuilding(array: MdArray, places: str) -> None:
    """Where a recovery runs, one of the members that stand there is not in sync yet.

    Which one the text does not tell, as the number in brackets is not its place; the files of
    sysfs do. Only when they are the same in number as the gaps is it sure.
    """
    if array.sync is None or array.sync.kind is not SyncKind.RECOVERY or not places:
        return
    active = [one for one in array.members if one.role is MemberRole.ACTIVE]
    if len(active) > places.count("U"):
        for one in active[-(len(active) - places.count("U")) :]:
            one.role = MemberRole.REBUILDING


def _sync(text: str) -> Sync | None:
    found = _SYNC.search(text)
    if found is None:
        return None
    finish, speed = _FINISH.search(text), _SPEED.search(text)
    minutes = float(finish[1]) if finish else None
    return Sync(
        kind=SyncKind(found[1]),
        is_waiting=found["waits"] is not None,
        percent=min(float(found["percent"]), 100.0) if found["percent"] else None,
        seconds_left=round(minutes * 60) if minutes is not None and minutes < _LARGEST else None,
        speed_bytes=_whole(speed[1]) * _KIB if speed else None,
    )


def _whole(text: str) -> int:
    try:
        return count(text)
    except ValueError as error:
        raise Unparsable(_FACT, "a number out of range") from error


def _bitmap(lines: list[str]) -> str:
    for line in lines[1:]:
        found = _BITMAP.match(line)
        if found is not None:
            return "external" if found[1] else "internal"
    return ""
