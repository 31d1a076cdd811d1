"""What is known of a pool from one look to the next: its growth, its last scrub, its identity."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.infrastructure.facts.reading import ARRAY_FILES
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.facts.zfs.pools import STATUS
from app.services.infrastructure.pools.remembered import remember
from app.services.infrastructure.pools.verdicts import SCRUB_EVERY, judge_pool
from app.services.infrastructure.pools.view import PoolMember, PoolView
from tests.facts.corpus import FOLDER, load
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.test_ledger import firing, rows, shows

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
ABSENT = "The ZFS modules are not loaded.\nTry running 'modprobe zfs' as root to load them.\n"


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


def seen(errors: int, **fields: object) -> PoolView:
    members = [
        PoolMember(name="mirror-0", state="ONLINE", role="data", is_leaf=False),
        PoolMember(name="sda", state="ONLINE", role="data", parent=0, checksum_errors=errors),
    ]
    defaults = {"kind": PoolKind.ZFS, "identity": "1", "name": "tank", "state": "ONLINE"}
    return PoolView.model_validate({**defaults, "members": members, **fields})


def test_errors_that_grow_are_dated_and_those_that_stand_still_keep_their_date() -> None:
    first = remember(seen(5), None, NOW)
    assert first.members[1].errors_grew_at is None  # they may be years old
    grown = remember(seen(8), first, NOW + timedelta(hours=1))
    (reason,) = judge_pool(grown, NOW)
    assert reason.message.endswith("; the last 3 came before 2026-11-23 16:00 UTC.")
    still = remember(seen(8), grown, NOW + timedelta(days=9))
    assert judge_pool(still, NOW) == [reason]


def test_errors_that_were_cleared_begin_anew() -> None:
    grown = remember(seen(8), seen(5), NOW)
    cleared = remember(seen(0), grown, NOW)
    assert cleared.members[1].errors_grew_at is None
    assert remember(seen(2), grown, NOW).members[1].errors_grew_at is None
    assert remember(seen(1), cleared, NOW).members[1].errors_grew_by == 1


def test_another_device_of_the_same_name_elsewhere_is_another_one() -> None:
    before = seen(5)
    spare = PoolMember(name="sda", state="ONLINE", role="cache", checksum_errors=9)
    after = seen(5, members=[*before.members, spare])
    assert remember(after, before, NOW).members[2].errors_grew_at is None


def test_of_a_scrub_that_has_ended_it_is_kept_how_much_it_read() -> None:
    """The tools print that only while it runs."""
    runs = seen(0, activity="scrub", activity_bytes=10**12)
    ended = remember(seen(0, last_scrub_at=NOW, last_scrub_seconds=5000), runs, NOW)
    assert ended.last_scrub_bytes == 10**12
    later = remember(seen(0, last_scrub_at=NOW, last_scrub_seconds=5000), ended, NOW)
    assert later.last_scrub_bytes == 10**12
    again = remember(seen(0, activity="scrub", activity_bytes=2 * 10**12), later, NOW)
    assert (again.last_scrub_bytes, again.last_scrub_seconds) == (10**12, 5000)


def test_a_resilver_does_not_pass_for_the_scrub_before_it() -> None:
    scrubbed = seen(0, last_scrub_at=NOW, last_scrub_seconds=5000, last_scrub_bytes=10**12)
    fills = remember(seen(0, activity="resilver", activity_bytes=7), scrubbed, NOW)
    filled = remember(seen(0), fills, NOW)
    assert (filled.last_scrub_bytes, filled.last_scrub_seconds) == (10**12, 5000)


def test_a_scrub_that_was_overdue_is_so_until_one_has_read_everything() -> None:
    last = NOW - SCRUB_EVERY - timedelta(days=3)
    overdue = seen(0, last_scrub_at=last)
    assert [one.code for one in judge_pool(overdue, NOW)] == ["scrub_overdue"]
    runs = seen(0, last_scrub_at=last, activity="scrub", activity_started_at=NOW)
    (reason,) = judge_pool(runs, NOW)
    assert (reason.code, reason.fix) == ("scrub_overdue", "One runs now: wait for its end.")
    in_time = seen(
        0, last_scrub_at=last, activity="scrub", activity_started_at=NOW - timedelta(days=4)
    )
    assert judge_pool(in_time, NOW) == []
    fills = seen(0, last_scrub_at=last, activity="resilver", activity_started_at=NOW)
    assert [one.code for one in judge_pool(fills, NOW)] == ["scrub_overdue"]
    paused = seen(
        0,
        last_scrub_at=last,
        activity="scrub",
        is_activity_paused=True,
        paused_at=NOW,
        activity_started_at=NOW - timedelta(days=4),
    )
    assert [one.code for one in judge_pool(paused, NOW)] == ["scrub_overdue"]


def test_a_machine_that_scrubs_each_second_sunday_is_never_overdue() -> None:
    """Debian's cron.d/zfsutils-linux; from one to the next it is up to 35 days."""
    for year in (2026, 2027, 2028):
        for month in range(1, 12):
            begun, ended = (
                next(
                    datetime(year, each, day, tzinfo=UTC)
                    for day in range(8, 15)
                    if datetime(year, each, day, tzinfo=UTC).weekday() == 6
                )
                for each in (month, month + 1)
            )
            assert judge_pool(seen(0, last_scrub_at=begun), ended) == []


