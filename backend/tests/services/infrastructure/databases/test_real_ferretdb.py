"""A real FerretDB, by MongoDB's protocol: its numbers are its own, load moves its alert."""

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pymongo
import pytest
from bson import Timestamp

from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.services.infrastructure.facts.databases.reader import read_databases
from app.services.infrastructure.facts.databases.script import LOOK
from tests.parts import BUILT
from tests.parts.databases import Running, ferretdb
from tests.services.infrastructure.databases.desk import MINUTE, Desk
from tests.services.infrastructure.databases.test_missing_numbers import unexplained

pytestmark = [pytest.mark.needs("ferretdb"), pytest.mark.timeout(120)]
LOGIN = ("unity", "a-long-secret")
ROOM = 1_000_000
DAY = timedelta(days=1)

Client = pymongo.MongoClient[dict[str, object]]


@pytest.fixture
def a_ferretdb() -> Iterator[Running]:
    with ferretdb(BUILT / "ferretdb") as running:
        yield running


@pytest.fixture
def client(a_ferretdb: Running) -> Iterator[Client]:
    """Speak to it as its administrator."""
    user, password = LOGIN
    where = f"mongodb://{user}:{password}@127.0.0.1:{a_ferretdb.port}/?authSource=admin"
    found: Client = pymongo.MongoClient(where, directConnection=True)
    with found:
        yield found


def door(running: Running) -> dict[str, str | int]:
    return {"path": "", "host": "127.0.0.1", "port": running.port}


def keep_oplog(client: Client, *, begun: timedelta) -> None:
    """Let it keep an oplog whose first entry is that old."""
    now = client.admin.command("hello")["localTime"]
    client.local.create_collection("oplog.rs", capped=True, size=ROOM)
    first = Timestamp(int((now - begun).timestamp()), 1)
    client.local["oplog.rs"].insert_one({"ts": first, "op": "n"})


def write(client: Client, count: int) -> None:
    client.test.notes.insert_many([{"text": "x" * 1000} for _ in range(count)])


def entries(client: Client) -> list[Timestamp]:
    found = client.local["oplog.rs"].find().sort("$natural", 1)
    return [row["ts"] for row in found if isinstance(row["ts"], Timestamp)]


def test_it_is_found_by_its_process_and_its_socket(a_ferretdb: Running) -> None:
    ran = subprocess.run(LOOK.argv, capture_output=True, text=True, check=True)
    found = [one for one in read_databases(ran.stdout) if one.kind == "mongodb"]
    assert a_ferretdb.port in {door.port for one in found for door in one.doors}


async def test_its_numbers_are_its_own(desk: Desk, a_ferretdb: Running, client: Client) -> None:
    keep_oplog(client, begun=3 * DAY)
    write(client, 20)
    key = await desk.enter(DatabaseKind.MONGODB, door(a_ferretdb), login=LOGIN)
    row, sizes = await desk.ask(key), client.admin.command("listDatabases")
    while (await desk.reading(key)).value("size_bytes") != sizes["totalSize"]:
        # It puts its log into its files at a pace of its own.
        row, sizes = await desk.ask(key), client.admin.command("listDatabases")
    build = client.admin.command("buildInfo")
    assert (row.state, row.role, row.reason) == (DatabaseState.ONLINE, "primary", "")
    assert row.version == f"FerretDB {build['ferretdbVersion']}", "not that of what it stands for"
    reading = await desk.reading(key)
    assert unexplained(reading) == []
    (table,) = [table for table in reading.tables if table.key == "databases"]
    assert table.rows == [[one["name"], one["sizeOnDisk"]] for one in sizes["databases"]]
    uptime = client.admin.command("serverStatus")["uptime"]
    assert reading.value("uptime_seconds") == pytest.approx(uptime, abs=30)


async def test_an_oplog_is_judged_by_its_room_and_not_by_its_age(
    desk: Desk, a_ferretdb: Running, client: Client
) -> None:
    keep_oplog(client, begun=DAY / 2)
    used = client.local.command("collStats", "oplog.rs")["size"]
    key = await desk.enter(DatabaseKind.MONGODB, door(a_ferretdb), login=LOGIN)
    assert await desk.ask_until(key, 90) == set(), "it is new, and has room for many days"
    stamps = entries(client)
    reach = stamps[-1].time - stamps[0].time
    room = reach * ROOM / used
    assert (await desk.reading(key)).value("oplog_window_seconds") == pytest.approx(room)
    assert room > timedelta(days=2).total_seconds()


async def test_writes_that_push_the_oplog_out_move_its_alert(
    desk: Desk, a_ferretdb: Running, client: Client
) -> None:
    keep_oplog(client, begun=30 * DAY)
    oldest = entries(client)[0]
    key = await desk.enter(DatabaseKind.MONGODB, door(a_ferretdb), login=LOGIN)
    assert await desk.ask_until(key, 90) == set()
    while entries(client)[0] == oldest:
        write(client, 500)
        await asyncio.sleep(0.5)  # the engine throws away at a pace of its own
    assert await desk.ask_until(key, 90) == {"its oplog has room for less than a day"}
    stamps = entries(client)
    reach = stamps[-1].time - stamps[0].time
    told = client.local.command("collStats", "oplog.rs")
    expected = reach * max(1.0, told["maxSize"] / told["size"])
    assert (await desk.reading(key)).value("oplog_window_seconds") == pytest.approx(expected)
    client.local.drop_collection("oplog.rs")
    keep_oplog(client, begun=30 * DAY)
    assert await desk.ask_until(key, 90) == set()


async def test_a_wrong_password_is_tried_twice_and_then_rests(
    desk: Desk, a_ferretdb: Running
) -> None:
    key = await desk.enter(DatabaseKind.MONGODB, door(a_ferretdb), login=("unity", "wrong"))
    for _ in range(40):
        await desk.collector.collect_due()
        desk.site.clock.advance(5 * MINUTE)
    row = await desk.row(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "refused")
    assert row.refusals == 2


async def test_without_a_login_it_says_that_it_wants_one(desk: Desk, a_ferretdb: Running) -> None:
    key = await desk.enter(DatabaseKind.MONGODB, door(a_ferretdb))
    row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "wants_login")
