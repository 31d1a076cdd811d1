"""The block devices of a machine, as `lsblk` lists them: disks, and what is built on them."""

import itertools
import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Unparsable
from app.services.infrastructure.facts.document import Node, find_document

# Every column has been known since util-linux 2.23 (2013). JSON came with 2.27; before that the
# pairs are asked for, and the shell is there only to choose.
COLUMNS = (
    "NAME,KNAME,PKNAME,TYPE,SIZE,VENDOR,MODEL,REV,SERIAL,WWN,ROTA,TRAN,RM,RO,HCTL,STATE,FSTYPE,"
    "LABEL,UUID,PARTUUID,MOUNTPOINT"
)
_LSBLK = Command(("sh", "-c", f"lsblk -J -b -o {COLUMNS} 2>/dev/null || lsblk -P -b -o {COLUMNS}"))
_PAIR = re.compile(r'([A-Z][A-Z0-9:_%-]*)="((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_UNITS = {"B": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_LARGEST = 2**64
_MOST = 4096  # 500 disks with all that is built on them
_DEEPEST = 32


class BlockDevice(BaseModel):
    """One block device; `parents` are the kernel names of what it stands on."""

    name: str
    kname: str
    type: str
    size_bytes: int | None = None
    vendor: str = ""
    model: str = ""
    revision: str = ""
    serial: str = ""
    wwn: str = ""
    is_rotational: bool | None = None
    transport: str = ""
    is_removable: bool | None = None
    is_read_only: bool | None = None
    address: str = ""  # host, channel, target and unit of SCSI
    state: str = ""
    fstype: str = ""
    label: str = ""
    uuid: str = ""
    partuuid: str = ""
    mountpoints: list[str]
    parents: list[str]


class BlockDevices(BaseModel):
    """The devices in the order of the machine; each stands there once."""

    devices: list[BlockDevice]


class BlockDevicesFact(Fact[BlockDevices]):
    name = "block_devices"
    title = "Block devices"
    commands = (_LSBLK,)
    programs = ("lsblk",)
    value = BlockDevices

    def parse(self, results: tuple[CommandResult, ...]) -> BlockDevices | None:
        result = results[0]
        if not result.stdout.strip():
            return None
        if result.outcome is not Outcome.RAN:
            raise Unparsable(self.name, "the answer is incomplete")
        return BlockDevices(devices=read_lsblk(result.stdout))


Row = Mapping[str, str | list[str] | bool | None]


def read_lsblk(text: str) -> list[BlockDevice]:
    """Read the answer of lsblk in JSON, in pairs, or as the table that people see."""
    if "{" in text.partition("=")[0]:
        rows = list(_json_rows(find_document("block_devices", text)))
    elif _PAIR.match(text.lstrip()):
        rows = [_pairs(line) for line in text.splitlines() if line.strip()]
    else:
        rows = list(table_rows(text))
    if len(rows) > _MOST:
        raise Unparsable("block_devices", "more devices than a machine can have")
    return _merged(rows)


def _json_rows(document: Node) -> Iterator[Row]:
    if not isinstance(document.at("blockdevices").value, list):
        raise Unparsable("block_devices", "JSON, but not of lsblk")
    # With a list instead of calls: the depth is what somebody else wrote.
    open_nodes = [(node, "", 0) for node in document.at("blockdevices").items()][::-1]
    for _ in range(_MOST + 1):
        if not open_nodes:
            return
        node, parent, depth = open_nodes.pop()
        row = _json_row(node)
        own = str(row.get("kname") or row.get("name") or "")
        yield {**row, "pkname": row.get("pkname") or parent}
        if depth < _DEEPEST:
            children = [(child, own, depth + 1) for child in node.at("children").items()]
            open_nodes.extend(children[::-1])
    raise Unparsable("block_devices", "more devices than a machine can have")


def _json_row(node: Node) -> Row:
    row: dict[str, str | list[str] | bool | None] = {}
    if not isinstance(node.value, dict):
        return row
    for name, value in node.value.items():
        if value is None:
            continue  # most columns of most devices
        if isinstance(value, str) or value is True or value is False:
            row[name] = value
        elif isinstance(value, list):
            row[name] = [one for one in value if isinstance(one, str)]
        else:
            row[name] = Node(value).word()  # sizes are numbers in some versions
    return row


def _pairs(line: str) -> Row:
    found = {name.lower(): _unescaped(value) for name, value in _PAIR.findall(line)}
    if "name" not in found:
        raise Unparsable("block_devices", "a line names no device")
    return found


def _unescaped(text: str) -> str:
    """Undo what lsblk does to bytes that it cannot print."""
    raw = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    if raw == text:
        return text
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")


_TREE = re.compile(r"^[\s│├└─|`-]*")
_RIGHT = frozenset(
    {"MAJ:MIN", "RM", "SIZE", "RO", "RA", "ALIGNMENT", "ROTA", "RAND", "DISC-ALN", "DISC-GRAN"}
    | {
        "DISC-MAX",
        "DISC-ZERO",
        "MIN-IO",
        "OPT-IO",
        "PHY-SEC",
        "LOG-SEC",
        "RQ-SIZE",
        "WSAME",
        "ZONED",
    }
)


def table_rows(text: str) -> Iterator[dict[str, str]]:
    """Read the table by the places of its heads: the only sign of an empty cell is its width."""
    lines = text.splitlines()
    heads = list(re.finditer(r"\S+", lines[0])) if lines else []
    if not heads or heads[0][0] != "NAME":
        raise Unparsable("block_devices", "not the table of lsblk")
    spans = _spans(heads, lines[1:])
    for line in lines[1 : _MOST + 2]:
        if line.strip():
            cells = {
                head[0].lower(): line[start:end].strip()
                for head, (start, end) in zip(heads, spans, strict=True)
            }
            cells["name"] = _TREE.sub("", cells["name"])
            yield cells


def _spans(heads: list[re.Match[str]], lines: list[str]) -> list[tuple[int, int]]:
    """Return where each column begins and ends.

    A head stands at the left or the right end of its column. Between two heads the border is where
    every line has a space; the kind of the column says to which side it leans.
    """
    taken = {place for line in lines for place, sign in enumerate(line) if sign != " "}
    borders = [0]
    for left, right in itertools.pairwise(heads):
        borders.append(_border(left, right, taken))
    ends = [*borders[1:], 10**6]
    return list(zip(borders, ends, strict=True))


def _border(left: re.Match[str], right: re.Match[str], taken: set[int]) -> int:
    free = [place for place in range(left.end(), right.start() + 1) if place not in taken]
    candidates = free or [right.start()]
    # A column of numbers may be wider than its head, to the left; texts begin below their head.
    return min(candidates) if right[0] in _RIGHT else max(candidates)


def _merged(rows: list[Row]) -> list[BlockDevice]:
    """Make one device of the rows of each: what stands on two disks is listed below both."""
    found: dict[str, BlockDevice] = {}
    by_name: dict[str, str] = {}
    for row in rows:
        device = _device(row)
        by_name.setdefault(device.name, device.kname)
        seen = found.get(device.kname)
        if seen is None:
            found[device.kname] = device
        else:
            seen.parents.extend(one for one in device.parents if one not in seen.parents)
    return list(found.values())


def _device(row: Row) -> BlockDevice:
    name = _text(row, "name").rpartition("/")[2] or _text(row, "name")
    kname = _text(row, "kname").rpartition("/")[2] or name
    if not kname:
        raise Unparsable("block_devices", "a device has no name")
    parent = _text(row, "pkname").rpartition("/")[2]
    return BlockDevice(
        name=name,
        kname=kname,
        type=_text(row, "type"),
        size_bytes=_size(_text(row, "size")),
        vendor=_text(row, "vendor"),
        model=_text(row, "model"),
        revision=_text(row, "rev"),
        serial=_text(row, "serial"),
        wwn=_text(row, "wwn"),
        is_rotational=_flag(row, "rota"),
        transport=_text(row, "tran"),
        is_removable=_flag(row, "rm"),
        is_read_only=_flag(row, "ro"),
        address=_text(row, "hctl"),
        state=_text(row, "state"),
        fstype=_text(row, "fstype"),
        label=_text(row, "label"),
        uuid=_text(row, "uuid"),
        partuuid=_text(row, "partuuid"),
        mountpoints=_mountpoints(row),
        parents=[parent] if parent else [],
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if not value or not isinstance(value, str):
        return ""
    return printable(value[:256]).strip()


def _flag(row: Row, name: str) -> bool | None:
    value = row.get(name)
    if isinstance(value, bool):
        return value
    return {"1": True, "0": False}.get(value) if isinstance(value, str) else None


def _mountpoints(row: Row) -> list[str]:
    many = row.get("mountpoints")
    one = _text(row, "mountpoint")
    places = many if isinstance(many, list) else [one] if one else []
    return [printable(place[:1024]) for place in places if place]


def _size(text: str) -> int | None:
    """Return bytes; without -b the sizes are rounded and carry a unit."""
    if text.isdecimal() and text.isascii():
        number = int(text[:40])
        return number if number < _LARGEST else None
    match = re.fullmatch(r"(\d{1,15}(?:[.,]\d{1,6})?)([BKMGTPE])", text)
    if match is None:
        return None
    size = int(float(match[1].replace(",", ".")) * 1024 ** _UNITS[match[2]])
    return size if size < _LARGEST else None
