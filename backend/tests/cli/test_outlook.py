"""`unity forecast` and `unity explain` as they are typed, over measured and broken things."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.kernel.clock import ManualClock, SystemClock
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.services.infrastructure.alarm_sweep import unwatched
from app.services.infrastructure.foresight.rounds import ForecastRounds
from tests.cli.test_commands import Machine, served
from tests.services.infrastructure.foresight.test_rounds import filling, measured, server

SETTINGS = {"UNITY_COLLECT__STANDARD_SECONDS": "2", "COLUMNS": "240"}

pytestmark = pytest.mark.timeout(120)


async def fill(data: Path) -> None:
    """Write three weeks of a disk that fills up, and what is foreseen from them."""
    database = Database(f"sqlite:///{data / 'unity.db'}")
    clock = ManualClock(SystemClock().now() - timedelta(minutes=1))
    try:
        for name in ("store", "attic"):
            await measured(database, clock, await server(database, clock, name), filling(21))
        await ForecastRounds(database, clock, unwatched).run()
    finally:
        await database.dispose()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine whose Unity knows two disks that fill up, and a server nobody finds."""
    with served(tmp_path_factory.mktemp("outlook") / "data", SETTINGS) as machine:
        asyncio.run(fill(machine.data))
        wish: dict[str, JsonValue] = {"name": "gone", "host": "127.0.0.1", "port": 1}
        machine.post("/api/infrastructure/servers", {**wish, "username": "nobody"})
        yield machine


def test_what_is_used_up_is_listed_with_its_date_and_its_band(machine: Machine) -> None:
    listed = machine.type("forecast")
    assert listed.code == 0, listed.stderr
    head, *rows = listed.stdout.splitlines()
    assert head.split("  ")[0] == "USED UP"
    assert len(rows) == 2
    for row in rows:
        assert "/srv/data" in row
        assert row.startswith("in ")
        assert " days  " in row
        assert re.search(r" (89\.9\d|90\.00) %  2\.00 % ", row), "what it is, and what it grows by"


def test_what_has_no_date_is_listed_with_the_reason(machine: Machine) -> None:
    listed = machine.type("forecast", "list", "--all", "--search", "store")
    assert "It does not grow steadily." in listed.stdout
    assert "attic" not in listed.stdout
    assert len(machine.rows("forecast", "list", "--all")) == 4


def test_only_what_is_near_is_listed_on_demand(machine: Machine) -> None:
    assert len(machine.rows("forecast", "list", "--within", "14")) == 2
    none = machine.type("forecast", "list", "--within", "1")
    assert none.stdout.strip().startswith("Nothing grows steadily enough to name a date.")


def test_one_forecast_is_shown_and_several_are_named(machine: Machine) -> None:
    several = machine.type("forecast", "show", "/srv/data")
    assert several.code == 1
    assert "/srv/data on attic, /srv/data on store" in several.stderr
    none = machine.type("forecast", "show", "/nowhere")
    assert none.code == 1
    assert "There is no forecast of /nowhere." in none.stderr


def test_a_home_without_drives_has_no_risks(machine: Machine) -> None:
    assert machine.type("forecast", "drives").stdout.strip() == (
        "No drives were seen on any machine."
    )


def test_the_cause_of_trouble_is_explained_with_what_to_do(machine: Machine) -> None:
    for _ in range(100):
        told = machine.type("explain", "gone")
        if "gone is offline" in told.stdout:
            break
        machine.wait(0.3)
    lines = told.stdout.splitlines()
    assert lines[0].startswith("Around the server gone: gone is offline.")
    assert "Itself:" in lines
    assert any(line.startswith("    critical: ") for line in lines)
    assert any(line.startswith("    do: ") for line in lines)
    assert {"nodes", "edges"} <= set(machine.told("explain", "gone"))


def test_where_nothing_is_wrong_that_is_said(machine: Machine) -> None:
    told = machine.type("explain", "attic")
    assert told.code == 0, told.stderr
    assert told.stdout.startswith("Nothing is wrong with the server attic, or with what it stands")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("explain", "nobody knows"), "Nothing is called nobody knows."),
        (("explain", "gone", "--server", "attic"), "Nothing is called gone on attic."),
        (("forecast", "list", "--within", "soon"), "'--within': Input should be a valid integer"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    machine: Machine, words: tuple[str, ...], why: str
) -> None:
    refused = machine.type(*words)
    assert refused.code != 0
    assert why in refused.stderr
    assert "Traceback" not in refused.stderr
