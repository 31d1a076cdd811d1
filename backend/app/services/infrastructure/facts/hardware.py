"""What the machine is made of."""

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Rate, Unparsable
from app.services.infrastructure.facts.reading import (
    BOARD,
    BOARD_VENDOR,
    FIRMWARE,
    FIRMWARE_DATE,
    PRODUCT,
    SLOW_FILES,
    TREE_MODEL,
    VENDOR,
    word,
)

# Only these lines, because the list of flags repeats itself for every core.
_CPUINFO = Command(
    (
        "grep",
        "-s",
        "-E",
        "^(processor|model name|physical id|core id|cpu model|Model|Hardware)[[:space:]]*:",
        "/proc/cpuinfo",
    ),
    instant=True,
)
_UNAME = Command(("uname", "-sm"), instant=True)

# What firmware says when nobody filled it in.
_FILLERS = frozenset(
    {
        "default string",
        "none",
        "not specified",
        "o.e.m.",
        "system manufacturer",
        "system product name",
        "to be filled by o.e.m.",
        "unknown",
    }
)


class Hardware(BaseModel):
    """Maker, model and processor; empty or None where the machine does not say."""

    system: str  # "Linux"
    architecture: str  # "x86_64", "aarch64"
    vendor: str
    model: str
    board: str
    firmware: str
    firmware_date: str
    processor: str
    sockets: int | None
    cores: int | None  # physical ones
    threads: int | None


class HardwareFact(Fact[Hardware]):
    name = "hardware"
    title = "Hardware"
    rate = Rate.SLOW
    commands = (_UNAME, SLOW_FILES, _CPUINFO)
    value = Hardware

    def parse(self, results: tuple[CommandResult, ...]) -> Hardware | None:
        uname, files, cpuinfo = results
        said = printable(uname.stdout).split()
        if uname.outcome is Outcome.RAN and len(said) != 2:  # noqa: PLR2004 - system, architecture
            raise Unparsable(self.name, "not the answer of uname")
        system, architecture = said if uname.outcome is Outcome.RAN else ("", "")
        board = f"{self._said(files, BOARD_VENDOR)} {self._said(files, BOARD)}".strip()
        processor, sockets, cores, threads = _processors(cpuinfo)
        hardware = Hardware(
            system=system,
            architecture=architecture,
            vendor=self._said(files, VENDOR),
            model=self._said(files, PRODUCT) or self._said(files, TREE_MODEL),
            board=board,
            firmware=self._said(files, FIRMWARE),
            firmware_date=self._said(files, FIRMWARE_DATE),
            processor=processor,
            sockets=sockets,
            cores=cores,
            threads=threads,
        )
        known = hardware.architecture or hardware.model or hardware.threads
        return hardware if known else None

    def _said(self, files: CommandResult, path: str) -> str:
        text = word(files, path, self.name)
        return "" if text.lower() in _FILLERS else text


def _processors(cpuinfo: CommandResult) -> tuple[str, int | None, int | None, int | None]:
    if cpuinfo.outcome is not Outcome.RAN:
        return "", None, None, None
    names: dict[str, str] = {}
    sockets: set[str] = set()
    cores: set[tuple[str, str]] = set()
    threads, socket = 0, ""
    for line in cpuinfo.stdout.splitlines():
        key, _, value = line.partition(":")
        match key.strip():
            case "processor":
                threads += 1
            case "physical id":
                socket = value.strip()
                sockets.add(socket)
            case "core id":
                cores.add((socket, value.strip()))
            case other:
                names.setdefault(other, printable(value).strip())
    name = names.get("model name") or names.get("cpu model") or names.get("Hardware", "")
    # Architectures without these lines do not tell; a guess would be read as a count.
    return name, len(sockets) or None, len(cores) or None, threads or None
