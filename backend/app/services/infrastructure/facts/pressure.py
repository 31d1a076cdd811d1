"""How long programs wait for processor, disks and memory (the kernel's PSI)."""

import re
from collections.abc import Iterator

from pydantic import BaseModel

from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Rate, Sample, Unparsable
from app.services.infrastructure.facts.reading import FILES, PRESSURE, count, section

_RESOURCES = ("cpu", "io", "memory", "irq")
_MICROSECONDS = 1_000_000
# What node_exporter calls the two lines of a file.
_WORDS = {"some": "waiting", "full": "stalled"}
_SHARE = r"([0-9]{1,3}(?:\.[0-9]{1,6})?)"
_LINE = re.compile(
    rf"(some|full) avg10={_SHARE} avg60={_SHARE} avg300={_SHARE} total=([0-9]{{1,20}})(?: |$)"
)


class Stall(BaseModel):
    """Percent of the last 10, 60 and 300 seconds, and the seconds since boot."""

    avg10: float
    avg60: float
    avg300: float
    total_seconds: float


class ResourcePressure(BaseModel):
    """`some`: at least one program waited. `full`: all that wanted to run waited."""

    resource: str
    some: Stall | None = None
    full: Stall | None = None


class Pressure(BaseModel):
    resources: list[ResourcePressure]


class PressureFact(Fact[Pressure]):
    name = "pressure"
    title = "Pressure"
    rate = Rate.LIVE
    commands = (FILES,)
    value = Pressure

    def parse(self, results: tuple[CommandResult, ...]) -> Pressure | None:
        found = []
        for resource in _RESOURCES:
            # A kernel that was told not to keep account has the file, and refuses to fill it.
            text = section(results[0], PRESSURE + resource, self.name)
            if text and text.strip():
                found.append(self._resource(resource, text))
        return Pressure(resources=found) if found else None

    def _resource(self, resource: str, text: str) -> ResourcePressure:
        try:
            stalls = dict(_stall(line) for line in text.splitlines() if line.strip())
        except ValueError as error:
            raise Unparsable(self.name, f"not the lines of pressure/{resource}") from error
        return ResourcePressure(resource=resource, **stalls)

    def samples(self, value: Pressure) -> list[Sample]:
        return [sample for one in value.resources for sample in _samples(one)]


def _stall(line: str) -> tuple[str, Stall]:
    """Read `some avg10=0.00 avg60=0.12 avg300=0.30 total=1234`."""
    match = _LINE.match(line)
    if match is None:
        raise ValueError("The line is of no kind that is known.")
    kind, avg10, avg60, avg300, total = match.groups()
    stall = Stall(
        avg10=float(avg10),
        avg60=float(avg60),
        avg300=float(avg300),
        total_seconds=count(total) / _MICROSECONDS,
    )
    if max(stall.avg10, stall.avg60, stall.avg300) > 100:  # noqa: PLR2004 - these are percent
        raise ValueError("A share is no percentage.")
    return kind, stall


def _samples(one: ResourcePressure) -> Iterator[Sample]:
    for kind, stall in (("some", one.some), ("full", one.full)):
        # Of the whole machine the kernel knows no time in which nobody could use the processor.
        if stall is not None and (one.resource, kind) != ("cpu", "full"):
            metric = f"node_pressure_{one.resource}_{_WORDS[kind]}_seconds_total"
            yield Sample(metric, stall.total_seconds, unit="s", is_counter=True)
