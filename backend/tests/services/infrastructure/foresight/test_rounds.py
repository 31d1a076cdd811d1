"""The rounds of foresight over real samples: what is stored, scored, told, and shown."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.alert import Alert
from app.models.core.resource import Resource
from app.models.infrastructure.forecast import Forecast
from app.models.infrastructure.storage_device import StorageDevice
from app.schedulers.infrastructure.foresight import jobs
from app.services.core.alerts.builtin import plant
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.rounds import AlertRounds
from app.services.core.facts import Sample
from app.services.core.metrics.queries import MetricReader
from app.services.core.metrics.writer import Batch, MetricWriter
from app.services.infrastructure.alarm_sweep import unwatched
from app.services.infrastructure.foresight.rounds import ForecastRounds
from app.services.infrastructure.foresight.rules import RULES
from app.services.infrastructure.foresight.signs import SignRounds
from tests.fakes.shell import FakeShells
from tests.fixtures.cast import Cast
from tests.services.infrastructure.collecting import Site

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FULL = "unity_filesystem_used_percent"
ROOT = (("device", "/dev/sda1"), ("fstype", "ext4"), ("mountpoint", "/"))
DATA = (("device", "/dev/sdb1"), ("fstype", "xfs"), ("mountpoint", "/srv/data"))


async def server(database: Database, clock: ManualClock, name: str = "nas") -> uuid.UUID:
    now = clock.now()
    row = Resource(id=uuid7(), kind="server", name=name, created_at=now, updated_at=now)
    async with database.transaction() as session:
        session.add(row)
    return row.id


async def measured(
    database: Database, clock: ManualClock, resource_id: uuid.UUID, rows: Sequence[Sequence[Sample]]
) -> None:
    """Store one set of samples for each hour that has passed, the last one now."""
    now = clock.now()
    batches = [
        Batch(resource_id, now - (len(rows) - 1 - place) * HOUR, samples, HOUR)
        for place, samples in enumerate(rows)
    ]
    async with database.transaction() as session:
        await MetricWriter(session).append(batches)


def filling(days: int) -> list[list[Sample]]:
    """Return hours in which /srv/data grows by 2 % a day up to 90 %, and / does not."""
    last = days * 24
    return [
        [
            Sample(FULL, 40.0, ROOT, unit="percent"),
            Sample(FULL, 90 - 2 * (last - hour) / 24, DATA, unit="percent"),
        ]
        for hour in range(last + 1)
    ]


async def forecasts(database: Database) -> list[Forecast]:
    async with database.snapshot() as session:
        return list(await session.scalars(select(Forecast).order_by(Forecast.subject)))


@pytest.mark.both_engines
async def test_what_fills_gets_a_date_and_what_does_not_a_reason(
    database: Database, clock: ManualClock
) -> None:
    nas = await server(database, clock)
    await measured(database, clock, nas, filling(30))
    rounds = ForecastRounds(database, clock, unwatched)
    assert await rounds.run() == {"made": 2, "dated": 1}
    root, data = await forecasts(database)
    assert (root.full_at, root.why_not) == (None, "no_growth")
    assert data.full_at is not None
    assert (data.full_at - clock.now()) / DAY == pytest.approx(5, abs=0.3)
    assert data.per_day == pytest.approx(2, abs=0.05)
    assert data.score_off == pytest.approx(0, abs=0.3)
    assert data.score_count > 3
    clock.advance(HOUR)
    assert await rounds.run() == {"made": 2, "dated": 1}
    assert len(await forecasts(database)) == 2


async def test_what_is_no_longer_measured_is_forgotten(
    database: Database, clock: ManualClock
) -> None:
    nas = await server(database, clock)
    await measured(database, clock, nas, filling(10))
    rounds = ForecastRounds(database, clock, unwatched)
    await rounds.run()
    clock.advance(4 * DAY)
    assert await rounds.run() == {"made": 0, "dated": 0}
    assert await forecasts(database) == []


async def test_the_rule_of_two_weeks_looks_with_the_same_eyes(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        await plant(session, RULES, clock.now())
    nas = await server(database, clock)
    await measured(database, clock, nas, filling(30))
    engine = AlertEngine(clock)
    rounds = AlertRounds(database, clock, engine, unwatched)
    await rounds.forecast()
    for _ in range(25):
        clock.advance(timedelta(minutes=15))
        await rounds.forecast()
    async with database.snapshot() as session:
        (alert,) = (await session.scalars(select(Alert))).all()
    assert alert.subject == "/srv/data"
    assert alert.kind == "filesystem_full_soon"
    assert "/srv/data will be full in 4.9 days" in alert.message


async def test_a_disk_that_became_slow_and_warm_is_told(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as session:
        await plant(session, RULES, clock.now())
    nas = await server(database, clock)
    rows: list[list[Sample]] = []
    waited = operations = 0.0
    for hour in range(24 * 24):
        is_bad = hour >= 22 * 24
        operations += 36_000
        waited += 36_000 * (0.02 if is_bad else 0.005)
        disk = (("device", "sda"),)
        rows.append(
            [
                Sample("node_disk_reads_completed_total", operations, disk, is_counter=True),
                Sample("node_disk_writes_completed_total", 0, disk, is_counter=True),
                Sample("unity_disk_wait_seconds_total", waited, disk, "s", is_counter=True),
                Sample(
                    "node_hwmon_temp_celsius", 47 if is_bad else 38, (("sensor", "t1"),), "celsius"
                ),
            ]
        )
    await measured(database, clock, nas, rows)
    signs = SignRounds(database, clock, AlertEngine(clock), unwatched)
    await signs.run()
    async with database.snapshot() as session:
        found = await MetricReader(session).latest([nas])
    values = {one.series.metric: one.value for one in found}
    assert values["unity_temperature_drift_celsius"] == pytest.approx(9, abs=0.5)
    assert values["unity_disk_latency_drift_percent"] == pytest.approx(300, abs=20)
    for _ in range(7):
        clock.advance(HOUR)
        await signs.run()
    async with database.snapshot() as session:
        kinds = set(await session.scalars(select(Alert.kind)))
    assert kinds == {"temperature_drift", "latency_drift"}


@pytest.fixture
async def nas(cast: Cast) -> uuid.UUID:
    """Return a server whose /srv/data fills up, with a drive that is worn and one that is hurt."""
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("nas")
    await measured(platform.database, cast.clock, server_id, filling(20))
    now = cast.clock.now()
    drives = [
        StorageDevice(
            id=uuid7(), server_id=server_id, identity=f"serial:{name}", name=name, media=media,
            wear_percent=wear, power_on_hours=20_000, recent=[[now.timestamp(), signals]],
            state="present", first_seen_at=now, last_seen_at=now, created_at=now, updated_at=now,
        )
        for name, media, wear, signals in (
            ("nvme0n1", "nvme", 60, {"wear": 60}),
            ("sda", "hdd", None, {"pending": 4, "reallocated": 0}),
        )
    ]  # fmt: skip
    async with platform.database.transaction() as session:
        for drive in drives:
            session.add(
                Resource(
                    id=drive.id, kind="storage_device", name=drive.name, server_id=server_id,
                    parent_id=server_id, created_at=now, updated_at=now,
                )
            )  # fmt: skip
        await session.flush()
        session.add_all(drives)
    worn = [Sample("smartctl_device_percentage_used", 60, unit="percent")]
    await measured(platform.database, cast.clock, drives[0].id, [worn, worn])
    await ForecastRounds(platform.database, cast.clock, unwatched).run()
    return server_id


async def test_the_list_shows_first_what_is_used_up_first(cast: Cast, nas: uuid.UUID) -> None:
    charlie = await cast.logged_in("charlie")
    page = (await charlie.get("/api/infrastructure/forecasts")).json()
    shown = [(one["kind"], one["subject"], one["server_name"]) for one in page["items"]]
    assert shown == [
        ("filesystem", "/srv/data", "nas"),
        ("wear", "", "nas"),
        ("filesystem", "/", "nas"),
    ]
    assert page["items"][1]["resource_name"] == "nvme0n1"
    assert page["items"][2]["why"] == "It does not grow steadily."
    for query, count in (
        ("kind=wear", 1),
        (f"server_id={nas}", 3),
        ("dated=false", 1),
        ("within_days=14", 1),
        ("subject=/srv/data", 1),
        ("q=nvme", 1),
        ("sort=-growth", 3),
        (f"resource_id={uuid.uuid4()}", 0),
    ):
        answer = await charlie.get(f"/api/infrastructure/forecasts?{query}")
        assert answer.json()["total"] == count, query


@pytest.mark.usefixtures("nas")
async def test_one_forecast_shows_its_history_its_line_and_the_band(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    first = (await charlie.get("/api/infrastructure/forecasts")).json()["items"][0]
    shown = (await charlie.get(f"/api/infrastructure/forecasts/{first['id']}")).json()
    assert len(shown["times"]) == len(shown["values"]) > 100
    assert len(shown["line"]) == len(shown["band_low"]) == len(shown["line_times"]) == 25
    assert shown["band_low"][-1] <= shown["line"][-1] <= shown["band_high"][-1]
    assert shown["line"][-1] >= 99
    missing = await charlie.get(f"/api/infrastructure/forecasts/{uuid.uuid4()}")
    assert missing.status_code == 404
    assert missing.json()["type"].endswith("/forecast-not-found")


@pytest.mark.usefixtures("nas")
async def test_drives_are_listed_by_published_risk_or_with_the_reason(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    sda, nvme = (await charlie.get("/api/infrastructure/forecasts/drives")).json()["items"]
    assert sda["code"] == "pending_sectors"
    assert 0.3 < sda["least"] < sda["greatest"] < 0.7
    assert "Backblaze" in sda["source"]
    assert nvme["least"] is None
    assert nvme["why"].startswith("Nobody has published")
    found = await charlie.get("/api/infrastructure/forecasts/drives?q=sda")
    assert found.json()["total"] == 1


async def test_the_job_makes_forecasts_and_signs(cast: Cast, nas: uuid.UUID) -> None:
    (job,) = jobs(cast.platform)
    assert job.type.name == "forecasts"
    signs = SignRounds(cast.platform.database, cast.clock, cast.platform.alerts, unwatched)
    await signs.run()
    async with cast.platform.database.snapshot() as session:
        found = await MetricReader(session).latest(None, ["unity_drive_failure_risk_percent"])
        worn = await MetricReader(session).latest(None, ["unity_drive_wear_out_days"])
    assert nas
    assert [one.value for one in found] == [pytest.approx(33.7, abs=0.2)]
    assert len(worn) == 1
