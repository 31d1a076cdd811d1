"""What an import costs, kept out of the start, and what it made out of every later round."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_YOUNG = 10_000  # objects that may be made, and not be freed, before the collector looks


@contextmanager
def hidden(name: str) -> Iterator[None]:
    """Let a library that another one would take if it were there seem to be missing."""
    if name in sys.modules:
        yield
        return
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment] # None: missing
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """Import without rounds of the garbage collector: what is made here stays to the end.

    They took a sixth of the time. Afterwards it is frozen, so that later rounds do not walk it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def settle() -> None:
    """Leave what the start made out of the garbage collector's rounds: it stays to the end.

    Walking it took 180 ms of each full round, and a long list brings on a round in every seventh
    request (Python's `gc.freeze`). What is made afterwards mostly dies without the collector, so
    the rounds over the young come more seldom: at 700 objects, Python 3.11's own, they took a tenth
    of a cycle's CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG)
