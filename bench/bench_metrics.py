"""A year of metrics of N servers x 60 series, as the default tiers keep it, beside Prometheus.

The last eight days go the real way: appended by the writer, a cycle at a time, and sealed, rolled
up and deleted by the maintenance job. The older roll-ups are encoded by the production codec from
made-up buckets, once for each kind of series, and inserted for all servers; the real way would
take 100 million samples. Prometheus' own tool gets the samples of the same eight days.

The mix is that of the design's measurement: of 20 series 7 noisy gauges of two decimals, 5 walks,
5 counters and 3 that hardly ever change.
"""

import argparse
import asyncio
import gc
import itertools
import json
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

from sqlalchemy import insert, make_url, select

from app.kernel import migrations
from app.kernel.clock import ManualClock
from app.kernel.config import MetricsPart
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.metric_rollup import MetricRollup
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource
from app.services.core.facts import Sample
from app.services.core.metrics.codec import Buckets, encode_buckets
from app.services.core.metrics.maintenance import MetricMaintenance
from app.services.core.metrics.queries import MetricReader
from app.services.core.metrics.sealing import SECONDS_BEFORE_SEALING
from app.services.core.metrics.series import SeriesCache
from app.services.core.metrics.statements import table_of
from app.services.core.metrics.tiers import DAY, TIERS
from app.services.core.metrics.writer import Batch, MetricWriter

STEP = 300
RAW_DAYS = 8  # seven, and the day before that is deleted when it is wholly over
YEAR = 365
END = datetime(2026, 6, 1, tzinfo=UTC)
START = END - timedelta(days=RAW_DAYS)
EVERY = timedelta(seconds=STEP)
# The charts meet the fullest head: the job, which runs every few minutes, is just about to seal.
OPEN_SINCE = (RAW_DAYS * DAY - SECONDS_BEFORE_SEALING) // STEP
KINDS = "nnnnnnnwwwwwcccccsss"  # noisy, walk, counter, steady
RANGES = {
    "15 minutes": timedelta(minutes=15),
    "6 hours": timedelta(hours=6),
    "1 day": timedelta(days=1),
    "7 days": timedelta(days=7),
    "30 days": timedelta(days=30),
    "90 days": timedelta(days=90),
    "1 year": timedelta(days=YEAR),
}


@dataclass(slots=True)
class Source:
    """One made-up series; each call of `next` is five minutes later."""

    name: str
    kind: str
    noise: random.Random
    level: float

    def next(self) -> float:
        noise = self.noise
        if self.kind == "n":
            return round(noise.gauss(self.level, self.level / 6), 2)
        if self.kind == "w":
            self.level += noise.randint(-5000, 5000) * 4096
        elif self.kind == "c":
            self.level += noise.randint(0, 3_000_000)
        elif noise.random() < 0.005:
            self.level += noise.choice((-1, 1))
        return self.level


def sources(series: int, seed: int) -> list[Source]:
    found = []
    for number in range(series):
        noise = random.Random(seed * 1000 + number)
        kind = KINDS[number % len(KINDS)]
        level = {"n": 20.0 + number, "w": 8e9, "c": 1e9, "s": 100.0}[kind]
        name = f"bench_{number}_total" if kind == "c" else f"bench_{number}"
        found.append(Source(name, kind, noise, level))
    return found


def batch(resource_id: uuid.UUID, at: datetime, of: Sequence[Source]) -> Batch:
    samples = [Sample(s.name, s.next(), is_counter=s.kind == "c") for s in of]
    return Batch(resource_id, at, samples, EVERY)


async def enter(database: Database, count: int) -> list[uuid.UUID]:
    rows = [
        {
            "id": uuid7(),
            "kind": "server",
            "name": f"m{n}",
            "created_at": START,
            "updated_at": START,
        }
        for n in range(count)
    ]
    async with database.transaction() as session:
        await session.execute(insert(Resource), rows)
    return [row["id"] for row in rows if isinstance(row["id"], uuid.UUID)]


