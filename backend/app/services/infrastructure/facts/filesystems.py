"""How full the file systems are, in bytes and in inodes."""

from collections.abc import Iterator

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.reading import count

# A network mount whose server is gone blocks whoever asks for its size. So it is asked apart, and
# the local file systems keep answering. GNU df gives blocks and inodes in one table. Where that
# is not known (busybox), two POSIX tables follow instead; the shell is there only to choose.
_LOCAL = Command(
    (
        "sh",
        "-c",
        (
            "df -k -l --output=source,fstype,size,used,avail,itotal,iavail,target 2>/dev/null"
            " || { df -P -T -k; df -P -T -i; }"
        ),
    )
)
_REMOTE_TYPES = (
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "9p",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.ceph-fuse",
)
_REMOTE = Command(
    ("df", "-P", "-T", "-k", *(word for kind in _REMOTE_TYPES for word in ("-t", kind)))
)

# They hold no files that could fill up, or are full by design.
_PSEUDO = frozenset(
    [
        "autofs",
        "bpf",
        "cgroup",
        "cgroup2",
        "configfs",
        "debugfs",
        "devfs",
        "devpts",
        "devtmpfs",
        "efivarfs",
        "erofs",
        "fdescfs",
        "fusectl",
        "fuse.gvfsd-fuse",
        "fuse.lxcfs",
        "fuse.portal",
        "fuse.snapfuse",
        "hugetlbfs",
        "iso9660",
        "mqueue",
        "none",
        "nsfs",
        "overlay",
        "proc",
        "procfs",
        "pstore",
        "ramfs",
        "rootfs",
        "securityfs",
        "selinuxfs",
        "squashfs",
        "sysfs",
        "tmpfs",
        "tracefs",
        "udf",
    ]
)
# Except where people put files: a root without a disk, or temporary folders.
_ALWAYS = frozenset({"/", "/tmp", "/var/tmp", "/var/log"})  # noqa: S108 - names, not files of ours
_KEPT = 24


class Filesystem(BaseModel):
    """One mounted file system; `inodes` is None where it makes them as needed."""

    device: str
    mountpoint: str
    fstype: str
    size_bytes: int
    used_bytes: int
    available_bytes: int
    inodes: int | None = None
    inodes_free: int | None = None


class Filesystems(BaseModel):
    """The file systems in the order of the machine's mount table."""

    filesystems: list[Filesystem]


class FilesystemsFact(Fact[Filesystems]):
    name = "filesystems"
    title = "File systems"
    commands = (_LOCAL,)
    programs = ("df",)
    value = Filesystems

    def parse(self, results: tuple[CommandResult, ...]) -> Filesystems | None:
        text = results[0].stdout
        if not text or results[0].outcome is Outcome.TIMED_OUT:
            return None
        try:
            header, *lines = text.splitlines()
            if "IFree" in header:
                return Filesystems(filesystems=_unique(_gnu_rows(lines)))
            return Filesystems(filesystems=_unique(_posix_rows(lines)))
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "not the table of df") from error

    def samples(self, value: Filesystems) -> list[Sample]:
        return _samples(value)


class RemoteFilesystemsFact(Fact[Filesystems]):
    name = "remote_filesystems"
    title = "Network file systems"
    commands = (_REMOTE,)
    value = Filesystems
    fixes = {  # noqa: RUF012 - declared as a ClassVar by the base class
        Trouble.TIMED_OUT: "A mounted network share does not answer. Find it with `findmnt -t "
        "nfs,nfs4,cifs`, then bring its server back or unmount it with `umount -l`.",
    }

    def parse(self, results: tuple[CommandResult, ...]) -> Filesystems | None:
        lines = results[0].stdout.splitlines()
        if len(lines) <= 1 and results[0].outcome is Outcome.RAN:
            return None
        if results[0].outcome is not Outcome.RAN:
            raise Unparsable(self.name, "the answer is incomplete")
        try:
            return Filesystems(filesystems=list(_posix_rows(lines[1:])))
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "not the table of df") from error

    def samples(self, value: Filesystems) -> list[Sample]:
        return _samples(value)


