"""Recordings without a twin: they are read, and the verdict is the reviewed one."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.services.infrastructure.facts.smart.report import ReadState
from app.services.infrastructure.storage.rules import RANK, Level
from app.services.infrastructure.storage.verdicts import judge_drive
from tests.corpora.expect import EXPECTED, verdicts
from tests.corpora.folder import report_of, smartctl_recordings
from tests.corpora.moments import NOW

pytestmark = pytest.mark.needs("corpora")

Path_ = tuple[str | int, ...]
# More of these is better, or they are limits and not readings: these are lowered instead.
_BETTER_WHEN_MORE = frozenset(
    {"value_of_attribute", "worst", "available_spare", "op_limit_max", "critical_limit_max",
     "limit_max", "drive_trip", "op_limit_min", "limit_min", "passed", "valid"}
)  # fmt: skip
# Which drive it is and what it can do says nothing of how it is: these may change the rules.
_NOT_READINGS = frozenset({"id", "rotation_rate", "json_format_version", "attribute_value"})


def test_every_recording_has_its_reviewed_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    found = verdicts()
    expected = yaml.safe_load(EXPECTED.read_text())
    missing = {name for name in found if name not in expected}
    with capsys.disabled():
        print(f"\n  smartctl: {len(found)} recordings, {len(missing)} new", end="")  # noqa: T201 - the figure that is asked for
    assert found == {name: verdict for name, verdict in expected.items() if name in found}


@pytest.mark.parametrize("path", smartctl_recordings(), ids=lambda path: path.stem)
def test_a_worse_value_never_makes_a_better_verdict(path: Path) -> None:
    document = json.loads(path.read_text())
    before = RANK[_level(document)]
    for place, value in _numbers(document):
        for worse in _worse(place, value):
            changed = _with(document, place, worse)
            level = _level(changed)
            assert RANK[level] >= before or _is_unsure(before, level), (place, value, worse)


def _is_unsure(before: int, level: Level) -> bool:
    """An answer that became unreadable decides nothing, and says so."""
    return level is Level.UNKNOWN and before > RANK[Level.UNKNOWN]


@pytest.mark.parametrize("path", smartctl_recordings(), ids=lambda path: path.stem)
def test_missing_keys_make_a_drive_neither_well_nor_failing(path: Path) -> None:
    document = json.loads(path.read_text())
    before = _level(document)
    for place in _keys(document):
        level = _level(_without(document, place))
        assert level is not Level.FAILING or before is Level.FAILING, place
        if place in {("smart_status",), ("ata_smart_attributes",), ("smart_status", "passed"),
                     ("nvme_smart_health_information_log",)}:  # fmt: skip
            assert level is not Level.OK, place


@pytest.mark.parametrize("path", smartctl_recordings(), ids=lambda path: path.stem)
def test_bits_of_an_unread_drive_give_no_clean_bill(path: Path) -> None:
    document = json.loads(path.read_text())
    before = _level(document)
    for bit in (1, 2, 4):
        changed = copy.deepcopy(document)
        changed.setdefault("smartctl", {})["exit_status"] = bit
        level = _level(changed)
        assert level is not Level.OK
        assert level is not Level.FAILING or before is Level.FAILING
    changed["smartctl"]["exit_status"] = 0b11111000
    if report_of(json.dumps(document)).state is ReadState.READ and before is not Level.UNKNOWN:
        assert _level(changed) is before, "The other bits repeat what the report says."


@pytest.mark.parametrize("path", smartctl_recordings()[::10], ids=lambda path: path.stem)
def test_the_order_of_keys_does_not_matter(path: Path) -> None:
    document = json.loads(path.read_text())
    assert _level(dict(reversed(document.items()))) is _level(document)


def _level(document: object) -> Level:
    return judge_drive(report_of(json.dumps(document)), NOW).level


def _numbers(document: object, place: Path_ = ()) -> Iterator[tuple[Path_, int | float]]:
    for key, value in _entries(document):
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            yield (*place, key), value
        else:
            yield from _numbers(value, (*place, key))


def _keys(document: object, place: Path_ = ()) -> Iterator[Path_]:
    for key, value in _entries(document):
        yield (*place, key)
        if isinstance(value, dict):
            yield from _keys(value, (*place, key))


def _entries(document: object) -> list[tuple[str | int, object]]:
    if isinstance(document, dict):
        return list(document.items())
    return list(enumerate(document)) if isinstance(document, list) else []


def _worse(place: Path_, value: float) -> list[int | float]:
    name = str(place[-1])
    if place[0] == "ata_smart_attributes" and name in {"value", "worst"} and place[-2] != "raw":
        name = "value_of_attribute"
    if name in _NOT_READINGS or "limit" in name or place[0] in _NOT_READINGS:
        return []
    if name == "exit_status":
        return [value | 1, value | 2, value | 4] if isinstance(value, int) else []
    if name in _BETTER_WHEN_MORE:
        return [value - 1, 1] if value > 1 else []
    return [value + 1, value * 2, value + 1000, 2**32, 2**64]


def _with(document: object, place: Path_, value: float) -> object:
    """Return a copy with one number changed; the raw value's text changes along."""
    changed = _copied(document, place)
    node = changed
    for key in place[:-1]:
        node = node[key]  # type: ignore[index]  # the path came from this very document
    node[place[-1]] = value  # type: ignore[index]  # as above
    if len(place) > 1 and place[-2] == "raw" and place[-1] == "value":
        node["string"] = str(value)  # type: ignore[index]  # as above
    return changed


def _without(document: object, place: Path_) -> object:
    changed = _copied(document, place)
    node = changed
    for key in place[:-1]:
        node = node[key]  # type: ignore[index]  # the path came from this very document
    del node[place[-1]]  # type: ignore[attr-defined]  # as above
    return changed


def _copied(document: object, place: Path_) -> object:
    """Copy along the path only; the rest is shared, and not changed."""
    copied = copy.copy(document)
    node = copied
    for key in place[:-1]:
        node[key] = copy.copy(node[key])  # type: ignore[index]  # the path came from this document
        node = node[key]  # type: ignore[index]  # as above
    return copied