async def append_days(
    database: Database, servers: dict[uuid.UUID, list[Source]], text: TextIO | None
) -> None:
    """Append eight days, a cycle of all servers at a time, and write the same for Prometheus."""
    cache = SeriesCache()
    columns: dict[tuple[str, int], list[str]] = {}
    for day in range(RAW_DAYS):
        for cycle in range(day * DAY // STEP, (day + 1) * DAY // STEP):
            at = START + cycle * EVERY
            batches = [batch(each, at, of) for each, of in servers.items()]
            async with database.transaction() as session:
                await MetricWriter(session, cache).append(batches)
            if text is not None:
                _note(columns, batches, at)
            if cycle == OPEN_SINCE:
                await maintain(database, cycle * EVERY)
        if day < RAW_DAYS - 1:
            await maintain(database, timedelta(days=day + 1, hours=1))
    if text is not None:
        _dump(columns, text)


async def maintain(database: Database, after: timedelta) -> None:
    """Run the job at a time after the start."""
    clock = ManualClock(START + after)
    await MetricMaintenance(database, clock, MetricsPart()).run()


def _note(columns: dict[tuple[str, int], list[str]], batches: list[Batch], at: datetime) -> None:
    seconds = int(at.timestamp())
    for server, each in enumerate(batches):
        for sample in each.samples:
            column = columns.setdefault((sample.metric, server), [])
            column.append(f'{sample.metric}{{instance="m{server}"}} {sample.value!r} {seconds}\n')


def _dump(columns: dict[tuple[str, int], list[str]], text: TextIO) -> None:
    for metric, group in itertools.groupby(sorted(columns), key=lambda key: key[0]):
        family = metric.removesuffix("_total")
        text.write(f"# TYPE {family} {'counter' if metric != family else 'gauge'}\n")
        for key in group:
            text.writelines(columns[key])
    text.write("# EOF\n")


async def add_old_rollups(database: Database, series: int) -> None:
    """Insert the hours and days of a year before the eight days."""
    async with database.snapshot() as session:
        rows = (await session.execute(select(MetricSeries.id, MetricSeries.metric))).all()
    first, last = int(END.timestamp()) // DAY - YEAR, int(START.timestamp()) // DAY
    for source in sources(series, 1):
        blobs = list(_old_rollups(source, first, last))
        values: list[dict[str, object]] = [
            {"series_id": series_id, "tier": tier, "period": period, "buckets": packed}
            for series_id, metric in rows
            if metric == source.name
            for tier, period, packed in blobs
        ]
        async with database.transaction() as session:
            await session.execute(insert(table_of(MetricRollup)).prefix_with("OR IGNORE"), values)


def _old_rollups(source: Source, first: int, last: int) -> Iterator[tuple[int, int, bytes]]:
    for tier in TIERS[1:]:
        per_day, count = tier.buckets_a_day, tier.seconds // STEP
        for period, days in itertools.groupby(range(first, last), key=tier.period):
            buckets = Buckets()
            for index in itertools.chain(*(range(d * per_day, (d + 1) * per_day) for d in days)):
                # Three samples have the spread of a bucket, and an hour's mean as many digits.
                few = sorted(_gauge_of(source) for _ in range(3))
                buckets.extend(Buckets([index], [few[0]], [sum(few) / 3], [few[2]], [count]))
            yield tier.seconds, period, encode_buckets(buckets)


def _gauge_of(source: Source) -> float:
    before = source.level
    value = source.next()
    return float(f"{(value - before) / STEP:.6g}") if source.kind == "c" else value


def pages(path: Path, tables: str) -> int:
    """Return the bytes of all pages of some tables and their indexes."""
    with sqlite3.connect(path) as connection:
        (size,) = connection.execute(
            "SELECT sum(pgsize) FROM dbstat WHERE name IN"
            " (SELECT name FROM sqlite_master WHERE tbl_name GLOB ?)",
            (tables,),
        ).fetchone()
    return int(size or 0)


def count_raw(path: Path, cycles: int, of: dict[uuid.UUID, list[Source]]) -> int:
    """Return how many samples lie in the chunks; a counter's first reading gives none."""
    with sqlite3.connect(path) as connection:
        (days,) = connection.execute("SELECT count(DISTINCT day) FROM metric_chunk").fetchone()
    samples = sum(len(each) for each in of.values()) * cycles * days // RAW_DAYS
    return samples - sum(s.kind == "c" for each in of.values() for s in each)


async def measure_queries(
    database: Database, resources: Sequence[uuid.UUID], series: int, repetitions: int
) -> float:
    """Ask for charts of one and of six series over every range; return the slowest median."""
    chooser, medians = random.Random(7), []
    for name, length in RANGES.items():
        walls, tier, points = [], "", 0
        for _ in range(repetitions):
            metric = sources(series, 1)[chooser.randrange(series)].name
            of = chooser.sample(list(resources), min(6, len(resources)))
            before = time.perf_counter()
            async with database.snapshot() as session:
                result = await MetricReader(session).query(metric, of, (), END - length, END, 600)
            walls.append((time.perf_counter() - before) * 1000)
            tier, points = result.tier, len(result.times)
        medians.append(statistics.median(walls))
        print(
            f"  6 series over {name:10}  median {medians[-1]:5.1f} ms, worst {max(walls):5.1f} ms"
            f"  ({tier}, {points} points)"
        )
    return max(medians)


async def measure_write(folder: Path) -> float:
    """Append one cycle of 100 servers x 60 series to a database that holds some already."""
    database = await create(folder / "write.db")
    servers = {each: sources(60, n) for n, each in enumerate(await enter(database, 100))}
    cache, walls = SeriesCache(), []
    for cycle in range(8):
        at = START + cycle * EVERY
        batches = [batch(each, at, of) for each, of in servers.items()]
        gc.collect()
        before, cpu = time.perf_counter(), time.process_time()
        async with database.transaction() as session:
            await MetricWriter(session, cache).append(batches)
        walls.append(time.perf_counter() - before)
        cpu = time.process_time() - cpu
    await database.dispose()
    print(
        f"append of 6,000 samples of 100 servers: median {statistics.median(walls) * 1000:.0f} ms,"
        f" first (it makes the series) {walls[0] * 1000:.0f} ms,"
        f" CPU of the last {cpu * 1000:.0f} ms"
    )
    return statistics.median(walls)


async def create(path: Path) -> Database:
    await asyncio.to_thread(migrations.upgrade_now, make_url(f"sqlite:///{path}"))
    return Database(f"sqlite:///{path}")


def prometheus_bytes(folder: Path, text: Path, samples: int) -> float | None:
    """Return Prometheus' bytes a sample, in blocks as long as its compaction makes them."""
    promtool = shutil.which("promtool")
    if promtool is None:
        print("promtool is missing: apt-get install prometheus")
        return None
    blocks = folder / "blocks"
    command = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
    command += ["--max-block-duration=744h", str(text), str(blocks)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr.strip()[-500:])
        return None
    size = sum(each.stat().st_size for each in blocks.rglob("*") if each.is_file())
    stored = sum(
        json.loads(meta.read_text())["stats"]["numSamples"] for meta in blocks.rglob("meta.json")
    )
    assert stored == samples, (stored, samples)
    return size / samples


async def run(servers: int, series: int, repetitions: int) -> str:
    folder = Path(tempfile.mkdtemp(prefix="bench-metrics-"))
    try:
        return await _run(folder, servers, series, repetitions)
    finally:
        shutil.rmtree(folder)


async def _run(folder: Path, servers: int, series: int, repetitions: int) -> str:
    path, text = folder / "unity.db", folder / "samples.txt"
    cycles = RAW_DAYS * DAY // STEP
    database = await create(path)
    ids = await enter(database, servers)
    of = {each: sources(series, n) for n, each in enumerate(ids)}
    before = time.perf_counter()
    with text.open("w") as out:
        await append_days(database, of, out)
    total = cycles * servers * series
    print(f"{total:,} samples appended and sealed in {time.perf_counter() - before:.0f} s")
    before = time.perf_counter()
    await add_old_rollups(database, series)
    print(f"a year of roll-ups made in {time.perf_counter() - before:.0f} s")
    print("charts, the last six hours not yet sealed:")
    query_ms = await measure_queries(database, ids, series, repetitions)
    before, cpu = time.perf_counter(), time.process_time()
    await maintain(database, timedelta(days=RAW_DAYS, hours=1))
    print(
        f"six hours of all servers sealed and rolled up in {time.perf_counter() - before:.1f} s,"
        f" CPU {time.process_time() - cpu:.1f} s; the same charts after it:"
    )
    query_ms = max(query_ms, await measure_queries(database, ids, series, repetitions))
    raw = count_raw(path, cycles, of)
    size = pages(path, "metric_chunk") + pages(path, "metric_series")
    every = pages(path, "metric_*")
    print(
        f"{size / 1e6:.1f} MB for {raw:,} raw samples with indexes and names:"
        f" {size / raw:.2f} bytes each; the year with all tiers {every / 1e6:.1f} MB,"
        f" the file {path.stat().st_size / 1e6:.1f} MB"
    )
    await database.dispose()
    write_s = await measure_write(folder)
    theirs = await asyncio.to_thread(prometheus_bytes, folder, text, total)
    ratio = "nan"
    if theirs is not None:
        print(f"Prometheus: {theirs:.2f} bytes for each of the same samples, in compacted blocks")
        ratio = f"{size / raw / theirs:.2f}"
    return (
        f"RATIO query_ms={query_ms:.1f} write_s={write_s:.3f} bytes_per_sample={size / raw:.2f}"
        f" prometheus_bytes_per_sample={ratio}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=20, help="servers")
    parser.add_argument("--series", type=int, default=60, help="series of each server")
    parser.add_argument("--repetitions", type=int, default=15, help="queries of each range")
    arguments = parser.parse_args()
    print(asyncio.run(run(arguments.n, arguments.series, arguments.repetitions)))


if __name__ == "__main__":
    main()
