"""The way out: tiers, steps, gaps and the number of statements."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from app.kernel.errors import InvalidInput
from app.services.core.metrics.lines import RAW, choose_step, choose_tier
from app.services.core.metrics.queries import MetricReader
from tests.services.core.metrics.machine import BYTES, FIVE, MIDNIGHT, Store, counter, gauge

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("wanted", "needed", "tier"),
    [(3, 900, RAW), (299, 900, RAW), (300, 900, 300), (7200, 900, 3600), (90_000, 900, 86_400)],
)
def test_the_widest_tier_that_the_step_allows_is_read(wanted: int, needed: int, tier: int) -> None:
    begins = {RAW: 0, 300: 0, 3600: 0, 86_400: 0}
    assert choose_tier(wanted, begins, needed) == tier


def test_a_range_older_than_a_tier_takes_the_next_one() -> None:
    begins = {RAW: 1_000_000, 300: 500_000, 3600: 0}
    assert choose_tier(60, begins, 400_000) == 3600
    assert choose_tier(60, begins, 600_000) == 300
    assert choose_tier(60, begins, 1_000_000) == RAW


@pytest.mark.parametrize(
    ("seconds", "step"), [(0.5, 1), (3, 5), (301, 600), (86_401, 172_800), (3e6, 5_184_000)]
)
def test_steps_are_round(seconds: float, step: int) -> None:
    assert choose_step(seconds) == step


@pytest.mark.both_engines
async def test_every_range_gives_aligned_buckets_of_least_mean_and_greatest(store: Store) -> None:
    nas = await store.resource()
    for day in range(3):
        await store.fill(nas, MIDNIGHT + day * DAY, 288)
    await store.maintain(MIDNIGHT + 2.5 * DAY)
    end = MIDNIGHT + 3 * DAY
    for points in (1, 3, 10, 100, 500, 1000):
        result = await store.query([nas], MIDNIGHT, end, points=points)
        assert all(at % result.step == 0 for at in result.times)
        assert len(result.times) <= points + 1
        (line,) = result.lines
        inside = zip(line.least, line.mean, line.greatest, strict=True)
        present = [(a, b, c) for a, b, c in inside if None not in (a, b, c)]
        assert len(present) == len(result.times)
        assert all(a <= b <= c for a, b, c in present if a is not None and b and c), points
        assert max(c for _, _, c in present if c is not None) == 99.0


@pytest.mark.both_engines
async def test_the_mean_is_the_same_from_every_tier(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 300, timedelta(seconds=30))
    window = (MIDNIGHT, MIDNIGHT + DAY)
    before = await store.query([nas], *window, points=1)
    await store.maintain(MIDNIGHT + 2 * DAY)
    after = await store.query([nas], *window, points=1)
    assert (before.tier, after.tier) == ("raw", "1d")
    assert after.lines[0].mean == pytest.approx(before.lines[0].mean, abs=1e-3)
    assert before.lines[0].mean == [49.5]


async def test_a_missed_collection_is_bridged_and_a_longer_silence_is_a_gap(store: Store) -> None:
    nas = await store.resource()
    for minute in (0, 5, 15, 30):
        await store.add(nas, MIDNIGHT + timedelta(minutes=minute), gauge(float(minute)))
    result = await store.query([nas], MIDNIGHT, MIDNIGHT + timedelta(minutes=40))
    assert result.step == 300
    assert result.lines[0].mean == [0, 5, 5, 15, None, None, 30, None]


async def test_a_rate_holds_back_to_the_reading_before(store: Store) -> None:
    nas = await store.resource()
    for minute, reading in ((0, 0), (5, 300), (15, 1500)):
        await store.add(nas, MIDNIGHT + timedelta(minutes=minute), counter(reading))
    result = await store.query([nas], MIDNIGHT, MIDNIGHT + 4 * FIVE, metric=BYTES)
    assert result.lines[0].mean == [None, 1.0, 2.0, 2.0]


async def test_a_reset_leaves_a_gap_in_the_rate(store: Store) -> None:
    nas = await store.resource()
    for step, reading in enumerate((0, 300, 600, 5, 305, 605)):
        await store.add(nas, MIDNIGHT + step * FIVE, counter(reading))
    result = await store.query([nas], MIDNIGHT, MIDNIGHT + 6 * FIVE, metric=BYTES, points=6)
    assert result.lines[0].mean[:3] == [None, 1.0, 1.0]
    assert result.lines[0].mean[4:] == [1.0, 1.0]


async def test_jitter_makes_no_holes(store: Store) -> None:
    nas = await store.resource()
    for step in range(100):
        jitter = timedelta(seconds=(step * 37) % 20 - 10)
        await store.add(nas, MIDNIGHT + HOUR + step * FIVE + jitter, gauge(1.0))
    result = await store.query([nas], MIDNIGHT + HOUR, MIDNIGHT + HOUR + 99 * FIVE)
    assert None not in result.lines[0].mean


async def test_a_new_machine_is_shown_finely_in_a_range_before_its_time(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 2 * 288)
    await store.maintain(MIDNIGHT + 2.5 * DAY)
    result = await store.query([nas], MIDNIGHT - 1 * DAY, MIDNIGHT + 2 * DAY, points=1000)
    assert result.tier == "raw"


async def test_after_a_long_pause_new_samples_are_shown_finely(store: Store) -> None:
    nas = await store.resource()
    await store.fill(nas, MIDNIGHT, 288)
    await store.maintain(MIDNIGHT + 20 * DAY)
    await store.fill(nas, MIDNIGHT + 20 * DAY, 12)
    start = MIDNIGHT + 20 * DAY
    result = await store.query([nas], start, start + HOUR)
    assert (result.tier, result.step) == ("raw", 300)


async def test_labels_choose_among_series(store: Store) -> None:
    nas, pi = await store.resource(), await store.resource("pi")
    for each in (nas, pi):
        await store.add(
            each,
            MIDNIGHT,
            *(gauge(1.0, "m", (("device", d), ("fstype", "ext4"))) for d in ("sda", "sdb")),
        )
    window = (MIDNIGHT, MIDNIGHT + HOUR)
    everything = await store.query([nas, pi], *window, metric="m")
    some = await store.query([nas, pi], *window, metric="m", labels=(("device", "sda"),))
    none = await store.query([nas], *window, metric="m", labels=(("device", "sdz"),))
    assert [len(each.lines) for each in (everything, some, none)] == [4, 2, 0]
    assert none.times


async def test_a_range_that_ends_before_it_begins_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput, match="ends before it begins"):
        await store.query([], MIDNIGHT, MIDNIGHT - HOUR)
    with pytest.raises(InvalidInput, match="points"):
        await store.query([], MIDNIGHT, MIDNIGHT + HOUR, points=0)


async def test_statements_do_not_grow_with_machines(store: Store) -> None:
    machines = [await store.resource(f"m{n}") for n in range(12)]
    for each in machines:
        await store.fill(each, MIDNIGHT, 300)
    await store.maintain(MIDNIGHT + 1.05 * DAY)
    statements: list[str] = []

    def note(*arguments: object) -> None:
        if str(arguments[2]).startswith("SELECT"):
            statements.append(str(arguments[2]))

    event.listen(store.database.read_engine.sync_engine, "before_cursor_execute", note)
    counts = []
    for of in (machines[:1], machines):
        statements.clear()
        result = await store.query(of, MIDNIGHT, MIDNIGHT + 1.1 * DAY, points=20)
        assert len(result.lines) == len(of)
        async with store.database.snapshot() as session:
            assert len(await MetricReader(session).latest(of, ["node_load1"])) == len(of)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 7, statements
