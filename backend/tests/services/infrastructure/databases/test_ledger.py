"""Databases are entered by what a machine shows, and stay themselves over restarts."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.resource import Resource, ResourceEdge
from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    DatabaseState,
    LoginMode,
)
from app.models.infrastructure.filesystem import Filesystem
from app.services.infrastructure.facts.databases.script import LOOK
from app.services.infrastructure.facts.table import FACTS
from tests.facts.corpus import FOLDER, load
from tests.fakes.shell import FakeShell
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.databases.desk import MINUTE


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


def recorded(case: str) -> str:
    fact = next(one for one in FACTS if one.name == "databases")
    return load(fact, FOLDER / "databases" / f"{case}.yaml").results[0].stdout


def shows(machine: FakeShell, text: str) -> None:
    machine.answers(*LOOK.argv, stdout=text)


async def rows(site: Site) -> Sequence[DatabaseInstance]:
    async with site.database.snapshot() as session:
        found = await session.scalars(select(DatabaseInstance).order_by(DatabaseInstance.kind))
        return found.all()


async def collect(site: Site) -> None:
    await site.collector().collect_due()
    site.clock.advance(5 * MINUTE)


async def keep(site: Site) -> None:
    """Give all databases a login, so that they are missed when they go."""
    async with site.database.transaction() as session:
        for row in await session.scalars(select(DatabaseInstance)):
            row.login = LoginMode.SOCKET


async def test_databases_are_entered_with_what_they_stand_on(site: Site) -> None:
    server_id = await site.enter("db1")
    shows(site.machine(server_id), recorded("debian-12-root"))
    await collect(site)
    found = await rows(site)
    assert [(row.kind, row.port) for row in found] == [
        ("mariadb", 3306),
        ("postgresql", 5433),
        ("redis", 6379),
    ]
    assert {row.state for row in found} == {DatabaseState.NEEDS_CREDENTIALS}
    # PostgreSQL and MariaDB let nobody in without a name, so nothing is tried.
    assert [row.next_due_at is None for row in found] == [True, True, False]
    async with site.database.snapshot() as session:
        resource = await session.get_one(Resource, found[1].id)
        target = await session.scalar(
            select(Filesystem.mountpoint)
            .join(ResourceEdge, ResourceEdge.target_id == Filesystem.id)
            .where(ResourceEdge.source_id == found[1].id, ResourceEdge.kind == "stands_on")
        )
    assert (resource.kind, resource.parent_id) == ("database_instance", server_id)
    assert target == "/"


async def test_a_restart_a_new_port_and_a_new_container_are_the_same_database(site: Site) -> None:
    server_id = await site.enter("db1")
    machine = site.machine(server_id)
    shows(machine, recorded("debian-12-root"))
    await collect(site)
    before = {row.kind: row.id for row in await rows(site)}
    again = recorded("debian-12-root").replace("p 22 ", "p 99 ").replace("q 5433", "q 5555")
    shows(machine, again.replace(":1539", ":15B3"))
    await collect(site)
    after = {row.kind: row for row in await rows(site)}
    assert {kind: row.id for kind, row in after.items()} == before
    moved = after[DatabaseKind.POSTGRESQL]
    assert (moved.port, moved.pid) == (5555, 99)
    # The same as a plain account, which sees neither folders nor sockets for certain.
    shows(machine, recorded("debian-12-plain-account"))
    await collect(site)
    assert {row.kind: row.id for row in await rows(site)} == before


async def test_a_container_that_is_made_anew_is_the_same_database(site: Site) -> None:
    server_id = await site.enter("docker1")
    machine = site.machine(server_id)
    text = recorded("made-containers")
    shows(machine, text)
    await collect(site)
    before = {row.id for row in await rows(site)}
    shows(machine, text.replace("3f4e8c1d", "aaaabbbb").replace("172.17.0.2", "172.17.0.9"))
    await collect(site)
    found = await rows(site)
    assert {row.id for row in found} == before
    assert found[0].container == "aaaabbbbaaaa"
    assert found[0].doors[0]["host"] == "172.17.0.9"
    assert found[0].mountpoint == "/"  # what df shows of this machine


async def test_what_is_gone_is_offline_and_what_is_back_is_asked(site: Site) -> None:
    server_id = await site.enter("db1")
    machine = site.machine(server_id)
    shows(machine, recorded("debian-12-root"))
    await collect(site)
    await keep(site)
    shows(machine, "none\n")
    await collect(site)
    gone = await rows(site)
    assert {row.state for row in gone} == {DatabaseState.OFFLINE}
    assert all(row.missing_since for row in gone)
    shows(machine, recorded("debian-12-root"))
    await collect(site)
    back = await rows(site)
    assert [row.id for row in back] == [row.id for row in gone]
    assert {row.state for row in back} == {DatabaseState.NEEDS_CREDENTIALS}
    assert all(row.missing_since is None and row.next_due_at for row in back)


async def test_one_that_nobody_cared_for_and_that_lived_for_a_day_is_forgotten(site: Site) -> None:
    server_id = await site.enter("builder")
    shows(site.machine(server_id), recorded("debian-12-root"))
    await collect(site)
    shows(site.machine(server_id), "none\n")
    await collect(site)
    assert await rows(site) == []


async def test_while_the_machine_cannot_say_nothing_is_called_gone(site: Site) -> None:
    server_id = await site.enter("db1")
    machine = site.machine(server_id)
    shows(machine, recorded("debian-12-root"))
    await collect(site)
    machine.hangs(*LOOK.argv)
    await collect(site)
    shows(machine, "grep: unrecognised option\n")
    await collect(site)
    assert all(row.missing_since is None for row in await rows(site))


async def test_a_published_port_of_a_container_without_root_leads_to_its_database(
    site: Site,
) -> None:
    server_id = await site.enter("db1")
    shown = recorded("made-rootless")
    shows(site.machine(server_id), shown)
    await collect(site)
    await keep(site)
    # Made anew, its container has another id; its port is published as before.
    shows(site.machine(server_id), shown.replace("d1c8" * 16, "5e6f" * 16))
    await collect(site)

    found = await rows(site)

    # MariaDB's is not published, and its own address is nobody else's.
    assert [(row.kind, row.container, row.doors) for row in found] == [
        ("mariadb", "77aa77aa77aa", []),
        ("postgresql", "3f4e3f4e3f4e", [{"path": "", "host": "127.0.0.1", "port": 5432}]),
        (
            "redis",
            "5e6f5e6f5e6f",
            [
                {"path": "", "host": "127.0.0.1", "port": 6379},
                {"path": "", "host": "::1", "port": 6379},
            ],
        ),
    ]


async def test_a_port_that_another_database_of_the_user_has_is_not_taken_for_published(
    site: Site,
) -> None:
    server_id = await site.enter("db1")
    shows(site.machine(server_id), recorded("made-rootless-unpublished"))
    await collect(site)

    found = {row.container: [door["port"] for door in row.doors] for row in await rows(site)}

    assert found == {"": [6379], "d1c8d1c8d1c8": []}
