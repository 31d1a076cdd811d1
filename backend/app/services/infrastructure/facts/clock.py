"""What the machine's clock shows."""

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult
from app.services.core.facts import Fact, Unparsable
from app.services.infrastructure.facts.reading import count, number

NOW = Command(("date", "+%s.%N %z"), instant=True)


class Clock(BaseModel):
    """`now` is the machine's own time; whoever asked compares it with its own clock."""

    now: float
    utc_offset: str


class ClockFact(Fact[Clock]):
    name = "clock"
    title = "Clock"
    commands = (NOW,)
    value = Clock

    def parse(self, results: tuple[CommandResult, ...]) -> Clock | None:
        words = results[0].stdout.split()
        if not words:
            return None
        try:
            return Clock(now=seconds_in(words[0]), utc_offset=printable(words[1]))
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "not a time") from error


def seconds_in(word: str) -> float:
    """Return the time in the first word of the answer; ValueError where it is none."""
    seconds, _, fraction = word.partition(".")
    # busybox does not know %N and prints it as it is.
    part = number(f"0.{fraction}") if fraction.isdecimal() else 0.0
    return count(seconds) + part
