"""Forecasts tried on made-up file systems, beside netdata's slope and Prometheus' predict_linear.

Each series is gone through as time would: four times a day the forecast is made from what was
there by then, as hourly means, and the alert rule "full within 14 days" is kept as the engine
keeps it. What came afterwards says whether the alert was right. The peers look every half hour.
All series are generated (`forecast_series.py`): no public record of real file systems over months
is known to us. `--recorded FOLDER` tries your own, as CSV of Unix time and percent.
"""

import argparse
import csv
import math
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

from forecast_series import A_DAY, FULL, STEP, Series, fillings, rests, sudden

from app.services.core.foresight.trend import TrendForecaster

DAY, HOUR = 86_400, 3600
WITHIN = 14.0
WINDOW = 60
LOOK = A_DAY // 4
PEER_LOOK = 6  # half an hour


@dataclass
class Episode:
    """An alert: when it fired and when it was over, in days; `said` is what was foretold."""

    fired: float
    over: float | None = None
    said: float = 0.0


@dataclass
class Tally:
    """What came of the alerts of one method."""

    alerts: int = 0
    right: int = 0
    fillings: int = 0
    foretold: int = 0
    a_day_ahead: int = 0
    ahead: list[float] = field(default_factory=list)
    false_on: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    missed_on: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    errors: list[float] = field(default_factory=list)


