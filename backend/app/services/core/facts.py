"""A fact: something that a machine can be asked, and how its answer is read."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome

T = TypeVar("T", bound=BaseModel)


class Rate(StrEnum):
    """How often a fact changes, and so how often it is asked."""

    LIVE = "live"  # seconds, while somebody watches
    STANDARD = "standard"  # minutes
    SLOW = "slow"  # hours


class Trouble(StrEnum):
    """Why a fact is missing; the four things that look alike in a careless collector."""

    ABSENT = "absent"  # the tool is not installed, or the machine has no such thing
    NO_RIGHT = "no_right"  # the login may not ask this
    UNPARSABLE = "unparsable"  # it answered something that we do not know
    TIMED_OUT = "timed_out"  # it did not answer in time


class Unparsable(Exception):
    """The machine answered something that this fact's reader does not know."""

    def __init__(self, fact: str, why: str = "") -> None:
        super().__init__(f"{fact}: {why}" if why else fact)
        self.fact = fact
        self.why = why


class NoRight(Exception):
    """The answer says that the login may not ask this, though the command itself ran."""

    def __init__(self, fact: str, why: str = "") -> None:
        super().__init__(f"{fact}: {why}" if why else fact)
        self.fact = fact
        self.why = why


class Absent(Exception):
    """There is none for this login, with why: nothing is wrong, but somebody may wonder."""

    def __init__(self, fact: str, why: str) -> None:
        super().__init__(f"{fact}: {why}")
        self.fact = fact
        self.why = why


class Sample(NamedTuple):  # not a frozen dataclass: a round makes dozens for each machine
    """One number for the metric store. `metric` is node_exporter's name where one exists."""

    metric: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    is_counter: bool = False


class Fact(Generic[T]):
    """One question to a machine. Subclasses set the class attributes and write `parse`.

    `parse` is pure: no I/O, no clock. It returns None when the machine has no such thing, raises
    `Unparsable` for an answer it does not know, `NoRight` when the answer is a refusal, and
    `Absent` where there is none for a reason that people should know.
    `commands` holds one or more argv whose results `parse` receives in the same order. Where the
    systems differ, a fact asks them all and reads what answered, so that one round trip is enough.
    Facts may share a command (many read parts of one `head`): a group runs it once.
    `programs` names what must be installed, where that is not the first word of its commands.
    `fixes` says what a person can do about a trouble, where something can be done.
    `is_rare` marks what most machines have none of: an empty answer is believed for half an hour,
    and for a day where the search `reads_disks`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    rate: ClassVar[Rate] = Rate.STANDARD  # the fastest group that asks it
    is_rare: ClassVar[bool] = False
    reads_disks: ClassVar[bool] = False
    commands: ClassVar[tuple[Command, ...]]
    value: type[T]
    programs: ClassVar[tuple[str, ...]] = ()
    fixes: ClassVar[Mapping[Trouble, str]] = MappingProxyType({})

    def parse(self, results: tuple[CommandResult, ...]) -> T | None:
        """Read the answers; see the class."""
        raise NotImplementedError

    def samples(self, value: T) -> list[Sample]:  # noqa: ARG002 - the default of most facts
        """Return the numbers worth keeping, in the order of the value."""
        return []


class FactReading(NamedTuple, Generic[T]):
    """What came of asking one fact: a value, or the trouble with its reason and fix."""

    fact: str
    value: T | None
    trouble: Trouble | None = None
    detail: str = ""
    fix: str = ""


def read(fact: Fact[T], results: tuple[CommandResult, ...]) -> FactReading[T]:
    """Turn the results of a fact's commands into its reading. Never raises for bad output."""
    if all(result.outcome is Outcome.ABSENT for result in results):
        programs = fact.programs or tuple(dict.fromkeys(result.argv[0] for result in results))
        named = printable(" or ".join(programs))
        return _missing(fact, Trouble.ABSENT, f"No {named} is installed there.")
    try:
        value = fact.parse(results)
    except Absent as lack:
        return _missing(fact, Trouble.ABSENT, printable(lack.why))
    except NoRight as refusal:
        return _missing(fact, Trouble.NO_RIGHT, printable(refusal.why) or "Not permitted.")
    except Unparsable as failure:
        return _explain(fact, results, failure)
    if value is None:
        return _explain(fact, results, None)
    return FactReading(fact.name, value)


def _explain(
    fact: Fact[T], results: tuple[CommandResult, ...], failure: Unparsable | None
) -> FactReading[T]:
    """Name the trouble: a time-out or a refusal explains a missing answer better than its text."""
    for result in results:
        if result.outcome is Outcome.TIMED_OUT:
            detail = f"`{_command(result)}` did not answer in time."
            return _missing(fact, Trouble.TIMED_OUT, detail)
        if result.outcome is Outcome.REFUSED:
            return _missing(fact, Trouble.NO_RIGHT, f"`{_command(result)}` was not permitted.")
    if failure is None:
        # Nothing is wrong with a machine that has no such thing, so there is nothing to fix.
        detail = "This machine has no such thing."
        return FactReading(fact.name, None, Trouble.ABSENT, detail)
    why = f": {printable(failure.why)}" if failure.why else ""
    return _missing(fact, Trouble.UNPARSABLE, f"The answer could not be read{why}.")


def _command(result: CommandResult) -> str:
    return printable(" ".join(result.argv))


def _missing(fact: Fact[T], trouble: Trouble, detail: str) -> FactReading[T]:
    return FactReading(fact.name, None, trouble, detail, fact.fixes.get(trouble, ""))


class FactGroup:
    """Facts that are asked together, in one round trip; a command that they share runs once."""

    def __init__(self, facts: Sequence[Fact[BaseModel]]) -> None:
        self.facts = tuple(facts)
        self.commands = tuple(
            dict.fromkeys(command for fact in self.facts for command in fact.commands)
        )
        position = {command: index for index, command in enumerate(self.commands)}
        self._positions = tuple(
            tuple(position[command] for command in fact.commands) for fact in self.facts
        )

    def read(self, results: Sequence[CommandResult]) -> list[FactReading[BaseModel]]:
        """Read the results of `commands`, given in their order: one reading for each fact."""
        return [
            read(fact, tuple(results[index] for index in positions))
            for fact, positions in zip(self.facts, self._positions, strict=True)
        ]
