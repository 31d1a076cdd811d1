"""Checks the audit chain without a running Unity and without a library: standard library only.

It finds entries that were changed, deleted, inserted or moved, and says at which place. Entries
cut off the end are found only against a place and hash that somebody noted before; who controls
the machine can rewrite the whole chain, which only a note kept elsewhere shows.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.services.core.audit_chain import FIRST_PREV, link, result_of
from app.services.core.checkpoint_form import Checkpoint

MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class ChainRow:
    """A row as stored: its link, its text, and the columns that repeat parts of the text."""

    seq: int
    prev: str
    h: str
    entry: str
    columns: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the chain does not hold."""

    seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class Report:
    """What came of the check."""

    entries: int
    last_seq: int
    last_hash: str
    faults: tuple[Fault, ...]

    @property
    def is_intact(self) -> bool:
        """Tell whether nothing was found."""
        return not self.faults


class ChainCheck:
    """Takes the rows in the order of `seq`, as many at a time as suits the caller."""

    def __init__(
        self, *, noted: tuple[int, str] | None = None, checkpoints: Sequence[Checkpoint] = ()
    ) -> None:
        self._noted = noted
        # Two of one place that differ are a proof by themselves: none may hide the other.
        self._checkpoints: dict[int, list[Checkpoint]] = {}
        for one in checkpoints:
            self._checkpoints.setdefault(one.seq, []).append(one)
        self._entries = 0
        self._seq = 0
        self._hash = FIRST_PREV
        self._faults: list[Fault] = []

    def feed(self, rows: Iterable[ChainRow]) -> None:
        """Check the next rows."""
        for row in rows:
            self._check(row)

    def report(self) -> Report:
        """Return what was found."""
        if self._noted is not None and self._seq < self._noted[0]:
            self._fault(self._noted[0], "Entries were cut off the end: the noted one is missing.")
        missing = [seq for seq in self._checkpoints if seq > self._seq]
        if missing:
            first, last = min(missing), max(missing)
            self._fault(
                self._seq + 1,
                f"Entries were cut off the end, or an older database was put back: a checkpoint"
                f" attests {last} entries, and the first that is missing is after {self._seq}"
                f" ({len(missing)} checkpoints from {first} on).",
            )
        return Report(self._entries, self._seq, self._hash, tuple(self._faults[:MOST_FAULTS]))

    def _check(self, row: ChainRow) -> None:
        if row.seq <= self._seq:
            self._fault(row.seq, "The entry stands twice, or out of its order.")
        elif row.seq > self._seq + 1:
            first, last = self._seq + 1, row.seq - 1
            which = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
            self._fault(first, f"{which} missing.")
        elif row.prev != self._hash:
            self._fault(row.seq, "It does not follow the entry before it.")
        self._check_text(row)
        if self._noted is not None and row.seq == self._noted[0] and row.h != self._noted[1]:
            self._fault(row.seq, "Its hash is not the noted one: the chain was rewritten.")
        self._entries += 1
        self._compare(row)
        self._seq, self._hash = row.seq, row.h

    def _compare(self, row: ChainRow) -> None:
        for checkpoint in self._checkpoints.get(row.seq, ()):
            if checkpoint.h != row.h:
                self._fault(
                    row.seq,
                    f"The checkpoint of {checkpoint.at} attests another entry: the chain was"
                    " rewritten, or continued from an older database.",
                )
            elif checkpoint.count != self._entries:
                self._fault(
                    row.seq,
                    f"The checkpoint of {checkpoint.at} counts {checkpoint.count} entries up to"
                    f" here, and there are {self._entries}.",
                )

    def _check_text(self, row: ChainRow) -> None:
        try:
            entry = json.loads(row.entry)
            is_right = isinstance(entry, dict) and link(row.seq, row.prev, entry) == row.h
        except ValueError:
            is_right = False
        if not is_right:
            self._fault(row.seq, "The entry was changed after it was written.")
            return
        shown = columns_of(entry)
        for name, value in row.columns.items():
            if shown.get(name) != value:
                self._fault(row.seq, f"The column {name} does not say what the entry says.")

    def _fault(self, seq: int, problem: str) -> None:
        self._faults.append(Fault(seq, problem))


def verify(rows: Iterable[ChainRow], *, noted: tuple[int, str] | None = None) -> Report:
    """Check a whole chain; `noted` is a place and hash that were written down before."""
    check = ChainCheck(noted=noted)
    check.feed(rows)
    return check.report()


def columns_of(entry: Mapping[str, object]) -> dict[str, str | None]:
    """Return what the searched columns must hold, as text."""
    actor, thing = _part(entry, "actor"), _part(entry, "object")
    values = {
        "at": entry.get("at"),
        "actor_kind": actor.get("kind"),
        "actor_name": actor.get("name"),
        "actor_id": actor.get("user_id"),
        "action": entry.get("action"),
        "result": result_of(str(entry.get("action"))),
        "object_kind": thing.get("kind"),
        "object_id": thing.get("id"),
        "object_name": thing.get("name"),
        "resource_id": entry.get("resource_id"),
        "request_id": entry.get("request_id"),
    }
    return {name: None if value is None else str(value) for name, value in values.items()}


def _part(entry: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = entry.get(name)
    return part if isinstance(part, dict) else {}
