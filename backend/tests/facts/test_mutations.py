"""Whatever becomes of an answer on its way, a reader gives a value or says what is wrong."""

import os
import random
from dataclasses import replace

import pytest
from pydantic import BaseModel

from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, read
from app.services.infrastructure.facts.table import FACTS
from tests.facts.corpus import cases

_MUTATIONS = int(os.environ.get("N", "1000"))
_HUGE = ("9" * 30, "9" * 5000, "-1", "1e400", "nan", "inf", "0x10", "١٢", "\0", "", " ", ":", "/")


def _mutate(text: str, dice: random.Random) -> str:
    match dice.randrange(6):
        case 0:
            return text[: dice.randrange(len(text) + 1)]
        case 1:
            lines = text.splitlines(keepends=True)
            dice.shuffle(lines)
            return "".join(lines)
        case 2:
            at = dice.randrange(len(text) + 1)
            noise = dice.randbytes(dice.randrange(1, 12)).decode(errors="replace")
            return text[:at] + noise + text[at + dice.randrange(12) :]
        case 3:
            words = text.split(" ")
            words[dice.randrange(len(words))] = dice.choice(_HUGE)
            return " ".join(words)
        case 4:
            at = dice.randrange(len(text) + 1)
            return text[at:]
        case _:
            for _ in range(dice.randrange(1, 20)):
                at = dice.randrange(len(text) + 1)
                text = text[:at] + chr(dice.randrange(0x250)) + text[at + 1 :]
            return text


def _mutated(result: CommandResult, dice: random.Random) -> CommandResult:
    outcome = dice.choice((*[result.outcome] * 6, *Outcome))
    status = dice.choice((*[result.exit_status] * 6, None, 0, 1, 127))
    stderr = dice.choice((result.stderr, _mutate(result.stderr, dice)))
    stdout = _mutate(result.stdout, dice)
    return replace(result, outcome=outcome, exit_status=status, stdout=stdout, stderr=stderr)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_no_mutation_of_an_answer_breaks_its_reader(fact: Fact[BaseModel]) -> None:
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
    print("SEED", seed)  # noqa: T201 - shown by pytest when the test fails
    dice = random.Random(seed)  # noqa: S311 - repeatable dice, no secret
    known = [case.results for case in cases() if case.fact is fact]
    for _ in range(_MUTATIONS):
        results = tuple(_mutated(result, dice) for result in dice.choice(known))
        value = read(fact, results).value
        if value is not None:
            value.model_dump_json()
            for sample in fact.samples(value):
                float(sample.value)
