"""A machine with 500 disks and a pool of 480 of them: every page answers soon, and not too much."""

import time
import uuid

import pytest

from app.services.infrastructure.facts.zfs.datasets import datasets_command
from app.services.infrastructure.facts.zfs.pools import STATUS
from tests.fakes.shell import FakeShells
from tests.fixtures.cast import Cast, Person
from tests.routers.infrastructure.test_devices import collect
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import ata, attribute
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

DISKS, WIDTH, GROUPS = 500, 12, 40
BASE = "/api/infrastructure"
# Far above what a quiet machine needs (about a tenth), far below what a person waits for.
SECONDS = 2.0
KILOBYTES = {
    f"{BASE}/devices?per_page=100": 150,
    f"{BASE}/devices?per_page=1000&sort=server": 600,
    f"{BASE}/devices/summary": 2,
    f"{BASE}/pools?per_page=100": 20,
    f"{BASE}/pools/summary": 2,
    f"{BASE}/upkeep/plans": 200,
    f"{BASE}/overview": 50,
    "/api/alerts": 200,
}


def zpool() -> str:
    """Return the status of a pool of 40 groups with 12 disks each, one of which is lost."""
    rows = ["\ttank  DEGRADED  0  0  0"]
    for group in range(GROUPS):
        state = "DEGRADED" if group == 7 else "ONLINE"
        rows.append(f"\t  raidz2-{group}  {state}  0  0  0")
        for place in range(WIDTH):
            lost = (group, place) == (7, 3)
            name = f"sd{group * WIDTH + place}"
            rows.append(f"\t    {name}  {'FAULTED' if lost else 'ONLINE'}  0  0  {9 * lost}")
    table = "\n".join(rows)
    return (
        "tank\t115\t4000000000000000\t1000000000000000\t3000000000000000\t2\t25\tDEGRADED\toff\n"
        "== status ==\n  pool: tank\n state: DEGRADED\n  scan: none requested\nconfig:\n\n"
        f"\tNAME  STATE  READ WRITE CKSUM\n{table}\n\nerrors: No known data errors\n"
    )


def datasets() -> str:
    """Return a thousand datasets with daily snapshots."""
    rows = "".join(f"tank/d{n}\t9\t9\t9\t0\t0\t0\n" for n in range(1000))
    days = ",".join(str(1_795_400_000 - 86400 * day) for day in range(8))
    made = "".join(f"tank/d{n}\t90\t1787600000\t{days}\n" for n in range(1000))
    return f"{rows}== snapshots ==\n{made}== end ==\n"


@pytest.fixture
async def jbod(cast: Cast) -> uuid.UUID:
    """Return a server with 500 disks, of which every fiftieth is ill."""
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("jbod", username="root")
    machine = site.machine(server_id)
    lists(machine, *(disk(f"sd{n}", f"S-{n}", f"0x5000c5{n:010x}") for n in range(DISKS)))
    table = [attribute(197, "Current_Pending_Sector", 24)]
    ill = {"ata_smart_attributes": {"table": table}}
    reads(
        machine,
        *(
            (f"/dev/sd{n}", "sat", ata(serial_number=f"S-{n}", **(ill if n % 50 == 0 else {})))
            for n in range(DISKS)
        ),
    )
    machine.answers(*STATUS.argv, stdout=zpool())
    for are_awake in (True, False):
        machine.answers(*datasets_command(are_awake=are_awake).argv, stdout=datasets())
    began = time.process_time()
    await collect(cast, server_id)
    assert time.process_time() - began < 30, "A first round of all, with every report."
    return server_id


async def answered(person: Person, path: str) -> bytes:
    """Return an answer that came in time."""
    began = time.process_time()
    answer = await person.get(path)
    took = time.process_time() - began
    assert answer.status_code == 200, (path, answer.text[:200])
    assert took < SECONDS, (path, took)
    return answer.content


async def test_every_page_of_500_disks_and_480_members_answers_soon_and_is_bounded(
    cast: Cast, jbod: uuid.UUID
) -> None:
    charlie = await cast.logged_in("charlie")
    of_server = {f"{BASE}/topology?server_id={jbod}": 1000}
    for path, most in {**KILOBYTES, **of_server}.items():
        size = len(await answered(charlie, path))
        assert size < most * 1000, (path, size)
    page = (await charlie.get(f"{BASE}/devices?per_page=100")).json()
    assert (page["total"], len(page["items"])) == (DISKS, 100)
    levels = [one["level"] for one in page["items"]]
    assert levels == sorted(levels, key=("failing", "ok").index), "The ill ones come first."
    assert levels.count("failing") == DISKS // 50
    ill = page["items"][0]["id"]
    assert len(await answered(charlie, f"{BASE}/devices/{ill}")) < 50_000
    (pool,) = (await charlie.get(f"{BASE}/pools")).json()["items"]
    assert "sd87 is FAULTED" in pool["reasons"][0]["message"]
    await answered(charlie, f"{BASE}/pools/{pool['id']}")
    shown = (await charlie.get(f"{BASE}/pools/{pool['id']}")).json()
    assert len(shown["members"]) == GROUPS * (WIDTH + 1)
    assert all(one["device_id"] for one in shown["members"] if one["is_leaf"])
    assert len(shown["datasets"]) == 300, "Of a thousand, those that tell most."
