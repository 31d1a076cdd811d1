"""Rules, windows, groups, channels, routes and instances from files, as they are typed."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.documents import read
from app.kernel.errors import InvalidInput, JsonValue
from tests.cli.test_commands import BACKEND, START, Machine, served

AWAY: dict[str, JsonValue] = {
    "name": "Rack is away",
    "severity": "critical",
    "definition": {"type": "state", "alert_type": "server_offline"},
    "scope": {"groups": ["rack 1"]},
    "overrides": [{"servers": ["pi"], "is_ignored": True}],
}
HOOK: dict[str, JsonValue] = {"name": "Log", "service": "webhook", "is_enabled": False}
SETTINGS = {"COLUMNS": "240"}
# Gives the program a terminal of its own, as a person has one.
IN_A_TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine whose Unity knows two servers, and a metric of them."""
    with served(tmp_path_factory.mktemp("applying") / "data", SETTINGS) as machine:
        for name in ("nas", "pi"):
            wish: dict[str, JsonValue] = {"name": name, "host": "192.0.2.9", "is_enabled": False}
            wish["username"] = "nobody"
            wish["port"] = 22 + len(name)
            machine.post("/api/infrastructure/servers", wish)
        apply(machine, "groups", {"name": "Rack 1", "servers": ["nas"]})
        # Plugins are asked what they are after the start; their rules come in the same change.
        while not machine.rows("plugin", "list", "--available"):
            machine.wait(0.2)
        yield machine


def apply(machine: Machine, group: str, *documents: dict[str, JsonValue]) -> list[str]:
    """Apply documents from standard input, and return what became of each."""
    words = (*group.split(), "apply", "-", "--json")
    done = machine.type(*words, typed=json.dumps([*documents]))
    assert done.code == 0, done.stderr
    return [str(one["outcome"]) for one in json.loads(done.stdout)]


def refusal(machine: Machine, group: str, *documents: JsonValue) -> str:
    """Apply documents that are refused, and return why."""
    done = machine.type(*group.split(), "apply", "-", typed=json.dumps([*documents]))
    assert done.code == 1, done.stdout
    return done.stderr


def exported(machine: Machine, group: str, *names: str) -> list[dict[str, JsonValue]]:
    done = machine.type(*group.split(), "export", *names)
    assert done.code == 0, done.stderr
    found: list[dict[str, JsonValue]] = json.loads(done.stdout)
    return found


def test_a_group_gets_the_servers_that_the_file_names(machine: Machine) -> None:
    shelf: dict[str, JsonValue] = {"name": "Shelf", "servers": ["nas", "pi"]}
    assert apply(machine, "groups", shelf) == ["created"]
    assert apply(machine, "groups", shelf | {"servers": ["pi", "NAS", "pi"]}) == ["unchanged"]
    assert apply(machine, "groups", {"name": "Shelf", "description": "Attic"}) == ["updated"]
    [found] = exported(machine, "groups", "shelf")
    assert found == {"name": "Shelf", "description": "Attic", "servers": ["nas", "pi"]}
    assert apply(machine, "groups", {"name": "Shelf", "servers": ["pi"]}) == ["updated"]
    assert exported(machine, "groups", "Shelf")[0]["servers"] == ["pi"]
    assert machine.type("groups", "join", "shelf", "nas").stdout.strip() == "nas: in Shelf."
    assert machine.type("groups", "leave", "Shelf", "pi").code == 0
    assert exported(machine, "groups", "Shelf")[0]["servers"] == ["nas"]
    assert "Shelf" in machine.type("groups", "list").stdout
    assert machine.type("groups", "delete", "Shelf").stdout.strip() == "1 group deleted."
    assert [row["name"] for row in machine.rows("groups", "list")] == ["Rack 1"]


def test_a_rule_is_made_once_and_changed_only_when_it_differs(machine: Machine) -> None:
    assert apply(machine, "rules", AWAY) == ["created"]
    [made] = exported(machine, "rules", "Rack is away")
    assert made["scope"] == {"servers": [], "tags": [], "groups": ["Rack 1"]}
    assert made["overrides"][0]["servers"] == ["pi"]  # type: ignore[index, call-overload] # as above
    assert apply(machine, "rules", AWAY, made | {"name": "Its twin"}) == ["unchanged", "created"]
    assert apply(machine, "rules", {"name": "Rack is away", "for_seconds": 60}) == ["updated"]
    [left] = exported(machine, "rules", "Rack is away")
    assert left == made | {"for_seconds": 60}, "what the file leaves out stays"
    done = machine.type("rules", "delete", "Rack is away", "Its twin")
    assert done.stdout.strip() == "2 rules deleted."


