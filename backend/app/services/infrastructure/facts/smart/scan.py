"""Which drives there are for smartctl, and how each is spoken to."""

import re

from pydantic import BaseModel

from app.kernel.text import printable
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.document import Node, find_document

FACT = "smart_scan"
# In text: `/dev/bus/0 -d megaraid,0 # /dev/bus/0 [megaraid_disk_00], SCSI device`.
_LINE = re.compile(r"^(#\s*)?(/.+?) -d (\S+) #(.*)$")
_OLD_LINE = re.compile(r"^(/\S+) -- (\S+) device")
_TYPE = re.compile(r"^[a-z0-9_+,.:/x-]{1,60}$")
MOST_DEVICES = 1024


class ScannedDevice(BaseModel):
    """One drive that smartctl found; `type` is what its option -d wants."""

    name: str
    type: str
    protocol: str = ""
    open_error: str = ""


def read_scan(text: str) -> list[ScannedDevice]:
    """Read the answer of `smartctl --scan-open`, in JSON or as text."""
    try:
        document = find_document(FACT, text)
    except Unparsable:
        return _of_text(text)
    if not any(document.has(name) for name in ("devices", "smartctl", "json_format_version")):
        raise Unparsable(FACT, "JSON, but not of smartctl")
    found = [_device(entry) for entry in list(document.at("devices").items())[:MOST_DEVICES]]
    return _unique([device for device in found if device is not None])


def _device(entry: Node) -> ScannedDevice | None:
    name, kind = entry.at("name").value, entry.at("type").word()
    if not isinstance(name, str) or not _is_path(name) or not _TYPE.match(kind):
        return None
    error = entry.at("open_error").word()
    return ScannedDevice(
        name=name, type=kind, protocol=entry.at("protocol").word(), open_error=error
    )


def _is_path(name: str) -> bool:
    """Take nothing that could be read as an option, or that cannot be shown."""
    return name.startswith("/dev/") and name == printable(name) and len(name) < 200  # noqa: PLR2004 - paths of devices are short


def _of_text(text: str) -> list[ScannedDevice]:
    found: list[ScannedDevice] = []
    for line in text.splitlines()[: 4 * MOST_DEVICES]:
        if match := _LINE.match(line):
            commented, name, kind, rest = match.groups()
            if _is_path(name) and _TYPE.match(kind):
                protocol = "NVMe" if kind == "nvme" else ""
                error = printable(rest.strip()[:200]) if commented else ""
                found.append(
                    ScannedDevice(name=name, type=kind, protocol=protocol, open_error=error)
                )
        elif match := _OLD_LINE.match(line):
            found.append(ScannedDevice(name=match[1], type="auto"))
        elif line.strip() and not line.startswith(("#", "smartctl", "Copyright", "Home page")):
            raise Unparsable(FACT, f"not a line of a scan: {printable(line[:60])}")
    return _unique(found[:MOST_DEVICES])


def _unique(devices: list[ScannedDevice]) -> list[ScannedDevice]:
    return list({(device.name, device.type): device for device in devices}.values())
