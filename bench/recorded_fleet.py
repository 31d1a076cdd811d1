"""Far ends that speak real SSH and answer with what real machines once said.

`python recorded_fleet.py FOLDER PORT COUNT FIRST STEP` is every STEP-th of COUNT machines, each on
an address of its own in 127/8. A machine is one of a mixture of recordings; its serial numbers,
UUIDs and name are its own, and its counters have gone on each time it is asked.
"""

import asyncio
import functools
import hashlib
import json
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

import asyncssh

from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.facts.table import FACTS
from tests.facts.corpus import FOLDER as RECORDINGS
from tests.facts.corpus import load
from tests.services.infrastructure.storage import reports

# What an answer takes at least, besides our own work: a network, and the programs over there.
DELAY_SECONDS = 0.2
Argv = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Make:
    """A sort of machine: whose recordings it answers with, and how many drives it has."""

    name: str
    base: str
    share: int  # of a hundred
    drives: int = 0
    extras: dict[str, str] = field(default_factory=dict)


DISK = {"block_devices": "debian-12"}
SERVER = DISK | {
    "hardware": "made-server",
    "sensors": "made-intel",
    "smart_tools": "debian-12",
}
MAKES = (
    Make("virtual machine, Debian 12", "debian-12", 34),
    Make("virtual machine, Debian 13", "debian-13", 16, extras=DISK),
    Make("BusyBox", "busybox", 6, extras={"databases": "made-none"}),
    Make("database server", "debian-12", 10, 2, SERVER | {"databases": "debian-12-root"}),
    Make("mirror", "debian-12", 12, 2, SERVER | {"md_arrays": "debian-12-resync"}),
    Make("degraded mirror", "debian-12", 2, 2, SERVER | {"md_arrays": "debian-12-degraded"}),
    Make("ZFS", "debian-13", 8, 6, SERVER | {"zfs_pools": "debian-12-mirror"}),
    Make("degraded ZFS", "debian-12", 2, 6, SERVER | {"zfs_pools": "debian-12-degraded"}),
    Make("thin LVM", "debian-12", 4, 2, SERVER | {"lvm": "debian-12-thin"}),
    Make("btrfs", "debian-13", 4, 4, SERVER | {"btrfs": "debian-12-raid1"}),
    Make("storage server", "debian-12", 2, 24, SERVER | {"zfs_pools": "published-jc-v4"}),
)
# Where a sort has no recording of a fact, it has no such thing.
NOTHING = ("made-none", "made-no-arrays", "made-none-mounted", "made-absent")


@dataclass(frozen=True)
class Said:
    """What a command answered: both streams and its exit status."""

    out: str
    err: str = ""
    status: int = 0


NOT_FOUND = Said("", "sh: 1: not found\n", 127)
HEAD_PART = re.compile(r"^==> (.+?) <==\n", re.MULTILINE)


@functools.lru_cache(maxsize=len(MAKES))
def answers_of(make: Make) -> dict[Argv, Said]:
    """Return what machines of this sort answer, before anything of their own is put in."""
    found: dict[Argv, list[CommandResult]] = {}
    for fact in FACTS:
        folder = RECORDINGS / fact.name
        names = (make.extras.get(fact.name, make.base), *NOTHING, "debian-12")
        path = next(path for name in names if (path := folder / f"{name}.yaml").exists())
        # By position: the recording of a moment ago may name an older form of the command.
        for command, result in zip(fact.commands, load(fact, path).results, strict=False):
            found.setdefault(command.argv, []).append(result)
    return {argv: together(argv, results) for argv, results in found.items()}


def together(argv: Argv, results: list[CommandResult]) -> Said:
    """Put together what was recorded apart: each fact keeps only its part of a shared command."""
    ran = [one for one in results if one.outcome is Outcome.RAN]
    if not ran:
        return NOT_FOUND
    status = ran[0].exit_status or 0
    if argv[0] != "head":
        lines = dict.fromkeys(line for one in ran for line in one.stdout.splitlines(keepends=True))
        out = ran[0].stdout if len(ran) == 1 else "".join(lines)
        return Said(out, ran[0].stderr, status)
    parts: dict[str, str] = {}
    for one in ran:
        _, *pieces = HEAD_PART.split(one.stdout)
        parts |= zip(pieces[::2], pieces[1::2], strict=True)
    kept = (f"==> {name} <==\n{parts[name]}" for name in argv if name in parts)
    return Said("".join(kept), ran[0].stderr, status)