def hourly(values: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the means of whole hours."""
    each = HOUR // STEP
    count = len(values) // each
    means = [sum(values[i * each : (i + 1) * each]) / each for i in range(count)]
    return [float((i + 1) * HOUR) for i in range(count)], means


def ours(series: Series) -> list[Episode]:
    """Go through a series with the forecaster of the rules."""
    times, means = hourly(series.values)
    forecaster = TrendForecaster()
    verdicts: list[tuple[float, bool, float]] = []
    for end in range(6, len(times) + 1, 6):
        start = max(0, end - WINDOW * 24)
        one = forecaster.outlook(times[start:end], means[start:end], FULL)
        is_soon = one is not None and one.latest is not None and one.latest <= WITHIN * DAY
        said = one.seconds / DAY if one is not None and one.seconds is not None else math.inf
        verdicts.append((times[end - 1] / DAY, is_soon, said))
    return episodes(verdicts, wait=1, clear=2)


def episodes(
    verdicts: Sequence[tuple[float, bool, float]], *, wait: int, clear: int
) -> list[Episode]:
    """Return the alerts: fired after `wait` more looks that say so, over after `clear` not."""
    found: list[Episode] = []
    bad = good = 0
    for day, is_bad, said in verdicts:
        bad, good = (bad + 1, 0) if is_bad else (0, good + 1)
        is_firing = bool(found) and found[-1].over is None
        if not is_firing and bad > wait:
            found.append(Episode(day, None, said))
        elif is_firing and good >= clear:
            found[-1].over = day
    return found


def netdata(series: Series) -> list[Episode]:
    """disks.conf, out_of_disk_space_time: the slope from 50 to 40 minutes ago until now.

    Warns below 8 hours, and is over above 48.
    """
    values = series.values
    found: list[Episode] = []
    for end in range(12, len(values), PEER_LOOK):
        before = max(values[end - 10 : end - 8])  # the least room of those ten minutes
        rate = (values[end] - before) / (45 / 60)
        hours = (FULL - values[end]) / rate if rate > 0 else math.inf
        is_firing = bool(found) and found[-1].over is None
        if hours < (48 if is_firing else 8):
            if not is_firing:
                found.append(Episode(end / A_DAY))
        elif is_firing:
            found[-1].over = end / A_DAY
    return found


def predict_linear(hours: int) -> Callable[[Series], list[Episode]]:
    """node-mixin, NodeFilesystemSpaceFillingUp: under 40 % free, full within 24 h, for 1 h."""

    def run(series: Series) -> list[Episode]:
        values, width = series.values, hours * HOUR // STEP
        middle = (width - 1) / 2
        weight = sum((i - middle) ** 2 for i in range(width))
        verdicts = []
        for end in range(width, len(values), PEER_LOOK):
            part = values[end - width : end]
            mean = sum(part) / width
            slope = sum((i - middle) * (v - mean) for i, v in enumerate(part)) / weight
            then = mean + slope * (middle + A_DAY)
            verdicts.append((end / A_DAY, FULL - part[-1] < 40 and then >= FULL, 0.0))
        return episodes(verdicts, wait=2, clear=1)

    return run


def score(tally: Tally, series: Series, found: Sequence[Episode]) -> None:
    """Count the alerts of one series."""
    full = series.full_day
    for one in found:
        # What was cleaned up in time is judged by what would have been.
        is_spared = one.fired < series.cleaned < math.inf
        then = series.uncleaned if is_spared else full
        is_right = then is not None and one.fired <= then <= one.fired + WITHIN
        tally.alerts += 1
        tally.right += is_right
        if not is_right:
            tally.false_on[series.kind] += 1
        elif one.said and then is not None:
            tally.errors.append(one.said - (then - one.fired))
    if full is None:
        return
    tally.fillings += 1
    at_the_end = [one for one in found if one.over is None or one.over > full - 1]
    ahead = max((full - one.fired for one in at_the_end), default=0.0)
    tally.ahead.append(ahead)
    stood = any(
        one.fired <= full - 3 and (one.over is None or one.over > full - 3) for one in found
    )
    tally.foretold += stood
    tally.a_day_ahead += ahead >= 1
    if not stood:
        tally.missed_on[series.kind] += 1


def generated(
    count: int, seed: int, what: Callable[[random.Random], Iterator[Series]]
) -> list[Series]:
    """Return `count` of each kind."""
    return [one for each in range(count) for one in what(random.Random(f"{seed}-{each}"))]


def recorded(folder: Path) -> list[Series]:
    """Read series that somebody has recorded: CSV files of Unix time and percent."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            rows = [(float(row[0]), float(row[1])) for row in csv.reader(file) if _is_row(row)]
        values: list[float] = []
        for at, value in sorted(rows):
            place = int((at - rows[0][0]) // STEP)
            values += [values[-1] if values else value] * (place - len(values) + 1)
        full = next((i / A_DAY for i, value in enumerate(values) if value >= FULL), None)
        found.append(Series(path.stem, values, full, 0))
    return found


def _is_row(row: list[str]) -> bool:
    try:
        return len(row) >= 2 and all(math.isfinite(float(word)) for word in row[:2])
    except ValueError:
        return False


METHODS: dict[str, Callable[[Series], list[Episode]]] = {
    "unity": ours,
    "netdata 40 min": netdata,
    "predict_linear 3h": predict_linear(3),
    "predict_linear 6h": predict_linear(6),
}


def main() -> None:
    """Try all methods on all series, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=12, help="Series of each kind.")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--recorded", type=Path, help="A folder of CSV files.")
    parser.add_argument("--only", default="", help="Only the methods that begin so.")
    given = parser.parse_args()
    began = time.process_time()
    fill, rest = (
        generated(given.n, given.seed, fillings),
        generated(given.n, given.seed, rests),
    )
    quick = generated(given.n, given.seed, sudden)
    real = recorded(given.recorded) if given.recorded else []
    real_fillings = [one for one in fill if one.full_day is not None]
    print(f"generated, seed {given.seed}: {len(fill)} that fill up, {len(rest)} that only seem to,")
    print(f"  {len(quick)} sudden; recorded: {len(real)}")
    tallies: dict[str, Tally] = {}
    for name, method in METHODS.items():
        if not name.startswith(given.only):
            continue
        tally, on_rest, on_quick = Tally(), Tally(), Tally()
        for one in [*fill, *rest, *real]:
            found = method(one)
            score(tally, one, found)
            if one.full_day is None and one not in fill:
                score(on_rest, one, found)
        for one in quick:
            score(on_quick, one, method(one))
        tallies[name] = tally
        show(name, tally, on_rest, on_quick, len(rest))
    print(f"cpu {time.process_time() - began:.0f} s")
    mine = tallies["unity"]
    figures = {
        "precision": mine.right / max(1, mine.alerts),
        "recall_3d": mine.foretold / max(1, mine.fillings),
        "sawtooth_false": sum(mine.false_on[kind] for kind in SAWTEETH),
        "leaks_24h": mine.a_day_ahead / max(1, mine.fillings),
        "outlook_ms": cost(real_fillings),
    }
    for name, tally in tallies.items():
        if name != "unity":
            key = name.replace(" ", "_")
            figures[f"{key}_precision"] = tally.right / max(1, tally.alerts)
            figures[f"{key}_false"] = tally.alerts - tally.right
    print("RATIO " + " ".join(f"{key}={value:.4g}" for key, value in figures.items()))


SAWTEETH = (
    "daily rotation",
    "weekly rotation",
    "monthly rotation",
    "package updates",
    "nightly backup",
    "weekly backup",
    "hourly cron",
    "all of these",
)


def cost(series: Sequence[Series]) -> float:
    """Return what one forecast over sixty days costs, in milliseconds of this processor."""
    times, means = hourly(max(series, key=lambda one: len(one.values)).values)
    times, means = times[-WINDOW * 24 :], means[-WINDOW * 24 :]
    began = time.process_time()
    for _ in range(20):
        TrendForecaster().outlook(times, means, FULL)
    return (time.process_time() - began) / 20 * 1000


def show(name: str, tally: Tally, rest: Tally, quick: Tally, count: int) -> None:
    """Print what came of one method."""
    lines = [
        (
            f"{name}: {tally.alerts} alerts, {tally.right} of them full within 14 days"
            f" ({share(tally.right, tally.alerts)})"
        ),
        (
            f"  of {tally.fillings} fillings: {tally.foretold} foretold 3 days ahead"
            f" ({share(tally.foretold, tally.fillings)}), {tally.a_day_ahead} a day ahead;"
            f" median {statistics.median(tally.ahead or [0]):.1f} days"
        ),
        f"  false alerts on {count} series that do not fill: {rest.alerts}",
        (
            f"  sudden (full within 3 days): {quick.fillings}, told of before:"
            f" {sum(one > 0 for one in quick.ahead)}"
        ),
    ]
    if tally.errors:
        off = statistics.median(abs(one) for one in tally.errors)
        lines.append(f"  the date was off by {off:.1f} days (median)")
    for what, counts in (("false", tally.false_on), ("missed", tally.missed_on)):
        if counts:
            kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))
            lines.append(f"  {what} on: {kinds}")
    print("\n".join(lines))


def share(part: int, whole: int) -> str:
    """Write a share in percent."""
    return f"{100 * part / max(1, whole):.1f} %"


if __name__ == "__main__":
    main()
