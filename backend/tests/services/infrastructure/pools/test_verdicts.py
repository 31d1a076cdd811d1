"""Pools are judged by what real machines said, and a worse value never makes a better verdict."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from app.models.infrastructure.storage_pool import PoolKind
from app.services.infrastructure.pools.conditions import (
    MISSING,
    MISSING_AFTER,
    observe_missing,
    observe_pool,
)
from app.services.infrastructure.pools.verdicts import SCRUB_EVERY, Kept, judge_pool, level_of
from app.services.infrastructure.pools.view import PoolMember, PoolView, Volume
from app.services.infrastructure.storage.rules import RANK, Level
from tests.services.infrastructure.pools.recordings import pools

RECORDED = datetime(2026, 11, 23, 12, tzinfo=UTC)

_VERDICTS = [
    ("zfs_pools", "debian-12-mirror", "tank", Level.OK, []),
    ("zfs_pools", "debian-12-degraded", "tank", Level.WARNING, ["zfs_degraded"]),
    ("zfs_pools", "debian-12-checksum-errors", "tank", Level.WARNING, ["zfs_device_errors"]),
    (
        "zfs_pools",
        "debian-12-permanent-errors",
        "tank",
        Level.FAILING,
        ["zfs_data_errors", "zfs_device_errors", "zfs_device_errors", "scrub_found_errors"],
    ),
    ("zfs_pools", "published-jc-v2", "tank", Level.WARNING, ["zfs_degraded"]),
    ("md_arrays", "debian-12-resync", "md0", Level.OK, []),
    ("md_arrays", "debian-12-degraded", "md0", Level.FAILING, ["md_degraded"]),
    ("md_arrays", "debian-12-recovery", "md0", Level.WARNING, ["md_rebuilding"]),
    ("md_arrays", "published-node-exporter", "md3", Level.OK, []),
    ("md_arrays", "published-node-exporter", "md4", Level.FAILING, ["md_inactive"]),
    ("md_arrays", "published-node-exporter", "md6", Level.WARNING, ["md_rebuilding"]),
    ("md_arrays", "published-node-exporter", "md7", Level.FAILING, ["md_degraded"]),
    ("md_arrays", "published-node-exporter", "md8", Level.OK, []),
    ("md_arrays", "published-node-exporter", "md9", Level.OK, []),
    ("md_arrays", "published-node-exporter", "md10", Level.OK, []),
    ("md_arrays", "published-node-exporter", "md11", Level.OK, []),
    ("btrfs", "debian-12-raid1", "tank", Level.OK, []),
    ("btrfs", "debian-12-corrupted", "tank", Level.WARNING, ["btrfs_checksums_errors"]),
    (
        "btrfs",
        "debian-12-missing-device",
        "tank",
        Level.FAILING,
        ["btrfs_missing_device"],
    ),
]


@pytest.mark.parametrize(("fact", "case", "name", "level", "codes"), _VERDICTS, ids=str)
def test_a_recorded_pool_has_its_verdict(
    fact: str, case: str, name: str, level: Level, codes: list[str]
) -> None:
    pool = next(one for one in pools(fact, case) if one.name == name)
    reasons = judge_pool(pool, RECORDED)
    # When another machine was lost is years ago for the clock of this test.
    found = [reason for reason in reasons if reason.code != "scrub_overdue"]
    assert [reason.code for reason in found] == codes
    assert level_of(found) is level
    assert all(reason.fix and reason.source for reason in reasons)


def test_what_a_firmware_raid_keeps_its_arrays_in_is_no_array() -> None:
    assert "md219" not in {one.name for one in pools("md_arrays", "published-node-exporter")}


def test_an_old_scrub_is_told_and_a_running_one_is_not() -> None:
    (pool,) = pools("zfs_pools", "debian-12-mirror")
    assert pool.last_scrub_at is not None
    late = pool.last_scrub_at + SCRUB_EVERY + timedelta(days=1)
    assert [one.code for one in judge_pool(pool, late)] == ["scrub_overdue"]
    runs = pool.model_copy(update={"activity": "scrub"})
    assert judge_pool(runs, late) == []


def test_online_is_not_healthy() -> None:
    (pool,) = pools("zfs_pools", "debian-12-checksum-errors")
    assert pool.state == "ONLINE"
    assert level_of(judge_pool(pool, RECORDED)) is Level.WARNING


def _worse(pool: PoolView) -> list[PoolView]:
    """Return the pool with one thing worse at a time."""
    found = [
        pool.model_copy(update=change)
        for change in (
            {"data_errors": (pool.data_errors or 0) + 1},
            {"last_scrub_errors": (pool.last_scrub_errors or 0) + 1},
            {"mismatches": (pool.mismatches or 0) + 1},
            {"mismatches": (pool.mismatches or 0) + 5000},
            {"missing": pool.missing + 1},
            {"used_percent": 99.0},
            {"unallocated_bytes": 0, "metadata_percent": 99.0},
        )
    ]
    for index, member in enumerate(pool.members):
        for change in (
            {"read_errors": (member.read_errors or 0) + 1},
            {"write_errors": (member.write_errors or 0) + 1},
            {"checksum_errors": (member.checksum_errors or 0) + 1},
            {"is_well": False, "state": "FAULTED"},
        ):
            members = list(pool.members)
            members[index] = member.model_copy(update=change)
            found.append(pool.model_copy(update={"members": members}))
    return found


@pytest.mark.parametrize(("fact", "case"), sorted({(fact, case) for fact, case, *_ in _VERDICTS}))
def test_nothing_that_gets_worse_makes_a_verdict_better(fact: str, case: str) -> None:
    for pool in pools(fact, case):
        before = RANK[level_of(judge_pool(pool, RECORDED))]
        for worse in _worse(pool):
            assert RANK[level_of(judge_pool(worse, RECORDED))] >= before


def test_a_volume_group_without_a_disk_fails() -> None:
    group = PoolView(
        kind=PoolKind.LVM,
        identity="u",
        name="vg0",
        state="partial",
        missing=1,
        wanted=2,
        members=[PoolMember(name="sda", state="present")],
        volumes=[Volume(name="thin", layout="thin-pool", data_percent=9.0, health="partial")],
    )
    assert [one.code for one in judge_pool(group, RECORDED)] == ["lvm_missing"]


def zfs(percent: float | None) -> PoolView:
    return PoolView(
        kind=PoolKind.ZFS, identity="1", name="tank", state="ONLINE", used_percent=percent
    )


def group(*volumes: Volume, state: str = "normal", used: float = 100.0) -> PoolView:
    return PoolView(
        kind=PoolKind.LVM,
        identity="u",
        name="data",
        state=state,
        used_percent=used,
        volumes=list(volumes),
    )


def thin(data: float, metadata: float) -> Volume:
    return Volume(
        name="thin",
        layout="thin-pool",
        can_overflow=True,
        data_percent=data,
        metadata_percent=metadata,
    )


@pytest.mark.parametrize(
    ("pool", "level"),
    [
        (zfs(None), Level.OK),
        (zfs(84.0), Level.OK),
        (zfs(85.0), Level.WARNING),
        (zfs(97.0), Level.FAILING),
        (group(), Level.OK),  # all of it is given to volumes, as it should be
        (group(Volume(name="web", layout="thin", data_percent=100.0)), Level.OK),
        (group(thin(89.0, 79.0)), Level.OK),
        (group(thin(90.0, 10.0)), Level.WARNING),
        (group(thin(98.0, 10.0)), Level.FAILING),
        (group(thin(10.0, 95.0)), Level.FAILING),
    ],
)
def test_a_full_pool_is_not_called_healthy_and_its_rule_alone_tells_of_it(
    pool: PoolView, level: Level
) -> None:
    reasons = judge_pool(pool, RECORDED)

    assert level_of(reasons) is level
    told = observe_pool(uuid.uuid4(), pool.name, reasons)
    assert not any(told.conditions.values())


def test_a_volume_group_that_was_exported_is_called_so_and_nobody_is_alarmed() -> None:
    reasons = judge_pool(group(state="exported"), RECORDED)

    assert [(one.code, one.level) for one in reasons] == [("lvm_exported", Level.WATCH)]
    assert not any(observe_pool(uuid.uuid4(), "data", reasons).conditions.values())


@pytest.mark.parametrize("kind", list(PoolKind))
def test_a_pool_that_is_gone_may_have_been_taken_away_on_purpose(kind: PoolKind) -> None:
    told = observe_missing(uuid.uuid4(), "tank", kind, RECORDED - MISSING_AFTER, RECORDED)

    assert told is not None
    (condition,) = told.conditions[MISSING]
    assert "on purpose" in condition.message
    assert "forget the pool on its page" in condition.fix


@pytest.mark.parametrize(("lost", "level"), [(0, Level.WATCH), (2, Level.FAILING)])
def test_files_are_restored_only_where_a_scrub_of_btrfs_could_not_mend(
    lost: int, level: Level
) -> None:
    (pool,) = pools("btrfs", "debian-12-raid1")
    kept = Kept(last_scrub_at=RECORDED, scrub_errors=9201, uncorrectable=lost)
    (reason,) = judge_pool(pool, RECORDED, kept)
    assert (reason.code, reason.level) == ("scrub_found_errors", level)
    assert ("Restore" in reason.fix) == (lost > 0)
    assert "`btrfs scrub start" in reason.fix
