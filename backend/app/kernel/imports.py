"""What an import costs, kept out of the start."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


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
