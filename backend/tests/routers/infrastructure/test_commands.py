"""The words that a runbook's commands are completed with: those of the machine in trouble."""

import uuid

import pytest
from sqlalchemy import select, update

from app.models.core.alert import Alert, AlertState, Severity
from app.models.infrastructure.database_instance import DatabaseInstance, DatabaseKind
from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.infrastructure.container_engines import called, inside_of
from app.services.infrastructure.facts.databases.containers import container_of
from app.services.infrastructure.facts.databases.script import LOOK
from app.services.infrastructure.facts.filesystems import FilesystemsFact
from app.services.infrastructure.topology.command_words import of_database
from tests.fakes.shell import FakeShell, FakeShells
from tests.fixtures.cast import Cast
from tests.routers.infrastructure.test_devices import collect
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.databases.test_ledger import recorded
from tests.services.infrastructure.pools.test_ledger import shows
from tests.services.infrastructure.storage.reports import ata, attribute
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

ALERTS = "/api/infrastructure/topology/alerts"
DF = FilesystemsFact.commands[0].argv
SICK = ata(ata_smart_attributes={"table": [attribute(5, "Reallocated_Sector_Ct", 20)]})
Words = dict[str, str]


@pytest.fixture
async def site(cast: Cast) -> Site:
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    return Site(platform.database, cast.clock, platform.vault, platform.shells)


async def machine_of(site: Site, *serials: tuple[str, str]) -> tuple[uuid.UUID, FakeShell]:
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, *(disk(name, serial) for name, serial in serials))
    reads(machine)
    return server_id, machine


async def commands(cast: Cast, kind: str) -> tuple[Words, dict[str, Words], bool]:
    """Return the words for the only alert of a kind, and those of its parts."""
    async with cast.platform.database.snapshot() as session:
        alert_id = (await session.scalars(select(Alert.id).where(Alert.kind == kind))).one()
    charlie = await cast.logged_in("charlie")
    answer = await charlie.get(f"{ALERTS}/{alert_id}/commands")
    assert answer.status_code == 200
    shown = answer.json()
    parts = {one["kind"]: _words(one["names"]) for one in shown["parts"]}
    return _words(shown["names"]), parts, shown["is_root"]


def _words(names: list[Words]) -> Words:
    return {one["name"]: one["value"] for one in names}


async def test_a_degraded_pool_of_zfs_names_itself_and_the_device_to_replace(
    cast: Cast, site: Site
) -> None:
    server_id, machine = await machine_of(site, ("sdc", "WD-3"), ("sdd", "WD-4"))
    shows(machine, "zfs_pools", "debian-12-degraded")
    await collect(cast, server_id)

    names, parts, is_root = await commands(cast, "pool_degraded")

    assert parts["zfs"] == {"pool": "tank", "old": "sdd"}
    reached = {"host": "nas.test", "port": "22", "login": "unity"}
    assert names == parts["zfs"] | reached
    assert not is_root


async def test_a_degraded_array_is_named_as_mdadm_wants_it(cast: Cast, site: Site) -> None:
    server_id, machine = await machine_of(site)
    shows(machine, "md_arrays", "debian-12-degraded")
    await collect(cast, server_id)

    _, parts, _ = await commands(cast, "pool_degraded")

    assert parts["md"]["array"] == "/dev/md0"
    assert parts["md"]["array_name"] == "md0"


async def test_btrfs_wants_the_number_of_the_missing_device_and_the_mount_point(
    cast: Cast, site: Site
) -> None:
    server_id, machine = await machine_of(site)
    shows(machine, "btrfs", "debian-12-missing-device")
    await collect(cast, server_id)

    _, parts, _ = await commands(cast, "pool_degraded")

    assert parts["btrfs"]["old"].isdigit()


async def test_a_drive_without_a_pool_is_asked_as_smartctl_has_to_ask_it(
    cast: Cast, site: Site
) -> None:
    server_id, machine = await machine_of(site, ("sda", "WD-WCC4E0000001"))
    reads(machine, ("/dev/sda", "sat", SICK))
    await collect(cast, server_id)

    names, parts, _ = await commands(cast, "drive_health")

    assert names["smart"] == "-d sat /dev/sda"
    assert (names["disk"], names["kernel_name"]) == ("/dev/sda", "sda")
    assert {"alone", "hdd", "drive"} <= parts.keys()


async def test_a_drive_in_a_pool_names_the_pool_and_its_own_place_in_it(
    cast: Cast, site: Site
) -> None:
    server_id, machine = await machine_of(site)
    lists(machine, disk("sdc", "WD-WCC4E0000001"), disk("sdd", "WD-4"))
    shows(machine, "zfs_pools", "debian-12-mirror")
    reads(machine, ("/dev/sdc", "sat", SICK))
    await collect(cast, server_id)
    await collect(cast, server_id)

    _, parts, _ = await commands(cast, "drive_health")

    assert parts["zfs"] == {"pool": "tank", "old": "sdc"}
    assert "alone" not in parts


async def test_a_folder_is_quoted_whatever_it_is_called(cast: Cast, site: Site) -> None:
    server_id, machine = await machine_of(site)
    machine.answers(
        *DF,
        stdout="Filesystem Type 1K-blocks Used Avail Inodes IFree Mounted on\n"
        "/dev/sdb1 btrfs 1000000 950000 50000 1000 900 /srv/a b; reboot\n",
    )
    await collect(cast, server_id)

    names, parts, _ = await commands(cast, "filesystem_full")
    async with cast.platform.database.snapshot() as session:
        fix = await session.scalar(select(Alert.fix).where(Alert.kind == "filesystem_full"))

    assert fix is not None
    assert "du -xh --max-depth=2 '/srv/a b; reboot' |" in fix
    assert names["mount"] == "'/srv/a b; reboot'"
    assert parts["btrfs"]["mount"] == "'/srv/a b; reboot'"


