"""`unity plugin`: what `new` writes passes `check` and runs; what is wrong is said in a line."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result
from unity_plugin.testing import contract

from app.cli.plugin import cli
from app.kernel.errors import InvalidInput

BAD = Path(__file__).parents[1] / "adapters" / "bad_plugins"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def refusal(*words: str) -> str:
    error = run(*words).exception
    assert isinstance(error, InvalidInput), error
    return f"{error.detail} {error.fix}"


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/status" else 500)
        self.end_headers()
        self.wfile.write(b"well")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Stay silent."""


@pytest.fixture
def peer() -> Iterator[str]:
    """Return the address of a real web server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_what_new_writes_is_checked_and_runs(tmp_path: Path, peer: str) -> None:
    assert run("new", "nas_status", "--folder", str(tmp_path)).exit_code == 0
    file = str(tmp_path / "nas_status.py")
    checked = run("check", file)
    assert checked.exit_code == 0, checked.exception
    assert "NasStatus 0.1.0" in checked.output
    ran = run("run", file, "--set", f"url={peer}/status")
    assert ran.exit_code == 0, ran.exception
    assert "nas_status_answer_seconds" in ran.output
    assert "status 500" in refusal("run", file, "--set", f"url={peer}/other")
    assert "exists already" in refusal("new", "nas_status", "--folder", str(tmp_path))
    outcome = asyncio.run(contract(file, {"url": f"{peer}/status"}))
    assert outcome.report.facts[0].value == 200


def test_a_claim_that_is_not_so_is_refused(tmp_path: Path) -> None:
    run("new", "liar", "--folder", str(tmp_path))
    file = tmp_path / "liar.py"
    source = file.read_text(encoding="utf-8").replace(
        "from unity_plugin import (", "import socket\nfrom unity_plugin import ("
    )
    source = source.replace('unit="s")', 'unit="")').replace('"described": DONE', '"best": DONE')
    file.write_text(source, encoding="utf-8")
    said = refusal("check", str(file))
    assert all(rule in said for rule in ("metric-units", "allowed-network", "best"))


def test_what_cannot_be_used_is_said_in_a_line() -> None:
    assert "library that I need" in refusal("check", str(BAD / "raises.py"))
    assert "No plugin nothing_here" in refusal("check", "nothing_here")
    assert "no name of a plugin" in refusal("new", "Odd Name")
    assert "no tier" in refusal("check", str(BAD / "well.py"), "--at-least", "wood")
    assert "no field hots" in refusal("run", str(BAD / "well.py"), "--set", "hots=nas")


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNITY_PLUGIN_PASSWORD", "hunter22")
    ran = run("run", str(BAD / "well.py"), "--set", "host=nas", "--set", "level=5")
    assert ran.exit_code == 0, ran.exception
    assert "The level is 5 %." in ran.output
    assert "hunter22" not in ran.output
