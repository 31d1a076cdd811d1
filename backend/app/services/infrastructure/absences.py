"""What machines do not have, and so need not be asked every few minutes.

Most machines have no ZFS, no LVM and no database, and looking for all of them costs a machine more
than everything it does have. So where a search came back empty, and Unity knows of nothing of the
kind there, the answer is believed for a while.
"""

import random
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from pydantic import BaseModel

from app.kernel.clock import Clock
from app.services.core.facts import Fact, FactGroup, FactReading, Trouble
from app.services.infrastructure.cycle import CycleResult
from app.services.infrastructure.status import FactTrouble

# Until when a new pool or database is seen at the latest. Around it, so that machines that were
# first asked together are not all searched together.
_SHORTEST, _LONGEST = timedelta(minutes=20), timedelta(minutes=40)
# A search that reads the disks keeps them from falling asleep.
_READS_DISKS = timedelta(hours=24)
Missing = tuple[Fact[BaseModel], FactReading[BaseModel]]


@dataclass(frozen=True, slots=True)
class _Known:
    until: datetime
    missing: Missing


class Absences:
    """Remembers empty answers. One for a process; a restart forgets, and asks once more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[uuid.UUID, dict[str, _Known]] = {}

    def recall(
        self, server_id: uuid.UUID, group: FactGroup, kept: Collection[str]
    ) -> tuple[FactGroup, tuple[Missing, ...]]:
        """Return what has to be asked of the group, and the answers to the rest.

        The facts in `kept` are always asked: Unity knows of something of their kind there.
        """
        now, known = self._clock.now(), self._known.get(server_id, {})
        missing = tuple(
            one.missing
            for name, one in known.items()
            if one.until > now and name not in kept and one.missing[0] in group.facts
        )
        return _without(group, frozenset(fact.name for fact, _ in missing)), missing

    def note(self, asked: FactGroup, result: CycleResult) -> None:
        """Remember what was asked and not found."""
        if not result.has_answered:
            self.forget(result.claim.server_id)
            return
        known = self._known.setdefault(result.claim.server_id, {})
        now = self._clock.now()
        troubles = {one.fact: one for one in result.troubles}
        for fact in asked.facts:
            if not fact.is_rare:
                continue
            reading = _empty(fact, result.values.get(fact.name), troubles.get(fact.name))
            if reading is None:
                known.pop(fact.name, None)
                continue
            lasts = _SHORTEST + (_LONGEST - _SHORTEST) * random.random()  # noqa: S311 - no secret
            until = now + (_READS_DISKS if fact.reads_disks else lasts)
            known[fact.name] = _Known(until, (fact, reading))

    def forget(self, server_id: uuid.UUID) -> None:
        """Ask for everything the next time."""
        self._known.pop(server_id, None)


def _empty(
    fact: Fact[BaseModel], value: BaseModel | None, trouble: FactTrouble | None
) -> FactReading[BaseModel] | None:
    """Return the reading of a fact that may be remembered, if it says that there is nothing."""
    if value is not None:
        is_empty = not any(getattr(value, name) for name in type(value).model_fields)
        return FactReading(fact.name, value) if is_empty else None
    if trouble is None or trouble.trouble is not Trouble.ABSENT:
        return None
    return FactReading(fact.name, None, trouble.trouble, trouble.detail, trouble.fix)


@lru_cache(maxsize=128)
def _without(group: FactGroup, names: frozenset[str]) -> FactGroup:
    return FactGroup([fact for fact in group.facts if fact.name not in names]) if names else group
