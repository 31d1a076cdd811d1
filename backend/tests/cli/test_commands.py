"""The commands against a running Unity: by its local socket, with a real sshd, as typed."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import root
from app.cli.client import Client
from app.kernel.errors import JsonValue, UnityError
from tests.parts.sshd import Account, Sshd, running_sshd

BACKEND = Path(__file__).parents[2]
START = "from app.cli import main; main()"
PASSWORD = "four words and more"
ADD_ALICE = ("user", "create", "alice", "--role", "admin", "--password-stdin")

pytestmark = pytest.mark.timeout(120)


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a command."""

    code: int
    stdout: str
    stderr: str


class Machine:
    """A machine with Unity on it, where commands are typed."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.settings = {
            "UNITY_DATA": str(data),
            "UNITY_SERVER__LISTEN": "127.0.0.1:0",
            "UNITY_LOG__LEVEL": "WARNING",
            "UNITY_COLLECT__ADD_LOCAL": "false",
            **(settings or {}),
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the process that serves."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("UNITY_")}
        return own | self.settings

    def type(self, *words: str, typed: str = "") -> Typed:
        """Type `unity …` in this process, which has loaded everything already."""
        done = CliRunner().invoke(root.build([*words]), [*words], input=typed, env=self.settings)
        if done.exception is None or isinstance(done.exception, SystemExit):
            return Typed(done.exit_code, done.stdout, done.stderr)
        if not isinstance(done.exception, UnityError):
            raise done.exception
        refusal = done.exception  # `main` prints it
        return Typed(1, done.stdout, f"{refusal} {refusal.fix}")

    def told(self, *words: str, typed: str = "") -> dict[str, object]:
        """Type it with `--json`, see it succeed, and return the document."""
        done = self.type(*words, "--json", typed=typed)
        assert done.code == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def rows(self, *words: str) -> list[dict[str, object]]:
        """Type a list with `--json`, and return its rows."""
        done = self.type(*words, "--json")
        assert done.code == 0, done.stderr
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found

    def post(self, path: str, body: Mapping[str, JsonValue]) -> None:
        """Ask the API for what has no command."""
        with CliRunner().isolation(env=self.settings):
            Client().post(path, dict(body))

    def wait(self, seconds: float) -> None:
        """Let the process that serves do its work."""
        time.sleep(seconds)  # noqa: TID251 - what is typed here blocks as well


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine on which Unity runs, with alice as its admin."""
    with served(tmp_path_factory.mktemp("cli") / "data") as machine:
        yield machine


@contextmanager
def served(data: Path, settings: Mapping[str, str] | None = None) -> Iterator[Machine]:
    """Serve on a new data folder, with alice as its admin, for the length of the block."""
    machine = Machine(data, settings)
    # As typed: only the program itself decides what its files are open to.
    subprocess.run(
        [sys.executable, "-c", START, *ADD_ALICE],
        cwd=BACKEND,
        env=machine.environment,
        input=PASSWORD,
        text=True,
        capture_output=True,
        check=True,
    )
    with subprocess.Popen(
        [sys.executable, "-c", START, "serve"],
        cwd=BACKEND,
        env=machine.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            asyncio.run(_until_there(machine.data / "unity.sock"))
            yield machine
        finally:
            process.terminate()


async def _until_there(socket: Path) -> None:
    async with asyncio.timeout(100):
        while True:
            try:
                _, writer = await asyncio.open_unix_connection(str(socket))
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


def test_what_unity_writes_is_nobody_elses_business(machine: Machine) -> None:
    for path in (machine.data / "unity.db", machine.data / "unity.sock", machine.data / "keys"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.needs("sshd", "root")
def test_a_server_is_added_listed_shown_and_collected(
    machine: Machine, sshd_beside: Sshd, account: Account
) -> None:
    where = ("--host", "127.0.0.1", "--port", str(sshd_beside.port), "--user", account.name)
    words = ("server", "add", "box", *where, "--password-stdin")
    wrong = machine.type(*words, "--fingerprint", "SHA256:other", typed=account.password)
    assert wrong.code != 0
    assert "Nothing was sent" in wrong.stderr
    right = ("--fingerprint", sshd_beside.host_key.fingerprint)
    added = machine.told(*words, *right, typed=f"{account.password}\n")
    assert isinstance(added["server"], dict)
    assert added["server"]["status"] in {"online", "degraded"}
    again = machine.type(*words, *right, typed=account.password)
    assert again.code == 1
    assert "already" in again.stderr
    assert "box" in machine.type("server", "list").stdout
    shown = machine.type("server", "show", "box").stdout
    assert "filesystems" in shown
    assert "Linux" in shown
    assert "box is" in machine.type("server", "collect", "box").stdout
    assert "See `unity server list`" in machine.type("server", "show", "nobox").stderr


@pytest.fixture
def sshd_beside(tmp_path: Path) -> Iterator[Sshd]:
    """Return an sshd that runs while a plain test talks to other processes."""
    with asyncio.Runner() as runner:
        context = running_sshd(tmp_path / "sshd")
        yield runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


def test_a_token_is_made_listed_and_revoked(machine: Machine) -> None:
    nobody = machine.type("token", "create", "grafana", "--scope", "metrics:read")
    assert (nobody.code, "Name the owner" in nobody.stderr) == (1, True)
    made = machine.told("token", "create", "grafana", "--scope", "metrics:read", "--owner", "alice")
    assert str(made["token"]).startswith("unity_")
    listed = machine.type("token", "list").stdout
    assert "grafana" in listed
    assert str(made["token"]) not in listed
    assert machine.type("token", "revoke", str(made["id"])).code == 0
    assert "No tokens yet" in machine.type("token", "list").stdout


def test_a_job_is_run_shown_paused_and_resumed(machine: Machine) -> None:
    run = machine.told("jobs", "run", "core.history")
    assert run["state"] == "succeeded"
    assert "core.history: succeeded" in machine.type("jobs", "show", str(run["id"])).stdout
    assert machine.told("jobs", "pause", "core.history")["is_paused"] is True
    assert "core.history" in machine.type("jobs", "schedules").stdout
    assert machine.told("jobs", "resume", "core.history")["is_paused"] is False
    ended = machine.type("jobs", "cancel", str(run["id"]))
    assert (ended.code, "ended already" in ended.stderr) == (1, True)


def test_the_audit_log_holds_what_was_typed(machine: Machine) -> None:
    assert machine.told("audit", "verify")["is_intact"] is True


def test_the_audit_log_is_searched_and_taken_away(machine: Machine) -> None:
    found = machine.type("audit", "search", "--text", "alice", "--action", "user.")
    assert found.code == 0, found.stderr
    assert "user.created" in found.stdout
    rows = json.loads(machine.type("audit", "search", "--limit", "1", "--json").stdout)
    assert len(rows) == 1
    assert "No entry is like that" in machine.type("audit", "search", "--text", "nowhere").stdout
    wrong = machine.type("audit", "search", "--result", "perhaps")
    assert (wrong.code, "result" in wrong.stderr) == (1, True)
    lines = machine.type("audit", "export", "--action", "user.").stdout.splitlines()
    assert [json.loads(line)["object_name"] for line in lines] == ["alice"]
    table = machine.type("audit", "export", "--format", "csv", "--actor", "command line").stdout
    assert table.startswith("seq,at,actor_kind")
    assert "user.created" in table
    last = json.loads(machine.type("audit", "search", "--limit", "1", "--json").stdout)
    assert last[0]["action"] == "audit.exported"
