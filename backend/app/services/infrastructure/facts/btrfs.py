"""btrfs: allocation, device errors and missing devices, out of the kernel's own files."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.reading import ARRAY_FILES, count

# The kernel's fs/btrfs/sysfs.c. Errors stand there since 5.14, `missing` since 5.6: `btrfs device
# stats` says the same, but only to root, and plain df cannot tell what is unallocated.
_FOLDER = "/sys/fs/btrfs/"
_LINE = re.compile(r"/sys/fs/btrfs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([^:]+):(.*)\Z")
_ERROR = re.compile(r"(write_errs|read_errs|flush_errs|corruption_errs|generation_errs)\s+(\d+)\Z")
_SECTOR = 512  # /sys/class/block/*/size counts in these, whatever the disk has
_KINDS = ("data", "metadata", "system")


class BtrfsAllocation(BaseModel):
    """What is set aside for one kind of data. `raw_bytes` counts copies too."""

    kind: str
    total_bytes: int
    used_bytes: int
    raw_bytes: int


class BtrfsDevice(BaseModel):
    """One device, by its number in the file system; errors are counted since they were reset."""

    number: int
    is_missing: bool = False
    write_errors: int | None = None
    read_errors: int | None = None
    flush_errors: int | None = None
    corruption_errors: int | None = None
    generation_errors: int | None = None


class BtrfsFilesystem(BaseModel):
    """One file system. `operation` is what runs: balance, device replace …, or nothing."""

    uuid: str
    label: str = ""
    operation: str = ""
    device_names: list[str]
    size_bytes: int
    allocations: list[BtrfsAllocation]
    devices: list[BtrfsDevice]

    @property
    def unallocated_bytes(self) -> int:
        """What no kind of data has taken yet. At nothing, metadata can no longer grow."""
        return max(0, self.size_bytes - sum(one.raw_bytes for one in self.allocations))


class Btrfs(BaseModel):
    """The mounted btrfs file systems."""

    filesystems: list[BtrfsFilesystem]


class BtrfsFact(Fact[Btrfs]):
    is_rare = True
    name = "btrfs"
    title = "btrfs"
    commands = (ARRAY_FILES,)
    programs = ("btrfs in the kernel",)
    value = Btrfs
    fixes = MappingProxyType({Trouble.NO_RIGHT: "Let the login read /sys/fs/btrfs."})

    def parse(self, results: tuple[CommandResult, ...]) -> Btrfs | None:
        result = results[0]
        if result.outcome is not Outcome.RAN:
            return None
        found: dict[str, dict[str, list[str]]] = {}
        for line in result.stdout.splitlines():
            if not line.startswith(_FOLDER):
                if not line.startswith("/"):
                    raise Unparsable(self.name, "a line that stands behind no path")
                continue
            match = _LINE.match(line)
            if match is None:
                raise Unparsable(self.name, f"a line in unknown words: {printable(line)[:80]}")
            found.setdefault(match[1], {}).setdefault(match[2], []).append(match[3].strip())
        if not found:
            return None
        return Btrfs(filesystems=[_filesystem(uuid, files) for uuid, files in found.items()])

    def samples(self, value: Btrfs) -> list[Sample]:
        return [sample for one in value.filesystems for sample in _samples(one)]


def _filesystem(uuid: str, files: Mapping[str, list[str]]) -> BtrfsFilesystem:
    names = _between(files, "devices/", "/size")
    operation = _text(files, "exclusive_operation")
    return BtrfsFilesystem(
        uuid=uuid,
        label=_text(files, "label"),
        operation="" if operation == "none" else operation,
        device_names=names,
        size_bytes=sum(_whole(files, f"devices/{name}/size") or 0 for name in names) * _SECTOR,
        allocations=[
            BtrfsAllocation(
                kind=kind,
                total_bytes=_whole(files, f"allocation/{kind}/total_bytes") or 0,
                used_bytes=_whole(files, f"allocation/{kind}/bytes_used") or 0,
                raw_bytes=_whole(files, f"allocation/{kind}/disk_total") or 0,
            )
            for kind in _KINDS
            if f"allocation/{kind}/total_bytes" in files
        ],
        devices=[_device(number, files) for number in _numbers(files)],
    )


def _device(number: int, files: Mapping[str, list[str]]) -> BtrfsDevice:
    errors: dict[str, int] = {}
    for line in files.get(f"devinfo/{number}/error_stats", []):
        match = _ERROR.match(line)
        if match is not None:
            errors[match[1]] = _number(match[2])
    return BtrfsDevice(
        number=number,
        is_missing=bool(_whole(files, f"devinfo/{number}/missing")),
        write_errors=errors.get("write_errs"),
        read_errors=errors.get("read_errs"),
        flush_errors=errors.get("flush_errs"),
        corruption_errors=errors.get("corruption_errs"),
        generation_errors=errors.get("generation_errs"),
    )


def _numbers(files: Mapping[str, list[str]]) -> list[int]:
    names = {path.split("/")[1] for path in files if path.startswith("devinfo/")}
    return sorted(_number(name) for name in names)


def _between(files: Mapping[str, list[str]], before: str, after: str) -> list[str]:
    return [
        printable(path[len(before) : -len(after)])
        for path in files
        if path.startswith(before) and path.endswith(after)
    ]


def _text(files: Mapping[str, list[str]], path: str) -> str:
    return printable(" ".join(files.get(path, [])))


def _whole(files: Mapping[str, list[str]], path: str) -> int | None:
    lines = files.get(path)
    return _number(lines[0]) if lines else None


def _number(text: str) -> int:
    try:
        return count(text)
    except ValueError as error:
        raise Unparsable("btrfs", "a counter is no number") from error


def _samples(one: BtrfsFilesystem) -> Iterator[Sample]:
    labels = (("uuid", one.uuid),)
    yield Sample("node_btrfs_device_unused_bytes", float(one.unallocated_bytes), labels, "bytes")
    for space in one.allocations:
        kind = (*labels, ("block_group_type", space.kind))
        yield Sample("node_btrfs_used_bytes", float(space.used_bytes), kind, "bytes")
        yield Sample("node_btrfs_size_bytes", float(space.total_bytes), kind, "bytes")
    for device in one.devices:
        counted = {
            "write": device.write_errors,
            "read": device.read_errors,
            "flush": device.flush_errors,
            "corruption": device.corruption_errors,
            "generation": device.generation_errors,
        }
        for name, number in counted.items():
            if number is not None:
                error = (*labels, ("btrfs_dev_uuid", str(device.number)), ("type", name))
                yield Sample("unity_btrfs_device_errors", float(number), error)
