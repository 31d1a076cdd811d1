"""Whatever reads the words of a machine is fuzzed: a reader that no target calls is named here."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from app.ports.shell import Unreachable
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.table import FACTS
from tests.fuzz.parsers import ALLOWED, targets

APP = Path(__file__).parents[2] / "app"
FOLDERS = ("services/infrastructure", "adapters")
_TEXTS = {"text", "line", "lines", "output", "stdout", "said"}
# What takes a text that no machine has said.
_NOT_OF_MACHINES = {
    "services/infrastructure/import_ansible.py": "a person's file",
    "services/infrastructure/import_csv.py": "a person's file",
    "services/infrastructure/import_ssh_config.py": "a person's file",
    "services/infrastructure/reports/": "text that is written here",
    "services/infrastructure/standing.py": "a column of our own",
    "services/infrastructure/summary.py": "a column of our own",
    "adapters/notify/": "text that is written here",
    "adapters/ai/": "held by the contract of its port, with a server that lies",
}
Place = tuple[str, str]


def readers() -> Iterator[Place]:
    """Yield each function that is given the answer of a command, or its text."""
    for folder in FOLDERS:
        for path in sorted((APP / folder).rglob("*.py")):
            name = str(path.relative_to(APP))
            if any(name.startswith(one) for one in _NOT_OF_MACHINES):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and _is_reader(node):
                    yield name, node.name


def _is_reader(node: ast.FunctionDef) -> bool:
    if node.name.startswith("_"):
        return False  # called by one that is not
    for one in (*node.args.posonlyargs, *node.args.args):
        kind = ast.unparse(one.annotation) if one.annotation is not None else ""
        if "CommandResult" in kind or (one.arg in _TEXTS and kind in ("str", "list[str]")):
            return True
    return False


def called() -> set[Place]:
    """Return what the targets call when they are given what they begin from."""
    found: set[Place] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(APP)):
            name = str(Path(frame.f_code.co_filename).relative_to(APP))
            found.add((name, frame.f_code.co_name))

    known = targets().values()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for target in known:
            for seed in target.seeds:
                try:
                    target.parse(seed)
                except ALLOWED:
                    continue
    finally:
        sys.setprofile(before)
    return found


def test_every_reader_of_machine_output_is_fuzzed() -> None:
    wanted = set(readers())
    assert len(wanted) > 60, "the search itself has to find them"
    missing = sorted(wanted - called())
    assert missing == [], "add a target to tests/fuzz/parsers.py, or a seed that reaches it"


def test_every_fact_is_fuzzed_with_a_recorded_answer() -> None:
    known = targets()
    for fact in FACTS:
        assert fact.name in known, fact.name
        assert any(known[fact.name].seeds), f"{fact.name} has no recording to begin from"


def test_what_a_reader_may_raise_is_no_fault_of_the_program() -> None:
    assert Unparsable in ALLOWED
    assert not any(issubclass(ValueError, one) or issubclass(Unreachable, one) for one in ALLOWED)


def test_what_is_left_out_still_exists() -> None:
    for name, reason in _NOT_OF_MACHINES.items():
        assert (APP / name).exists(), name
        assert reason
