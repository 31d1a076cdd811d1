"""`unity alerts`: what is wrong, as it is typed on the machine itself, and what is refused."""

from collections.abc import Iterator

import pytest

from app.kernel.errors import JsonValue
from tests.cli.test_commands import Machine, served

SOON = {"UNITY_COLLECT__STANDARD_SECONDS": "2", "COLUMNS": "240"}

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine whose Unity has two servers that nobody finds."""
    with served(tmp_path_factory.mktemp("alerts") / "data", SOON) as machine:
        for port, name in enumerate(("nas", "pi"), start=1):
            wish: dict[str, JsonValue] = {"name": name, "host": "127.0.0.1", "port": port}
            wish["username"] = "nobody"
            machine.post("/api/infrastructure/servers", wish)
        yield machine


@pytest.fixture
def open_ids(machine: Machine) -> dict[str, str]:
    """Return the ids of what fires by title, once both are known to be offline."""
    for _ in range(100):
        rows = machine.rows("alerts", "list", "--state", "active")
        found = {str(row["title"]): str(row["id"]) for row in rows}
        if {"nas is offline", "pi is offline"} <= found.keys():
            return found
        machine.wait(0.3)
    pytest.fail(f"They are not offline: {found}")


def test_what_is_wrong_is_listed_the_worst_first(
    machine: Machine, open_ids: dict[str, str]
) -> None:
    listed = machine.type("alerts", "list")
    assert listed.code == 0
    assert listed.stdout.splitlines()[0].split() == [
        *("SEVERITY", "STATE", "WHAT", "BEGAN", "NOTES", "ID")
    ]
    assert "nas is offline" in listed.stdout
    assert open_ids["nas is offline"][-12:] in listed.stdout, "enough of it to name it"
    assert machine.type("alerts", "list", "--severity", "info").stdout.strip() == (
        "Nothing is wrong."
    )


def test_one_alert_is_shown_by_the_end_of_its_id(
    machine: Machine, open_ids: dict[str, str]
) -> None:
    alert = open_ids["nas is offline"]
    shown = machine.type("alerts", "show", alert[-8:])
    assert shown.code == 0, shown.stderr
    assert shown.stdout.startswith("nas is offline (critical, ")
    assert "What to do: " in shown.stdout
    assert "WHEN" in shown.stdout
    document = machine.told("alerts", "show", alert)
    assert set(document) == {"alert", "history"}


def test_an_alert_is_acknowledged_with_a_note(machine: Machine, open_ids: dict[str, str]) -> None:
    alert = open_ids["nas is offline"]
    done = machine.type("alerts", "ack", alert, "--note", "New disks")
    assert done.stdout.strip() == "1 acknowledged."
    row = next(row for row in machine.rows("alerts", "list") if row["id"] == alert)
    assert (row["state"], row["acknowledged_by"]) == ("acknowledged", "command line")
    assert "command line" in machine.type("alerts", "list").stdout


def test_a_server_is_silenced_for_a_time(machine: Machine, open_ids: dict[str, str]) -> None:
    assert "pi is offline" in open_ids
    done = machine.type("alerts", "silence", "--server", "pi", "--for", "2h", "--reason", "Moved")
    assert done.code == 0, done.stderr
    assert done.stdout.startswith("Silenced until ")
    assert done.stdout.strip().endswith("1 open alerts are quiet now.")
    assert "Moved" in machine.type("alerts", "list").stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("show", "abc"), "There is no open alert 'abc'"),
        (("show", "ffffffff"), "There is no open alert 'ffffffff'"),
        (("ack", "00000000-0000-7000-8000-000000000000"), "alert"),
        (("silence", "--reason", "x"), "Say which alerts."),
        (("silence", "--reason", "x", "--server", "nas", "--for", "soon"), "no length of time"),
        (("list", "--severity", "dreadful"), "severity"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    machine: Machine, words: tuple[str, ...], why: str
) -> None:
    refused = machine.type("alerts", *words)
    assert refused.code != 0
    assert why in refused.stderr
    assert "Traceback" not in refused.stderr
