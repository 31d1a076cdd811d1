"""What is said of md, LVM and btrfs fits what happened, on the outputs that mislead."""

import uuid
from datetime import UTC, datetime

import pytest

from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import read
from app.services.infrastructure.facts.lvm import LogicalVolume, Lvm, LvmFact
from app.services.infrastructure.facts.md.arrays import MdArraysFact
from app.services.infrastructure.facts.reading import ARRAY_FILES
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.pools.verdicts import judge_pool
from app.services.infrastructure.pools.view import PoolMember, PoolView, Volume, views_of
from app.services.infrastructure.storage.rules import Level
from app.services.infrastructure.upkeep.plans import task_of_pool
from tests.facts.corpus import FOLDER, load

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def arrays(mdstat: str, files: str = "") -> list[PoolView]:
    head = "/proc/mdstat:Personalities : [raid1] [raid6] [raid5] [raid4]\n"
    text = head + "".join(f"/proc/mdstat:{line}\n" for line in mdstat.splitlines()) + files
    value = read(MdArraysFact(), (CommandResult(ARRAY_FILES.argv, Outcome.RAN, 0, text, ""),)).value
    assert value is not None
    return views_of({"md_arrays": value})[PoolKind.MD]


_DELAYED = """md1 : active raid1 sdb2[2] sda2[0]
      204736 blocks super 1.2 [2/1] [U_]
      \tresync=DELAYED
"""


def test_an_array_that_waits_for_its_turn_needs_no_other_drive() -> None:
    """The second array of a drive that was replaced: md fills one after the other."""
    files = (
        "/sys/block/md1/md/dev-sda2/state:in_sync\n/sys/block/md1/md/dev-sda2/slot:0\n"
        "/sys/block/md1/md/dev-sdb2/state:spare\n/sys/block/md1/md/dev-sdb2/slot:1\n"
    )
    (reason,) = judge_pool(arrays(_DELAYED, files)[0], NOW)
    assert (reason.code, reason.level) == ("md_rebuilding", Level.WARNING)
    assert "waits" in reason.message
    assert "Replace" not in reason.fix


def test_a_check_that_waits_makes_a_lost_member_no_better() -> None:
    files = "/sys/block/md1/md/dev-sda2/state:in_sync\n/sys/block/md1/md/dev-sda2/slot:0\n"
    alone = _DELAYED.replace(" sdb2[2]", "")
    (reason,) = judge_pool(arrays(alone, files)[0], NOW)
    assert (reason.code, reason.level) == ("md_degraded", Level.FAILING)


@pytest.mark.parametrize(
    ("level", "places", "code"),
    [
        ("raid5", "[3/2] [UU_]", "md_degraded"),
        ("raid5", "[3/1] [U__]", "md_failed"),
        ("raid6", "[4/2] [UU__]", "md_degraded"),
        ("raid6", "[4/1] [U___]", "md_failed"),
        ("raid1", "[2/1] [U_]", "md_degraded"),
        ("raid1", "[2/0] [__]", "md_failed"),
        ("raid10", "[4/2] [U_U_]", "md_degraded"),
    ],
)
def test_more_lost_members_than_an_array_can_spare_are_no_matter_of_a_new_drive(
    level: str, places: str, code: str
) -> None:
    (shown,) = arrays(
        f"md0 : active {level} sda[0] sdb[1](F)\n      409344 blocks super 1.2 {places}\n"
    )
    (reason,) = judge_pool(shown, NOW)
    assert (reason.code, reason.level) == (code, Level.FAILING)
    assert ("--add" in reason.fix) == (code == "md_degraded")
    assert obstacle_of([reason.code]) == "The pool is not whole: mend it first."


def obstacle_of(codes: list[str]) -> str:
    """Return what keeps a planned check away from an array with these reasons."""
    row = StoragePool(
        id=uuid.uuid4(),
        server_id=uuid.uuid4(),
        name="md0",
        kind=PoolKind.MD,
        state="active",
        activity="",
        scrub_days=30,
        first_seen_at=NOW,
        reasons=[{"code": code} for code in codes],
    )
    return task_of_pool(row, []).obstacle


def test_differing_copies_keep_no_check_away() -> None:
    assert obstacle_of(["md_mismatches"]) == ""