# What is a machine's own.

_OWN = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"  # a UUID
    r"|\b[0-9a-f]{32}\b"  # a machine's id
    r"|\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b"  # a hardware address
    r"|\b[A-Za-z0-9]{6}(?:-[A-Za-z0-9]{4}){5}-[A-Za-z0-9]{6}\b"  # LVM's
    r"|\b\d{17,20}\b"  # a pool's number
)


def own(text: str, number: int) -> str:
    """Put this machine's identifiers in place of the recorded ones, the same in all answers."""

    def renamed(match: re.Match[str]) -> str:
        digest = hashlib.sha256(f"{number} {match[0]}".encode()).hexdigest() * 2
        if match[0].isdigit():
            return str(int(digest[:30], 16))[: len(match[0])]
        # The first byte of a hardware address says what sort it is, so the start is kept.
        return match[0][:2] + "".join(
            new if old.isalnum() else old for old, new in zip(match[0][2:], digest, strict=False)
        )

    return _OWN.sub(renamed, text)


@functools.lru_cache(maxsize=1)
def drive_documents() -> list[dict[str, object]]:
    """Return what smartctl said of real drives; of made ones where the recordings are not here."""
    folder = Path(os.environ.get("UNITY_CORPORA") or "/nonexistent") / "smartctl"
    files = (*folder.glob("smartctl_exporter/*.json"), *folder.glob("scrutiny/smart-ata*.json"))
    read = [json.loads(path.read_text()) for path in sorted(files)]
    return read or [reports.ata(), reports.nvme(), reports.scsi()]


@dataclass
class Drive:
    """A drive of a machine: one of the recorded ones, with a serial number of its own."""

    document: dict[str, object]
    name: str
    serial: str

    def __post_init__(self) -> None:
        self.document = json.loads(json.dumps(self.document))
        self.document["serial_number"] = self.serial
        self.document.pop("wwn", None)
        device = dict(self.document.get("device") or {})
        self.document["device"] = device | {"name": f"/dev/{self.name}"}

    @property
    def type(self) -> str:
        """Return smartctl's word for how to ask it."""
        return str(self.document["device"].get("type") or "sat")

    def said(self, turn: int) -> Said:
        """Return its report; it is a little warmer or cooler than before, and older."""
        document = self.document
        heat, hours = document.get("temperature"), document.get("power_on_time")
        changed = dict(document)
        if isinstance(heat, dict) and "current" in heat:
            changed["temperature"] = heat | {"current": heat["current"] + turn % 3}
        if isinstance(hours, dict) and "hours" in hours:
            changed["power_on_time"] = hours | {"hours": hours["hours"] + turn}
        status = document.get("smartctl", {}).get("exit_status", 0)
        return Said(json.dumps(changed, indent=2) + "\n", status=status)

    def listed(self) -> dict[str, object]:
        """Return its entry of `lsblk -J`."""
        size = (self.document.get("user_capacity") or {}).get("bytes") or 1_000_204_886_016
        is_flash = self.name.startswith("nvme") or self.document.get("rotation_rate") == 0
        name = f"{self.name}n1" if self.name.startswith("nvme") else self.name
        return {"name": name, "kname": name, "type": "disk", "size": size,
                "model": self.document.get("model_name"), "serial": self.serial,
                "rota": not is_flash, "rm": False, "ro": False}  # fmt: skip


def drives_of(make: Make, number: int) -> list[Drive]:
    """Return a machine's drives, as the kernel would name them."""
    documents, found = drive_documents(), list[Drive]()
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    for place in range(make.drives):
        document = documents[(number * 7 + place) % len(documents)]
        is_nvme = "nvme_smart_health_information_log" in document
        name = f"nvme{place}" if is_nvme else f"sd{next(letters)}"
        found.append(Drive(document, name, f"S{number:05}D{place:02}"))
    return found


# What goes on.

