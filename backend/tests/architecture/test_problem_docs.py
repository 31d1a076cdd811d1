"""Every problem that Unity can answer with has its section in docs/problems.md, and no other."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import app
from app.kernel.errors import UnityError
from app.routers.problems import kebab

PAGE = Path(__file__).parents[3] / "docs" / "problems.md"
# The command line's own; no server answers with them. The last is what a crash is called.
ELSEWHERE = {"no-server", "refused", "unity-error"}
FROM_HTTP = {"internal-error", "overtaken", "not-found", "method-not-allowed", "content-too-large"}


def kinds(error: type[UnityError] = UnityError) -> Iterator[str]:
    """Yield the kinds of problems below an error, and its own."""
    yield kebab(error.__name__)
    for below in error.__subclasses__():
        if below.__module__.startswith("app."):
            yield from kinds(below)


def sections() -> dict[str, str]:
    """Return the page's sections by their heading."""
    _, *parts = re.split(r"^### (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_problem_has_its_section_and_none_is_left_over() -> None:
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)
    assert set(sections()) == (set(kinds()) | FROM_HTTP) - ELSEWHERE


def test_every_section_says_what_to_do() -> None:
    short = {name for name, text in sections().items() if len(text.split()) < 8}
    assert not short
