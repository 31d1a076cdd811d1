"""Recordings that came with what a good parser reads from them: every field must be equal."""

import json
from pathlib import Path

import pytest

from app.services.infrastructure.facts.block_devices import read_lsblk, table_rows
from app.services.infrastructure.facts.document import Node
from app.services.infrastructure.facts.smart.nvme_json import health_of_nvme_cli
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
