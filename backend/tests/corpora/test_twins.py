"""Recordings that came with what a good parser reads from them: every field must be equal."""

import json
import re
from pathlib import Path

import pytest

from app.services.infrastructure.facts.block_devices import read_lsblk, table_rows
from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.md.mdadm import MdadmDevice, read_mdadm
from app.services.infrastructure.facts.smart.nvme_json import health_of_nvme_cli
from app.services.infrastructure.facts.zfs.status_text import read_pools
from tests.corpora.folder import FOLDER

pytestmark = pytest.mark.needs("corpora")


def _lsblk() -> list[Path]:
    return sorted((FOLDER / "linux/jc").glob("*/lsblk*.out"))


@pytest.mark.parametrize("path", _lsblk(), ids=lambda path: path.parent.name)
def test_every_field_of_an_lsblk_table_equals_its_twin(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = json.loads(path.with_suffix(".json").read_text())
    rows = list(table_rows(path.read_text()))
    assert len(rows) == len(twin)
    fields = mismatches = 0
    for row, expected in zip(rows, twin, strict=True):
        for name, value in expected.items():
            if name.endswith("_bytes"):
                continue  # worked out by its reader, not printed by lsblk
            head = "maj:min" if name == "maj_min" else name.replace("_", "-")
            is_equal = row[head] == _as_printed(value)
            fields, mismatches = fields + 1, mismatches + (not is_equal)
    with capsys.disabled():
        print(f"\n  lsblk {path.parent.name}: {fields} fields, {mismatches} mismatches", end="")  # noqa: T201 - the figure that is asked for
    assert mismatches == 0
    devices = {one.kname: one for one in read_lsblk(path.read_text())}
    for expected in twin:
        assert devices[expected["kname"]].is_rotational is expected["rota"]
        assert devices[expected["kname"]].size_bytes == expected["size_bytes"]


def _as_printed(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def _mdadm() -> list[Path]:
    return sorted((FOLDER / "linux/jc/generic").glob("mdadm-*.out"))


# What the twin works out of other fields; mdadm does not print it.
_WORKED_OUT = ("_num", "_val", "_epoch", "_list", "_percent", "_before", "_after", "_state")
_DERIVED = frozenset({"homehost", "events_maj", "events_min"})


@pytest.mark.parametrize("path", _mdadm(), ids=lambda path: path.stem)
def test_every_field_of_mdadm_equals_its_twin(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = json.loads(path.with_suffix(".json").read_text())
    report = read_mdadm(path.read_text())
    printed = {_snake(name): value for name, value in report.fields.items()}
    fields = mismatches = 0
    for name, value in twin.items():
        if name == "device":
            is_equal = report.device == value
        elif name == "device_table":
            # A superblock 0.90 names its own member twice; we keep it once.
            is_equal = [_row(one) for one in report.table] == list(
                dict.fromkeys(_twin_row(one) for one in value)
            )
        elif name not in printed and (name in _DERIVED or name.endswith(_WORKED_OUT)):
            continue
        else:
            told = printed.get(name, "").strip()
            # The twin keeps of "4096 sectors" the number alone.
            is_equal = told == str(value).strip() or (
                isinstance(value, int) and told.split(" ")[0] == str(value)
            )
        fields, mismatches = fields + 1, mismatches + (not is_equal)
        assert is_equal, f"{name}: {printed.get(name)!r} and {value!r}"
    with capsys.disabled():
        print(f"\n  {path.stem}: {fields} fields, {mismatches} mismatches", end="")  # noqa: T201 - the figure that is asked for


def _snake(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _row(one: MdadmDevice) -> tuple[object, ...]:
    if one.reference:
        return one.number, one.reference, one.size, one.device, "/".join(one.states)
    return one.number, one.major, one.minor, one.slot, tuple(one.states), one.device


def _twin_row(one: dict[str, object]) -> tuple[object, ...]:
    if "RefNo" in one:
        return (one["Number"], one["RefNo"], one["Size"], one["Device"] or "", one["Type/State"])
    states, number = one.get("state") or (), one.get("number")
    assert isinstance(states, list | tuple)
    slot = one.get("raid_device")
    if isinstance(number, int) and isinstance(slot, int) and number == slot * 11:
        number = slot  # of a 0.90 table the twin has run "1     1" together
    return (number, one.get("major"), one.get("minor"), one.get("raid_device"),
            tuple(states), one.get("device") or "")  # fmt: skip


@pytest.mark.parametrize("version", ["v2", "v4"])
def test_every_field_of_zpool_status_equals_its_twin(
    version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = FOLDER / f"linux/jc/generic/zpool-status-{version}.out"
    twin = json.loads(path.with_suffix(".json").read_text())
    pools = read_pools(path.read_text())
    assert [pool.name for pool in pools] == [one["pool"] for one in twin]
    fields = 0
    for pool, expected in zip(pools, twin, strict=True):
        assert pool.state == expected["state"]
        assert _words(pool.status) == _words(expected.get("status"))
        assert _words(pool.action) == _words(expected.get("action"))
        assert (pool.data_errors == 0) is (expected["errors"] == "No known data errors")
        own = {one.name: one for one in pool.vdevs}
        fields += 5
        for entry in expected["config"]:
            vdev = own.get(entry["name"])
            if vdev is None:
                # The pool itself stands in the first line, and a heading (logs) has no state.
                assert entry["name"] == pool.name or entry.get("state") is None, entry
                continue
            counted = (vdev.state, vdev.read_errors, vdev.write_errors, vdev.checksum_errors)
            assert counted == tuple(
                entry.get(name) for name in ("state", "read", "write", "checksum")
            ), entry
            fields += 4
    with capsys.disabled():
        print(f"\n  zpool-status-{version}: {fields} fields, 0 mismatches", end="")  # noqa: T201 - the figure that is asked for


def _words(text: str | None) -> list[str]:
    return (text or "").split()


def test_the_forms_of_one_nvme_log_are_read_alike() -> None:
    folder = FOLDER / "nvme/netdata/v2.3"
    logs = [
        health_of_nvme_cli(Node(json.loads((folder / name).read_text())))
        for name in (
            "nvme-smart-log.json",
            "nvme-smart-log-float.json",
            "nvme-smart-log-string.json",
        )
    ]
    assert logs[0] == logs[1] == logs[2]
    assert logs[0].percentage_used == 2
    assert logs[0].data_units_written == 136157684
