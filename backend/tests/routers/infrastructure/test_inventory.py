"""The inventory: what machines are made of, as a list and as a table for spreadsheets."""

import csv
import io
import uuid

import pytest
from sqlalchemy import update

from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.tables import csv_lines
from app.services.infrastructure.facts.reading import SLOW_FILES
from tests.fakes.shell import FakeShells
from tests.fixtures.cast import Cast
from tests.routers.infrastructure.test_devices import collect
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.test_ledger import disk, lists

WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # = + - @ as typed among Chinese characters
INVENTORY = "/api/infrastructure/inventory"


@pytest.fixture
async def nas(cast: Cast) -> uuid.UUID:
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    machine.answers("uname", "-sm", stdout="Linux x86_64\n")
    files = "==> /sys/class/dmi/id/sys_vendor <==\nSupermicro\n==> /sys/class/dmi/id/product_name <==\nX11\n"  # noqa: E501 - as the tool prints it
    machine.answers(*SLOW_FILES.argv, stdout=files)
    lists(machine, disk("sda", "WD-1"), disk("sdb", "WD-2"))
    await site.enter("=cmd")
    await collect(cast, server_id)
    return server_id


@pytest.mark.usefixtures("nas")
async def test_a_machine_is_listed_with_what_it_is_made_of(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")

    shown = (await charlie.get(f"{INVENTORY}?q=nas")).json()

    (row,) = shown["items"]
    assert (row["name"], row["vendor"], row["architecture"]) == ("nas", "Supermicro", "x86_64")
    assert (row["drives"], row["drive_bytes"]) == (2, 2 * 4000787030016)
    assert row["memory_bytes"] == 1_000_000 * 1024


@pytest.mark.usefixtures("nas")
async def test_a_machine_that_was_never_asked_is_listed_with_nothing(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")

    (row,) = (await charlie.get(f"{INVENTORY}?q=cmd")).json()["items"]

    assert (row["vendor"], row["cores"], row["drives"], row["seen_at"]) == ("", None, 0, None)


@pytest.mark.usefixtures("nas")
async def test_the_export_has_a_row_for_each_machine_and_no_formulas(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")

    answer = await charlie.get(f"{INVENTORY}/export")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["Name"] for row in rows] == ["'=cmd", "nas"]
    assert rows[1]["Vendor"] == "Supermicro"


@pytest.mark.usefixtures("nas")
async def test_a_spreadsheet_knows_the_export_to_be_utf_8(cast: Cast) -> None:
    async with cast.platform.database.transaction() as session:
        named = update(MonitoredServer).where(MonitoredServer.name == "nas")
        await session.execute(named.values(name="Büro-機"))
    charlie = await cast.logged_in("charlie")

    answer = await charlie.get(f"{INVENTORY}/export")

    assert answer.content.startswith(b"\xef\xbb\xbfName,")
    assert "Büro-機" in answer.content.decode("utf-8-sig")


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", *WIDE])
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(first: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_lines([[f"{first}1+1", f"a{first}"]]), newline=""))

    assert row == [f"'{first}1+1", f"a{first}"]


def test_cells_with_quotes_commas_and_line_ends_stay_one_cell() -> None:
    text = csv_lines([['a "b", c\nd', None, 1.5, "-1"]])

    assert list(csv.reader(io.StringIO(text))) == [['a "b", c\nd', "", "1.5", "'-1"]]
