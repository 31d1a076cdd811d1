"""The same pool told as text and as JSON is the same pool: its model, its page and its verdict.

The pairs are of Debian 13 (OpenZFS 2.3.9) in a virtual machine: each state was made there, and
asked for in both forms one after the other, by the commands of a round.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from app.models.infrastructure.storage_pool import PoolKind
from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.facts.zfs.model import ScanState, ZfsPools
from app.services.infrastructure.facts.zfs.pools import STATUS, ZfsPoolsFact
from app.services.infrastructure.pools.verdicts import judge_pool, level_of
from app.services.infrastructure.pools.view import PoolView, views_of
from app.services.infrastructure.storage.rules import Level

PAIRS = sorted((Path(__file__).parent / "zfs_pairs").glob("*.txt"))
RECORDED = datetime(2026, 11, 23, 15, tzinfo=UTC)
# What the text does not print; whatever else it leaves out is a mistake of its reader.
_ONLY_JSON = {
    "vdevs.path",  # but of files, whose path is their name
    "vdevs.slow_ios",
    "scan.examined_bytes",  # of a pass that is over
    "scan.total_bytes",
    "scan.errors",  # of one that still runs
    # Of these JSON tells the time left, which the text tells itself.
    *("scan.pass_started_at", "scan.pass_issued_bytes", "scan.left_bytes"),
}
# "scrub canceled on" a day is all that the text keeps of one.
_ONLY_JSON_OF_CANCELLED = {
    *("scan.started_at", "scan.percent", "scan.repaired_bytes", "scan.duration_seconds"),
}
# In a scan's line numbers are rounded to three digits, whatever is asked for.
_ROUNDED = {"scan.repaired_bytes", "scan.examined_bytes", "scan.total_bytes"}
_VERDICTS = {
    "fresh": (Level.OK, []),
    "scrubbed": (Level.OK, []),
    "degraded": (Level.WARNING, ["zfs_degraded"]),
    "hurt": (Level.WARNING, ["zfs_device_errors"]),
    "permanent": (
        Level.FAILING,
        ["zfs_data_errors", "zfs_device_errors", "zfs_device_errors", "scrub_found_errors"],
    ),
    "faulted": (Level.FAILING, ["zfs_data_errors", "zfs_degraded"]),
}


def both(path: Path) -> tuple[ZfsPools, ZfsPools]:
    """Return what is read from the text, and from the JSON."""
    table, _, rest = path.read_text().partition("== text ==\n")
    text, _, document = rest.partition("== json ==\n")
    found = []
    for status in (text, document):
        said = f"{table}== status ==\n{status}"
        value = ZfsPoolsFact().parse((CommandResult(STATUS.argv, Outcome.RAN, 0, said, ""),))
        assert value is not None
        found.append(value)
    return found[0], found[1]


def differences(
    text: BaseModel, document: BaseModel, at: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield each field that is not equal with both values, by its name."""
    for name in type(text).model_fields:
        ours, theirs = getattr(text, name), getattr(document, name)
        place = f"{at}.{name}".lstrip(".")
        if isinstance(ours, BaseModel) and isinstance(theirs, BaseModel):
            yield from differences(ours, theirs, place)
        elif isinstance(ours, list):
            assert len(ours) == len(theirs), place
            for one, other in zip(ours, theirs, strict=True):
                yield from differences(one, other, place)
        elif ours != theirs:
            yield place, ours, theirs


def nice(value: int) -> str:
    """Write a number as the tools do in a scan's line."""
    power = 0
    rest = float(value)
    while rest >= 1000 and power < 6:
        rest, power = rest / 1024, power + 1
    return f"{rest:.3g}e{power}"


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_text_and_json_of_a_pool_are_read_as_one_model(path: Path) -> None:
    text, document = both(path)
    assert [pool.name for pool in text.pools] == [pool.name for pool in document.pools]
    for ours, theirs in zip(text.pools, document.pools, strict=True):
        may_lack = set(_ONLY_JSON)
        if theirs.scan is not None and theirs.scan.state is ScanState.CANCELLED:
            may_lack |= _ONLY_JSON_OF_CANCELLED
        for place, said, exact in differences(ours, theirs):
            if said in (None, ""):
                assert place in may_lack, (place, exact)
            else:
                assert place in _ROUNDED, (place, said, exact)
                assert nice(said) == nice(exact), (place, said, exact)


# The models above are compared in them, as far as the text tells them: rounded.
_SIZES = ("activity_bytes", "last_scrub_bytes", "last_scrub_repaired_bytes")


def shown(pools: ZfsPools) -> list[PoolView]:
    """Return what the pages show of pools, but for paths and sizes that the text leaves out."""
    found = views_of({"zfs_pools": pools})[PoolKind.ZFS]
    return [
        pool.model_copy(
            update={
                "members": [one.model_copy(update={"path": ""}) for one in pool.members],
                **dict.fromkeys(_SIZES),
            }
        )
        for pool in found
    ]


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_text_and_json_of_a_pool_are_shown_judged_and_measured_alike(path: Path) -> None:
    text, document = both(path)
    assert shown(text) == shown(document)
    for ours, theirs in zip(shown(text), shown(document), strict=True):
        assert judge_pool(ours, RECORDED) == judge_pool(theirs, RECORDED)
    fact = ZfsPoolsFact()
    assert fact.samples(text) == fact.samples(document)


@pytest.mark.parametrize("name", sorted(_VERDICTS))
def test_a_pair_has_its_verdict(name: str) -> None:
    level, codes = _VERDICTS[name]
    for pools in both(next(path for path in PAIRS if path.stem == name)):
        reasons = judge_pool(shown(pools)[0], RECORDED)
        assert [one.code for one in reasons] == codes
        assert level_of(reasons) is level


def test_online_but_hurt_is_told_of_both() -> None:
    for name, message in (("hurt", "ZFS-8000-9P"), ("permanent", "ZFS-8000-8A")):
        for pools in both(next(path for path in PAIRS if path.stem == name)):
            (pool,) = pools.pools
            assert (pool.state, pool.message_id) == ("ONLINE", message)


def test_a_pool_keeps_its_identity_when_its_tools_learn_json() -> None:
    """The number has 64 bits, of which a float keeps 53."""
    for path in PAIRS:
        text, document = both(path)
        assert [pool.guid for pool in text.pools] == [pool.guid for pool in document.pools]
        assert all(len(pool.guid) > 15 for pool in document.pools)
