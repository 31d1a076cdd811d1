"""`unity user` and `unity audit`, on a database without a server."""

import asyncio
import json
import shutil
import sqlite3
import uuid
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from app import bootstrap
from app.cli import audit, user
from app.kernel import config
from app.kernel.clock import SystemClock
from app.kernel.errors import InvalidInput, UnityError
from app.models.core.user import User
from app.services.core.entrance import Keys
from app.services.core.own_second_factor import OwnSecondFactor
from app.services.core.permissions import system


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder that the commands use."""
    shutil.copy(sqlite_template, tmp_path / "unity.db")
    monkeypatch.setenv("UNITY_DATA", str(tmp_path))
    return tmp_path


def run(*words: str, typed: str = "four words and more\n") -> Result:
    """Run `unity user …`; refusals are raised."""
    return CliRunner().invoke(user.cli, [*words], input=typed, catch_exceptions=False)


def add_alice() -> None:
    """Make a first admin."""
    assert run("create", "alice", "--role", "admin", "--password-stdin").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_a_user_is_made_listed_and_given_a_new_password() -> None:
    add_alice()
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["name"], row["role"]) == ("alice", "admin")
    answer = run("reset-password", "alice", "--password-stdin", typed="another four words\n")
    assert "all sessions have ended" in answer.stdout
    with pytest.raises(UnityError, match="no user zoe"):
        run("reset-password", "zoe", "--password-stdin")
    with pytest.raises(InvalidInput):
        run("create", "x" * 61, "--password-stdin")
    with pytest.raises(InvalidInput, match="12 are needed"):
        run("create", "bob", "--password-stdin", typed="short\n")


async def _set_up_second_factor(folder: Path) -> None:
    """Enrol alice with a code of an app, as the page does."""
    clock = SystemClock()
    settings = config.load({"UNITY_DATA": str(folder)})
    database, vault = await bootstrap.open_database(settings)
    try:
        factor = OwnSecondFactor(Keys(database, clock, vault, settings.session, settings.login))
        async with database.snapshot() as session:
            alice = (await session.scalars(select(User))).one()
        actor = replace(system("test"), user_id=alice.id, session_id=uuid.uuid4())
        begun = await factor.begin(actor)
        await factor.confirm(actor, pyotp.TOTP(begun.secret).now())
    finally:
        await database.dispose()


def test_a_lost_second_factor_is_taken_away(folder: Path) -> None:
    add_alice()
    asyncio.run(_set_up_second_factor(folder))
    assert json.loads(run("list", "--json").stdout)[0]["has_second_factor"] is True
    answer = run("reset-second-factor", "alice")
    assert "has no second factor any more; all sessions have ended" in answer.stdout
    assert json.loads(run("list", "--json").stdout)[0]["has_second_factor"] is False
    with sqlite3.connect(folder / "unity.db") as connection:
        left = connection.execute("SELECT count(*) FROM recovery_code").fetchone()
        last = connection.execute("SELECT action FROM audit_entry ORDER BY seq DESC").fetchone()
    connection.close()
    assert (left, last) == ((0,), ("second_factor.reset",))
    with pytest.raises(UnityError, match="no second factor"):
        run("reset-second-factor", "alice")
    with pytest.raises(UnityError, match="no user zoe"):
        run("reset-second-factor", "zoe")


def test_a_setup_token_is_printed_until_a_user_exists(folder: Path) -> None:
    token = run("setup-token").stdout.strip().splitlines()[-1]
    assert len(token) == 43
    assert all(token.encode() not in path.read_bytes() for path in folder.glob("unity.db*"))
    add_alice()
    with pytest.raises(UnityError, match="closed for good"):
        run("setup-token")


def test_audit_verify_finds_what_was_changed_behind_its_back(folder: Path) -> None:
    add_alice()
    whole = CliRunner().invoke(audit.cli, ["verify", "--json"], catch_exceptions=False)
    report = json.loads(whole.stdout)
    assert (whole.exit_code, report["is_intact"], report["entries"]) == (0, True, 1)
    with sqlite3.connect(folder / "unity.db") as connection:
        connection.execute("UPDATE audit_entry SET entry = replace(entry, 'alice', 'mallo')")
    connection.close()
    noted = f"{report['last_seq']}:{report['last_hash']}"
    broken = CliRunner().invoke(audit.cli, ["verify", "--noted", noted], catch_exceptions=False)
    assert broken.exit_code == 2
    assert "entry 1: The entry was changed" in broken.stdout
    with pytest.raises(InvalidInput, match="SEQ:HASH"):
        CliRunner().invoke(audit.cli, ["verify", "--noted", "x"], catch_exceptions=False)
