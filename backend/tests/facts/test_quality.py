"""What quality.yaml claims of each fact is true."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import yaml
from pydantic import BaseModel

from app.services.core.facts import Fact
from app.services.infrastructure.facts import table
from app.services.infrastructure.facts.table import FACTS
from tests.facts.corpus import Case, cases
from tests.facts.docs import PAGE, page

_CLAIMS = cast(
    "dict[str, dict[str, str | dict[str, str]]]",
    yaml.safe_load((Path(table.__file__).parent / "quality.yaml").read_text()),
)


def _of(fact: Fact[BaseModel]) -> list[Case]:
    return [case for case in cases() if case.fact is fact]


def _systems(fact: Fact[BaseModel]) -> bool:
    """A recording of a machine that has no such thing proves nothing of the reader."""
    return sum(not case.is_made and case.trouble is None for case in _of(fact)) >= 3


def _absent(fact: Fact[BaseModel]) -> bool:
    return any(case.trouble == "absent" for case in _of(fact))


def _garbage(fact: Fact[BaseModel]) -> bool:
    return any(case.trouble == "unparsable" for case in _of(fact))


def _time_out(fact: Fact[BaseModel]) -> bool:
    return all(command.instant or 0 < command.seconds <= 60 for command in fact.commands)


def _docs(fact: Fact[BaseModel]) -> bool:
    return f"(`{fact.name}`, {fact.rate})" in PAGE.read_text()


_RULES: dict[str, Callable[[Fact[BaseModel]], bool]] = {
    "systems": _systems,
    "absent": _absent,
    "garbage": _garbage,
    "time_out": _time_out,
    "docs": _docs,
}


def test_every_fact_claims_every_rule() -> None:
    assert {name: set(claims) for name, claims in _CLAIMS.items()} == {
        fact.name: set(_RULES) for fact in FACTS
    }


@pytest.mark.parametrize("rule", _RULES)
@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_claim_is_true_or_exempt_with_a_reason(fact: Fact[BaseModel], rule: str) -> None:
    claim = _CLAIMS[fact.name][rule]
    if claim == "done":
        assert _RULES[rule](fact)
    else:
        assert isinstance(claim, dict)
        assert claim["exempt"].strip()
        assert not _RULES[rule](fact), "The exemption is no longer needed."


def test_the_page_of_the_facts_is_fresh() -> None:
    assert PAGE.read_text() == page(), "Run `python -m tests.facts.docs` in backend/."


def test_every_recording_belongs_to_a_fact_and_names_its_source() -> None:
    known = {case.path for case in cases()}
    assert set((Path(__file__).parent).glob("*/*.yaml")) == known
    assert all(case.source for case in cases())


def test_a_recording_asks_what_the_fact_asks_today() -> None:
    for case in cases():
        asked = tuple(command.argv for command in case.fact.commands)
        assert tuple(result.argv for result in case.results) == asked, case.path
