"""A real MinIO: its numbers are its own, lost drives move its alerts, a wrong key rests."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]  # it comes with moto, and has no types
import httpx2
import pytest

from app.adapters.databases import Drivers
from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.ports.database_driver import DatabaseLogin, Question
from app.ports.shell import Listener
from app.services.infrastructure.databases.figures import Reading
from app.services.infrastructure.databases.minio import read_metrics
from app.services.infrastructure.facts.databases.reader import read_databases
from app.services.infrastructure.facts.databases.script import LOOK
from tests.parts import BUILT
from tests.parts.databases import Running, minio
from tests.services.infrastructure.databases.desk import MINUTE, Desk
from tests.services.infrastructure.databases.test_missing_numbers import unexplained

pytestmark = [pytest.mark.needs("minio"), pytest.mark.timeout(300)]
LOGIN = ("unity", "a-long-secret")


@pytest.fixture
def a_minio() -> Iterator[Running]:
    with minio(BUILT / "minio") as running:
        yield running


def door(running: Running) -> dict[str, str | int]:
    return {"path": "", "host": "127.0.0.1", "port": running.port}


async def ask(running: Running, path: str) -> str:
    """Ask it as its administrator."""
    way = Listener("", "127.0.0.1", running.port)
    async with Drivers().of("minio").open(way, DatabaseLogin(*LOGIN), seconds=5) as talk:
        return (await talk.ask(Question("x", path))).text


def store(running: Running, bucket: str, key: str, size: int) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{running.port}",
        aws_access_key_id=LOGIN[0],
        aws_secret_access_key=LOGIN[1],
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=bucket)
    client.put_object(Bucket=bucket, Key=key, Body=b"x" * size)
    client.close()


def lose(running: Running, number: int) -> None:
    """Put something in the place of a drive that is none."""
    drive = running.folder / f"drive{number}"
    drive.rename(running.folder / f"lost{number}")
    drive.touch()


def test_it_is_found_by_its_process_and_its_socket(a_minio: Running) -> None:
    ran = subprocess.run(LOOK.argv, capture_output=True, text=True, check=True)
    found = [one for one in read_databases(ran.stdout) if one.kind == "minio"]
    assert a_minio.port in {door.port for one in found for door in one.doors}


async def test_its_numbers_are_those_of_its_metrics(desk: Desk, a_minio: Running) -> None:
    key = await desk.enter(DatabaseKind.MINIO, door(a_minio), login=LOGIN)
    row = await desk.ask(key)
    assert (row.state, row.role, row.reason) == (DatabaseState.ONLINE, "standalone", "")
    reading = await desk.reading(key)
    assert unexplained(reading) == []
    told = read_metrics(await ask(a_minio, "/minio/v2/metrics/cluster"))
    assert reading.value("drives_online") == told["minio_cluster_drive_online_total"][0][1] == 4
    assert reading.value("drives_offline") == 0
    usable = told["minio_cluster_capacity_usable_total_bytes"][0][1]
    assert reading.value("capacity_bytes") == usable
    # Half of each stripe is parity with four drives.
    raw = told["minio_cluster_capacity_raw_total_bytes"][0][1]
    assert usable == pytest.approx(raw / 2)
    assert reading.value("quorum_missing") == 0
    (drives,) = [table for table in reading.tables if table.key == "drives"]
    assert [Path(str(row[0]).split()[-1]).name for row in drives.rows] == [
        f"drive{number}" for number in range(1, 5)
    ]


def buckets(reading: Reading) -> list[list[Any]]:
    (table,) = [table for table in reading.tables if table.key == "databases"]
    return table.rows


async def test_what_is_stored_is_counted_by_bucket(desk: Desk, a_minio: Running) -> None:
    await asyncio.to_thread(store, a_minio, "pictures", "a", 100_000)
    key = await desk.enter(DatabaseKind.MINIO, door(a_minio), login=LOGIN)
    await desk.ask(key)
    early = await desk.reading(key)
    (figure,) = [one for one in early.figures if one.key == "objects"]
    # Its scanner may have been here on a machine that is slow to ask.
    assert (figure.value is None) is bool(figure.why), "it says why there is no number yet"
    async with asyncio.timeout(120):
        while not (reading := await desk.reading(key)).value("objects") or not buckets(reading):
            await asyncio.sleep(3)  # its scanner has a pace of its own
            await desk.ask(key)
    assert unexplained(reading) == []
    assert (reading.value("objects"), reading.value("size_bytes")) == (1, 100_000)
    assert buckets(reading) == [["pictures", 100_000, 1]]


async def test_a_lost_drive_and_a_lost_quorum_are_told(desk: Desk, a_minio: Running) -> None:
    key = await desk.enter(DatabaseKind.MINIO, door(a_minio), login=LOGIN)
    assert await desk.ask_until(key, 15) == set()
    lose(a_minio, 4)
    await _until_told(a_minio, "minio_cluster_drive_offline_total")
    one = await desk.ask_until(key, 15)
    assert len(one) == 1
    assert (await desk.reading(key)).value("drives_offline") == 1
    lose(a_minio, 3)
    lose(a_minio, 2)
    async with asyncio.timeout(120):
        while await _health(a_minio) == httpx2.codes.OK:  # noqa: ASYNC110 - another process works
            await asyncio.sleep(0.5)
    both = await desk.ask_until(key, 15)
    assert both > one
    row = await desk.row(key)
    assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "read_quorum_lost")


async def _until_told(running: Running, metric: str) -> None:
    """Wait until its metrics tell; it makes them anew once a minute."""
    path = "/minio/v2/metrics/cluster"
    async with asyncio.timeout(120):
        while not read_metrics(await ask(running, path))[metric][0][1]:  # noqa: ASYNC110 - as below
            await asyncio.sleep(2)


async def _health(running: Running) -> int:
    async with httpx2.AsyncClient() as client:
        url = f"http://127.0.0.1:{running.port}/minio/health/cluster/read"
        return (await client.get(url)).status_code


async def test_a_wrong_key_is_tried_twice_and_then_rests(desk: Desk, a_minio: Running) -> None:
    key = await desk.enter(DatabaseKind.MINIO, door(a_minio), login=("unity", "another-secret"))
    for _ in range(40):
        await desk.collector.collect_due()
        desk.site.clock.advance(5 * MINUTE)
    row = await desk.row(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "refused")
    assert row.refusals == 2


async def test_without_a_key_it_says_that_it_wants_one(desk: Desk, a_minio: Running) -> None:
    key = await desk.enter(DatabaseKind.MINIO, door(a_minio))
    row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "wants_login")
