"""Which drive a member of a pool is: the tools name it by kernel name, path, WWN or serial."""

import re
import uuid
from collections.abc import Sequence

from app.models.infrastructure.storage_device import StorageDevice

# Partitions: sda1, nvme0n1p2, mmcblk0p1; of links in /dev/disk/by-id: …-part1.
_PARTITION = re.compile(r"-part\d+\Z")
_NUMBERED = re.compile(r"((?:nvme\d+n\d+|mmcblk\d+|loop\d+|md\d+|nbd\d+))p\d+\Z")
_LETTERED = re.compile(r"((?:sd|vd|xvd|hd)[a-z]+)\d+\Z")


def drive_of(name: str, path: str, drives: Sequence[StorageDevice]) -> uuid.UUID | None:
    """Return the drive that a member lies on, or None when it cannot be told."""
    for text in (name, path):
        place = _without_partition(text.rsplit("/", 1)[-1])
        for drive in drives:
            if place and place in (drive.name, drive.path.removeprefix("/dev/")):
                return drive.id
    place = _without_partition((path or name).rsplit("/", 1)[-1]).lower()
    for drive in drives:
        wwn = drive.wwn.lower().removeprefix("0x")
        if wwn and place in (f"wwn-0x{wwn}", f"nvme-eui.{wwn}", f"nvme-{drive.wwn.lower()}"):
            return drive.id
        # ata-MODEL_SERIAL, scsi-SMODEL_SERIAL, nvme-MODEL_SERIAL: the serial number is the end.
        serial = drive.serial.lower().replace(" ", "_")
        if len(serial) > 4 and place.endswith(f"_{serial}"):  # noqa: PLR2004 - shorter ones are no proof
            return drive.id
    return None


def _without_partition(name: str) -> str:
    name = _PARTITION.sub("", name)
    for pattern in (_NUMBERED, _LETTERED):
        found = pattern.fullmatch(name)
        if found is not None:
            return found[1]
    return name
