"""Rules, notifications, plugins, search and activity, as they are typed on the machine itself."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module

import pytest
import typer

from app.cli import root
from tests.cli.test_commands import BACKEND, Machine, served

SETTINGS = {
    "UNITY_NOTIFICATIONS__ALLOW": "127.0.0.1",
    "UNITY_NOTIFICATIONS__LOOK_SECONDS": "0.5",
    "UNITY_NOTIFICATIONS__FIRST_RETRY_SECONDS": "0.1",
    "COLUMNS": "240",
}

pytestmark = pytest.mark.timeout(120)


@dataclass
class Peer:
    """A web server that is asked, and told; it counts, and answers as it is told to."""

    address: str = ""
    status: int = 200
    heard: list[dict[str, object]] = field(default_factory=list)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    """Return a peer that listens."""
    peer = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            peer.heard.append(json.loads(self.rfile.read(length)))
            self._answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

        def _answer(self) -> None:
            self.send_response(peer.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        peer.address = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield peer
        server.shutdown()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, peer: Peer) -> Iterator[Machine]:
    """Return a machine whose Unity has a channel, a route and an instance of the web check."""
    with served(tmp_path_factory.mktemp("watching") / "data", SETTINGS) as machine:
        machine.post(
            "/api/notifications/channels",
            {"name": "Log", "service": "webhook", "secrets": {"url": peer.address}},
        )
        yield machine


def watch(machine: Machine, name: str, peer: Peer) -> None:
    """Add an instance of the web check, once the first look for plugins is over."""
    for _ in range(200):
        if machine.rows("plugin", "list", "--available"):
            break
        machine.wait(0.2)
    machine.post(
        "/api/plugins/instances",
        {"name": name, "plugin": "http_check", "settings": {"url": peer.address}},
    )


def test_a_channel_is_listed_and_really_tested(machine: Machine, peer: Peer) -> None:
    listed = machine.type("notify", "channels")
    assert listed.stdout.split()[0] == "HEALTH"
    assert "Log" in listed.stdout
    done = machine.type("notify", "test", "log")
    assert done.code == 0, done.stderr
    assert done.stdout.startswith("It arrived: 127.0.0.1 answered with status 200")
    # What fires in the meantime comes to the same channel.
    assert [one["event"] for one in peer.heard].count("test") == 1
    peer.status = 500
    refused = machine.type("notify", "test", "Log")
    peer.status = 200
    assert refused.code == 1
    assert refused.stdout.startswith("It did not arrive: 127.0.0.1 answered with status 500")


def test_who_would_be_told_is_said_with_the_route_that_decides(machine: Machine) -> None:
    told = machine.type("notify", "who", "--severity", "critical")
    assert told.code == 0, told.stderr
    assert told.stdout.startswith("It goes to Log.")
    assert "BY ROUTE" in told.stdout
    document = machine.told("notify", "who", "--severity", "warning", "--domain", "plugins")
    assert {"told", "steps", "summary"} <= set(document)


def test_deliveries_are_listed_and_dead_letters_sent_again(machine: Machine, peer: Peer) -> None:
    peer.status = 404
    machine.post(
        "/api/infrastructure/servers",
        {"name": "gone", "host": "127.0.0.1", "port": 1, "username": "nobody"},
    )
    for _ in range(3):  # a server is offline after two rounds in vain
        machine.type("server", "collect", "gone")
    for _ in range(200):
        dead = machine.rows("notify", "deliveries", "--state", "dead")
        if dead:
            break
        machine.wait(0.2)
    assert dead, machine.type("notify", "deliveries").stdout
    peer.status = 200
    before = len(peer.heard)
    nameless = machine.type("notify", "retry", "none")
    assert "There is no dead letter 'none'." in nameless.stderr
    done = machine.type("notify", "retry", str(dead[0]["id"])[-12:])
    assert done.stdout.strip() == "1 is sent again."
    for _ in range(100):
        rows = machine.rows("notify", "deliveries", "--state", "delivered")
        if any(row["id"] == dead[0]["id"] for row in rows):
            break
        machine.wait(0.2)
    else:
        pytest.fail("It was not sent again.")
    assert len(peer.heard) > before


def test_a_rule_is_switched_muted_and_previewed(machine: Machine) -> None:
    rows = machine.rows("rules", "list")
    assert len(rows) > 20
    rule = next(row for row in rows if row["is_enabled"])
    name = str(rule["name"])
    assert machine.type("rules", "off", name).stdout.strip() == f"{name} is off."
    assert "off" in machine.type("rules", "list", "--words", name).stdout
    assert machine.told("rules", "on", str(rule["id"])[-12:])["is_enabled"] is True
    muted = machine.type("rules", "mute", name, "--for", "2h")
    assert muted.stdout.startswith(f"{name} is mute until ")
    assert "mute until" in machine.type("rules", "list", "--words", name).stdout
    assert machine.type("rules", "unmute", name).stdout.strip() == f"{name} tells again."


def test_what_a_rule_would_have_told_is_said(machine: Machine, peer: Peer) -> None:
    watch(machine, "Portal", peer)
    assert machine.type("plugin", "trigger", "Portal").code == 0
    # A status of 200 is no trouble; it is what is surely measured here.
    level = {"metric": "probe_http_status_code", "unit": "code", "operator": ">"}
    machine.post(
        "/api/alerts/rules",
        {
            "name": "Any answer",
            "definition": {"type": "threshold", "raise_level": 100, "clear_level": 99, **level},
        },
    )
    shown = machine.type("rules", "preview", "any answer", "--days", "1")
    assert shown.code == 0, shown.stderr
    assert shown.stdout.startswith("In the last day it would have fired")
    assert "Portal" in shown.stdout


def test_what_a_plugin_watches_is_run_read_and_switched(machine: Machine, peer: Peer) -> None:
    watch(machine, "Cloud", peer)
    ran = machine.type("plugin", "trigger", "cloud")
    assert ran.code == 0, ran.stderr
    assert ran.stdout.startswith("Status 200 in ")
    assert "command line" in machine.type("plugin", "log", "Cloud").stdout
    assert machine.type("plugin", "off", "Cloud").stdout.strip() == "Cloud is switched off."
    states = {row["name"]: row["state"] for row in machine.rows("plugin", "list")}
    assert states["Cloud"] == "off"
    assert machine.told("plugin", "on", "Cloud")["is_enabled"] is True
    written = machine.type("plugin", "diagnostics", "Cloud")
    assert json.loads(written.stdout)["instance"]["name"] == "Cloud"


def test_things_and_what_happened_to_them_are_found(machine: Machine) -> None:
    machine.post(
        "/api/infrastructure/servers",
        {"name": "attic", "host": "192.0.2.9", "username": "nobody", "is_enabled": False},
    )
    found = machine.rows("search", "192.0.2.9")
    assert [row["title"] for row in found] == ["attic"]
    assert "attic" in machine.type("search", "atti").stdout
    assert machine.type("search", "nowhere").stdout.strip() == "Nothing has this name."
    happened = machine.type("activity", "--kind", "server", "--newest", "5")
    assert "Server attic was added" in happened.stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("notify", "test", "nobody"), "There is no channel 'nobody'. `unity notify channels`"),
        (("notify", "retry"), "Say which dead letters. Name some, or give --dead for all."),
        (("notify", "retry", "ffffffff"), "There is no dead letter 'ffffffff'."),
        (("rules", "off", "nothing"), "There is no rule 'nothing'. `unity rules list` lists them."),
        (("rules", "mute", "nothing", "--for", "soon"), "'soon' is no length of time."),
        (("plugin", "trigger", "nothing"), "There is no instance 'nothing'. `unity plugin list`"),
        (("activity", "--newest", "0"), "'--newest'"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    machine: Machine, words: tuple[str, ...], why: str
) -> None:
    refused = machine.type(*words)
    assert refused.code != 0
    assert why in refused.stderr


def test_every_command_stands_in_the_table_of_the_docs() -> None:
    page = (BACKEND.parent / "docs" / "cli.md").read_text(encoding="utf-8")
    found: set[tuple[str, str]] = set()
    for line in page.splitlines():
        if line.startswith("| `unity "):
            # The first in backquotes begins with the program and the group, the others do not.
            first, *others = line.split("|")[1].split("`")[1::2]
            _, top, *rest = first.split()
            found |= {(top, words.split()[0]) for words in (" ".join(rest), *others) if words}
            found.add((top, ""))
    wanted = {(name, "") for name in root.COMMANDS}
    for group in root.GROUPS:
        cli = typer.main.get_command(import_module(f"app.cli.{group}").cli)
        assert isinstance(cli, typer.core.TyperGroup)
        wanted |= {(group, name) for name in cli.commands}
    assert wanted <= found, wanted - found
