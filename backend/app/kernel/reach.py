"""How far the running request reaches: everywhere, or the resources of some groups only.

The guard of an endpoint sets it, and every session that is opened meanwhile obeys it
(`kernel/narrowing.py`), so that no query has to remember it. Jobs and the command line reach
everywhere.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """The groups whose resources count."""

    groups: frozenset[uuid.UUID]


# None is everywhere.
current: ContextVar[Reach | None] = ContextVar("reach", default=None)
# Who asks, if it is somebody: people see the runs that they asked for themselves.
asker: ContextVar[uuid.UUID | None] = ContextVar("asker", default=None)


@contextmanager
def within(reach: Reach | None) -> Iterator[None]:
    """Let the sessions that are opened inside of the block reach so far."""
    mark = current.set(reach)
    try:
        yield
    finally:
        current.reset(mark)


def group_ids() -> list[uuid.UUID]:
    """Return the groups of the running request; none when it reaches everywhere."""
    reach = current.get()
    # A narrowed statement outside of any reach is a mistake, which must show too little.
    return [] if reach is None else sorted(reach.groups)
