"""Listening sockets as the kernel prints them in /proc/net."""

import ipaddress
from dataclasses import dataclass, field

_STREAM = "0001"
_TCP_WORDS, _UNIX_WORDS = 10, 8


@dataclass(frozen=True, slots=True)
class Listening:
    """One listening socket: `path`, or `address` with `port`."""

    inode: str
    path: str = ""
    address: str = ""
    port: int = 0
    user_id: int | None = None

    @property
    def is_wildcard(self) -> bool:
        return self.address in ("0.0.0.0", "::")  # noqa: S104 - what is read, not what is bound

    @property
    def is_loopback(self) -> bool:
        return self.address.startswith("127.") or self.address == "::1"

    @property
    def own_loopback(self) -> str:
        """Return where the machine itself reaches a socket that listens everywhere."""
        return "127.0.0.1"


@dataclass(slots=True)
class Net:
    """The listening sockets and the addresses of one network namespace."""

    rows: list[Listening] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def take(self, row: Listening | None) -> None:
        """Keep a row, once: a namespace may be printed again."""
        if row is not None and row not in self.rows:
            self.rows.append(row)


def read_tcp(line: str) -> Listening | None:
    """Read a line of /proc/net/tcp or tcp6."""
    words = line.split()
    if len(words) < _TCP_WORDS or words[3] != "0A":
        return None
    address, _, port = words[1].partition(":")
    try:
        return Listening(words[9], "", _address(address), int(port, 16), int(words[7]))
    except ValueError:
        return None


def read_unix(line: str) -> Listening | None:
    """Read a line of /proc/net/unix; names without a file begin with @."""
    words = line.split(maxsplit=7)
    if len(words) < _UNIX_WORDS or words[4] != _STREAM or not words[7].startswith("/"):
        return None
    return Listening(words[6], path=words[7])


def _address(text: str) -> str:
    """Turn the kernel's words, each in the order of a little-endian machine, into an address."""
    raw = bytes.fromhex(text)
    if len(raw) not in (4, 16):
        raise ValueError("Not an address.")
    turned = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    found = ipaddress.ip_address(turned)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
