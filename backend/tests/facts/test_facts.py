"""Every recording is read as it says, and whatever a machine answers, reading never fails."""

import json

import pytest
from pydantic import BaseModel

from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, Trouble, read
from app.services.infrastructure.facts.table import FACTS
from tests.facts.corpus import Case, cases

# node_exporter calls it so, without the ending that counters have.
_COUNTERS = frozenset({"node_vmstat_oom_kill"})
_BY_NAME = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.fact.name}-{case.path.stem}")
def test_a_recording_is_read_as_it_says(case: Case) -> None:
    reading = read(case.fact, case.results)
    if case.trouble is not None:
        assert reading.trouble == case.trouble
        assert reading.value is None
        assert reading.detail
    else:
        assert reading.value is not None, reading.detail
        assert json.loads(reading.value.model_dump_json()) == case.value


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.fact.name}-{case.path.stem}")
def test_samples_are_numbers_with_unique_labels(case: Case) -> None:
    value = read(case.fact, case.results).value
    samples = [] if value is None else case.fact.samples(value)
    keys = [(sample.metric, sample.labels) for sample in samples]
    assert len(keys) == len(set(keys))
    for sample in samples:
        is_counter = sample.metric.endswith("_total") or sample.metric in _COUNTERS
        assert sample.is_counter == is_counter
        assert all(text.isprintable() for _, text in sample.labels)


def _answers(fact: Fact[BaseModel], outcome: Outcome) -> tuple[CommandResult, ...]:
    return tuple(CommandResult(one.argv, outcome, None, "", "") for one in fact.commands)


@_BY_NAME
def test_a_machine_without_the_tool_is_told_from_all_else(fact: Fact[BaseModel]) -> None:
    assert read(fact, _answers(fact, Outcome.ABSENT)).trouble is Trouble.ABSENT


@_BY_NAME
def test_a_refusal_is_told_from_all_else(fact: Fact[BaseModel]) -> None:
    assert read(fact, _answers(fact, Outcome.REFUSED)).trouble is Trouble.NO_RIGHT


@_BY_NAME
def test_a_time_out_is_told_from_all_else(fact: Fact[BaseModel]) -> None:
    assert read(fact, _answers(fact, Outcome.TIMED_OUT)).trouble is Trouble.TIMED_OUT
