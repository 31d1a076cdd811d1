"""The md arrays, out of the kernel's own files: nothing needs root."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from app.kernel.text import printable
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.md.mdstat import read_mdstat
from app.services.infrastructure.facts.md.model import MdArray, MdArrays, Member, MemberRole
from app.services.infrastructure.facts.reading import ARRAY_FILES, MDSTAT, count

# The kernel's Documentation/admin-guide/md.rst explains the files of an array.
_LINE = re.compile(
    r"/sys/block/(?P<array>md[^/]*)/md/(?:dev-(?P<member>[^/]+)/)?(?P<file>\w+):(.*)\Z"
)


class MdArraysFact(Fact[MdArrays]):
    is_rare = True
    name = "md_arrays"
    title = "Software RAID (md)"
    commands = (ARRAY_FILES,)
    programs = ("md in the kernel",)
    value = MdArrays
    fixes = MappingProxyType({Trouble.NO_RIGHT: "Let the login read /proc/mdstat."})

    def parse(self, results: tuple[CommandResult, ...]) -> MdArrays | None:
        result = results[0]
        if result.outcome is not Outcome.RAN:
            return None
        head = f"{MDSTAT}:"
        lines = result.stdout.splitlines()
        mdstat = [line.removeprefix(head) for line in lines if line.startswith(head)]
        if not mdstat:
            if lines and not lines[0].startswith("/sys/"):
                raise Unparsable(self.name, "lines that stand behind no path")
            return None  # the kernel has no md
        arrays = read_mdstat("\n".join(mdstat))
        files = _files(lines)
        for array in arrays:
            _enrich(array, files.get(array.name, {}))
        return MdArrays(arrays=arrays)

    def samples(self, value: MdArrays) -> list[Sample]:
        return [sample for array in value.arrays for sample in _samples(array)]


def _files(lines: list[str]) -> dict[str, dict[str, str]]:
    """Return, for each array, its files; those of members under `member/file`."""
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        match = _LINE.match(line)
        if match is not None:
            # In sysfs a slash of a device's name is an exclamation mark.
            member = (match["member"] or "").replace("!", "/")
            key = f"{member}/{match['file']}" if member else match["file"]
            found.setdefault(match["array"], {})[key] = match[4].strip()
    return found


def _enrich(array: MdArray, files: Mapping[str, str]) -> None:
    state = files.get("array_state", "")
    if state == "broken" and array.state == "active":
        array.state = "broken"
    array.mismatches = _number(files.get("mismatch_cnt", ""))
    uuid = printable(files.get("uuid", ""))
    # An array that does not run shows zeros: they are no number of it, and of others as well.
    array.uuid = uuid if uuid.strip("0-") else ""
    for member in array.members:
        _enrich_member(member, files)


def _enrich_member(member: Member, files: Mapping[str, str]) -> None:
    states = files.get(f"{member.name}/state", "").split(",")
    slot = files.get(f"{member.name}/slot", "")
    member.slot = _number(slot) if slot != "none" else None
    member.errors = _number(files.get(f"{member.name}/errors", ""))
    if states == [""]:
        return
    if "faulty" in states:
        member.role = MemberRole.FAULTY
    elif "in_sync" in states:
        member.role = MemberRole.ACTIVE
    elif "journal" in states:
        member.role = MemberRole.JOURNAL
    elif "replacement" in states:
        member.role = MemberRole.REPLACEMENT
    elif "spare" in states:
        # A spare with a place is being filled; the kernel calls both "spare".
        member.role = MemberRole.SPARE if member.slot is None else MemberRole.REBUILDING


def _number(text: str) -> int | None:
    if not text:
        return None
    try:
        return count(text)
    except ValueError as error:
        raise Unparsable("md_arrays", "a counter is no number") from error


def _samples(array: MdArray) -> list[Sample]:
    labels = (("device", array.name),)
    spares = sum(1 for one in array.members if one.role is MemberRole.SPARE)
    failed = sum(1 for one in array.members if one.role is MemberRole.FAULTY)
    counted = {"spare": spares, "failed": failed}
    if array.working is not None:
        counted = {"active": array.working, **counted}
    samples = [
        Sample("node_md_disks", float(number), (*labels, ("state", state)))
        for state, number in counted.items()
    ]
    if array.wanted is not None:
        samples.append(Sample("node_md_disks_required", float(array.wanted), labels))
    if array.mismatches is not None:
        samples.append(Sample("unity_md_mismatches", float(array.mismatches), labels))
    if array.sync is not None and array.sync.percent is not None:
        kind = (*labels, ("kind", array.sync.kind.value))
        samples.append(Sample("unity_md_sync_percent", array.sync.percent, kind, "percent"))
    return samples
