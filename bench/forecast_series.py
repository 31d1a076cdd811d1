"""Made-up file systems, a value every five minutes: how they fill, and how they only seem to.

Each kind is what people complain of in the trackers of monitoring systems: package updates, cron,
backups, log rotation, caches, copies, leaks. A seed makes the same series for ever.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

STEP = 300
A_DAY = 86_400 // STEP
FULL = 100.0

Course = Callable[[float], float]  # the day -> percent


@dataclass(frozen=True)
class Series:
    """One file system; `full_day` is when it is full, None: never; `onset` when it begins to."""

    kind: str
    values: list[float]
    full_day: float | None
    onset: float
    is_sudden: bool = False
    cleaned: float = math.inf  # when somebody cleaned up
    uncleaned: float = math.inf  # when it would have been full otherwise


def _noise(rng: random.Random) -> Course:
    """Return what programs write and delete all the time: small, and never quite the same."""
    size, state = 10 ** rng.uniform(-1.5, -0.3), 0.0

    def course(_day: float) -> float:
        nonlocal state
        state = 0.9 * state + rng.gauss(0, size * 0.43)
        return state

    return course


def _saw(period: float, height: float, phase: float) -> Course:
    """Return logs that grow and are turned over."""
    return lambda day: height * (((day + phase) / period) % 1.0)


def _burst(period: float, height: float, phase: float, hours: float) -> Course:
    """Return what is written within `hours`, kept as long again, and deleted."""

    def course(day: float) -> float:
        since = ((day + phase) % period) * 24
        if since < hours:
            return height * since / hours
        return height if since < 2 * hours else 0.0

    return course


def _updates(rng: random.Random) -> Course:
    """Return package updates: every few days something is fetched, unpacked and cleaned up."""
    times = [rng.uniform(0, 90) for _ in range(20)]
    each = [(at, rng.uniform(0.5, 5), rng.uniform(0.05, 2)) for at in times]
    return lambda day: sum(size for at, size, kept in each if at <= day < at + kept)


def _wander(rng: random.Random) -> Course:
    """Return people who save and delete: it wanders, and is drawn back."""
    state, size, back = 0.0, rng.uniform(0.03, 0.25), rng.uniform(0.0003, 0.002)

    def course(_day: float) -> float:
        nonlocal state
        state += rng.gauss(0, size) - back * state
        return state

    return course


def _leak(rate: float, onset: float) -> Course:
    return lambda day: max(0.0, day - onset) * rate


def _make(
    kind: str,
    parts: list[Course],
    base: float,
    onset: float,
    days: int = 200,
    *,
    is_sudden: bool = False,
) -> Series:
    values: list[float] = []
    for place in range(days * A_DAY):
        day = place / A_DAY
        value = base + sum(part(day) for part in parts)
        if value >= FULL:
            values.append(FULL)
            return Series(kind, values, day, onset, is_sudden)
        values.append(max(0.0, round(value, 2)))
    return Series(kind, values, None, onset, is_sudden)


def fillings(rng: random.Random) -> Iterator[Series]:
    """Yield one of each kind that fills up, five days or more after it began to."""
    base, onset = rng.uniform(20, 75), rng.uniform(10, 30)
    rate = min(rng.uniform(1, 5), (FULL - base) / 6)
    leak = _leak(rate, onset)
    phase = rng.random()
    yield _make("leak", [_noise(rng), leak], base, onset)
    yield _make(
        "leak and daily rotation",
        [_noise(rng), leak, _saw(1, rng.uniform(1, 8), phase)],
        base - 5,
        onset,
    )
    yield _make(
        "leak and nightly backup",
        [_noise(rng), leak, _burst(1, rng.uniform(3, 15), phase, rng.uniform(1, 4))],
        base - 10,
        onset,
    )
    yield _make(
        "leak and weekly backup",
        [
            _noise(rng),
            leak,
            _burst(7, rng.uniform(3, 12), 7 * phase, rng.uniform(2, 6)),
        ],
        base - 10,
        onset,
    )
    yield _make("leak and package updates", [_noise(rng), leak, _updates(rng)], base - 5, onset)
    yield _make("leak from the first day", [_noise(rng), _leak(rate, 0)], base - 5, 0)
    slow = rng.uniform(0.4, 1.2)
    work = rng.randrange(7)
    yield _make(
        "grows on working days",
        [_noise(rng), lambda day: slow * _working(day + work)],
        max(base, 55),
        0,
    )
    dump = rng.uniform(2, 5)
    yield _make(
        "weekly dumps that are kept",
        [_noise(rng), lambda day: dump * math.floor((day + work) / 7)],
        max(base, 60),
        0,
    )
    fold = rng.uniform(5, 12)
    yield _make(
        "a leak that grows",
        [_noise(rng), lambda day: 2 * (math.exp(max(0.0, day - onset) / fold) - 1)],
        base,
        onset,
    )
    cleaned, freed = (
        onset + rng.uniform(0.5, 0.9) * (95 - base) / rate,
        rng.uniform(10, 30),
    )
    once = _make(
        "cleaned up once, goes on",
        [_noise(rng), leak, lambda day: -freed if day >= cleaned else 0.0],
        base,
        onset,
    )
    yield replace(once, cleaned=cleaned, uncleaned=onset + (FULL - base) / rate)
    tooth = rng.uniform(4, 12)
    yield _make(
        "weekly rotation that grows",
        [_noise(rng), _saw(7, tooth, 7 * phase), _leak(rng.uniform(0.5, 1.2), 0)],
        max(45, base - 15),
        0,
    )


def _working(day: float) -> float:
    """Return how many working days have passed, five of seven."""
    weeks, rest = divmod(day, 7)
    return 5 * weeks + min(rest, 5)


def sudden(rng: random.Random) -> Iterator[Series]:
    """Yield what is full within three days of its beginning: nobody foretells it so early."""
    base, onset = rng.uniform(30, 80), rng.uniform(10, 30)
    rate = (FULL - base) / rng.uniform(0.2, 2.5)
    yield _make("sudden", [_noise(rng), _leak(rate, onset)], base, onset, is_sudden=True)


def rests(rng: random.Random) -> Iterator[Series]:
    """Yield one of each kind that seems to fill up, and does not."""
    base, phase, start = rng.uniform(30, 85), rng.random(), rng.uniform(5, 50)
    room = 97 - base

    def upto(least: float, most: float) -> float:
        return min(rng.uniform(least, most), room)

    noise = _noise(rng)
    yield _make("flat", [noise], base, 0, 60)
    yield _make("daily rotation", [_noise(rng), _saw(1, upto(2, 25), phase)], base, 0, 60)
    yield _make("weekly rotation", [_noise(rng), _saw(7, upto(3, 20), 7 * phase)], base, 0, 60)
    yield _make(
        "monthly rotation",
        [_noise(rng), _saw(30, upto(5, 20), 30 * phase)],
        base,
        0,
        90,
    )
    yield _make("package updates", [_noise(rng), _updates(rng)], min(base, 80), 0, 60)
    yield _make(
        "nightly backup",
        [_noise(rng), _burst(1, upto(5, 30), phase, rng.uniform(1, 5))],
        base,
        0,
        60,
    )
    yield _make(
        "weekly backup",
        [_noise(rng), _burst(7, upto(5, 30), 7 * phase, rng.uniform(2, 10))],
        base,
        0,
        60,
    )
    yield _make("hourly cron", [_noise(rng), _saw(1 / 24, upto(1, 6), phase)], base, 0, 60)
    all_of_it = [
        _saw(1, upto(1, 4), phase),
        _burst(1, upto(1, 5), phase / 2, 2),
        _saw(7, upto(1, 6), 7 * phase),
        _updates(rng),
    ]
    yield _make("all of these", [_noise(rng), *all_of_it], min(base, 75), 0, 60)
    low = min(base, 70)
    copied, took = rng.uniform(3, 20), rng.uniform(0.1, 1.5)
    yield _make(
        "a copy that ends",
        [_noise(rng), lambda day: copied * min(1.0, max(0.0, (day - start) / took))],
        low,
        0,
        70,
    )
    kept = upto(5, 20)
    yield _make(
        "one step that stays",
        [_noise(rng), lambda day: kept if day > start else 0.0],
        base,
        0,
        60,
    )
    yield _make("people at work", [_noise(rng), _wander(rng)], rng.uniform(35, 65), 0, 60)
    slow = rng.uniform(0.01, 0.12)
    yield _make("grows slowly", [_noise(rng), _leak(slow, 0)], rng.uniform(30, 75), 0, 60)
    size, fold = upto(3, 15), rng.uniform(4, 15)
    yield _make(
        "growth that calms down",
        [_noise(rng), lambda day: size * (1 - math.exp(-day / fold))],
        min(base, 80),
        0,
        60,
    )
