"""The table of the facts, and the groups in which a machine is asked for them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from pydantic import BaseModel

from app.services.core.facts import Fact, FactGroup, Rate
from app.services.infrastructure.facts.cpu import CpuFact
from app.services.infrastructure.facts.filesystems import FilesystemsFact, RemoteFilesystemsFact
from app.services.infrastructure.facts.load import LoadFact
from app.services.infrastructure.facts.memory import MemoryFact
from app.services.infrastructure.facts.uptime import UptimeFact

# The cast holds because a fact is only ever handed the values that it read itself.
FACTS = cast(
    "tuple[Fact[BaseModel], ...]",
    (
        CpuFact(),
        LoadFact(),
        MemoryFact(),
        FilesystemsFact(),
        RemoteFilesystemsFact(),
        UptimeFact(),
    ),
)


def _of(*rates: Rate) -> FactGroup:
    return FactGroup([fact for fact in FACTS if fact.rate in rates])


# The standard round brings the live facts too, so that their charts go on while nobody watches.
GROUPS: Mapping[Rate, FactGroup] = MappingProxyType(
    {
        Rate.LIVE: _of(Rate.LIVE),
        Rate.STANDARD: _of(Rate.LIVE, Rate.STANDARD),
        Rate.SLOW: _of(Rate.SLOW),
    }
)
