"""`unity report` as it is typed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_commands import Machine, served

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine whose Unity has one report planned."""
    with served(tmp_path_factory.mktemp("report") / "data", {"COLUMNS": "240"}) as machine:
        machine.post("/api/infrastructure/reports", {"name": "Weekly", "weekday": 0})
        yield machine


def test_a_report_is_previewed_as_text_and_written_as_a_page(
    machine: Machine, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    shown = machine.type("report", "preview", "--html", str(page))
    assert shown.code == 0, shown.stderr
    assert shown.stdout.startswith("Weekly health: nothing is wrong now, 0 alerts in the week\n")
    assert page.read_text().startswith("<!doctype html>")


def test_a_report_that_is_sent_says_where_it_goes(machine: Machine) -> None:
    (planned,) = machine.rows("report", "list")
    assert (planned["name"], planned["last_at"]) == ("Weekly", None)
    sent = machine.type("report", "send", "Weekly")
    assert sent.code == 0, sent.stderr
    assert "No channel is chosen: it is only kept." in sent.stdout
    assert machine.rows("report", "list")[0]["last_at"] is not None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("send", "Monthly"), "There is no planned report Monthly. There are: Weekly."),
        (("preview", "--group", "home"), "There is no group home. There are: none."),
    ],
)
def test_a_name_that_nothing_has_is_told_with_those_that_there_are(
    machine: Machine, words: tuple[str, ...], says: str
) -> None:
    refused = machine.type("report", *words)
    assert refused.code != 0
    assert says in refused.stderr
