"""`unity ask` as it is typed, with a real Unity and a real server of models."""

from pathlib import Path

from typer.testing import CliRunner

from app.cli.client import Client
from app.kernel.errors import JsonValue
from tests.cli.test_commands import served
from tests.parts.ai_server import ModelServer


def test_a_question_is_answered_or_refused_in_words(tmp_path: Path, models: ModelServer) -> None:
    with served(tmp_path / "data") as machine:
        refused = machine.type("ask", "What is wrong?")
        assert refused.code == 1
        assert "AI is switched off" in refused.stderr
        wish: dict[str, JsonValue] = {
            "is_enabled": True,
            "model": "script",
            "base_url": models.url,
        }
        with CliRunner().isolation(env=machine.settings):
            Client().put("/api/assistant/settings", wish)
        answer = {"answer": "Nothing, see [x](server-9)."}
        models.says({"calls": [["find_servers", {}]]}, {"calls": [["give_answer", answer]]})
        done = machine.type("ask", "What is wrong?")
        assert (done.code, done.stdout) == (0, "Nothing, see x.\n")
        assert "Looking for servers" in done.stderr
        models.says({"text": "no"}, {"text": "no"}, {"text": "no"})
        refused = machine.type("ask", "What is wrong?")
        assert refused.code == 1
        assert "did not keep to the form" in refused.stderr
