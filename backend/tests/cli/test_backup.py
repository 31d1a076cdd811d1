"""`unity backup` as typed: what it tells, what it refuses, and with which exit code."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import root
from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.errors import UnityError
from tests.services.core.backup import house

PASSPHRASE = "correct horse battery"
pytestmark = pytest.mark.timeout(120)


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a command."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Where the commands are typed."""

    data: Path

    def type(self, *words: str, typed: str = f"{PASSPHRASE}\n") -> Typed:
        all_words = ["backup", *words]
        done = CliRunner().invoke(
            root.build(all_words), all_words, input=typed, env={"UNITY_DATA": str(self.data)}
        )
        if done.exception is None or isinstance(done.exception, SystemExit):
            return Typed(done.exit_code, done.stdout, done.stderr)
        if not isinstance(done.exception, UnityError):
            raise done.exception
        refusal = done.exception  # `main` prints it
        return Typed(1, done.stdout, f"{refusal} {refusal.fix}")


@pytest.fixture
async def shell(sqlite_template: Path, tmp_path: Path, vault: Vault, clock: ManualClock) -> Shell:
    """Return a machine with a furnished database."""
    home = house.machine(tmp_path / "home")
    (home.data / "unity.db").write_bytes(sqlite_template.read_bytes())  # noqa: ASYNC240 - a small file
    await house.furnish(home.url, vault, clock)
    return Shell(home.data)


FROM_STDIN = ("--passphrase-file", "-")


def test_from_create_to_restore_and_every_refusal(shell: Shell, tmp_path: Path) -> None:
    target = str(tmp_path / "unity.unitybackup")
    made = shell.type("create", target, *FROM_STDIN)
    assert (made.code, "Only the passphrase opens it" in made.stdout) == (0, True), made
    assert PASSPHRASE not in made.stdout + made.stderr
    again = shell.type("create", target, *FROM_STDIN)
    assert (again.code, "exists already" in again.stderr) == (1, True)

    whole = shell.type("verify", target, *FROM_STDIN)
    assert (whole.code, "Its root key opens its secrets" in whole.stdout) == (0, True)
    wrong = shell.type("verify", target, *FROM_STDIN, typed="another passphrase\n")
    assert (wrong.code, "does not open" in wrong.stderr) == (1, True)
    green = shell.type("drill", target, *FROM_STDIN)
    assert (green.code, "Green" in green.stdout) == (0, True), green.stdout

    refused = shell.type("restore", target, *FROM_STDIN)
    assert (refused.code, "holds data already" in refused.stderr) == (1, True)
    there = Shell(tmp_path / "there")
    restored = there.type("restore", target, *FROM_STDIN, "--json")
    assert restored.code == 0, restored.stderr
    hashes = json.loads(restored.stdout)["tables"]
    home = house.machine(shell.data).url
    assert hashes == {name: one.model_dump() for name, one in house.hashes(home).items()}
    assert (there.data / "keys" / "root.key").read_bytes() == (
        shell.data / "keys" / "root.key"
    ).read_bytes()


def test_a_red_drill_says_why_and_fails(shell: Shell, tmp_path: Path) -> None:
    target = tmp_path / "shared.unitybackup"
    shared = shell.type("create", str(target), "--without-key", *FROM_STDIN)
    assert (shared.code, "WITHOUT its root key" in shared.stdout) == (0, True)
    red = shell.type("drill", str(target), *FROM_STDIN)
    assert (red.code, "was made without its root key" in red.stdout) == (2, True)
    target.write_bytes(target.read_bytes()[:-5000])
    cut = shell.type("verify", str(target), *FROM_STDIN)
    assert (cut.code, "cut short" in cut.stderr) == (1, True)


def test_a_passphrase_is_never_an_argument_and_never_short(shell: Shell, tmp_path: Path) -> None:
    target = str(tmp_path / "x.unitybackup")
    bare = shell.type("create", target)
    assert (bare.code, "--passphrase-file" in bare.stderr) == (1, True)
    short = shell.type("create", target, *FROM_STDIN, typed="short\n")
    assert (short.code, "fewer than 12" in short.stderr) == (1, True)
    missing = shell.type("create", target, "--passphrase-file", str(tmp_path / "none"))
    assert (missing.code, "cannot be read" in missing.stderr) == (1, True)
    nowhere = shell.type("create", str(tmp_path / "no" / "x"), *FROM_STDIN)
    assert (nowhere.code, "There is no folder" in nowhere.stderr) == (1, True)
    assert not Path(target).exists()
    from_file = tmp_path / "passphrase"
    from_file.write_text(f"{PASSPHRASE}\n")
    assert shell.type("create", target, "--passphrase-file", str(from_file)).code == 0
    assert shell.type("verify", target, *FROM_STDIN).code == 0
