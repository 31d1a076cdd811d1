"""A real Redis: its numbers are its own, load moves its alerts, a refused login rests."""

import asyncio

import pytest

from app.adapters.databases import Drivers
from app.models.infrastructure.database_instance import DatabaseKind, DatabaseState
from app.ports.database_driver import DatabaseLogin, Question
from app.ports.shell import Listener
from app.services.infrastructure.databases.redis import read_info
from tests.parts.databases import Running
from tests.services.infrastructure.databases.desk import MINUTE, Desk
from tests.services.infrastructure.databases.test_missing_numbers import unexplained

pytestmark = pytest.mark.needs("redis")
LOGIN = ("default", "sesame")


def door(running: Running) -> dict[str, str | int]:
    return {"path": "", "host": "127.0.0.1", "port": running.port}


async def tell(running: Running, *commands: str) -> list[str]:
    """Speak to it as its administrator."""
    login = DatabaseLogin(*LOGIN)
    way = Listener("", "127.0.0.1", running.port)
    async with Drivers().of("redis").open(way, login, seconds=5) as talk:
        return [(await talk.ask(Question("x", command))).text for command in commands]


async def test_its_numbers_are_those_of_info(desk: Desk, a_redis: Running) -> None:
    await tell(a_redis, "FLUSHALL", "SET a 1", "SET b 2", "GET a", "GET nothing")
    key = await desk.enter(DatabaseKind.REDIS, door(a_redis), login=LOGIN)
    row = await desk.ask(key)
    assert (row.state, row.role, row.reason) == (DatabaseState.ONLINE, "primary", "")
    info = read_info((await tell(a_redis, "INFO all"))[0])
    assert row.version == info["redis_version"]
    reading = await desk.reading(key)
    assert unexplained(reading) == []
    hits, misses = int(info["keyspace_hits"]), int(info["keyspace_misses"])
    assert reading.value("key_hit_percent") == pytest.approx(100 * hits / (hits + misses), 0.01)
    assert reading.value("memory_limit_bytes") == int(info["maxmemory"])
    assert reading.value("connections_limit") == int(info["maxclients"])
    assert reading.value("keys") == 2
    assert all(one.value is not None or one.why for one in reading.figures)


async def test_a_wrong_password_is_tried_twice_and_then_rests(desk: Desk, a_redis: Running) -> None:
    key = await desk.enter(DatabaseKind.REDIS, door(a_redis), login=("default", "wrong"))
    for _ in range(40):
        await desk.collector.collect_due()
        desk.site.clock.advance(5 * MINUTE)
    row = await desk.row(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "refused")
    assert row.refusals == 2
    assert await desk.firing(key) == {"redis refuses Unity's login"}
    # Somebody who asks by hand has it tried at once.
    assert (await desk.ask(key)).refusals == 3


async def test_without_a_login_it_says_that_it_wants_one(desk: Desk, a_redis: Running) -> None:
    key = await desk.enter(DatabaseKind.REDIS, door(a_redis))
    row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.NEEDS_CREDENTIALS, "wants_login")
    assert row.refusals == 0


async def test_load_moves_the_alerts_of_memory_and_of_refused_connections(
    desk: Desk, a_redis: Running
) -> None:
    key = await desk.enter(DatabaseKind.REDIS, door(a_redis), login=LOGIN)
    await desk.ask(key)
    assert await desk.firing(key) == set()
    way = Listener("", "127.0.0.1", a_redis.port)
    async with Drivers().of("redis").open(way, DatabaseLogin(*LOGIN), seconds=5) as talk:
        await talk.ask(Question("x", f"SET big {'x' * 3_000_000}"))
        await talk.ask(Question("x", "CONFIG SET maxclients 2"))
        held = [await asyncio.open_connection("127.0.0.1", a_redis.port) for _ in range(6)]
        assert b"max number of clients" in await held[-1][0].read(100)
        for _, writer in held:
            writer.close()
        await talk.ask(Question("x", "CONFIG SET maxclients 1000"))
    # What the connections themselves took is free again.
    used = int(read_info((await tell(a_redis, "INFO memory"))[0])["used_memory"])
    await tell(a_redis, f"CONFIG SET maxmemory {int(used * 1.05)}")
    desk.site.clock.advance(5 * MINUTE)
    await desk.ask(key)
    assert "it refuses connections" in await desk.firing(key)
    desk.site.clock.advance(5 * MINUTE)
    assert "it has nearly used its memory limit" in await desk.ask_until(key, 10)
    await tell(a_redis, "FLUSHALL", "CONFIG SET maxmemory 20mb")
    assert "it has nearly used its memory limit" not in await desk.ask_until(key, 5)


async def test_a_save_that_fails_is_told_at_once(desk: Desk, a_redis: Running) -> None:
    key = await desk.enter(DatabaseKind.REDIS, door(a_redis), login=LOGIN)
    await desk.ask(key)
    a_redis.folder.chmod(0o555)  # its own user may not write there any more
    await tell(a_redis, "FLUSHALL", "SET a 1", "BGSAVE")
    for _ in range(50):
        (info,) = await tell(a_redis, "INFO persistence")
        if "rdb_last_bgsave_status:err" in info:
            break
        await asyncio.sleep(0.05)
    row = await desk.ask(key)
    assert (row.state, row.reason_kind) == (DatabaseState.DEGRADED, "save_failed")
    assert "it cannot save its data" in await desk.firing(key)
    a_redis.folder.chmod(0o755)
    await tell(a_redis, "BGSAVE")
    for _ in range(50):
        (info,) = await tell(a_redis, "INFO persistence")
        if "rdb_last_bgsave_status:ok" in info:
            break
        await asyncio.sleep(0.05)
    assert (await desk.ask(key)).state == DatabaseState.ONLINE
    assert "it cannot save its data" not in await desk.firing(key)


async def test_a_replica_that_has_lost_its_primary_is_told(desk: Desk, a_redis: Running) -> None:
    key = await desk.enter(DatabaseKind.REDIS, door(a_redis), login=LOGIN)
    await tell(a_redis, "REPLICAOF 127.0.0.1 1")
    try:
        assert "its replication has stopped" in await desk.ask_until(key, 5)
        row = await desk.row(key)
        assert (row.state, row.role) == (DatabaseState.DEGRADED, "replica")
    finally:
        await tell(a_redis, "REPLICAOF NO ONE")
