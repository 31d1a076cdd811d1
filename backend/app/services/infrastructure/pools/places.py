"""Which drive a member of a pool is: the tools name it by kernel name, path, WWN or serial."""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence

from app.models.infrastructure.storage_device import StorageDevice

# Partitions: sda1, nvme0n1p2, mmcblk0p1; of links in /dev/disk/by-id: …-part1.
_PARTITION = re.compile(r"-part\d+\Z")
_NUMBERED = re.compile(r"((?:nvme\d+n\d+|mmcblk\d+|loop\d+|md\d+|nbd\d+))p\d+\Z")
_LETTERED = re.compile(r"((?:sd|vd|xvd|hd)[a-z]+)\d+\Z")
# Newer rules of udev add the number of the namespace behind the serial number of an NVMe drive.
_NAMESPACE = re.compile(r"(nvme-.+)_\d{1,3}\Z")
_SHORTEST_SERIAL = 5  # shorter ones are no proof


class DriveFinder:
    """The drives of one machine by all their names; a look-up does not grow with their number."""

    def __init__(self, drives: Iterable[StorageDevice]) -> None:
        self._by_name: dict[str, uuid.UUID] = {}
        self._by_link: dict[str, uuid.UUID] = {}
        self._by_serial: dict[str, uuid.UUID] = {}
        for drive in drives:
            for name in (drive.name, drive.path.removeprefix("/dev/")):
                self._by_name.setdefault(name, drive.id)
            for link in _links(drive.wwn.lower()):
                self._by_link.setdefault(link, drive.id)
            serial = drive.serial.lower().replace(" ", "_")
            if len(serial) >= _SHORTEST_SERIAL:
                self._by_serial.setdefault(serial, drive.id)

    def find(self, name: str, path: str) -> uuid.UUID | None:
        """Return the drive that a member lies on, or None when it cannot be told."""
        for text in (name, path):
            place = _without_partition(text.rsplit("/", 1)[-1])
            if place and place in self._by_name:
                return self._by_name[place]
        for text in filter(None, (path, name)):
            place = _without_partition(text.rsplit("/", 1)[-1]).lower()
            found = self._by_link.get(place) or self._at_the_end(place)
            if found is not None:
                return found
        return None

    def _at_the_end(self, place: str) -> uuid.UUID | None:
        """ata-MODEL_SERIAL, scsi-SMODEL_SERIAL, nvme-MODEL_SERIAL: the serial number is the end."""
        for text in dict.fromkeys((place, _NAMESPACE.sub(r"\1", place))):
            for ending in _endings(text):
                if ending in self._by_serial:
                    return self._by_serial[ending]
        return None


def drive_of(name: str, path: str, drives: Sequence[StorageDevice]) -> uuid.UUID | None:
    """Return the drive that one member lies on, or None when it cannot be told."""
    return DriveFinder(drives).find(name, path)


def _links(wwn: str) -> Iterator[str]:
    """Yield the names of links that udev makes of a WWN."""
    number = wwn.removeprefix("0x")
    if number:
        yield from (f"wwn-0x{number}", f"scsi-3{number}", f"nvme-eui.{number}", f"nvme-{wwn}")


def _endings(text: str) -> Iterator[str]:
    """Yield what stands behind each underscore; a serial number may hold some itself."""
    start = text.find("_")
    while start >= 0:
        yield text[start + 1 :]
        start = text.find("_", start + 1)


def _without_partition(name: str) -> str:
    name = _PARTITION.sub("", name)
    for pattern in (_NUMBERED, _LETTERED):
        found = pattern.fullmatch(name)
        if found is not None:
            return found[1]
    return name