Moving = Callable[[int, float], str]  # which time it is asked, and the seconds since it began
_NUMBERS = re.compile(r"(?<=[\s:])\d+(?=\s|$)")


def counters(text: str, chosen: slice = slice(None)) -> Moving:
    """Let the chosen numbers of each line grow; a zero stays."""
    lines = []
    for line in text.splitlines(keepends=True):
        spans = [match.span() for match in _NUMBERS.finditer(line)][chosen]
        pieces, steps, at = [], [], 0
        for start, end in spans:
            if (value := int(line[start:end])) > 0:
                pieces.append(line[at:start])
                steps.append((value, 1 + value // 997))
                at = end
        lines.append((pieces, steps, line[at:]))

    def render(turn: int, _: float) -> str:
        done = []
        for pieces, steps, rest in lines:
            for piece, (value, step) in zip(pieces, steps, strict=True):
                done += (piece, str(value + turn * step))
            done.append(rest)
        return "".join(done)

    return render


def moving_part(name: str, text: str) -> Moving:
    """Return how one file of the shared `head` goes on."""
    match name:
        case "/proc/uptime":
            began, idle = (float(word) for word in text.split())
            return lambda _, seconds: f"{began + seconds:.2f} {idle + seconds:.2f}\n\n"
        case "/proc/stat":
            text = re.sub(r"btime \d+", f"btime {int(time.time() - 3499)}", text)
            before, line, after = text.partition("btime")
            first, second, rest = after.partition("\n")
            return joined([counters(before), fixed(line + first + second), counters(rest)])
        case "/proc/diskstats" | "/proc/net/dev" | "/proc/vmstat":
            # Of a disk, the first two numbers are its name.
            return counters(text, slice(2 if name == "/proc/diskstats" else 0, None))
        case "/proc/meminfo":
            total, others = text.split("\n", 1)
            return joined([fixed(f"{total}\n"), counters(others)])
        case "/proc/loadavg":
            return lambda turn, _: f"{turn % 17 / 10:.2f}{text[4:]}"
        case _:
            return fixed(text)


def fixed(text: str) -> Moving:
    """Return what stays."""
    return lambda _turn, _seconds: text


def joined(parts: Iterable[Moving]) -> Moving:
    """Return one text of several."""
    parts = list(parts)
    return lambda turn, seconds: "".join(part(turn, seconds) for part in parts)


def moving(argv: Argv, text: str) -> Moving:
    """Return how the answer to one command goes on."""
    if argv[0] == "date":
        return lambda _turn, _seconds: f"{time.time():.9f} +0000\n"
    if argv[0] == "head":
        first, *pieces = HEAD_PART.split(text)
        files = zip(pieces[::2], pieces[1::2], strict=True)
        parts = ((fixed(f"==> {name} <==\n"), moving_part(name, part)) for name, part in files)
        return joined([fixed(first), *(one for pair in parts for one in pair)])
    if "df -k" in argv[-1]:
        return joined(
            counters(line, slice(1, 2)) if line.startswith("/dev/") else fixed(line)
            for line in text.splitlines(keepends=True)
        )
    if "hwmon" in " ".join(argv):
        return joined(
            (lambda turn, _, line=line: f"{line[:-4]}{turn % 10}00\n")
            if re.search(r"/temp\d+_input:\d{4,}\n", line)
            else fixed(line)
            for line in text.splitlines(keepends=True)
        )
    return fixed(text)


class Machine:
    """One far end: what it answers to an argv, the next time it is asked."""

    def __init__(self, number: int) -> None:
        place = number * 37 % 100  # spread, so that any few in a row are a mixture too
        self.make = next(
            make
            for index, make in enumerate(MAKES)
            if place < sum(one.share for one in MAKES[: index + 1])
        )
        self._began = time.monotonic()
        self._turn = 0
        self._drives = {one.name: one for one in drives_of(self.make, number)}
        self._answers: dict[Argv, tuple[Moving, Said]] = {}
        for argv, said in answers_of(self.make).items():
            text = re.sub(r"(?<=/hostname <==\n)\S+", f"m{number:04}", own(said.out, number))
            if "lsblk" in argv[-1] and self._drives:
                text = self._with_drives(text)
            self._answers[argv] = moving(argv, text), said

    def _with_drives(self, text: str) -> str:
        listed = json.loads(text)
        columns = dict.fromkeys(listed["blockdevices"][0])
        listed["blockdevices"] += [columns | one.listed() for one in self._drives.values()]
        return json.dumps(listed, indent=3) + "\n"

    def next_turn(self) -> None:
        """Let its counters go on."""
        self._turn += 1

    def ask(self, argv: Argv) -> Said:
        """Answer one command."""
        if argv in self._answers:
            text, said = self._answers[argv]
            return Said(text(self._turn, time.monotonic() - self._began), said.err, said.status)
        if argv[0] == "smartctl" and self._drives:
            if "--scan-open" in argv:
                devices = [{"name": f"/dev/{one.name}", "info_name": f"/dev/{one.name}",
                            "type": one.type, "protocol": "NVMe" if one.type == "nvme" else "ATA"}
                           for one in self._drives.values()]  # fmt: skip
                return Said(json.dumps({"devices": devices}))
            drive = self._drives.get(argv[-1].removeprefix("/dev/"))
            return drive.said(self._turn) if drive else NOT_FOUND
        return NOT_FOUND


# The shell over there.

GROUP = re.compile(rb"\{\nunity_mark (\S+) - start\n(.*?)\n\} </dev/null\n", re.DOTALL)


@functools.lru_cache(maxsize=4096)
def argv_of(section: str) -> Argv:
    """Return the argv of one section, without the `timeout` in front."""
    words = shlex.split(section)
    return tuple(words[4:] if words[:2] == ["timeout", "-k"] else words)


class Shell(asyncssh.SSHServerSession[bytes]):
    """Stands for /bin/sh: reads the scripts that come, and answers each section of them."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._text = bytearray()
        self._channel: asyncssh.SSHServerChannel[bytes]

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def exec_requested(self, command: str) -> bool:
        return command == "exec /bin/sh"

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:  # noqa: ARG002 - asyncssh's signature
        self._text += data
        while (group := GROUP.search(self._text)) is not None:
            token, text = group[1].decode(), group[2].decode()
            del self._text[: group.end()]
            loop = asyncio.get_running_loop()
            loop.call_later(DELAY_SECONDS, self._answer, token, text)

    def _answer(self, token: str, text: str) -> None:
        if self._channel.is_closing():
            return
        out, err = [f"\n{token} - start\n"], [f"\n{token} start\n"]
        self._machine.next_turn()
        start = 0
        for index, end in enumerate(re.finditer(rf"\n?unity_mark {token} \$\? \d+\n?", text)):
            said = self._said(text[start : end.start()])
            start = end.end()
            out.append(f"{said.out}\n{token} {said.status} {index}\n")
            err.append(f"{said.err}\n{token} {index}\n")
        self._channel.write("".join(out).encode())
        self._channel.write_stderr("".join(err).encode())

    def _said(self, section: str) -> Said:
        if "unity_style" in section:  # the greeting: which `timeout`, and who are we
            return Said("decimal 0")
        return self._machine.ask(argv_of(section))


class FarEnd(asyncssh.SSHServer):
    """One connection; the address that was called says which machine it is."""

    def __init__(self, machine: Machine, key: asyncssh.SSHKey) -> None:
        self._machine = machine
        self._key = key

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's signature
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "root" and key == self._key

    def session_requested(self) -> Shell:
        return Shell(self._machine)


def address_of(number: int) -> str:
    """Return where a machine is found."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


async def serve(folder: Path, port: int, numbers: Iterable[int]) -> None:
    """Listen for all machines; say so, and then wait to be ended."""
    asyncssh.set_log_level("ERROR")
    key = asyncssh.read_public_key(folder / "client.pub")
    host_key = asyncssh.read_private_key(folder / "host")
    listening = []
    for number in numbers:
        machine = Machine(number)
        listening.append(
            await asyncssh.listen(
                address_of(number),
                port,
                server_factory=functools.partial(FarEnd, machine, key),
                server_host_keys=[host_key],
                encoding=None,
                compression_algs=["none"],
            )
        )
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    where, *rest = sys.argv[1:]
    at, count, first, step = (int(word) for word in rest)
    asyncio.run(serve(Path(where), at, range(first, count, step)))
