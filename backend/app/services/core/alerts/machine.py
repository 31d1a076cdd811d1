"""The life of one condition as a pure function: (memory, evidence, now) → (memory, transitions).

Evidence carries the time of its sample, and only that time counts: for how long something has
been wrong is what the samples span, never how late they came. A sample that is older than the
newest one, older than `LATEST` or from the future moves nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.models.core.alert_rule import Phase

LATEST = timedelta(minutes=15)  # an older sample is history, for charts only
SILENT = timedelta(hours=24)  # after that, what has no sample may be gone
TOLERANCE = timedelta(minutes=2)  # how far two clocks may disagree
_MOST_CHANGES = 50


class Verdict(StrEnum):
    """What one look says."""

    BREACH = "breach"
    BETWEEN = "between"  # within the hysteresis: begins nothing, ends nothing
    CLEAR = "clear"
    GONE = "gone"  # what was watched is not there any more
    UNKNOWN = "unknown"  # nothing can be said


class Transition(StrEnum):
    """What a step did, in this order where there are several."""

    DROPPED = "dropped"  # it went away before anybody was told
    BEGAN = "began"  # it is pending
    FIRED = "fired"
    RESOLVED = "resolved"
    SETTLED = "settled"  # it goes on firing, but does not flap any more


@dataclass(frozen=True, slots=True)
class Timings:
    """How patient a rule is. After a pause of more than `gap`, what had been seen starts anew."""

    fire_after: timedelta = timedelta(0)
    least_samples: int = 1
    clear_after: timedelta = timedelta(0)
    cooldown: timedelta = timedelta(0)
    flap_changes: int = 0  # 0: it is never called flapping
    flap_window: timedelta = timedelta(hours=1)
    gap: timedelta | None = None  # None: what was seen holds until the next look


@dataclass(frozen=True, slots=True)
class Evidence:
    """One look: when the sample was taken, and what it says."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered of one condition; a row of `AlertInstance`."""

    phase: Phase = Phase.IDLE
    since: datetime | None = None
    seen: int = 0
    clear_since: datetime | None = None
    last_at: datetime | None = None
    cool_until: datetime | None = None
    changes: tuple[datetime, ...] = ()
    is_flapping: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one look."""

    memory: Memory
    transitions: tuple[Transition, ...] = ()


def advance(memory: Memory, evidence: Evidence, timings: Timings, now: datetime) -> Step:
    """Take in one look."""
    memory = _forget_the_future(memory, now)
    at, last = evidence.at, memory.last_at
    is_untimely = at > now + TOLERANCE or at < now - LATEST or (last is not None and at < last)
    if is_untimely or evidence.verdict is Verdict.UNKNOWN:
        return Step(memory)
    has_paused = timings.gap is not None and last is not None and at - last > timings.gap
    is_new = last is None or at > last
    memory = replace(memory, last_at=at)
    match memory.phase, evidence.verdict:
        case Phase.FIRING, verdict:
            return _firing(memory, verdict, timings, has_paused=has_paused)
        case phase, Verdict.BREACH:
            begins = phase is Phase.IDLE or has_paused
            return _breach(memory, at, timings, begins=begins, is_new=is_new)
        case Phase.PENDING, _:
            return Step(_idle(memory), (Transition.DROPPED,))
        case _:
            return Step(memory)


def due_at(memory: Memory, timings: Timings) -> datetime | None:
    """Return when time alone changes something.

    What is reported holds until the next report, and so fires and ends by the clock. Samples do
    not hold: what pends is dropped when no sample can come any more that would go on with it, and
    what fires is looked at again when there was no sample for `SILENT`.
    """
    if memory.last_at is None:
        return None
    if memory.phase is Phase.IDLE:
        return _forgettable_at(memory, timings)
    if timings.gap is not None:
        wait = timings.gap + LATEST if memory.phase is Phase.PENDING else SILENT
        return memory.last_at + wait + timedelta(seconds=1)
    return _held_until(memory, timings)


def _held_until(memory: Memory, timings: Timings) -> datetime | None:
    """Return when what was reported fires, ends or settles by the clock."""
    if memory.phase is Phase.PENDING and memory.since is not None:
        if memory.seen < timings.least_samples:
            return None
        return max(memory.since + timings.fire_after, memory.cool_until or memory.since)
    if memory.clear_since is not None:
        return memory.clear_since + _clear_after(memory, timings)
    is_calming = memory.is_flapping and memory.changes
    return memory.changes[-1] + timings.flap_window if is_calming else None


def is_forgettable(memory: Memory, timings: Timings, now: datetime) -> bool:
    """Tell whether nothing has to be remembered any more."""
    if memory.phase is not Phase.IDLE:
        return False
    return memory.last_at is None or _forgettable_at(memory, timings) <= now


def held(memory: Memory) -> Verdict:
    """Return what the last look said, for a condition that holds until the next one."""
    if memory.phase is Phase.IDLE or memory.clear_since is not None:
        return Verdict.CLEAR
    return Verdict.BREACH


def _forgettable_at(memory: Memory, timings: Timings) -> datetime:
    if memory.last_at is None:
        raise ValueError("A memory that was never written has no end.")
    ends = [memory.last_at]
    if memory.cool_until is not None:
        ends.append(memory.cool_until)
    if timings.flap_changes and memory.changes:
        ends.append(memory.changes[-1] + timings.flap_window)
    return max(ends)


def _forget_the_future(memory: Memory, now: datetime) -> Memory:
    """After a clock was set back, times that are still to come would make the machine deaf."""
    latest = now + TOLERANCE
    if memory.last_at is None or memory.last_at <= latest:
        return memory

    def at_most_now(time: datetime | None) -> datetime | None:
        return None if time is None else min(time, now)

    return replace(
        memory,
        last_at=None,
        since=at_most_now(memory.since),
        clear_since=at_most_now(memory.clear_since),
        cool_until=at_most_now(memory.cool_until),
        changes=tuple(min(change, now) for change in memory.changes),
    )


def _breach(memory: Memory, at: datetime, timings: Timings, *, begins: bool, is_new: bool) -> Step:
    done: list[Transition] = []
    if begins:
        if memory.phase is Phase.PENDING:
            done.append(Transition.DROPPED)
        memory = replace(memory, phase=Phase.PENDING, since=at, seen=1)
        done.append(Transition.BEGAN)
    elif is_new:
        memory = replace(memory, seen=memory.seen + 1)
    since = memory.since or at
    is_long = at - since >= timings.fire_after and memory.seen >= timings.least_samples
    is_cool = memory.cool_until is None or at >= memory.cool_until
    if not (is_long and is_cool):
        return Step(memory, tuple(done))
    memory = _changed(replace(memory, phase=Phase.FIRING, clear_since=None), at, timings)
    flaps = timings.flap_changes > 0 and len(memory.changes) >= timings.flap_changes
    return Step(replace(memory, is_flapping=flaps), (*done, Transition.FIRED))


def _firing(memory: Memory, verdict: Verdict, timings: Timings, *, has_paused: bool) -> Step:
    at = memory.last_at
    if at is None:
        raise ValueError("What fires was seen.")
    if verdict is Verdict.GONE:
        return _resolve(memory, at, timings)
    if verdict is Verdict.CLEAR:
        return _clear(memory, at, timings, has_paused=has_paused)
    if memory.clear_since is not None:
        memory = replace(memory, clear_since=None)
        if memory.is_flapping:
            return Step(_changed(memory, at, timings))
    is_calm = not memory.changes or at - memory.changes[-1] >= timings.flap_window
    if memory.is_flapping and is_calm:
        return Step(replace(memory, is_flapping=False), (Transition.SETTLED,))
    return Step(memory)


def _clear(memory: Memory, at: datetime, timings: Timings, *, has_paused: bool) -> Step:
    if memory.clear_since is None:
        if memory.is_flapping:
            memory = _changed(memory, at, timings)
        memory = replace(memory, clear_since=at)
    elif has_paused:
        memory = replace(memory, clear_since=at)
    since = memory.clear_since or at
    if at - since < _clear_after(memory, timings):
        return Step(memory)
    return _resolve(memory, at, timings)


def _clear_after(memory: Memory, timings: Timings) -> timedelta:
    """Return for how long it must be well: what flaps, as long as it was watched for changes."""
    if memory.is_flapping:
        return max(timings.clear_after, timings.flap_window)
    return timings.clear_after


def _resolve(memory: Memory, at: datetime, timings: Timings) -> Step:
    # A calm end takes the history along; otherwise the next incident would flap at once.
    after = replace(memory, changes=()) if memory.is_flapping else _changed(memory, at, timings)
    cool_until = at + timings.cooldown if timings.cooldown else None
    return Step(replace(_idle(after), cool_until=cool_until), (Transition.RESOLVED,))


def _idle(memory: Memory) -> Memory:
    return replace(
        memory, phase=Phase.IDLE, since=None, seen=0, clear_since=None, is_flapping=False
    )


def _changed(memory: Memory, at: datetime, timings: Timings) -> Memory:
    if timings.flap_changes == 0:
        return memory
    recent = [change for change in memory.changes if at - change < timings.flap_window]
    return replace(memory, changes=(*recent, at)[-_MOST_CHANGES:])
