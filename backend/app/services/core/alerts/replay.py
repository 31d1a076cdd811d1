"""A rule over samples of the past, by the machine that judges the present.

Pure: samples in, incidents out. Each sample counts as if it had come when it was taken, so for
the same samples the incidents are those that the engine told of.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from app.models.core.alert_rule import Phase
from app.schemas.core.alert_rule import Absence, Forecast, RateOfChange, Threshold
from app.services.core.alerts.history import Points, measure
from app.services.core.alerts.looks import FORECAST_GAP, Check, with_gap
from app.services.core.alerts.machine import (
    Evidence,
    Memory,
    Timings,
    Transition,
    Verdict,
    advance,
)
from app.services.core.foresight.trend import Forecaster

_GAP, _LEAST_GAP = 2.1, timedelta(minutes=1)
ROUND = 60  # absences are looked for every minute
_HOUR, _AHEAD = 3600, 6 * 3600


@dataclass(frozen=True, slots=True)
class Incident:
    """One time that the rule would have fired; it goes on when `resolved_at` is None."""

    began_at: datetime
    fired_at: datetime
    resolved_at: datetime | None
    peak: float | None = None


@dataclass(slots=True)
class _Course:
    """The machine on its way through the past of one condition."""

    timings: Timings
    is_upper: bool = True
    memory: Memory = field(default_factory=Memory)
    began_at: datetime | None = None
    fired_at: datetime | None = None
    peak: float | None = None

    def see(self, at: datetime, verdict: Verdict, value: float | None) -> Incident | None:
        """Take in one look; return the incident that ended with it."""
        if self.memory.phase is Phase.IDLE and verdict is not Verdict.BREACH:
            return None
        before = self.memory.since
        step = advance(self.memory, Evidence(at, verdict), self.timings, at)
        self.memory = step.memory
        if Transition.BEGAN in step.transitions:
            before, self.peak = step.memory.since, None
        if verdict is Verdict.BREACH and value is not None:
            self.peak = value if self.peak is None else self._worse(self.peak, value)
        if Transition.FIRED in step.transitions:
            self.began_at, self.fired_at = before or at, at
        if Transition.RESOLVED in step.transitions:
            return self._end(at)
        return None

    def rest(self) -> Incident | None:
        """Return the incident that goes on."""
        return self._end(None) if self.memory.phase is Phase.FIRING else None

    def _worse(self, one: float, other: float) -> float:
        return max(one, other) if self.is_upper else min(one, other)

    def _end(self, at: datetime | None) -> Incident | None:
        if self.began_at is None or self.fired_at is None:
            return None
        return Incident(self.began_at, self.fired_at, at, self.peak)


def replay(check: Check, points: Points, interval: int, start: int) -> list[Incident]:
    """Return the incidents of one rule on one series; judged are the samples from `start` on."""
    definition = check.rule.definition
    if isinstance(definition, Absence):
        return _absences(definition, check, points)
    gap = max(_LEAST_GAP, timedelta(seconds=_GAP * interval))
    course = _Course(with_gap(check.timings, gap), is_upper=check.bounds.sign >= 0)
    found: list[Incident] = []
    for at, value in zip(*points, strict=True):
        if at < start:
            continue
        seen: float | None = value
        if check.needs_history and isinstance(definition, Threshold | RateOfChange):
            seen = measure(definition, points, at, interval)
        elif course.memory.phase is Phase.IDLE and not check.sign * value > check.level:
            continue
        ended = course.see(_time(at), check.bounds.judge(seen), seen)
        if ended is not None:
            found.append(ended)
    return [*found, *_going_on(course)]


def replay_verdicts(
    timings: Timings, gap: timedelta, verdicts: Iterable[tuple[int, Verdict]]
) -> list[Incident]:
    """Return the incidents of what was judged elsewhere, as several conditions at once are."""
    course = _Course(with_gap(timings, gap))
    found = [
        ended
        for at, verdict in verdicts
        if (ended := course.see(_time(at), verdict, None)) is not None
    ]
    return [*found, *_going_on(course)]


def replay_forecast(
    check_timings: Timings,
    definition: Forecast,
    forecaster: Forecaster,
    points: Points,
    span: tuple[int, int],
) -> list[Incident]:
    """Return when a forecast would have fired, had it been made every hour.

    A forecast costs milliseconds, and a month has 720 hours. So it is made four times a day, and
    every hour where one of two answers is a breach.
    """
    times, means = _by_hour(points)

    def judge(now: int) -> Verdict | None:
        first = bisect_left(times, now - definition.window_seconds)
        last = bisect_left(times, now)  # the hour that begins now is not over yet
        outlook = forecaster.outlook(times[first:last], means[first:last], definition.level)
        if outlook is None:
            return None
        is_sure = outlook.confidence >= definition.least_confidence
        is_soon = outlook.is_within(definition.within_seconds)
        return Verdict.BREACH if is_soon and is_sure else Verdict.CLEAR

    def verdicts() -> Iterable[tuple[int, Verdict]]:
        begin = -(-span[0] // _HOUR) * _HOUR
        before = judge(begin)
        for now in range(begin + _AHEAD, span[1] + 1, _AHEAD):
            verdict = judge(now)
            between = range(now - _AHEAD + _HOUR, now, _HOUR)
            for at in between:
                is_calm = verdict == before and verdict is not Verdict.BREACH
                seen = verdict if is_calm else judge(at)
                if seen is not None:
                    yield at, seen
            if verdict is not None:
                yield now, verdict
            before = verdict

    return replay_verdicts(check_timings, FORECAST_GAP, verdicts())


def _by_hour(points: Points) -> tuple[list[float], list[float]]:
    """Return the mean of each hour, as the rules that look ahead see the past."""
    sums: dict[int, tuple[float, int]] = {}
    for at, value in zip(*points, strict=True):
        total, count = sums.get(at // _HOUR, (0.0, 0))
        sums[at // _HOUR] = (total + value, count + 1)
    hours = sorted(sums)
    return [float(hour * _HOUR) for hour in hours], [
        sums[hour][0] / sums[hour][1] for hour in hours
    ]


def _absences(definition: Absence, check: Check, points: Points) -> list[Incident]:
    course = _Course(with_gap(check.timings, timedelta(minutes=5)))
    found: list[Incident] = []
    times = points[0]
    for before, after in pairwise(times):
        missing = before + definition.after_seconds
        for at in range(missing, after, ROUND):
            course.see(_time(at), Verdict.BREACH, float(at - before))
            if course.memory.phase is Phase.FIRING:
                break
        if course.memory.phase is not Phase.IDLE:
            ended = course.see(_time(after), Verdict.CLEAR, None)
            if ended is not None:
                found.append(ended)
    return [*found, *_going_on(course)]


def _going_on(course: _Course) -> Sequence[Incident]:
    rest = course.rest()
    return [] if rest is None else [rest]


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