def test_a_built_in_rule_is_changed_from_a_file_and_put_back(machine: Machine) -> None:
    rules = exported(machine, "rules")
    levels = [one for one in rules if one["definition"]["type"] == "threshold"]  # type: ignore[index, call-overload] # as above
    definition = levels[0]["definition"]
    assert isinstance(definition, dict)
    name = levels[0]["name"]
    wish = {"name": name, "definition": definition | {"raise_level": 1e6, "clear_level": None}}
    short = {"name": name, "definition": {k: v for k, v in wish["definition"].items() if v}}  # type: ignore[union-attr] # as above
    assert apply(machine, "rules", wish) == ["updated"]
    assert apply(machine, "rules", short) == ["unchanged"], "defaults are the same as left out"
    assert machine.type("rules", "reset", str(name)).stdout.strip() == f"{name} is as it came."
    assert apply(machine, "rules", *rules) == ["unchanged"] * len(rules)
    twins = [one for one in rules if "id" in one]
    assert twins, "plugins bring rules of one name; an id tells them apart"
    unclear = {name: value for name, value in twins[0].items() if name != "id"}
    assert "More than one rule is meant by" in refusal(machine, "rules", unclear)
    kept = machine.type("rules", "delete", str(name))
    assert (kept.code, "Switch it off instead." in kept.stderr) == (1, True)


def test_a_trial_says_what_would_be_done_and_does_nothing(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(AWAY | {"name": "Only tried"}), encoding="utf-8")
    tried = machine.type("rules", "apply", str(file), "--dry-run")
    assert tried.stdout.strip() == "Only tried: would be created"
    assert machine.rows("rules", "list", "--words", "Only tried") == []
    assert machine.type("rules", "apply", str(file)).stdout.strip() == "Only tried: created"
    assert machine.type("rules", "delete", "Only tried").code == 0


def test_a_window_comes_from_a_file(machine: Machine) -> None:
    night: dict[str, JsonValue] = {
        "name": "Night",
        "zone": "Europe/Berlin",
        "start": "2026-03-28T22:00",
        "duration_seconds": 3600,
        "rule": "FREQ=WEEKLY;BYDAY=SA",
        "matchers": [{"field": "server", "values": ["nas"]}],
    }
    assert apply(machine, "windows", night) == ["created"]
    assert apply(machine, "windows", *exported(machine, "windows")) == ["unchanged"]
    assert "coming" in machine.type("windows", "list").stdout
    assert apply(machine, "windows", {"name": "Night", "is_enabled": False}) == ["updated"]
    assert "off" in machine.type("windows", "list").stdout
    assert machine.type("windows", "delete", "Night").code == 0
    again = machine.type("windows", "delete", "Night", "--if-exists")
    assert again.stdout.strip() == "0 windows deleted."
    assert "There is no window 'Night'" in machine.type("windows", "delete", "Night").stderr


def test_what_a_plugin_watches_comes_from_a_file(machine: Machine) -> None:
    portal: dict[str, JsonValue] = {
        "name": "Portal",
        "plugin": "http_check",
        "server": "nas",
        "settings": {"url": "http://127.0.0.1:1/", "slow_seconds": 2},
        "is_enabled": False,
    }
    assert apply(machine, "plugin", portal) == ["created"]
    assert apply(machine, "plugin", portal) == ["unchanged"]
    [found] = exported(machine, "plugin", "Portal")
    assert found["server"] == "nas"
    settings: dict[str, JsonValue] = {"url": "http://127.0.0.1:2/"}
    assert apply(machine, "plugin", {"name": "Portal", "settings": settings}) == ["updated"]
    [left] = exported(machine, "plugin", "Portal")
    assert left["settings"] == {"url": "http://127.0.0.1:2/", "slow_seconds": 2}
    wrong = refusal(machine, "plugin", {"name": "Portal", "settings": {"hots": "nas"}})
    assert "settings.hots: " in wrong
    assert machine.type("plugin", "delete", "portal").code == 0
    assert machine.rows("plugin", "list") == []


