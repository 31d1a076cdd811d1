"""The time that a reader takes grows with the length of the answer, and no faster."""

import pytest

from tests.fuzz.grown import SIZE, long_answers, seconds_of
from tests.fuzz.parsers import targets

_TARGETS = targets()
# Ten times what a reader may take, so that a busy machine does not decide: a reader
# that compares each line with every other takes seconds. `make fuzz` holds the bar for noise.
_SECONDS = 1.0


@pytest.mark.parametrize("name", sorted(_TARGETS))
def test_no_long_answer_takes_long_to_read(name: str) -> None:
    target = _TARGETS[name]
    for what, text in long_answers(target):
        assert seconds_of(target, text) * SIZE / len(text) < _SECONDS, what
