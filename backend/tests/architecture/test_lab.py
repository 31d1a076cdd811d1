"""The laboratory breaks disks for half an hour; here is only what would make that time in vain."""

import importlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import asyncssh
import pytest

from tests.fixtures.cast import Cast
from tests.parts.ports import free_port

LAB = Path(__file__).parents[3] / "lab"


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(LAB))
    before = set(sys.modules)
    yield importlib.import_module("faults")
    for name in set(sys.modules) - before:
        del sys.modules[name]


async def test_every_fault_waits_for_an_alert_that_unity_brings(
    cast: Cast, faults: ModuleType
) -> None:
    table = (*faults.FAULTS, *faults.FAULTS_IN_JSON)
    names = [one.name for one in table]

    assert {one.alert for one in table} - set(cast.platform.built_in_rules) == set()
    assert len(set(names)) == len(names)
    assert all(one.cause for one in table)


def test_a_fault_counts_only_when_it_was_told_and_is_over_and_the_tools_agree(
    faults: ModuleType,
) -> None:
    laboratory = sys.modules["laboratory"]
    same, missing = (laboratory.Reading("sdb2", "zpool", 7, ours) for ours in (7, None))

    def proven(fired: float | None, over: float | None, *readings: object) -> bool:
        made = laboratory.Outcome(faults.FAULTS[0], "told", fired, over, "", list(readings))
        return bool(made.is_proven)

    assert proven(20.0, 30.0, same)
    assert not proven(None, None, same)
    assert not proven(20.0, None, same)
    assert not proven(20.0, 30.0, same, missing)
    assert not proven(20.0, 30.0)


@pytest.mark.usefixtures("faults")
def test_all_machines_are_entered_with_the_one_key_that_they_share() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    host_key = key.export_public_key().decode().strip()
    # Not in pytest's folder: the path of a socket may have only 107 characters.
    with tempfile.TemporaryDirectory(prefix="unity-lab-") as folder:
        file = Path(folder) / "key"
        file.write_bytes(key.export_private_key())
        with sys.modules["unity_process"].unity(Path(folder), free_port()) as api:
            ids = {api.enter(name, free_port(), file, host_key) for name in ("first", "second")}
            entered = api.get("/api/infrastructure/servers")["items"]

    assert {one["id"] for one in entered} == ids
    assert {one["name"] for one in entered} == {"first", "second"}
