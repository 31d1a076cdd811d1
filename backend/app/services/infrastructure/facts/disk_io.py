"""What the disks read and write."""

from collections.abc import Iterator

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Rate, Sample, Unparsable
from app.services.infrastructure.facts.reading import DISKSTATS, FILES, count, section

# The kernel counts sectors of 512 bytes here, whatever the disk's own sectors are.
_SECTOR = 512
# Memory, files and the layers above whole disks, which would count the same bytes again.
_LAYERS = ("dm-", "drbd", "fd", "loop", "md", "nbd", "ram", "rbd", "sr", "zd", "zram")
_LETTERED = ("sd", "hd", "vd", "xvd")  # their partitions end with a digit
_NUMBERED = ("nvme", "mmcblk")  # their partitions end with p and a digit


class Disk(BaseModel):
    """One whole disk since boot."""

    device: str
    reads: int
    writes: int
    read_bytes: int
    written_bytes: int
    busy_seconds: float
    wait_seconds: float = 0.0  # of all reads and writes together


class DiskIo(BaseModel):
    disks: list[Disk]


class DiskIoFact(Fact[DiskIo]):
    name = "disk_io"
    title = "Disk input and output"
    rate = Rate.LIVE
    commands = (FILES,)
    value = DiskIo

    def parse(self, results: tuple[CommandResult, ...]) -> DiskIo | None:
        text = section(results[0], DISKSTATS, self.name)
        if text is None:
            return None
        try:
            return DiskIo(disks=list(_disks(text)))
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "not the lines of diskstats") from error

    def samples(self, value: DiskIo) -> list[Sample]:
        return [sample for disk in value.disks for sample in _samples(disk)]


def _disks(text: str) -> Iterator[Disk]:
    seen: set[str] = set()
    for line in text.splitlines():
        words = line.split(None, 13)
        if not words:
            continue
        name = printable(words[2])
        if name in seen or not _is_whole_disk(name):
            continue
        seen.add(name)
        yield Disk(
            device=name,
            reads=count(words[3]),
            read_bytes=count(words[5]) * _SECTOR,
            writes=count(words[7]),
            written_bytes=count(words[9]) * _SECTOR,
            busy_seconds=count(words[12]) / 1000,
            wait_seconds=(count(words[6]) + count(words[10])) / 1000,
        )


def _is_whole_disk(name: str) -> bool:
    if name.startswith(_LAYERS):
        return False
    if name.startswith(_LETTERED):
        return not name[-1:].isdigit()
    if name.startswith(_NUMBERED):
        return "p" not in name and "boot" not in name and "rpmb" not in name
    return True


def _samples(disk: Disk) -> Iterator[Sample]:
    labels = (("device", disk.device),)
    for metric, value, unit in (
        ("node_disk_reads_completed_total", disk.reads, ""),
        ("node_disk_writes_completed_total", disk.writes, ""),
        ("node_disk_read_bytes_total", disk.read_bytes, "bytes"),
        ("node_disk_written_bytes_total", disk.written_bytes, "bytes"),
        ("node_disk_io_time_seconds_total", disk.busy_seconds, "s"),
    ):
        yield Sample(metric, value, labels, unit=unit, is_counter=True)