async def one(site: Site) -> StoragePool:
    (row,) = await rows(site)
    return row


async def gone(site: Site, pool_id: UUID) -> dict[str, str]:
    await site.next_cycle()
    site.clock.advance(timedelta(minutes=20))
    await site.next_cycle()
    return await firing(site, pool_id)


async def test_the_pools_of_a_machine_whose_kernel_lost_its_module_are_gone(site: Site) -> None:
    """As after an update of the kernel for which no module was built."""
    machine = site.machine(await site.enter("nas"))
    shows(machine, "zfs_pools", "debian-12-mirror")
    await site.collector().collect_due()
    machine.answers(*STATUS.argv, stdout="== status ==\n", stderr=ABSENT)
    assert await gone(site, (await one(site)).id) == {"pool_missing": "critical"}


@pytest.mark.parametrize(
    ("fact", "case"), [("btrfs", "debian-12-raid1"), ("md_arrays", "debian-12-resync")]
)
@pytest.mark.parametrize("answer", ["", "/proc/mdstat:Personalities : \n"])
async def test_the_last_pool_of_its_kind_is_told_when_it_is_gone(
    site: Site, fact: str, case: str, answer: str
) -> None:
    """A file system that was not mounted after a restart is the only one there was."""
    machine = site.machine(await site.enter("nas"))
    shows(machine, fact, case)
    await site.collector().collect_due()
    machine.answers(*ARRAY_FILES.argv, stdout=answer)
    for row in await rows(site):
        assert await gone(site, row.id) == {"pool_missing": "critical"}
    shows(machine, fact, case)
    await site.next_cycle()
    for row in await rows(site):
        assert "pool_missing" not in await firing(site, row.id)


async def test_an_answer_that_timed_out_takes_no_pool_away(site: Site) -> None:
    machine = site.machine(await site.enter("nas"))
    shows(machine, "btrfs", "debian-12-raid1")
    await site.collector().collect_due()
    machine.hangs(*ARRAY_FILES.argv)
    assert await gone(site, (await one(site)).id) == {}
    assert (await one(site)).missing_since is None


_ARRAY = (
    "/proc/mdstat:Personalities : [raid1]\n"
    "/proc/mdstat:md0 : {state} sda1[0]{spare} sdb1[1]{spare}\n"
    "/proc/mdstat:      204736 blocks super 1.2{places}\n"
    "/sys/block/md0/md/uuid:{uuid}\n"
)


async def test_an_array_keeps_its_row_when_it_does_not_run_and_shows_zeros(site: Site) -> None:
    machine = site.machine(await site.enter("nas"))
    uuid = "3f2b8a10-1111-2222-3333-444455556666"
    runs = _ARRAY.format(state="active raid1", spare="", places=" [2/2] [UU]", uuid=uuid)
    zeros = uuid.translate(str.maketrans("123456789abcdef", "0" * 15))
    stopped = _ARRAY.format(state="inactive", spare="(S)", places="", uuid=zeros)
    machine.answers(*ARRAY_FILES.argv, stdout=stopped)
    await site.collector().collect_due()
    first = await one(site)
    assert (first.identity, first.level) == ("md0", "failing")
    for answer, level in ((runs, "ok"), (stopped, "failing"), (runs, "ok")):
        machine.answers(*ARRAY_FILES.argv, stdout=answer)
        await site.next_cycle()
        row = await one(site)
        assert (row.id, row.identity, row.level) == (first.id, uuid, level)


async def test_a_pool_that_was_imported_between_two_questions_gets_its_number_later(
    site: Site,
) -> None:
    machine = site.machine(await site.enter("nas"))
    listed = next(one for one in FACTS if one.name == "zfs_pools")
    (recorded,) = load(listed, FOLDER / "zfs_pools" / "debian-12-mirror.yaml").results
    whole = recorded.stdout
    machine.answers(*STATUS.argv, stdout="== status ==\n" + whole.partition("== status ==\n")[2])
    await site.collector().collect_due()
    first = await one(site)
    machine.answers(*STATUS.argv, stdout=whole)
    await site.next_cycle()
    row = await one(site)
    assert row.id == first.id
    assert row.identity.isdecimal()
    assert json.loads(row.detail)["identity"] == row.identity
