"""The health of this machine, asked once, without a database: what `unity status` shows."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel

from app.kernel.clock import Clock
from app.ports.shell import CommandResult, Outcome, Shell
from app.services.core.facts import FactGroup, Rate, Trouble
from app.services.infrastructure.alarms import problems
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.status import FactTrouble, Verdict, judge
from app.services.infrastructure.summary import Summary, summarise

# A use of the processors needs two readings with some time between them.
SPAN_SECONDS = 0.3
# The whole command has two seconds, of which Python's start takes its part.
_BUDGET = timedelta(seconds=1.4)
_COUNTERS = frozenset({"cpu", "disk_io", "network"})  # they only tell something as a difference
_PATIENT = frozenset({"processes"})


@dataclass(frozen=True, slots=True)
class LocalProblem:
    """Something that is wrong with this machine now."""

    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class LocalReport:
    """What this machine answered.

    `values` holds the facts by name. `earlier` holds the counters as they were `span_seconds`
    before, for rates.
    """

    at: datetime
    verdict: Verdict
    summary: Summary
    problems: tuple[LocalProblem, ...]
    values: Mapping[str, BaseModel]
    earlier: Mapping[str, BaseModel]
    span_seconds: float
    troubles: tuple[FactTrouble, ...]


async def ask_this_machine(shell: Shell, clock: Clock) -> LocalReport:
    """Ask for the live and the standard facts, and for the counters a moment before."""
    at, wanted = clock.now(), [fact for fact in FACTS if fact.rate is not Rate.SLOW]
    counters = FactGroup([fact for fact in wanted if fact.name in _COUNTERS])
    # The list of processes looks twice by itself, which is time for all the rest.
    patient = FactGroup([fact for fact in wanted if fact.name in _PATIENT])
    quick = FactGroup([fact for fact in wanted if fact.name not in _PATIENT])
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(shell.run_many(patient.commands, budget=_BUDGET))
        earlier, _ = _read(counters, await shell.run_many(counters.commands, budget=_BUDGET))
        began = time.monotonic()
        await asyncio.sleep(SPAN_SECONDS)
        results = await shell.run_many(quick.commands, budget=_BUDGET)
        span = time.monotonic() - began
    values, troubles = _read(quick, results)
    more_values, more_troubles = _read(patient, looking.result())
    values |= more_values
    troubles += more_troubles
    verdict = judge(troubles, has_answered=any(result.outcome is Outcome.RAN for result in results))
    summary = summarise(earlier, Summary(), at)
    summary = summarise(values, summary, at + timedelta(seconds=span))
    return LocalReport(
        at=at,
        verdict=verdict,
        summary=summary,
        problems=tuple(LocalProblem(one.message, one.fix) for one in problems(values)),
        values=values,
        earlier=earlier,
        span_seconds=span,
        troubles=tuple(one for one in troubles if one.trouble is not Trouble.ABSENT),
    )


def _read(
    group: FactGroup, results: Sequence[CommandResult]
) -> tuple[dict[str, BaseModel], list[FactTrouble]]:
    values: dict[str, BaseModel] = {}
    troubles: list[FactTrouble] = []
    for reading in group.read(results):
        if reading.value is not None:
            values[reading.fact] = reading.value
        elif reading.trouble is not None:
            troubles.append(FactTrouble(reading.fact, reading.trouble, reading.detail, reading.fix))
    return values, troubles