def test_arrays_that_do_not_run_are_told_apart_though_all_their_numbers_are_zeros() -> None:
    zeros = "00000000-0000-0000-0000-000000000000"
    found = arrays(
        "md126 : inactive sdc[0](S)\n      100 blocks super 1.2\n\n"
        "md127 : inactive sdd[0](S)\n      100 blocks super 1.2\n",
        f"/sys/block/md126/md/uuid:{zeros}\n/sys/block/md127/md/uuid:{zeros}\n",
    )
    assert [one.identity for one in found] == ["md126", "md127"]
    (reason,) = judge_pool(found[0], NOW)
    assert "mdadm --run /dev/md126" in reason.fix


def volumes(*listed: LogicalVolume) -> dict[tuple[str, str], float]:
    fact = LvmFact()
    found = fact.samples(Lvm(groups=[], physical=[], logical=list(listed)))
    return {(one.metric, dict(one.labels)["lv"]): one.value for one in found}


def test_only_what_must_not_be_full_is_measured_for_being_full() -> None:
    """lvs(8) shows a percentage for a written thin volume and a warm cache, too: 100 is well."""
    found = volumes(
        LogicalVolume(name="files", group="vg", segment="thin", pool="pool", data_percent=100.0),
        LogicalVolume(
            name="fast", group="vg", segment="cache", data_percent=100.0, metadata_percent=90.0
        ),
        LogicalVolume(name="copy", group="vg", segment="thin", origin="files", data_percent=100.0),
        LogicalVolume(name="old", group="vg", segment="linear", origin="root", data_percent=97.0),
        LogicalVolume(
            name="pool", group="vg", segment="thin-pool", data_percent=40.0, metadata_percent=20.0
        ),
    )
    assert found == {
        ("unity_lvm_data_percent", "old"): 97.0,
        ("unity_lvm_data_percent", "pool"): 40.0,
        ("unity_lvm_metadata_percent", "pool"): 20.0,
    }


def test_of_a_recorded_thin_pool_the_pool_is_measured_and_its_volumes_are_not() -> None:
    fact = LvmFact()
    listed = next(one for one in FACTS if one.name == fact.name)
    value = read(fact, load(listed, FOLDER / "lvm" / "debian-12-thin.yaml").results).value
    assert value is not None
    measured = [one for one in fact.samples(value) if one.metric == "unity_lvm_data_percent"]
    assert [dict(one.labels)["lv"] for one in measured] == ["thin"]


@pytest.mark.parametrize(
    ("health", "level", "advice"),
    [
        ("failed", Level.FAILING, "lvconvert --repair"),
        ("out_of_data", Level.FAILING, "lvextend -L +SIZE"),
        ("metadata_read_only", Level.FAILING, "--poolmetadatasize"),
        ("refresh needed", Level.WARNING, "lvchange --refresh"),
        ("mismatches exist", Level.WARNING, "--syncaction repair"),
        ("something new", Level.WARNING, "lv_health_status"),
    ],
)
def test_each_health_of_a_volume_has_its_own_weight_and_its_own_command(
    health: str, level: Level, advice: str
) -> None:
    group = PoolView(
        kind=PoolKind.LVM,
        identity="u",
        name="vg0",
        state="normal",
        volumes=[Volume(name="thin", layout="thin-pool", health=health)],
    )
    (reason,) = judge_pool(group, NOW)
    assert reason.level is level
    assert advice in reason.fix
    assert "vg0/thin" in reason.fix or health == "something new"


def test_what_is_advised_for_btrfs_names_the_device_and_the_place() -> None:
    shown = PoolView(
        kind=PoolKind.BTRFS,
        identity="u",
        name="tank",
        state="missing devices",
        mount="/srv/my files",
        missing=1,
        wanted=2,
        members=[
            PoolMember(name="device 1", state="present", checksum_errors=7),
            PoolMember(name="device 2", state="missing", is_well=False),
        ],
    )
    missing, errors = judge_pool(shown, NOW)
    assert "`btrfs replace start 2 /dev/NEW '/srv/my files'`" in missing.fix
    assert "`btrfs device stats --reset '/srv/my files'`" in errors.fix
