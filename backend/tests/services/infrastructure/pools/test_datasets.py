"""Snapshots that stop and quotas that fill are told; what never had a rhythm is left in peace."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.zfs.datasets import (
    ZfsDataset,
    datasets_command,
    read_datasets,
)
from app.services.infrastructure.pools.datasets import MOST_KEPT, judge_datasets, keep
from app.services.infrastructure.pools.pool_list import PoolList
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.test_ledger import firing, rows, shows

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = 86400
GIB = 1024**3
GUARDED = datasets_command(are_awake=False).argv

# It stands for the far side: the program of ZFS, which prints what stands in two files.
_ZFS = '#!/bin/sh\ncase "$*" in *"-t snapshot"*) cat "$SNAPSHOTS";; *) cat "$DATASETS";; esac\n'


def days_ago(*days: float) -> list[int]:
    """Return times of snapshots, newest first."""
    return [int(NOW.timestamp() - day * DAY) for day in days]


def line(name: str, used: int, quota: int = 0, refquota: int = 0, referenced: int = 0) -> str:
    """Return a dataset as `zfs list -Hp` prints it."""
    return f"{name}\t{used}\t{GIB}\t{referenced}\t{quota}\t{refquota}\t4096\n"


def answer(datasets: str, snapshots: str = "", end: str = "== end ==\n") -> str:
    return f"{datasets}== snapshots ==\n{snapshots}{end}"


def read(text: str, outcome: Outcome = Outcome.RAN) -> list[ZfsDataset] | None:
    return read_datasets(CommandResult(GUARDED, outcome, 0, text, ""))


def made(name: str, days: Sequence[float], now: datetime = NOW) -> str:
    times = [int(now.timestamp() - day * DAY) for day in days]
    return f"{name}\t{len(times)}\t{times[-1]}\t{','.join(map(str, times))}\n"


def ask(folder: Path, shell: Sequence[str], snapshots: str, program: str = _ZFS) -> str:
    """Run the command as a machine with this program of ZFS does."""
    zfs = folder / "zfs"
    zfs.write_text(program)
    zfs.chmod(0o755)
    (folder / "snapshots").write_text(snapshots)
    (folder / "datasets").write_text(line("tank", 10) + line("tank/a b", 20, quota=40))
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "SNAPSHOTS": str(folder / "snapshots"),
        "DATASETS": str(folder / "datasets"),
    }
    script = datasets_command(are_awake=True).argv[-1]
    ran = subprocess.run([*shell, script], env=environment, capture_output=True, check=True)
    return ran.stdout.decode()


@pytest.mark.parametrize("shell", [["sh", "-c"], ["busybox", "sh", "-c"]])
def test_the_far_side_counts_the_snapshots_of_each_day(tmp_path: Path, shell: list[str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip("apt-get install busybox")
    start = 1_700_000_000 - 1_700_000_000 % DAY
    listed = [f"tank/a b@{hour}\t{start + hour * 3600}\n" for hour in range(24 * 10)]
    listed += [f"tank@once\t{start + 5}\n"]
    found = read(ask(tmp_path, shell, "".join(sorted(listed, key=lambda one: one.split("\t")[1]))))
    assert found is not None
    root, busy = sorted(found, key=lambda one: one.name)
    assert (root.snapshots, root.days) == (1, [start + 5])
    assert (busy.name, busy.snapshots, busy.oldest_snapshot_at) == ("tank/a b", 240, start)
    # The newest of each of the last eight days: 23 o'clock.
    assert busy.days == [start + day * DAY + 23 * 3600 for day in range(9, 1, -1)]


def test_a_hundred_thousand_snapshots_are_one_line(tmp_path: Path) -> None:
    listed = "".join(f"tank@{n}\t{1_700_000_000 + 60 * n}\n" for n in range(100_000))
    text = ask(tmp_path, ["sh", "-c"], listed)
    assert len(text) < 1000
    (root, *_) = read(text) or []
    assert root.snapshots == 100_000


def test_a_list_that_failed_is_not_taken_for_one_without_snapshots(tmp_path: Path) -> None:
    program = '#!/bin/sh\ncase "$*" in *"-t snapshot"*) exit 1;; *) cat "$DATASETS";; esac\n'
    with pytest.raises(Unparsable):
        read(ask(tmp_path, ["sh", "-c"], "", program))


def test_disks_that_may_sleep_are_left_alone() -> None:
    """The guard looks for platters before ZFS is asked; a system that hides them is not asked."""
    guard = GUARDED[-1].partition("grep")
    assert "[ -d /sys/block ] || exit 0" in guard[0]
    assert guard[2].index("rotational") < guard[2].index("zfs list")
    assert "rotational" not in datasets_command(are_awake=True).argv[-1]
    assert read("") is None


@pytest.mark.parametrize(
    "text",
    [
        "what is this\n",
        answer("tank\t1\t2\n"),
        answer(line("tank", 1).replace("4096", "many")),
        answer(line("tank", 1), "tank\t-5\t1\t1\n"),
        answer(line("tank", 1), "tank\t5\t1\tnan\n"),
        answer(line("tank", 1), "tank\t5\n"),
        answer(line("tank", 1), "!\n"),
        answer(line("tank", 1), end=""),
        answer("!\n"),
        answer(line("x" * 300, 1)),
    ],
)
def test_other_words_are_said_to_be_unparsable(text: str) -> None:
    with pytest.raises(Unparsable):
        read(text)


def test_a_dataset_is_judged_by_the_fuller_of_its_two_quotas() -> None:
    shown = read(answer(line("tank/a", 50 * GIB, quota=100 * GIB, refquota=40 * GIB,
                             referenced=38 * GIB)))  # fmt: skip
    (view,) = keep(shown or [], [], NOW)
    assert (view.quota_bytes, view.quota_percent) == (40 * GIB, 95)


@pytest.mark.parametrize(
    ("case", "days", "is_late"),
    [
        ("one was made by hand, years ago", [900], False),
        ("five on the day of an upgrade", [900, 900.01, 900.02], False),
        ("by hand, now and then", [40, 90, 91, 130], False),
        ("daily, and it goes on", [0.5, 1.5, 2.5, 3.5], False),
        ("daily, and one night was left out", [1.9, 2.9, 3.9, 4.9], False),
        ("daily, and it stopped", [3, 4, 5, 6], True),
        ("weekly, and it goes on", [6, 13, 20, 27], False),
        ("weekly, and it stopped", [15, 22, 29, 36], True),
    ],
)
def test_only_a_rhythm_that_stopped_is_late(case: str, days: list[float], *, is_late: bool) -> None:
    shown = ZfsDataset(name="tank", snapshots=len(days), days=days_ago(*days))
    (view,) = keep([shown], [], NOW)
    assert view.is_late is is_late, case


def test_a_rhythm_outlives_the_snapshots_that_are_cleared_away() -> None:
    before = keep([ZfsDataset(name="tank", snapshots=9, days=days_ago(1, 2, 3, 4))], [], NOW)
    (cleared,) = keep([ZfsDataset(name="tank")], before, NOW)
    assert (cleared.snapshots, cleared.is_late) == (0, False)
    (later,) = keep([ZfsDataset(name="tank")], [cleared], NOW + timedelta(days=5))
    assert later.is_late
    fresh = int((NOW + timedelta(days=5)).timestamp())
    one = ZfsDataset(name="tank", snapshots=1, days=[fresh])
    (again,) = keep([one], [later], NOW + timedelta(days=5))
    assert not again.is_late


def test_of_thousands_of_datasets_those_that_tell_something_are_kept() -> None:
    shown = [ZfsDataset(name=f"tank/{n}") for n in range(5000)]
    assert keep(shown, [], NOW) == []
    many = [one.model_copy(update={"days": days_ago(n % 7), "snapshots": 1})
            for n, one in enumerate(shown)]  # fmt: skip
    late = ZfsDataset(name="tank/z", snapshots=4, days=days_ago(30, 31, 32, 33))
    full = ZfsDataset(name="tank/y", used_bytes=99, quota_bytes=100)
    kept = keep([*many, late, full], [], NOW)
    assert len(kept) == MOST_KEPT
    assert [one.name for one in kept[:2]] == ["tank/z", "tank/y"]


def test_what_is_advised_can_be_typed_as_it_stands() -> None:
    shown = [
        ZfsDataset(name="tank/of Ann", used_bytes=85, quota_bytes=100),
        ZfsDataset(name="tank/b", used_bytes=99, quota_bytes=100),
        ZfsDataset(name="tank/of Bob", snapshots=4, days=days_ago(9, 10, 11, 12)),
    ]
    late, full = judge_datasets("tank", keep(shown, [], NOW))
    assert "`zfs snapshot 'tank/of Bob@now'`" in late.fix
    assert full.message.startswith("Near the quota: tank/b uses 99 % of 100 B, tank/of Ann uses 85")
    assert "`zfs get quota,refquota tank/b`" in full.fix


async def enter(site: Site, datasets: str) -> UUID:
    """Enter a machine with a pool, whose slow round brings these datasets to any login."""
    server_id = await site.enter("nas")
    shows(site.machine(server_id), "zfs_pools", "debian-12-mirror")
    site.machine(server_id).answers(*GUARDED, stdout=datasets)
    await site.collector().collect_server(server_id)
    return server_id


async def test_snapshots_that_stop_and_a_full_quota_fire_and_end(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site, now = Site(database, clock, vault), clock.now()
    full = line("tank/home", 93 * GIB, quota=100 * GIB)
    datasets = line("tank", 99 * GIB) + full
    server_id = await enter(site, answer(datasets, made("tank", [3, 4, 5, 6], now)))
    (pool,) = await rows(site)
    told = {one["code"]: one["message"] for one in pool.reasons}
    assert told["zfs_snapshots_late"].startswith("Snapshots have stopped: tank has had none since")
    assert told["zfs_quota"] == "Near the quota: tank/home uses 93 % of 100 GiB."
    assert await firing(site, pool.id) == {"pool_snapshots": "warning", "pool_quota": "warning"}
    async with database.snapshot() as session:
        page = await PoolList(session).get(pool.id)
    assert [(one.name, one.snapshots) for one in page.datasets] == [("tank", 4), ("tank/home", 0)]
    assert page.datasets[1].quota_percent == pytest.approx(93)
    assert page.datasets_read_at == now

    await site.next_cycle()  # a standard round brings none of it, and forgets none
    assert set(await firing(site, pool.id)) == {"pool_snapshots", "pool_quota"}
    well = answer(line("tank", GIB), made("tank", [0, 3, 4, 5], clock.now()))
    site.machine(server_id).answers(*GUARDED, stdout=well)
    await site.collector().collect_server(server_id)
    assert await firing(site, pool.id) == {}
    site.machine(server_id).answers(*GUARDED, stdout=answer(line("tank", GIB), "!\n"))
    await site.collector().collect_server(server_id)
    async with database.snapshot() as session:
        kept = (await PoolList(session).get(pool.id)).datasets
    assert [one.snapshots for one in kept] == [4], "A list that failed changes nothing."


async def test_a_pool_that_never_had_snapshots_expects_none(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site = Site(database, clock, vault)
    await enter(site, answer(line("tank", GIB) + line("tank/a", GIB)))
    (pool,) = await rows(site)
    assert (pool.level, await firing(site, pool.id)) == ("ok", {})