def test_a_channel_takes_its_secrets_from_files_and_shows_them_nowhere(
    machine: Machine, tmp_path: Path
) -> None:
    file = tmp_path / "log.json"
    file.write_text(json.dumps(HOOK | {"secrets": {"url": {"file": "address"}}}), encoding="utf-8")
    shown = ""
    for number, outcome in ((1, "created"), (2, "updated")):
        address = f"https://192.0.2.{number}/sesame\n"
        (tmp_path / "address").write_text(address, encoding="utf-8")
        done = machine.type("notify", "channels", "apply", str(file))
        assert done.stdout == f"Log: {outcome}\n", done.stderr
        [row] = [row for row in machine.rows("notify", "channels") if row["name"] == "Log"]
        assert (row["secrets_set"], f"192.0.2.{number}" in str(row["hint"])) == (["url"], True)
        shown += done.stdout + str(row)
    [found] = exported(machine, "notify channels", "Log")
    assert found["secrets"] == {"url": {"ask": True}}, "asked for where there is none yet"
    assert apply(machine, "notify channels", found) == ["unchanged"]
    assert "sesame" not in shown + str(found)


def test_routes_refer_to_channels_templates_and_each_other_by_name(machine: Machine) -> None:
    assert apply(machine, "notify templates", {"name": "Short", "title": "{{ title }}"}) == [
        "created"
    ]
    first: dict[str, JsonValue] = HOOK | {"name": "Phone", "template": "Short"}
    first["secrets"] = {"url": "https://192.0.2.1/phone"}
    second: dict[str, JsonValue] = HOOK | {"name": "Mail", "fallback": "phone"}
    second["secrets"] = {"url": "https://192.0.2.1/mail"}
    apply(machine, "notify channels", first, second)
    [mail] = exported(machine, "notify channels", "Mail")
    assert (mail["fallback"], mail["template"]) == ("Phone", None)
    tree: list[dict[str, JsonValue]] = [
        {"name": "Rack", "match": {"groups": ["Rack 1"]}, "plan": {"channels": ["Mail"]}},
        {"name": "Rack at night", "parent": "Rack", "match": {"servers": ["nas"]}},
    ]
    assert apply(machine, "notify routes", *tree) == ["created", "created"]
    assert apply(machine, "notify routes", *tree) == ["unchanged", "unchanged"]
    rows = exported(machine, "notify routes", "Rack", "Rack at night")
    assert [row["parent"] for row in rows] == [None, "Rack"]
    assert apply(machine, "notify routes", *rows) == ["unchanged", "unchanged"]
    assert "Rack at night  Rack" in machine.type("notify", "routes").stdout
    used = machine.type("notify", "channels", "delete", "Mail")
    assert (used.code, "The route Rack tells Mail." in used.stderr) == (1, True)
    assert machine.type("notify", "routes", "delete", "Rack").code == 0
    assert "Rack at night" not in machine.type("notify", "routes").stdout
    machine.type("notify", "channels", "delete", "Mail", "Phone")
    machine.type("notify", "templates", "delete", "Short")


