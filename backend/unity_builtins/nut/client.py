"""Speaks with upsd of Network UPS Tools (RFC 9271), reading only."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from unity_plugin import Connection, LoginRefused, Network, NotReachable, Unsupported

_MOST_LINES = 2000
_NAME = re.compile(r"^[A-Za-z0-9_.@:-]{1,80}$")


@dataclass(frozen=True, slots=True)
class Ups:
    """One UPS: its variables, or why there are none."""

    name: str
    about: str
    variables: Mapping[str, str]
    trouble: str = ""  # DATA-STALE, DRIVER-NOT-CONNECTED

    def number(self, variable: str) -> float | None:
        """Return a variable as a number; some drivers write nothing, or words."""
        try:
            return float(self.variables[variable])
        except (KeyError, ValueError):
            return None

    @property
    def flags(self) -> frozenset[str]:
        """Return its status: OL, OB, LB and so on."""
        return frozenset(self.variables.get("ups.status", "").split())


@dataclass(frozen=True, slots=True)
class Upsd:
    """What a server says: its version, and all that it has."""

    version: str
    every: tuple[Ups, ...]


async def look(network: Network, host: str, port: int, *, seconds: float) -> Upsd:
    """Ask for all UPSes with their variables; LOGIN would count as a machine to wait for."""
    async with network.tcp(host, port, seconds=seconds) as connection:
        version = await _ask(connection, "VER")
        if "upsd" not in version.lower() and "ups tools" not in version.lower():
            raise Unsupported(
                f"{host}:{port} is no upsd of Network UPS Tools.",
                fix="The port is 3493 where nothing else is set.",
            )
        names = await _list(connection, "UPS")
        every = [
            await _ups(connection, words[0], words[1] if len(words) > 1 else "") for words in names
        ]
        await connection.write("LOGOUT\n")
    return Upsd(version.strip(), tuple(every))


async def _ups(connection: Connection, name: str, about: str) -> Ups:
    try:
        rows = await _list(connection, f"VAR {name}")
    except _Trouble as error:
        return Ups(name, about, {}, str(error))
    return Ups(name, about, {row[0]: row[1] for row in rows if len(row) > 1})


class _Trouble(Exception):
    """The server knows the UPS, and has no data of it."""


async def _ask(connection: Connection, words: str) -> str:
    await connection.write(f"{words}\n")
    line = await connection.line()
    if line.startswith("ERR"):
        raise _refusal(line)
    return line


async def _list(connection: Connection, what: str) -> list[list[str]]:
    """Read what stands between BEGIN LIST and END LIST, without the words that repeat."""
    first = await _ask(connection, f"LIST {what}")
    if first != f"BEGIN LIST {what}":
        raise Unsupported("It answered something that is not of Network UPS Tools.")
    rows: list[list[str]] = []
    for _ in range(_MOST_LINES):
        line = await connection.line()
        if line == f"END LIST {what}":
            return rows
        rows.append(_words(line, what))
    raise Unsupported(f"It listed more than {_MOST_LINES} lines.")


def _words(line: str, what: str) -> list[str]:
    try:
        found = shlex.split(line)[len(what.split()) :]
    except ValueError as error:
        raise Unsupported("It answered a line that cannot be read.") from error
    if not found or not _NAME.match(found[0]):
        raise Unsupported("It answered a line that cannot be read.")
    return found


def _refusal(line: str) -> Exception:
    match line.split()[1:2]:
        case ["ACCESS-DENIED"]:
            return LoginRefused(
                "upsd does not let this machine read.",
                fix="Allow its address in upsd.conf (LISTEN) and in hosts.allow.",
            )
        case ["DATA-STALE" | "DRIVER-NOT-CONNECTED" as word]:
            return _Trouble(word)
        case _:
            return NotReachable(f"upsd answered {line[:100]}.")
