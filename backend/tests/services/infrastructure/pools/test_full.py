"""Pools that fill up are told in time, and what must not be taken for full is not."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.core.alert import Alert, AlertState
from app.models.infrastructure.monitored_server import SudoMode
from app.services.core.alerts.builtin import plant
from app.services.infrastructure.facts.lvm import REPORT
from app.services.infrastructure.facts.zfs.pools import STATUS
from app.services.infrastructure.pools.conditions import RULES
from tests.facts.corpus import FOLDER, load
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.recordings import reader


@pytest.fixture
async def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    site = Site(database, clock, vault)
    async with database.transaction() as session:
        await plant(session, RULES, clock.now())
    return site


def thin(*volumes: tuple[str, str, float, float | None]) -> str:
    """Return a report of volumes: name, type, how full the data are, and the metadata."""
    listed = [
        {
            "vg_name": "data",
            "lv_name": name,
            "lv_uuid": name,
            "lv_attr": "twi-aotz--",
            "data_percent": f"{data:.2f}",
            "metadata_percent": "" if metadata is None else f"{metadata:.2f}",
        }
        for name, _, data, metadata in volumes
    ]
    group = {"vg_name": "data", "vg_uuid": "g", "vg_attr": "wz--n-", "pv_count": "1"}
    segments = [{"lv_uuid": name, "segtype": segment} for name, segment, *_ in volumes]
    return json.dumps({"report": [{"vg": [group], "pv": [], "lv": listed, "seg": segments}]})


async def full(site: Site) -> dict[str, str]:
    """Return what is told to be full: the title of each, and its severity."""
    async with site.database.snapshot() as session:
        found = await session.scalars(select(Alert).where(Alert.state == AlertState.FIRING))
        return {
            one.title: one.severity for one in found if "room" in one.title or "full" in one.title
        }


async def machine_of(site: Site) -> UUID:
    return await site.enter("nas", sudo=SudoMode.PASSWORDLESS)


async def test_a_thin_pool_is_told_by_its_data_and_by_its_metadata_and_its_volumes_are_not(
    site: Site,
) -> None:
    server_id = await machine_of(site)
    machine = site.machine(server_id)
    await site.collector().collect_server(server_id)  # LVM is asked once it wakes no disk
    volumes = (("files", "thin", 100.0, None), ("warm", "cache", 100.0, 99.0))
    machine.answers(*REPORT.argv, stdout=thin(*volumes, ("thin", "thin-pool", 89.0, 10.0)))
    await site.collector().collect_due()
    assert await full(site) == {}
    machine.answers(*REPORT.argv, stdout=thin(*volumes, ("thin", "thin-pool", 91.0, 10.0)))
    await site.next_cycle()
    assert await full(site) == {"nas: data/thin is nearly full": "warning"}
    machine.answers(*REPORT.argv, stdout=thin(*volumes, ("thin", "thin-pool", 40.0, 96.0)))
    await site.next_cycle()
    assert await full(site) == {
        "nas: the metadata area of data/thin is nearly full": "warning",
        "nas: the metadata area of data/thin has no room left": "critical",
    }
    machine.answers(*REPORT.argv, stdout=thin(*volumes, ("thin", "thin-pool", 40.0, 20.0)))
    await site.next_cycle()
    assert await full(site) == {}


async def test_a_zfs_pool_is_told_at_85_and_at_95_percent_and_does_not_flap(site: Site) -> None:
    machine = site.machine(await machine_of(site))
    (recorded,) = load(reader("zfs_pools"), FOLDER / "zfs_pools" / "debian-12-mirror.yaml").results
    table, mark, status = recorded.stdout.partition("== status ==\n")
    cells = table.rstrip("\n").split("\t")
    seen: list[list[str]] = []
    for percent in (84, 85, 86, 85, 96, 95, 94, 93, 84, 83):
        line = "\t".join([*cells[:6], str(percent), *cells[7:]])
        machine.answers(*STATUS.argv, stdout=f"{line}\n{mark}{status}")
        await site.next_cycle()
        site.clock.advance(timedelta(minutes=1))
        seen.append(sorted((await full(site)).values(), reverse=True))
    low, high = ["warning"], ["warning", "critical"]
    assert seen == [[], [], low, low, high, high, high, low, low, []]
