"""A fact: something that a machine can be asked, and how its answer is read."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import BaseModel

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


@dataclass(frozen=True, slots=True)
class Sample:
    """One number for the metric store. `metric` is node_exporter's name where one exists."""

    metric: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()
    unit: str = ""
    is_counter: bool = False


class Fact(Generic[T]):
    """One question to a machine. Subclasses set the class attributes and write `parse`.

    `parse` is pure: no I/O, no clock. It returns None when the machine has no such thing, raises
    `Unparsable` for an answer it does not know and `NoRight` when the answer is a refusal.
    `commands` holds one or more argv whose results `parse` receives in the same order. Where the
    systems differ, a fact asks them all and reads what answered, so that one round trip is enough.
    """

    name: str
    title: str
    rate: Rate = Rate.STANDARD
    commands: tuple[Command, ...]
    value: type[T]

    def parse(self, results: tuple[CommandResult, ...]) -> T | None:
        """Read the answers; see the class."""
        raise NotImplementedError

    def samples(self, value: T) -> list[Sample]:  # noqa: ARG002 - the default of most facts
        """Return the numbers worth keeping, in the order of the value."""
        return []


@dataclass(frozen=True, slots=True)
class FactReading(Generic[T]):
    """What came of asking one fact: a value, or the trouble with its reason and fix."""

    fact: str
    value: T | None
    trouble: Trouble | None = None
    detail: str = ""
    fix: str = ""


Reader = Callable[[tuple[CommandResult, ...]], BaseModel | None]


def read(fact: Fact[T], results: tuple[CommandResult, ...]) -> FactReading[T]:
    """Turn the results of a fact's commands into its reading. Never raises for bad output."""
    if all(result.outcome is Outcome.ABSENT for result in results):
        program = results[0].argv[0]
        return FactReading(fact.name, None, Trouble.ABSENT, f"{program} is not installed there.")
    try:
        value = fact.parse(results)
    except NoRight as refusal:
        return FactReading(fact.name, None, Trouble.NO_RIGHT, refusal.why or "Not permitted.")
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
        command = " ".join(result.argv)
        if result.outcome is Outcome.TIMED_OUT:
            return FactReading(
                fact.name, None, Trouble.TIMED_OUT, f"`{command}` did not answer in time."
            )
        if result.outcome is Outcome.REFUSED:
            return FactReading(fact.name, None, Trouble.NO_RIGHT, f"`{command}` was not permitted.")
    if failure is None:
        return FactReading(fact.name, None, Trouble.ABSENT, "This machine has no such thing.")
    why = f": {failure.why}" if failure.why else ""
    return FactReading(fact.name, None, Trouble.UNPARSABLE, f"The answer could not be read{why}.")