def _samples(value: Filesystems) -> list[Sample]:
    """Keep a history of the largest ones only: ZFS may have a thousand, all of one pool."""
    largest = sorted(value.filesystems, key=lambda one: -one.size_bytes)[:_KEPT]
    return [sample for one in largest for sample in _samples_of(one)]


def _samples_of(one: Filesystem) -> Iterator[Sample]:
    labels = (("device", one.device), ("mountpoint", one.mountpoint), ("fstype", one.fstype))
    yield Sample("node_filesystem_size_bytes", one.size_bytes, labels, unit="bytes")
    yield Sample("node_filesystem_avail_bytes", one.available_bytes, labels, unit="bytes")
    if one.inodes and one.inodes_free is not None:
        yield Sample("node_filesystem_files", one.inodes, labels)
        yield Sample("node_filesystem_files_free", one.inodes_free, labels)


def _gnu_rows(lines: list[str]) -> Iterator[Filesystem]:
    for line in lines:
        device, fstype, numbers, mountpoint = _split(line, 5, percent=False)
        if _is_shown(fstype, mountpoint, numbers[0]):
            yield _filesystem(device, fstype, mountpoint, numbers)


def _posix_rows(lines: list[str]) -> Iterator[Filesystem]:
    """Read the table of blocks, and add the inodes where a second table follows."""
    blocks: dict[str, tuple[str, str, list[int | None]]] = {}
    table = iter(lines)
    for line in table:
        if "Mounted on" in line:
            break
        device, fstype, numbers, mountpoint = _split(line, 3, percent=True)
        if _is_shown(fstype, mountpoint, numbers[0]):
            blocks[mountpoint] = (device, fstype, numbers)
    for line in table:
        _, _, numbers, mountpoint = _split(line, 3, percent=True)
        if mountpoint in blocks:
            blocks[mountpoint][2].extend((numbers[0], numbers[2]))
    for mountpoint, (device, fstype, numbers) in blocks.items():
        yield _filesystem(device, fstype, mountpoint, [*numbers, None, None][:5])


def _filesystem(device: str, fstype: str, mountpoint: str, numbers: list[int | None]) -> Filesystem:
    size, used, available, inodes, inodes_free = numbers
    return Filesystem(
        device=printable(device),
        mountpoint=printable(mountpoint),
        fstype=printable(fstype),
        size_bytes=(size or 0) * 1024,
        used_bytes=(used or 0) * 1024,
        available_bytes=(available or 0) * 1024,
        inodes=inodes or None,
        inodes_free=inodes_free if inodes else None,
    )


def _split(line: str, width: int, *, percent: bool) -> tuple[str, str, list[int | None], str]:
    """Return device, type, the numbers and the mount point of a line of df.

    Devices and mount points may hold spaces. So the row of numbers is looked for, and what stands
    before it and behind it is taken as it is.
    """
    after = width + percent
    words = line.split(None, 2 + after)
    shift = 0
    while len(words) < 3 + after or not _are_numbers(words[2 : 2 + width]):
        shift += 1
        words = line.split(None, 2 + after + shift)
        if len(words) < 3 + after + shift:
            raise ValueError("A line has no row of numbers.")
        words[: shift + 1] = [" ".join(words[: shift + 1])]
    numbers = [None if word == "-" else count(word) for word in words[2 : 2 + width]]
    return words[0], words[1], numbers, words[-1]


def _are_numbers(words: list[str]) -> bool:
    return all(word.isdecimal() or word == "-" for word in words)


def _is_shown(fstype: str, mountpoint: str, size: int | None) -> bool:
    return bool(size) and (fstype not in _PSEUDO or mountpoint in _ALWAYS)


def _unique(rows: Iterator[Filesystem]) -> list[Filesystem]:
    """Keep one mount of each device: the shortest path, since the others are binds of its parts."""
    found: dict[str, Filesystem] = {}
    for row in rows:
        key = row.device if row.device.startswith("/dev/") else row.mountpoint
        seen = found.get(key)
        if seen is None or len(row.mountpoint) < len(seen.mountpoint):
            found[key] = row
    return list(found.values())
