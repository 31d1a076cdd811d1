"""Histories of one condition, and an oracle that tells what must have come of them.

The oracle knows the whole history at once and looks for spans in it; the machine sees one sample
after the other. They share no code but the names.
"""

import json
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from app.models.core.alert_rule import Phase
from app.services.core.alerts.machine import (
    LATEST,
    TOLERANCE,
    Evidence,
    Memory,
    Timings,
    Transition,
    Verdict,
    advance,
)

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sample:
    """A sample and when it reached Unity, both in seconds since the history began."""

    taken: int
    arrived: int
    verdict: Verdict


@dataclass(frozen=True)
class Incident:
    """What must be told: when it fired, and when it ended (None: it goes on)."""

    fired: int
    resolved: int | None


def accepted(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples that count: in time, not from the future, newer than all before."""
    found: list[Sample] = []
    for sample in sorted(samples, key=lambda one: one.arrived):
        late = sample.arrived - sample.taken
        in_time = -TOLERANCE.total_seconds() <= late <= LATEST.total_seconds()
        newest = found[-1].taken if found else None
        if in_time and (newest is None or sample.taken > newest):
            found.append(sample)
    return found


def oracle(samples: Sequence[Sample], timings: Timings) -> list[Incident]:
    """Find every breach that outlasts the rule's duration, and where it ends."""
    known = accepted(samples)
    cooldown = timings.cooldown.total_seconds()
    found: list[Incident] = []
    start, cool_until = 0, float("-inf")
    while (fired := _first_fire(known, start, cool_until, timings)) is not None:
        ended = _first_end(known, fired + 1, timings)
        found.append(Incident(known[fired].taken, None if ended is None else known[ended].taken))
        if ended is None:
            break
        start = ended + 1
        cool_until = known[ended].taken + cooldown if cooldown else float("-inf")
    return found


def _first_fire(
    known: Sequence[Sample], start: int, cool_until: float, timings: Timings
) -> int | None:
    for last in range(start, len(known)):
        run = _run(known, start, last, (Verdict.BREACH,), timings)
        if not run:
            continue
        spans = known[last].taken - run[0].taken >= timings.fire_after.total_seconds()
        if spans and len(run) >= timings.least_samples and known[last].taken >= cool_until:
            return last
    return None


def _first_end(known: Sequence[Sample], start: int, timings: Timings) -> int | None:
    for last in range(start, len(known)):
        if known[last].verdict is Verdict.GONE:
            return last
        run = _run(known, start, last, (Verdict.CLEAR,), timings)
        if run and known[last].taken - run[0].taken >= timings.clear_after.total_seconds():
            return last
    return None


def _run(
    known: Sequence[Sample], start: int, last: int, wanted: Sequence[Verdict], timings: Timings
) -> Sequence[Sample]:
    """Return the longest unbroken run of verdicts that ends at `last`, without a pause in it."""
    first = last + 1
    while first > start and known[first - 1].verdict in wanted:
        too_long = (
            timings.gap is not None
            and first <= last
            and known[first].taken - known[first - 1].taken > timings.gap.total_seconds()
        )
        if too_long:
            break
        first -= 1
    return known[first : last + 1]


def at(seconds: float) -> datetime:
    """Return a moment of the history."""
    return EPOCH + timedelta(seconds=seconds)


def stored_and_read(memory: Memory) -> Memory:
    """Send a memory through a row's plain values, as a restart does."""
    row = json.loads(json.dumps(asdict(memory), default=lambda moment: moment.isoformat()))

    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    return Memory(
        phase=Phase(row["phase"]),
        since=moment(row["since"]),
        seen=row["seen"],
        clear_since=moment(row["clear_since"]),
        last_at=moment(row["last_at"]),
        cool_until=moment(row["cool_until"]),
        changes=tuple(datetime.fromisoformat(each) for each in row["changes"]),
        is_flapping=row["is_flapping"],
    )


@dataclass
class Row:
    """A shared row with a version, which two workers read and swap."""

    memory: Memory
    version: int = 0

    def swap(self, seen: int, memory: Memory) -> bool:
        if seen != self.version:
            return False
        self.memory, self.version = memory, seen + 1
        return True


def play(
    samples: Sequence[Sample], timings: Timings, clashes: Container[int], restarts: Container[int]
) -> list[Incident]:
    """Let the machine see the samples as they arrive, and return what it told.

    At the places in `clashes` a second worker judges the same sample from the same row at the
    same time; the one that comes too late reads the row again, as the engine does.
    """
    row = Row(Memory())
    told: list[tuple[Transition, int]] = []
    for place, sample in enumerate(sorted(samples, key=lambda one: one.arrived)):
        if place in restarts:
            row.memory = stored_and_read(row.memory)
        workers = 2 if place in clashes else 1
        read = [(row.version, row.memory)] * workers
        for version, memory in read:
            seen, known = version, memory
            while True:
                evidence = Evidence(at(sample.taken), sample.verdict)
                step = advance(known, evidence, timings, at(sample.arrived))
                if row.swap(seen, step.memory):
                    break
                seen, known = row.version, row.memory
            told += [(each, sample.taken) for each in step.transitions]
    return _incidents(told)


def _incidents(told: Sequence[tuple[Transition, int]]) -> list[Incident]:
    """Pair what fired with what ended; anything out of order is an error."""
    found: list[Incident] = []
    for transition, when in told:
        match transition:
            case Transition.FIRED:
                assert not found or found[-1].resolved is not None, "fired twice"
                found.append(Incident(when, None))
            case Transition.RESOLVED:
                assert found, "ended without a beginning"
                assert found[-1].resolved is None, "ended twice"
                found[-1] = Incident(found[-1].fired, when)
            case _:
                pass
    return found
