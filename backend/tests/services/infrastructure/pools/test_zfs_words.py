"""What is said of a ZFS pool fits what happened to it, and can be typed as it stands."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.models.infrastructure.storage_pool import PoolKind
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Trouble, read
from app.services.infrastructure.facts.clock import Clock
from app.services.infrastructure.facts.zfs.model import ScanKind, ScanState, ZfsPools
from app.services.infrastructure.facts.zfs.pools import STATUS, ZfsPoolsFact
from app.services.infrastructure.pools.verdicts import judge_pool, level_of
from app.services.infrastructure.pools.view import PoolMember, PoolView, views_of
from app.services.infrastructure.pools.zfs_verdicts import MESSAGES
from app.services.infrastructure.storage.rules import Level

PAIRS = Path(__file__).parent / "zfs_pairs"
BEGUN = 1795442831  # of the scrub in the recording
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
MIB = 1024**2


def answered(text: str, *, error: str = "") -> ZfsPools:
    value = read(ZfsPoolsFact(), (CommandResult(STATUS.argv, Outcome.RAN, 0, text, error),)).value
    assert value is not None
    return value


def running(**stats: int) -> ZfsPools:
    """Return the recorded pool whose scrub runs, with other numbers of it."""
    recorded = (PAIRS / "running.txt").read_text()
    document: dict[str, Any] = json.loads(recorded.partition("== json ==\n")[2])
    document["pools"]["tank"]["scan_stats"] |= stats
    return answered(f"== status ==\n{json.dumps(document)}\n")


def left(pools: ZfsPools, now: float) -> int | None:
    values = {"zfs_pools": pools, "clock": Clock(now=now, utc_offset="+0000")}
    return views_of(values)[PoolKind.ZFS][0].activity_seconds_left


def test_json_tells_the_time_left_of_a_scrub_as_the_text_does() -> None:
    """`zpool status` divides what is left to issue by the pace of this pass."""
    pools = running(
        to_examine=90_000 * MIB,
        skipped=10_000 * MIB,
        issued=20_000 * MIB,
        issued_bytes_per_scan=20_000 * MIB,
    )
    assert left(pools, BEGUN + 100) == 300  # 200 MiB a second, 60,000 MiB left


def test_a_pass_after_a_restart_is_measured_by_itself_without_its_pauses() -> None:
    pools = running(
        to_examine=80_000 * MIB,
        issued=60_000 * MIB,
        issued_bytes_per_scan=10_000 * MIB,
        pass_start=BEGUN + 5000,
        scrub_spent_paused=400,
    )
    assert left(pools, BEGUN + 5500) == 200  # 100 MiB a second since, 20,000 MiB left


@pytest.mark.parametrize(
    ("issued", "elapsed"), [(0, 100), (900 * MIB, 100)], ids=["not begun", "below 10 MB a second"]
)
def test_what_the_tool_would_not_foretell_is_not_foretold(issued: int, elapsed: int) -> None:
    pools = running(to_examine=10**12, issued=issued, issued_bytes_per_scan=issued)
    assert left(pools, BEGUN + elapsed) is None


def test_a_paused_scrub_has_no_end() -> None:
    pools = running(
        to_examine=10**12, issued=10**11, issued_bytes_per_scan=10**11, scrub_pause=BEGUN + 50
    )
    assert left(pools, BEGUN + 100) is None


def test_of_a_scrub_and_a_resilver_in_sequence_the_one_that_runs_is_shown() -> None:
    """`zpool_main.c`, `print_scan_status`: the scrub is printed always, the other one below it."""
    pools = answered(
        "== status ==\n  pool: tank\n state: DEGRADED\n"
        "  scan: scrub repaired 0B in 00:10:00 with 0 errors on Sun Nov  8 00:34:01 2026\n"
        "  scan: resilver (draid1:2d:4c:1s-0) in progress since Mon Nov 23 14:11:51 2026\n"
        "\t1.00T / 2.00T scanned at 500M/s, 900G / 1.80T issued 450M/s\n"
        "\t225G resilvered, 48.83% done, 00:35:00 to go\n"
        "config:\n\n\tNAME  STATE READ WRITE CKSUM\n\ttank  DEGRADED 0 0 0\n"
        "\t  sda  ONLINE 0 0 0\n\nerrors: No known data errors\n"
    )
    scan = pools.pools[0].scan
    assert scan is not None
    assert (scan.kind, scan.state) == (ScanKind.RESILVER, ScanState.RUNNING)
    assert (scan.percent, scan.seconds_left) == (48.83, 2100)


@pytest.mark.parametrize(
    "error",
    [
        "The ZFS modules are not loaded.\nTry running 'modprobe zfs' as root to load them.\n",
        "The ZFS modules cannot be auto-loaded.\nTry running 'modprobe zfs' as root.\n",
        "/dev/zfs and /proc/self/mounts are required.\nTry running 'udevadm trigger'.\n",
    ],
)
def test_without_the_kernels_module_no_pool_is_imported(error: str) -> None:
    """So it is after an update of the kernel for which no module was built."""
    assert answered("== status ==\n", error=error).pools == []


def pool(state: str = "ONLINE", **fields: Any) -> PoolView:
    defaults = {"kind": PoolKind.ZFS, "identity": "1", "name": "tank", "last_scrub_at": NOW}
    return PoolView(**{**defaults, "state": state, **fields})


def leaf(name: str, state: str = "ONLINE", **fields: Any) -> PoolMember:
    return PoolMember(
        name=name, state=state, is_well=state in ("ONLINE", "AVAIL", "INUSE"), **fields
    )


@pytest.mark.parametrize(
    ("state", "members", "message_id", "advice"),
    [
        ("DEGRADED", [leaf("sdb", "OFFLINE")], "", "zpool online tank sdb"),
        ("DEGRADED", [leaf("sdb", "REMOVED")], "", "look at cable and power"),
        ("DEGRADED", [leaf("sdb", "UNAVAIL")], "", "zpool replace tank sdb NEW"),
        (
            "DEGRADED",
            [leaf("sdb", "FAULTED"), leaf("sdc", "INUSE", role="spare")],
            "",
            "zpool detach tank sdb",
        ),
        ("SUSPENDED", [leaf("sdb", "UNAVAIL")], "ZFS-8000-HC", "zpool clear tank"),
        ("SUSPENDED", [leaf("sdb")], "ZFS-8000-MM", "imported nowhere else"),
        ("UNAVAIL", [leaf("sdb", "UNAVAIL")], "ZFS-8000-3C", "Bring back what is missing"),
    ],
)
def test_what_is_advised_is_for_what_has_happened(
    state: str, members: list[PoolMember], message_id: str, advice: str
) -> None:
    (reason, *_) = judge_pool(pool(state, members=members, message_id=message_id), NOW)
    assert advice in reason.fix
    wrong = "zpool replace" in reason.fix and "zpool replace" not in advice
    assert not wrong or "zpool detach" in advice


@pytest.mark.parametrize("message_id", sorted(MESSAGES))
def test_no_message_of_the_tool_is_lost_though_the_pool_calls_itself_online(
    message_id: str,
) -> None:
    shown = pool(message_id=message_id, action="Restore the pool.")
    (reason,) = judge_pool(shown, NOW)
    assert message_id in reason.message
    assert reason.level is MESSAGES[message_id][0]
    assert "Restore the pool." in reason.fix


def test_features_that_are_not_enabled_are_nothing_wrong() -> None:
    """This state has words and advice, but no message: it is so after every upgrade."""
    status = "Some supported and requested features are not enabled on the pool."
    assert judge_pool(pool(status=status, action="Enable all features."), NOW) == []


def test_of_hundreds_of_hurt_devices_ten_are_named_and_the_rest_are_counted() -> None:
    members = [leaf(f"sd{index}", checksum_errors=index) for index in range(1, 301)]
    reasons = judge_pool(pool(members=members), NOW)
    assert len(reasons) == 11
    assert any(one.message.startswith("290 more devices") for one in reasons)
    assert level_of(reasons) is Level.WARNING


def test_of_hundreds_of_lost_devices_five_are_named_and_the_rest_are_counted() -> None:
    members = [leaf(f"sd{index}", "UNAVAIL") for index in range(300)]
    (reason,) = judge_pool(pool("UNAVAIL", members=members), NOW)
    assert "sd4 is UNAVAIL and 295 more." in reason.message


def test_errors_that_are_laid_to_no_device_are_told_of_their_group() -> None:
    """RAID-Z counts at itself what it could not lay to one of its devices."""
    group = PoolMember(name="raidz1-0", state="ONLINE", is_leaf=False, checksum_errors=4)
    members = [group, leaf("sda", parent=0, checksum_errors=0), leaf("sdb", parent=0)]
    (reason,) = judge_pool(pool(members=members), NOW)
    assert (reason.code, reason.level) == ("zfs_group_errors", Level.WARNING)
    members[1] = leaf("sda", parent=0, checksum_errors=4)
    (reason,) = judge_pool(pool(members=members), NOW)
    assert reason.code == "zfs_device_errors"


def test_a_name_with_a_space_is_quoted_wherever_it_is_to_be_typed() -> None:
    """ZFS allows spaces in names of pools, and they are names of devices made of files."""
    shown = pool(
        "DEGRADED",
        name="my tank",
        data_errors=1,
        last_scrub_errors=1,
        last_scrub_at=NOW - timedelta(days=99),
        members=[leaf("disk one", "FAULTED", read_errors=1)],
    )
    reasons = judge_pool(shown, NOW)
    typed = [part for one in reasons for part in one.fix.split("`")[1::2] if "tank" in part]
    assert len(typed) > 5
    for line in typed:
        assert "'my tank'" in line
        assert "disk one" not in line or "'disk one'" in line


@pytest.mark.parametrize(
    ("hours", "levels"), [(7, []), (9, [Level.WARNING])], ids=["seven hours", "nine hours"]
)
def test_a_scrub_that_stays_paused_is_told_after_eight_hours(
    hours: int, levels: list[Level]
) -> None:
    for form in ("text", "json"):
        recorded = (PAIRS / "paused.txt").read_text()
        text, _, document = recorded.partition("== text ==\n")[2].partition("== json ==\n")
        pools = answered(f"== status ==\n{text if form == 'text' else document}")
        (shown,) = views_of({"zfs_pools": pools})[PoolKind.ZFS]
        assert shown.paused_at == datetime(2026, 11, 23, 14, 6, 58, tzinfo=UTC)
        reasons = judge_pool(shown, shown.paused_at + timedelta(hours=hours))
        assert [one.level for one in reasons if one.code == "scrub_paused"] == levels


def test_warnings_before_json_are_passed_over_and_half_of_it_is_no_answer() -> None:
    recorded = (PAIRS / "running.txt").read_text()
    document = recorded.partition("== json ==\n")[2].rstrip()
    warned = answered(f"== status ==\nWARNING: the kernel module is of another version\n{document}")
    assert warned == answered(f"== status ==\n{document}")
    for share in range(1, 20):
        half = document[: len(document) * share // 20]
        result = CommandResult(STATUS.argv, Outcome.RAN, 0, f"== status ==\n{half}", "")
        assert read(ZfsPoolsFact(), (result,)).trouble is Trouble.UNPARSABLE


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_pool_of_a_thousand_devices_is_read_and_shown(form: str) -> None:
    leaves = {
        f"disk {index}": {"name": f"disk {index}", "state": "ONLINE"} for index in range(1000)
    }
    rows = "".join(f"\t  {name}  ONLINE  0  0  0\n" for name in leaves)
    root = {"name": "my tank", "state": "ONLINE", "vdevs": leaves}
    whole = {
        "pools": {"my tank": {"name": "my tank", "state": "ONLINE", "vdevs": {"my tank": root}}}
    }
    text = (
        "  pool: my tank\n state: ONLINE\nconfig:\n\n\tNAME  STATE  READ WRITE CKSUM\n"
        f"\tmy tank  ONLINE  0  0  0\n{rows}\nerrors: No known data errors\n"
    )
    pools = answered("== status ==\n" + (json.dumps(whole) if form == "json" else text))
    (shown,) = views_of({"zfs_pools": pools})[PoolKind.ZFS]
    assert (shown.name, len(shown.members)) == ("my tank", 1000)
    assert [one.name for one in shown.members] == list(leaves)
