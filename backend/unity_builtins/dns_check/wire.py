"""Questions and answers of the DNS, as they go over the wire (RFC 1035)."""

import ipaddress
import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum

_HEADER = struct.Struct("!6H")
_TAIL = struct.Struct("!HHIH")
_IN = 1
_JUMPS = 32  # compression pointers in one name: more is a loop


class RecordType(StrEnum):
    """The kinds of records that can be asked for."""

    A = "A"
    AAAA = "AAAA"
    CNAME = "CNAME"
    MX = "MX"
    NS = "NS"
    PTR = "PTR"
    SOA = "SOA"
    SRV = "SRV"
    TXT = "TXT"


_NUMBERS = {
    RecordType.A: 1,
    RecordType.NS: 2,
    RecordType.CNAME: 5,
    RecordType.SOA: 6,
    RecordType.PTR: 12,
    RecordType.MX: 15,
    RecordType.TXT: 16,
    RecordType.AAAA: 28,
    RecordType.SRV: 33,
}
_TYPES = {number: kind for kind, number in _NUMBERS.items()}


class Rcode(IntEnum):
    """What a server answers besides records."""

    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5


class BadName(ValueError):
    """A name that cannot be asked for."""


class Garbled(Exception):
    """The answer is not one of the DNS."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of an answer."""

    kind: RecordType
    value: str
    ttl: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said."""

    rcode: int
    records: tuple[Record, ...]
    is_cut: bool
    is_authoritative: bool
    is_validated: bool

    @property
    def verdict(self) -> str:
        """Name the code as `dig` does."""
        return Rcode(self.rcode).name if self.rcode in set(Rcode) else f"RCODE{self.rcode}"


def written(number: int, name: str, kind: RecordType) -> bytes:
    """Write a question that wishes recursion and, by EDNS, answers of up to 1232 bytes."""
    header = _HEADER.pack(number, 0x0100, 1, 0, 0, 1)
    options = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
    return header + _encoded(name) + struct.pack("!HH", _NUMBERS[kind], _IN) + options


def reverse(address: str) -> str:
    """Return the name under which an address is looked up, or the text itself."""
    try:
        return ipaddress.ip_address(address).reverse_pointer
    except ValueError:
        return address


def understand(message: bytes, number: int) -> Reply:
    """Read an answer; records of other kinds are left out."""
    try:
        return _understood(message, number)
    except (struct.error, IndexError, ValueError) as error:
        raise Garbled("The answer is not one of the DNS.") from error


def _understood(message: bytes, number: int) -> Reply:
    answered, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
    if answered != number or not flags & 0x8000:
        raise ValueError("an answer to something else")
    at = _HEADER.size
    for _ in range(questions):
        _, at = _name(message, at)
        at += 4
    records: list[Record] = []
    for _ in range(answers):
        _, at = _name(message, at)
        kind, _, ttl, length = _TAIL.unpack_from(message, at)
        at += _TAIL.size
        if at + length > len(message):
            if flags & 0x0200:
                break
            raise ValueError("a record that ends before its length")
        if known := _TYPES.get(kind):
            records.append(Record(known, _value(message, at, length, known), ttl))
        at += length
    return Reply(
        rcode=flags & 0xF,
        records=tuple(records),
        is_cut=bool(flags & 0x0200),
        is_authoritative=bool(flags & 0x0400),
        is_validated=bool(flags & 0x0020),
    )


def _encoded(name: str) -> bytes:
    out = b""
    for label in name.rstrip(".").split("."):
        try:
            raw = label.encode("ascii") if label.isascii() else label.encode("idna")
        except UnicodeError as error:
            raise BadName(f"{name} is no name of the DNS.") from error
        if not 0 < len(raw) < 64:
            raise BadName(f"{name} is no name of the DNS: a part is empty or over 63 characters.")
        out += bytes([len(raw)]) + raw
    if len(out) > 254:
        raise BadName(f"{name} is longer than a name of the DNS.")
    return out + b"\0"


def _name(message: bytes, at: int) -> tuple[str, int]:
    labels: list[str] = []
    end = 0
    for _ in range(_JUMPS + 128):
        length = message[at]
        if length & 0xC0 == 0xC0:
            end = end or at + 2
            at = (length & 0x3F) << 8 | message[at + 1]
            continue
        if length & 0xC0:
            raise ValueError("an unknown kind of label")
        if length == 0:
            return ".".join(labels) or ".", end or at + 1
        label = message[at + 1 : at + 1 + length]
        if len(label) < length:
            raise ValueError("a label that ends too soon")
        labels.append(label.decode("ascii", "backslashreplace"))
        at += 1 + length
    raise ValueError("a name without end")


def _value(message: bytes, at: int, length: int, kind: RecordType) -> str:
    data = message[at : at + length]
    match kind:
        case RecordType.A:
            value = str(ipaddress.IPv4Address(data))
        case RecordType.AAAA:
            value = str(ipaddress.IPv6Address(data))
        case RecordType.MX:
            value = f"{struct.unpack_from('!H', data)[0]} {_name(message, at + 2)[0]}"
        case RecordType.SRV:
            numbers = " ".join(str(one) for one in struct.unpack_from("!3H", data))
            value = f"{numbers} {_name(message, at + 6)[0]}"
        case RecordType.TXT:
            value = _text(data)
        case RecordType.SOA:
            primary, after = _name(message, at)
            mailbox, after = _name(message, after)
            value = f"{primary} {mailbox} {struct.unpack_from('!I', message, after)[0]}"
        case RecordType.CNAME | RecordType.NS | RecordType.PTR:
            value = _name(message, at)[0]
    return value


def _text(data: bytes) -> str:
    parts: list[str] = []
    at = 0
    while at < len(data):
        length = data[at]
        if at + 1 + length > len(data):
            raise ValueError("a text that ends before its length")
        parts.append(data[at + 1 : at + 1 + length].decode("utf-8", "backslashreplace"))
        at += 1 + length
    return "".join(parts)
