"""Listening sockets as the kernel prints them in /proc/net."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

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
    def loopbacks(self) -> tuple[str, ...]:
        """Return where the machine itself reaches it; `::` may stand for both kinds of address."""
        if self.address == "::":
            return ("127.0.0.1", "::1")
        return ("127.0.0.1",) if self.is_wildcard else (self.address,)


class Net:
    """The listening sockets and the addresses of one network namespace.

    A machine may have thousands of sockets and dozens of databases, so each is found by an index.
    """

    def __init__(self, rows: Iterable[Listening] = (), addresses: Iterable[str] = ()) -> None:
        # Each once: a namespace may be printed again.
        self.rows = tuple(dict.fromkeys(rows))
        self.addresses = frozenset(addresses)
        self._by_inode = _index(self.rows, lambda row: row.inode)
        self._by_port = _index(self.rows, lambda row: row.port)
        self._by_path = _index(self.rows, lambda row: row.path)
        self._by_name = _index(self.rows, lambda row: row.path.rpartition("/")[2])
        self._by_pattern: dict[re.Pattern[str], list[Listening]] = {}

    def is_apart_from(self, other: "Net") -> bool:
        """Tell two namespaces apart; pasta gives a container the addresses of its machine."""
        if self.addresses != other.addresses:
            return True
        return bool(self.rows) and not other.of_inodes(self._by_inode)

    def of_inodes(self, inodes: Iterable[str]) -> list[Listening]:
        """Return the sockets with these numbers."""
        return [row for inode in inodes for row in self._by_inode.get(inode, ())]

    def at_port(self, port: int) -> list[Listening]:
        """Return what listens at a port."""
        return self._by_port.get(port, []) if port else []

    def with_ports(self) -> Iterator[Listening]:
        """Yield all that have a port."""
        return (row for row in self.rows if row.port)

    def at_path(self, path: str) -> list[Listening]:
        """Return the socket that is this file."""
        return self._by_path.get(path, []) if path else []

    def named(self, name: str) -> list[Listening]:
        """Return the sockets that have this name, in whatever folder."""
        return self._by_name.get(name, []) if name else []

    def matching(self, pattern: re.Pattern[str]) -> list[Listening]:
        """Return the sockets whose path matches."""
        if pattern not in self._by_pattern:
            found = [row for row in self.rows if pattern.search(row.path)]
            self._by_pattern[pattern] = found
        return self._by_pattern[pattern]


K = TypeVar("K", int, str)


def _index(rows: Iterable[Listening], key: Callable[[Listening], K]) -> Mapping[K, list[Listening]]:
    found: dict[K, list[Listening]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


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


@lru_cache(maxsize=256)  # most sockets of most machines listen at the same few
def _address(text: str) -> str:
    """Turn the kernel's words, each in the order of a little-endian machine, into an address."""
    raw = bytes.fromhex(text)
    if len(raw) not in (4, 16):
        raise ValueError("Not an address.")
    turned = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    found = ipaddress.ip_address(turned)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