def test_a_secret_is_typed_at_a_terminal(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "typed.json"
    wish = HOOK | {"name": "Typed", "secrets": {"url": {"ask": True}}}
    file.write_text(json.dumps(wish), encoding="utf-8")
    blind = machine.type("notify", "channels", "apply", str(file))
    assert (blind.code, "secrets.url: there is no terminal" in blind.stderr) == (1, True)
    words = [sys.executable, "-c", START, "notify", "channels", "apply", str(file)]
    with subprocess.Popen(
        [sys.executable, "-c", IN_A_TERMINAL, *words],
        cwd=BACKEND,
        env=machine.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        # The space comes last: what is typed before it is thrown away.
        assert process.stdout.read(5) == b"url: "
        process.stdin.write(b"https://192.0.2.7/typed\n")
        process.stdin.flush()
        rest = process.stdout.read()
    assert b"Typed: created" in rest
    assert b"192.0.2.7" not in rest, "what is typed is not shown"
    [row] = [row for row in machine.rows("notify", "channels") if row["name"] == "Typed"]
    assert "192.0.2.7" in str(row["hint"])


@pytest.mark.parametrize(
    ("secrets", "why"),
    [
        ({"url": {"file": "nowhere"}}, "secrets.url: nowhere cannot be read: No such file"),
        ({"url": 7}, "secrets.url: it is neither a text, a file nor asked for."),
        ("sesame", "secrets: it is no object."),
        ({}, "secrets.url: "),
        ({"url": "https://192.0.2.1/", "tokn": "x"}, "secrets.tokn: "),
    ],
)
def test_a_secret_that_cannot_be_had_is_said_in_a_line(
    machine: Machine, secrets: JsonValue, why: str
) -> None:
    said = refusal(machine, "notify channels", HOOK | {"name": "Other", "secrets": secrets})
    assert "channel 'Other': " in said
    assert why in said
    assert [row for row in machine.rows("notify", "channels") if row["name"] == "Other"] == []


def test_a_program_gets_a_key_to_push_with(machine: Machine) -> None:
    apply(machine, "plugin", {"name": "Backup", "plugin": "push", "every_seconds": 3600})
    made = machine.type("plugin", "keys", "create", "Backup", "nas script")
    assert made.stdout.startswith("unitypush_")
    twice = machine.type("plugin", "keys", "create", "Backup", "nas script")
    assert (twice.code, "Say --replace" in twice.stderr) == (1, True)
    other = machine.told("plugin", "keys", "create", "Backup", "nas script", "--replace")
    assert made.stdout.strip() != other["text"]
    listed = machine.type("plugin", "keys", "list", "Backup").stdout
    assert (listed.count("nas script"), str(other["public_id"]) in listed) == (1, True)
    assert str(other["text"]) not in listed
    gone = machine.type("plugin", "keys", "revoke", "Backup", "nas script")
    assert gone.stdout.strip() == "nas script is revoked."
    assert machine.rows("plugin", "keys", "list", "Backup") == []
    machine.type("plugin", "delete", "Backup")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("text", "Standard input holds something else than objects."),
        ({"severity": "info"}, "The rule 1 has no name."),
        (AWAY | {"loud": True}, "rule 'Rack is away': loud: there is no such field."),
        (AWAY | {"severity": "bad"}, "rule 'Rack is away': severity: Input should be 'info'"),
        ({"name": "Empty"}, "rule 'Empty': definition: Field required."),
        (AWAY | {"scope": {"servers": ["nowhere"]}}, "There is no server 'nowhere'."),
        (AWAY | {"scope": {"groups": ["Rack 9"]}}, "There is no group 'Rack 9'."),
        (
            AWAY | {"definition": {"type": "absence", "metric": "gone", "after_seconds": 60}},
            "definition.metric: Nothing that is measured anywhere is called gone.",
        ),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused_in_a_line(
    machine: Machine, document: JsonValue, why: str
) -> None:
    said = refusal(machine, "rules", document)
    assert why in said
    assert "\n" not in said
    assert machine.rows("rules", "list", "--words", "Rack is away") == []


def test_nothing_is_sent_when_one_of_several_is_wrong(machine: Machine) -> None:
    said = refusal(machine, "rules", AWAY, AWAY | {"name": "Other", "for_seconds": -1})
    assert "rule 'Other': for_seconds: " in said
    assert "stands in it twice" in refusal(machine, "rules", AWAY, AWAY | {"name": "RACK is away"})
    assert machine.rows("rules", "list", "--words", "Rack is away") == []


def test_a_file_that_cannot_be_read_is_said_in_a_line(machine: Machine, tmp_path: Path) -> None:
    missing = machine.type("rules", "apply", str(tmp_path / "none.json"))
    assert (missing.code, "none.json cannot be read: No such file" in missing.stderr) == (1, True)
    (tmp_path / "half.json").write_text('{"name": ', encoding="utf-8")
    half = machine.type("rules", "apply", str(tmp_path / "half.json"))
    assert (half.code, "half.json is no JSON: Expecting value: line 1" in half.stderr) == (1, True)
    (tmp_path / "old.json").write_bytes(b'{"name": "K\xfcche"}')
    assert "is not UTF-8" in machine.type("rules", "apply", str(tmp_path / "old.json")).stderr


def test_what_standard_input_holds_wrongly_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = io.TextIOWrapper(io.BytesIO(b'{"name": "K\xfcche"}'), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", typed)
    with pytest.raises(InvalidInput, match="Standard input is not UTF-8"):
        read("-")
