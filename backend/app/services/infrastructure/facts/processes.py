"""The processes that use most of the processors and of the memory at this moment."""

import heapq

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Rate, Trouble, Unparsable
from app.services.infrastructure.facts.reading import count, number

# `ps` gives a share over a process's whole life, so a busy newcomer would hide behind old ones.
# The second picture of `top` shows the time between both. busybox knows whole seconds only.
# HOME is set away because top obeys its user's own settings.
_TOP = Command(
    (
        "sh",
        "-c",
        (
            "export HOME=/nonexistent COLUMNS=512; "
            "{ top -b -n 2 -d 0.5 2>/dev/null || top -b -n 2 -d 1; } "
            "| awk '/^top - /||/^Mem:/{n++} n==2'"
        ),
    ),
    seconds=8.0,
    needs="top",
)
_SHOWN = 15  # of each list
_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


class Process(BaseModel):
    """`cpu_percent` is of one core, over the last half second.

    Only the program's name is kept: arguments hold passwords more often than they should.
    """

    pid: int
    user: str
    name: str
    state: str
    cpu_percent: float
    memory_percent: float
    memory_bytes: int | None = None  # resident; busybox does not say it


class Processes(BaseModel):
    total: int
    by_cpu: list[Process]
    by_memory: list[Process]


class ProcessesFact(Fact[Processes]):
    name = "processes"
    title = "Processes"
    rate = Rate.LIVE
    commands = (_TOP,)
    programs = ("top",)
    value = Processes
    fixes = {Trouble.ABSENT: "Install procps (Debian, Alpine) or procps-ng (Fedora, RHEL)."}  # noqa: RUF012 - declared as a ClassVar by the base class

    def parse(self, results: tuple[CommandResult, ...]) -> Processes | None:
        result = results[0]
        if result.outcome is Outcome.TIMED_OUT or not result.stdout.strip():
            if result.outcome is Outcome.TIMED_OUT:
                return None
            raise Unparsable(self.name, result.stderr.strip()[:200] or "an empty answer")
        lines = iter(result.stdout.splitlines())
        columns: dict[str, int] = {}
        for line in lines:
            words = line.split()
            if words and words[0] == "PID":
                columns = {word: index for index, word in enumerate(words)}
                break
        if not {"PID", "USER", "%CPU", "COMMAND"} <= columns.keys():
            raise Unparsable(self.name, "no table of processes")
        try:
            return _table([line for line in lines if line.strip()], columns)
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "not the lines of top") from error


def _table(lines: list[str], columns: dict[str, int]) -> Processes:
    """Look at the shares of all processes, and read in full only those that are shown."""
    command = columns["COMMAND"]
    by_cpu, by_memory = columns["%CPU"], columns.get("%MEM", columns.get("%VSZ", 0))
    rows = [_words(line, command, columns.get("STAT")) for line in lines]

    def top(column: int) -> list[Process]:
        shares = [(number(row[column].rstrip("%")), -index) for index, row in enumerate(rows)]
        return [_process(rows[-index], columns) for _, index in heapq.nlargest(_SHOWN, shares)]

    return Processes(total=len(rows), by_cpu=top(by_cpu), by_memory=top(by_memory))


def _words(line: str, command: int, status: int | None) -> list[str]:
    """Split a line in as many words as the table has columns; the command takes the rest."""
    words = line.split(None, command)
    # busybox leaves gaps inside of its two-letter status ("S <", "S N").
    if status is not None and words[status + 1] in {"<", "N"}:
        words = line.split(None, command + 1)
        del words[status + 1]
    if len(words) <= command:
        raise ValueError("A line ends before its command.")
    return words


def _process(words: list[str], columns: dict[str, int]) -> Process:
    state = columns.get("S", columns.get("STAT", 0))
    memory = columns.get("%MEM", columns.get("%VSZ", 0))
    return Process(
        pid=count(words[columns["PID"]]),
        user=printable(words[columns["USER"]]),
        name=_program(words[columns["COMMAND"]]),
        state=printable(words[state][:1]),
        cpu_percent=number(words[columns["%CPU"]].rstrip("%")),
        memory_percent=number(words[memory].rstrip("%")),
        memory_bytes=_bytes(words[columns["RES"]]) if "RES" in columns else None,
    )


def _program(command: str) -> str:
    """Return the name only: busybox shows the arguments too, and the name in braces first."""
    text = printable(command)
    if text.startswith("{"):
        return text[1:].partition("}")[0]
    first = text.split(" ", 1)[0]
    return first if first.startswith("[") else first.rpartition("/")[2] or first


def _bytes(text: str) -> int:
    unit = text[-1:]
    if unit in _UNITS:
        return int(number(text[:-1]) * _UNITS[unit])
    return count(text) * 1024
