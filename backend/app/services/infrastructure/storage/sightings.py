"""From what a machine lists to the drives that it shows: pure."""

import re
from collections.abc import Iterable, Iterator

from app.services.infrastructure.facts.block_devices import BlockDevice, BlockDevices
from app.services.infrastructure.facts.smart.report import (
    Protocol,
    SmartReport,
    clean_serial,
    clean_wwn,
)
from app.services.infrastructure.facts.smart.scan import ScannedDevice
from app.services.infrastructure.storage.identity import Seen, one_of_each

# Block devices that are files, memory, volumes or other machines, and no drives.
_NO_DRIVE = re.compile(r"^(loop|ram|zram|zd|md|dm-|nbd|rbd|drbd|sr|fd|mtd|bcache)\d|boot\d|rpmb$")
_CONTROLLER = re.compile(r"^nvme\d{1,4}$")
# Only these say which of several drives is meant; the 12 in "sat,12" is a length of commands.
_SLOT = re.compile(
    r"(?:^|\+)(?:megaraid|3ware|areca|hpt|cciss|aacraid|sssraid|jms56x|usbjmicron"
    r"|jmb39x(?:-q\d?)?),\d"
)
_MOST_USES = 24


def drives_of(listed: BlockDevices) -> list[Seen]:
    """Return the drives in a list of block devices, each once however many paths lead to it."""
    above: dict[str, list[BlockDevice]] = {}
    for one in listed.devices:
        for parent in one.parents:
            above.setdefault(parent, []).append(one)
    return one_of_each([_seen(one, above) for one in listed.devices if _is_drive(one)])


def _is_drive(device: BlockDevice) -> bool:
    return device.type == "disk" and bool(device.size_bytes) and not _NO_DRIVE.search(device.kname)


def _seen(device: BlockDevice, above: dict[str, list[BlockDevice]]) -> Seen:
    return Seen(
        name=device.kname,
        serial=clean_serial(device.serial),
        wwn=clean_wwn(device.wwn),
        model=device.model.replace("_", " ").strip(),
        vendor="" if device.vendor.startswith(("ATA", "0x")) else device.vendor,
        capacity_bytes=device.size_bytes,
        transport=device.transport,
        media=_media(device),
        address=device.address,
        uses=tuple(dict.fromkeys(_uses(device, above)))[:_MOST_USES],
        is_multipath=any(one.type == "mpath" for one in above.get(device.kname, [])),
    )


def _media(device: BlockDevice) -> str:
    if device.transport == "nvme" or device.kname.startswith("nvme"):
        return "nvme"
    if device.is_rotational is None:
        return ""
    return "hdd" if device.is_rotational else "ssd"


def _uses(device: BlockDevice, above: dict[str, list[BlockDevice]]) -> Iterator[str]:
    """Yield where it is mounted, and of what it is a part, through all that stands on it."""
    waiting, seen = [device], set[str]()
    while waiting:
        one = waiting.pop(0)
        if one.kname in seen:
            continue
        seen.add(one.kname)
        yield from one.mountpoints
        if one.fstype.endswith("_member"):
            yield f"{one.fstype} {one.label}".strip()
        if one.type.startswith("raid"):
            yield one.name
        waiting.extend(above.get(one.kname, []))


def place_of(device: ScannedDevice, names: Iterable[str]) -> str:
    """Return the kernel's name of a drive that smartctl found, or its controller and slot."""
    bare = device.name.removeprefix("/dev/")
    known = set(names)
    if _SLOT.search(device.type) or device.name.startswith("/dev/bus/"):
        return f"{bare} {device.type}"
    if bare in known or not _CONTROLLER.match(bare):
        return bare
    return next((one for one in sorted(known) if one.startswith(f"{bare}n")), f"{bare}n1")


def seen_by_smartctl(place: str, report: SmartReport) -> Seen:
    """Return a drive that only smartctl sees, behind a controller."""
    return Seen(
        name=place,
        serial=report.serial,
        wwn=report.wwn,
        model=report.model,
        capacity_bytes=report.capacity_bytes,
        transport="raid",
        media=media_of(report),
    )


def media_of(report: SmartReport) -> str:
    """Return what it is made of, where the report tells."""
    if report.protocol is Protocol.NVME:
        return "nvme"
    if report.rotation_rpm is None:
        return ""
    return "hdd" if report.rotation_rpm else "ssd"
