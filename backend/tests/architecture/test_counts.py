"""How much there is of each thing, and that the page calls every operation or a list says why not.

The calls are read from the page's sources: `api.GET('/api/…')` and the like, which `openapi-fetch`
types by the same document, so that a path that is not in it would not compile.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from app.main import create_app
from app.models.base import Base

ROOT: Final = Path(__file__).resolve().parents[3]
APP: Final = ROOT / "backend" / "app"
PAGE: Final = ROOT / "frontend" / "src"
API_ONLY: Final = ROOT / "docs" / "api-only.yaml"

METHODS: Final = {"get", "put", "post", "delete", "patch"}
CALL: Final = re.compile(r"\bapi\s*\.\s*(GET|PUT|POST|DELETE|PATCH)\s*\(\s*'([^']+)'")
ANY_CALL: Final = re.compile(r"\bapi\s*\.\s*(?:GET|PUT|POST|DELETE|PATCH)\b")
# What no typed client can call: the event stream, and the password asked in the middle of a call.
BY_HAND: Final = {
    ("get", "/api/live"): "api/live.ts",
    ("post", "/api/auth/step-up"): "api/fetch.ts",
}
NO_SERVICES: Final = ("Error", "Enum", "StrEnum", "Protocol", "NamedTuple", "TypedDict")


def operations() -> dict[tuple[str, str], dict[str, object]]:
    """Return every operation of the document by method and path."""
    paths = create_app().openapi()["paths"]
    return {
        (method, path): operation
        for path, item in paths.items()
        for method, operation in item.items()
        if method in METHODS
    }


def page_sources() -> Iterator[tuple[str, str]]:
    """Yield name and text of what ships to the browser: no tests, no generated types."""
    for path in sorted(PAGE.rglob("*.ts*")):
        name = path.relative_to(PAGE).as_posix()
        if ".test." not in name and not name.startswith("testing/") and name != "api/schema.d.ts":
            yield name, path.read_text(encoding="utf-8")


def called() -> set[tuple[str, str]]:
    """Return method and path of every call that the page makes."""
    return {
        (method.lower(), path) for _, text in page_sources() for method, path in CALL.findall(text)
    } | set(BY_HAND)


def api_only() -> dict[str, str]:
    """Return the operations that the page does not call, each with its reason."""
    table = yaml.safe_load(API_ONLY.read_text(encoding="utf-8"))
    assert isinstance(table, dict)
    return {str(name): str(reason) for name, reason in table.items()}


def test_every_call_of_the_page_can_be_read() -> None:
    unread = {
        name: len(ANY_CALL.findall(text)) - len(CALL.findall(text)) for name, text in page_sources()
    }
    assert not {name: count for name, count in unread.items() if count}
    texts = dict(page_sources())
    for (_, path), name in BY_HAND.items():
        assert f"${{basePath}}{path}" in texts[name]


def test_the_page_calls_only_what_there_is() -> None:
    assert called() <= set(operations())


def test_every_operation_is_called_by_the_page_or_says_why_not() -> None:
    calls, excused = called(), api_only()
    known = {str(operation["operationId"]): key for key, operation in operations().items()}
    assert not excused.keys() - known.keys(), "docs/api-only.yaml names operations that are gone"
    assert not {name for name in excused if known[name] in calls}, "the page calls these"
    missing = {name for name, key in known.items() if key not in calls and name not in excused}
    assert not missing, f"call these in frontend/src or list them in {API_ONLY.name}: {missing}"


def test_every_excuse_is_a_sentence() -> None:
    for name, reason in api_only().items():
        assert re.fullmatch(r"[A-Z].{15,}\.", reason, re.DOTALL), f"{name}: {reason!r}"


def _service_classes() -> Iterator[str]:
    for path in sorted((APP / "services").rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and _is_service(node):
                yield node.name


def _is_service(node: ast.ClassDef) -> bool:
    """A class with a constructor of its own: no shape, no error, no set of names."""
    has_constructor = any(
        isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body
    )
    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    is_shape = any(base.endswith(NO_SERVICES) for base in bases)
    return has_constructor and not is_shape and not node.name.startswith("_")


def _job_types() -> int:
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "JobType"
        for path in (APP / "schedulers").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def test_the_counts_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    known = operations()
    counts = {
        "models": len(Base.registry.mappers),
        "tables": len(Base.metadata.tables),
        "services": len(list(_service_classes())),
        "operations": len(known),
        "tags": len({str(tag) for each in known.values() for tag in _tags(each)}),
        "jobs": _job_types(),
    }
    with capsys.disabled():
        print(  # noqa: T201 - the counts are for the one who reads the run
            "\n" + ", ".join(f"{count} {name}" for name, count in counts.items())
        )
    assert all(counts.values())


def _tags(operation: dict[str, object]) -> list[object]:
    tags = operation.get("tags", [])
    assert isinstance(tags, list)
    return tags
