"""Restic repositories made and read by the real program."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.web_peer import Form
from unity_builtins.restic.repository import with_login

SOURCE = "unity_builtins.restic:Restic"
PASSWORD = "the-password-of-the-backups"

pytestmark = [pytest.mark.needs("restic"), pytest.mark.timeout(120)]


def restic(folder: Path, *argv: str) -> None:
    env = {
        "RESTIC_REPOSITORY": str(folder / "repository"),
        "RESTIC_PASSWORD": PASSWORD,
        "RESTIC_CACHE_DIR": str(folder / "cache"),
        "PATH": os.environ["PATH"],
    }
    subprocess.run(["restic", *argv], env=env, check=True, capture_output=True)


def form(folder: Path, **other: JsonValue) -> Form:
    return {"repository": str(folder / "repository"), "password": PASSWORD, **other}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "one").write_text("worth keeping")
    restic(tmp_path, "init")
    return tmp_path


def backup(folder: Path, host: str, at: datetime) -> None:
    when = at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    restic(folder, "backup", "--host", host, "--time", when, str(folder / "things"))


async def test_it_tells_the_age_of_each_set_and_checks_the_repository(folder: Path) -> None:
    now = datetime.now(UTC)
    backup(folder, "nas", now - timedelta(hours=50))
    backup(folder, "nas", now - timedelta(hours=2))
    backup(folder, "laptop", now - timedelta(hours=40))
    backup(folder, "retired", now - timedelta(days=100))
    before = sorted(path.name for path in (folder / "repository").rglob("*"))
    outcome = await contract(SOURCE, form(folder), now=now)
    report = outcome.report
    found = {(one.metric, one.labels.get("host", "")): one.value for one in report.samples}
    assert found["restic_snapshots", "nas"] == 2
    assert found["restic_newest_age_seconds", "nas"] == pytest.approx(7200, abs=2)
    assert found["restic_check_ok", ""] == 1
    assert found["restic_repository_bytes", ""] > 0
    assert [(one.alert, one.message) for one in report.conditions] == [
        ("old_backup", "The newest is 40 hours old; up to 26 are well.")
    ]
    assert report.conditions[0].subject == f"laptop ({folder}/things)"
    assert report.summary == "4 backups of 3 sets, the newest 2 hours old, sound"
    assert sum("was checked" in line.text for line in outcome.log) == 1
    assert sorted(path.name for path in (folder / "repository").rglob("*")) == before


async def test_a_damaged_repository_is_told_and_an_empty_one_too(folder: Path) -> None:
    async with loaded(SOURCE, form(folder, check_days=0)) as plugin:
        empty = await plugin.collect()
        backup(folder, "nas", datetime.now(UTC))
        for pack in (folder / "repository" / "data").rglob("*"):
            if pack.is_file():
                pack.unlink()
        plugin.values = form(folder, check_seconds=5)
        damaged = await plugin.collect()
    assert [one.alert for one in empty.conditions] == ["no_backup"]
    assert empty.unjudged == ["check_failed"]
    assert [one.alert for one in damaged.conditions] == ["check_failed"]
    assert "does not exist" in damaged.conditions[0].message
    assert damaged.summary.endswith("damaged")


async def test_each_way_to_fail_has_its_words(folder: Path) -> None:
    async with loaded(SOURCE) as plugin:
        plugin.values = {**form(folder), "password": "another password"}
        refused = await plugin.failure_of(Call.CHECK)
        plugin.values = {**form(folder), "repository": str(folder / "nowhere")}
        missing = await plugin.failure_of(Call.CHECK)
    assert (refused.kind, missing.kind) == ("login_refused", "misconfigured")
    assert "password" in refused.detail
    assert "no repository" in missing.detail
    assert missing.fix


def test_a_login_of_a_rest_server_stands_in_its_address_only() -> None:
    assert (
        with_login("rest:https://b.home/x/", "me", "p@ss/1")
        == "rest:https://me:p%40ss%2F1@b.home/x/"
    )
    assert with_login("/srv/backup", "me", "secret") == "/srv/backup"
