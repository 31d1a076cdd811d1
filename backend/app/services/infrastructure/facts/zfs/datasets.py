"""The datasets of ZFS: how near to their quota they are, and when they last got a snapshot.

Counting happens on the far side, so that a machine with a hundred thousand snapshots answers with
one line for each dataset. Whether snapshots are late is judged by the days on which the newest
ones were made, so the last few of those days are kept. A list that failed says so with a "!",
because half of one would look as if snapshots were gone.
"""

from collections.abc import Iterable

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.reading import count

_FACT = "zfs_datasets"
_COLUMNS = "name,used,available,referenced,quota,refquota,usedbysnapshots"
_SNAPSHOTS, _END = "== snapshots ==", "== end =="
_MOST = 5000  # datasets of one machine
DAYS_KEPT = 8
SECONDS = 30.0
# The records of datasets lie on the disks, and are not always in memory. So where it is not known
# that the disks are awake, they are only read where no disk can sleep: none has platters.
_ONLY_WITHOUT_PLATTERS = (
    "[ -d /sys/block ] || exit 0; grep -qs 1 /sys/block/sd*/queue/rotational && exit 0; "
)
_DAY_BY_DAY = (
    '$0 == "!" { failed = 1; next }'
    ' { d = substr($1, 1, index($1, "@") - 1); n[d]++; if (!(d in old)) old[d] = $2;'
    " new[d] = $2; day = int($2 / 86400);"
    " if (!(d in last) || last[d] != day) { last[d] = day; m[d]++ };"
    f" at[d, m[d] % {DAYS_KEPT}] = $2 }}"
    ' END { if (failed) print "!"; for (d in n) { days = new[d];'
    f" for (i = 1; i < {DAYS_KEPT} && i < m[d]; i++)"
    f' days = days "," at[d, (m[d] - i) % {DAYS_KEPT}];'
    ' print d "\\t" n[d] "\\t" old[d] "\\t" days } }'
)


def datasets_command(*, are_awake: bool) -> Command:
    """Return the command; it needs no right beyond that of any login on Linux."""
    guard = "" if are_awake else _ONLY_WITHOUT_PLATTERS
    script = (
        f"command -v zfs >/dev/null || exit 127; {guard}"
        f"{{ zfs list -Hp -t filesystem,volume -o {_COLUMNS} || echo '!'; }} | head -n {_MOST};"
        f" echo '{_SNAPSHOTS}';"
        " { zfs list -Hp -t snapshot -o name,creation -s creation || echo '!'; }"
        f" | awk -F '\\t' '{_DAY_BY_DAY}' | head -n {_MOST}; echo '{_END}'"
    )
    return Command(("sh", "-c", script), seconds=SECONDS)


class ZfsDataset(BaseModel):
    """A file system or volume. `days` are the newest snapshots of its last days, newest first."""

    name: str
    used_bytes: int | None = None
    available_bytes: int | None = None
    referenced_bytes: int | None = None
    quota_bytes: int | None = None  # of all that lies below it, with its snapshots
    refquota_bytes: int | None = None  # of its own data alone
    snapshot_bytes: int | None = None
    snapshots: int = 0
    oldest_snapshot_at: int | None = None
    days: list[int] = []

    @property
    def pool(self) -> str:
        """Return the name of the pool that it is of."""
        return self.name.split("/", 1)[0]


def read_datasets(result: CommandResult) -> list[ZfsDataset] | None:
    """Return the datasets; None where there are none, or their disks may sleep."""
    if result.outcome is not Outcome.RAN or not result.stdout.strip():
        return None
    table, mark, rest = result.stdout.partition(f"{_SNAPSHOTS}\n")
    if not mark or not rest.endswith(f"{_END}\n"):
        raise Unparsable(_FACT, "it is cut off")
    try:
        found = {one.name: one for one in map(_dataset, table.splitlines())}
        for line in rest.splitlines()[:-1]:
            _add_snapshots(found, line)
    except ValueError as error:
        raise Unparsable(_FACT, "a line is none of a dataset") from error
    return list(found.values()) or None


def by_pool(shown: Iterable[ZfsDataset]) -> dict[str, list[ZfsDataset]]:
    """Return the datasets by the name of their pool."""
    found: dict[str, list[ZfsDataset]] = {}
    for one in shown:
        found.setdefault(one.pool, []).append(one)
    return found


def _dataset(line: str) -> ZfsDataset:
    name, used, available, referenced, quota, refquota, snapshots = line.split("\t")
    return ZfsDataset(
        name=_name(name),
        used_bytes=_size(used),
        available_bytes=_size(available),
        referenced_bytes=_size(referenced),
        quota_bytes=_size(quota) or None,
        refquota_bytes=_size(refquota) or None,
        snapshot_bytes=_size(snapshots),
    )


def _add_snapshots(found: dict[str, ZfsDataset], line: str) -> None:
    name, number, oldest, days = line.split("\t")
    dataset = found.get(_name(name))
    if dataset is None:  # beyond the most that are read
        return
    dataset.snapshots = count(number)
    dataset.oldest_snapshot_at = count(oldest)
    dataset.days = [count(day) for day in days.split(",")][:DAYS_KEPT]


def _name(text: str) -> str:
    if not text or len(text) > 255:  # noqa: PLR2004 - the most that ZFS allows
        raise ValueError("That is no name of a dataset.")
    return printable(text)


def _size(text: str) -> int | None:
    """Return a size; a volume has no quota, and some versions write "none" for it."""
    return None if text in ("-", "none", "") else count(text)