async def test_a_login_as_root_is_told_for_there_may_be_no_sudo(cast: Cast, site: Site) -> None:
    server_id, machine = await machine_of(site)
    async with cast.platform.database.transaction() as session:
        await session.execute(update(MonitoredServer).values(username="root"))
    shows(machine, "md_arrays", "debian-12-degraded")
    await collect(cast, server_id)

    assert (await commands(cast, "pool_degraded"))[2]


async def test_a_measurement_of_a_thin_pool_names_its_volume(cast: Cast, site: Site) -> None:
    server_id = await site.enter("nas")
    now = cast.clock.now()
    async with cast.platform.database.transaction() as session:
        session.add(
            Alert(
                kind="lvm_thin_data_full",
                domain="infrastructure",
                resource_id=server_id,
                subject="thin",
                fingerprint="one",
                severity=Severity.WARNING,
                labels={"vg": "vg data", "lv": "thin"},
                title="",
                message="",
                state=AlertState.FIRING,
                began_at=now,
            )
        )

    _, parts, _ = await commands(cast, "lvm_thin_data_full")

    assert parts["lvm"] == {"pool": "'vg data'", "volume": "'vg data/thin'"}


async def test_an_alert_that_is_not_there_is_not_found(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    answer = await charlie.get(f"{ALERTS}/{uuid.UUID(int=1)}/commands")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("fields", "client"),
    [
        ({"kind": DatabaseKind.POSTGRESQL, "port": 5432}, "sudo -u postgres psql"),
        ({"kind": DatabaseKind.POSTGRESQL, "port": 5433}, "sudo -u postgres psql -p 5433"),
        (
            {"kind": DatabaseKind.POSTGRESQL, "container": "0a1b2c3d4e5f"},
            "sudo docker exec -it 0a1b2c3d4e5f psql -U postgres",
        ),
        (
            {"kind": DatabaseKind.MARIADB, "doors": [{"path": "/run/my sql.sock"}]},
            "sudo mariadb -S '/run/my sql.sock'",
        ),
        ({"kind": DatabaseKind.VALKEY, "port": 6380}, "valkey-cli -p 6380"),
        ({"kind": DatabaseKind.MINIO, "port": 9000}, None),
    ],
)
def test_a_database_is_entered_with_its_own_client(
    fields: dict[str, object], client: str | None
) -> None:
    values = {"container": "", "doors": [], "port": None, "name": "one"} | fields
    parts = of_database(DatabaseInstance(**values), "sudo docker")
    assert _words([one.model_dump() for one in parts[0].names]).get("client") == client
    assert parts[1].kind == ("container" if fields.get("container") else "alone")


async def test_a_container_is_entered_with_the_engine_that_runs_it(cast: Cast, site: Site) -> None:
    server_id, machine = await machine_of(site)
    machine.answers(*LOOK.argv, stdout=recorded("made-rootless"))
    await collect(cast, server_id)

    async with cast.platform.database.snapshot() as session:
        rows = await session.scalars(select(DatabaseInstance).order_by(DatabaseInstance.kind))
        called = [await inside_of(session, row) for row in rows]

    as_user = 'sudo -u "$(id -nu 1000)" env -C / XDG_RUNTIME_DIR=/run/user/1000'
    assert called == [
        f"{as_user} podman exec -it 77aa77aa77aa",
        f"{as_user} podman exec -it 3f4e3f4e3f4e",
        f"{as_user} DOCKER_HOST=unix:///run/user/1000/docker.sock docker exec -it d1c8d1c8d1c8",
    ]


@pytest.mark.parametrize(
    ("group", "command"),
    [
        ("0::/machine.slice/libpod-{}.scope/container", "sudo podman"),
        ("0::/system.slice/docker-{}.scope", "sudo docker"),
        ("0::/system.slice/shop.service/libpod-payload-{}", "sudo podman"),
        ("0::/kubepods/besteffort/pod1/{}", "sudo docker"),
    ],
)
def test_the_engine_of_a_container_is_read_from_its_group(group: str, command: str) -> None:
    found = container_of([group.format("3f4e" * 16)])
    assert found.name == "3f4e3f4e3f4e"
    assert called(found.engine, found.owner_id) == command


async def test_a_runbook_calls_the_engine_of_the_database_that_it_is_about(
    cast: Cast, site: Site
) -> None:
    server_id, machine = await machine_of(site)
    machine.answers(*LOOK.argv, stdout=recorded("made-containers").replace("docker-", "libpod-"))
    await collect(cast, server_id)
    await raise_for(cast, DatabaseKind.POSTGRESQL)

    names, parts, _ = await commands(cast, "database_offline")

    assert names["client"] == "sudo podman exec -it 3f4e8c1d3f4e psql -U postgres"
    assert parts["container"]["engine"] == "sudo podman"


async def raise_for(cast: Cast, kind: DatabaseKind) -> None:
    async with cast.platform.database.transaction() as session:
        database_id = await session.scalar(
            select(DatabaseInstance.id).where(DatabaseInstance.kind == kind)
        )
        session.add(
            Alert(
                kind="database_offline",
                domain="infrastructure",
                resource_id=database_id,
                subject="",
                fingerprint="one",
                severity=Severity.CRITICAL,
                title="",
                message="",
                state=AlertState.FIRING,
                began_at=cast.clock.now(),
            )
        )
