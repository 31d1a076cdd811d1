"""Alert types: the conditions that domains report themselves, and how they report them."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.models.core.alert import Severity


@dataclass(frozen=True, slots=True)
class AlertType:
    """A kind of condition that a domain watches for itself: an offline server, a dying disk.

    Each has a built-in rule under the same key, in which people change its severity, duration
    and scope; what stands here are that rule's first values. `title` and `over` are completed
    with {name} (the resource) and {subject}.
    """

    kind: str  # "server_offline"
    domain: str  # "infrastructure"
    title: str  # "{name} is offline"
    over: str  # "{name} is back online"
    severity: Severity = Severity.WARNING
    for_seconds: int = 0
    for_samples: int = 1  # at least so many reports in a row
    clear_seconds: int = 0
    runbook: str = ""  # the slug of a page of the documentation
    consequences: str = ""  # what it leads to, in a sentence, for people
    about: str = ""  # when it fires, in a sentence, for the page of rules
    source: str = ""  # where its levels come from, for people


class AlertTypes(Mapping[str, AlertType]):
    """The types of all domains by their kind; bootstrap gathers them."""

    def __init__(self, types: Iterable[AlertType] = ()) -> None:
        self._types: dict[str, AlertType] = {}
        for one in types:
            if one.kind in self._types:
                raise ValueError(f"Two alert types are called {one.kind}.")
            self._types[one.kind] = one

    def learn(self, types: Iterable[AlertType]) -> None:
        """Take in the types of plugins, which are found while Unity runs."""
        self._types |= {one.kind: one for one in types}

    def __getitem__(self, kind: str) -> AlertType:
        return self._types[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong now.

    `only_keeps` marks the band between where an alert begins and where it ends: it begins nothing
    and ends nothing, so that a value on the edge does not alarm again and again. `severity`, where
    it is given, counts instead of the rule's (a disk that warns and a disk that fails).
    """

    message: str
    subject: str = ""
    fix: str = ""
    only_keeps: bool = False
    severity: Severity | None = None
    value: float | None = None
    unit: str = ""
    reasons: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look at a resource showed: for each type that could be judged, all conditions.

    A type that is missing here could not be judged this time and stays as it was; a type with an
    empty list is well. What was reported holds until the next report.
    """

    resource_id: uuid.UUID
    name: str
    conditions: Mapping[AlertType, Sequence[Condition]] = field(default_factory=dict)
