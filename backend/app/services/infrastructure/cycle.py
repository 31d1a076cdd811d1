"""What one cycle on one server brought: the answers, read and measured, before any judgement."""

import json
import shlex
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from pydantic import BaseModel

from app.ports.shell import CommandResult, HostKey, Outcome, Target
from app.services.core.facts import Fact, FactGroup, FactReading, Rate, Sample, Trouble
from app.services.infrastructure.derived_metrics import derived
from app.services.infrastructure.drive_round import DriveReadings
from app.services.infrastructure.pool_round import PoolReadings
from app.services.infrastructure.status import FactTrouble, Verdict

# "No such program" is an answer too: a shell gave it.
_ANSWERS = frozenset(Outcome) - {Outcome.TIMED_OUT}


@dataclass(frozen=True, slots=True)
class Claim:
    """A server that was taken for a cycle, with all that the cycle needs to know of it."""

    server_id: uuid.UUID
    name: str
    is_local: bool
    interval: timedelta
    target: Target | None = None
    refusal: Verdict | None = None  # why no target could be made
    uses_sudo: bool = False
    has_sleepers: bool = False  # a disk slept when it was last asked; LVM would wake it
    kept: frozenset[str] = frozenset()  # the rare facts of which Unity knows something there
    lease: datetime | None = None  # what the due time was set to when the server was taken


@dataclass(frozen=True, slots=True)
class OfferedKey:
    """A host key that was offered and is not approved."""

    key: HostKey
    target_key: str  # whose it is: the server's own, or its jump host's
    is_change: bool  # another key had been approved


@dataclass(frozen=True, slots=True)
class RateReadings:
    """The facts of one rate: values as JSON text, and what is missing."""

    values: Mapping[str, str]
    troubles: tuple[FactTrouble, ...]

    def document(self, kept: Mapping[str, str] = MappingProxyType({})) -> str:
        """Return one JSON object of all values, with older ones in place of those that failed."""
        entries = {**kept, **self.values}
        return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in entries.items()) + "}"


@dataclass(frozen=True, slots=True)
class CycleResult:
    """One cycle of one group on one server."""

    claim: Claim
    rate: Rate
    started_at: datetime
    seconds: float
    failure: Verdict | None = None  # why the server could not be asked at all
    offered: OfferedKey | None = None  # the host key that the failure is about
    has_answered: bool = False
    readings: Mapping[Rate, RateReadings] = field(default_factory=dict)
    values: Mapping[str, BaseModel] = field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    shell_start_seconds: float = 0.0
    drives: DriveReadings | None = None  # what a slow cycle asked of the drives
    pools: PoolReadings | None = None  # and what it asked of arrays and btrfs as root
    as_root: tuple[str, ...] = ()  # the command lines that it sent through sudo

    @property
    def troubles(self) -> Iterator[FactTrouble]:
        """All troubles of this cycle."""
        for readings in self.readings.values():
            yield from readings.troubles

    @property
    def facts_read(self) -> int:
        """How many facts have a value."""
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a shell answered to a group, and how long the whole round trip took."""

    group: FactGroup
    results: Sequence[CommandResult]
    round_trip_seconds: float
    drives: DriveReadings | None = None
    pools: PoolReadings | None = None
    recalled: Sequence[tuple[Fact[BaseModel], FactReading[BaseModel]]] = ()  # and not asked


def digest(claim: Claim, rate: Rate, started_at: datetime, answers: Answers) -> CycleResult:
    """Read every fact of the answers. Pure, and never raises for what a machine said."""
    values: dict[str, BaseModel] = {}
    texts: dict[Rate, dict[str, str]] = {}
    troubles: dict[Rate, list[FactTrouble]] = {}
    samples: list[Sample] = []
    recalled = {fact.name for fact, _ in answers.recalled}
    asked = zip(answers.group.facts, answers.group.read(answers.results), strict=True)
    for fact, reading in (*asked, *answers.recalled):
        of_rate = texts.setdefault(fact.rate, {})
        missing = troubles.setdefault(fact.rate, [])
        if reading.value is None:
            trouble = reading.trouble or Trouble.ABSENT
            missing.append(FactTrouble(fact.name, trouble, reading.detail, reading.fix))
            continue
        of_rate[fact.name] = reading.value.model_dump_json()
        if fact.name not in recalled:  # it is kept and shown, but it is no news for the ledgers
            values[fact.name] = reading.value
            samples.extend(fact.samples(reading.value))
    samples.extend(derived(values))
    spent = sum(result.seconds for result in answers.results)
    return CycleResult(
        claim=claim,
        rate=rate,
        started_at=started_at,
        seconds=answers.round_trip_seconds,
        has_answered=any(result.outcome in _ANSWERS for result in answers.results),
        readings={
            each: RateReadings(of_rate, tuple(troubles[each])) for each, of_rate in texts.items()
        },
        values=values,
        samples=tuple(samples),
        shell_start_seconds=max(0.0, answers.round_trip_seconds - spent),
        drives=answers.drives,
        pools=answers.pools,
        as_root=_as_root(answers) if claim.uses_sudo else (),
    )


def _as_root(answers: Answers) -> tuple[str, ...]:
    """Return the lines that went through sudo; what is not installed there was not run."""
    sent = zip(answers.group.commands, answers.results, strict=True)
    lines = [command for command, result in sent if result.outcome is not Outcome.ABSENT]
    lines += answers.drives.commands if answers.drives is not None else ()
    lines += answers.pools.commands if answers.pools is not None else ()
    return tuple(dict.fromkeys(shlex.join(one.argv) for one in lines if one.sudo))
