"""Whatever an engine does not tell, its page says why: no number and no table is silently away."""

import ast
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path

import pytest

from app.models.infrastructure.database_instance import DatabaseKind
from app.ports.database_driver import Answer, Missing, Question, Row, Value
from app.services.infrastructure import databases
from app.services.infrastructure.databases.answers import Answers
from app.services.infrastructure.databases.figures import KINDS, Reading
from app.services.infrastructure.databases.rounds import ask_deep, ask_round, read_tables

Say = Callable[[str], Answer]


def columns() -> frozenset[str]:
    """Return all that the readers may ask a row for: every word that stands in them as a text."""
    return frozenset(
        node.value
        for path in Path(databases.__path__[0]).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.isidentifier()
    )


COLUMNS = columns()


def every_column(value: Value) -> Row:
    """Return a row that has every column, each with the same value."""
    return dict.fromkeys(COLUMNS, value)


class Talk:
    """A conversation in which every question is answered in one way."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.asked: list[str] = []

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question.key)
        return self._say(question.key)


def refuses(missing: Missing) -> Say:
    return lambda key: Answer(key, missing=missing, detail="as it was told to")


def rows(*found: Row) -> Say:
    return lambda key: Answer(key, rows=found)


WAYS: Mapping[str, Say] = {
    **{f"refuses: {one.value}": refuses(one) for one in Missing},
    "says nothing": Answer,
    "has no rows": rows(),
    "has only nulls": rows(every_column(None)),
    "writes words": rows(every_column("unknown")),
    "writes NaN": rows(every_column("NaN")),
    "counts beyond 2^64": rows(every_column(2**70)),
    "says zero": rows(every_column(0)),
    "says one": rows(every_column(1), every_column(1)),
    "writes no metrics": lambda key: Answer(key, text="<html>busy</html>"),
    "writes no document": lambda key: Answer(key, text="{"),
}


def unexplained(reading: Reading) -> list[str]:
    """Return the numbers that are away without a word."""
    return [one.key for one in reading.figures if one.value is None and len(one.why) < 5]


async def readings(kind: DatabaseKind, say: Say) -> list[Reading]:
    """Return what a round and a deep round read in one way of answering."""
    deep = await ask_deep(kind, Talk(say))
    found = [await ask_round(kind, Talk(say)), *([deep] if deep is not None else [])]
    if kind is DatabaseKind.POSTGRESQL:
        found.append(read_tables([Answers([say("tables")])]))
    return found


@pytest.mark.parametrize(("kind", "way"), list(product(DatabaseKind, WAYS)), ids=str)
async def test_no_number_is_away_without_a_reason(kind: DatabaseKind, way: str) -> None:
    for reading in await readings(kind, WAYS[way]):
        assert unexplained(reading) == []
        assert {one.key for one in reading.figures} <= set(KINDS)


@pytest.mark.parametrize("kind", DatabaseKind)
async def test_one_question_that_fails_is_named_by_what_hangs_on_it(kind: DatabaseKind) -> None:
    talk = Talk(Answer)
    await ask_round(kind, talk)
    for lost in talk.asked:

        def say(key: str, lost: str = lost) -> Answer:
            return refuses(Missing.NO_RIGHT)(key) if key == lost else rows(every_column(1))(key)

        for reading in await readings(kind, say):
            assert unexplained(reading) == [], lost


@pytest.mark.parametrize("kind", DatabaseKind)
async def test_no_number_comes_and_goes_with_the_answers(kind: DatabaseKind) -> None:
    """A number that is left out when nothing came of it would vanish from the page."""
    seen = {
        way: {one.key for one in (await ask_round(kind, Talk(say))).figures}
        for way, say in WAYS.items()
    }
    every = set().union(*seen.values())
    assert {way: every - keys for way, keys in seen.items() if every - keys} == {}
