"""What a run brings home: samples, facts, conditions, pages. All of it is checked by Unity."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue

from unity_plugin.manifest import Name, Shape

Words = Annotated[str, Field(max_length=500)]
MetricName = Annotated[str, Field(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", max_length=200)]
Labels = Annotated[Mapping[str, Annotated[str, Field(max_length=300)]], Field(max_length=12)]


class Kind(StrEnum):
    """What a number is: a level, or something that only grows and is stored as its rate."""

    GAUGE = "gauge"
    COUNTER = "counter"


class Severity(StrEnum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Sample(Shape):
    """One number of one metric at the time of the run (or `at`)."""

    metric: MetricName
    value: float
    unit: str = Field("", max_length=40)
    kind: Kind = Kind.GAUGE
    labels: Labels = Field(default_factory=dict)
    at: datetime | None = None


class Metric(Shape):
    """A metric that the plugin declares, so that people can choose it before the first sample."""

    name: MetricName
    about: str = Field(min_length=1, max_length=300)
    unit: str = Field("", max_length=40)
    kind: Kind = Kind.GAUGE

    def sample(self, value: float, **labels: str) -> Sample:
        """Return a sample of this metric."""
        return Sample(metric=self.name, value=value, unit=self.unit, kind=self.kind, labels=labels)


class Fact(Shape):
    """Something worth knowing that is no series: a version, a model, a name."""

    key: Name
    label: str = Field(min_length=1, max_length=80)
    value: str | int | float | bool | datetime | None
    unit: str = Field("", max_length=40)


Template = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^([^{}]|\{name\}|\{subject\})+$")
]


class AlertType(Shape):
    """A kind of trouble that the plugin watches for. Each gets a rule that people can change.

    `title` and `over` may hold {name} (of the instance) and {subject} (of the condition).
    """

    key: Name
    title: Template
    over: Template
    about: str = Field(min_length=1, max_length=300, description="When it fires, in a sentence.")
    severity: Severity = Severity.WARNING
    for_seconds: int = Field(0, ge=0, le=86_400)
    for_runs: int = Field(1, ge=1, le=100, description="At least so many runs in a row.")
    clear_seconds: int = Field(0, ge=0, le=86_400)

    def condition(self, message: str, *, subject: str = "", fix: str = "") -> "Condition":
        """Return that this is so now."""
        return Condition(alert=self.key, message=message, subject=subject, fix=fix)


class Condition(Shape):
    """Something that is wrong now. What the next report leaves out is over.

    `only_keeps` marks the band in which nothing begins and nothing ends.
    """

    alert: Name
    message: Words
    subject: str = Field("", max_length=200)
    fix: Words = ""
    severity: Severity | None = None
    value: float | None = None
    unit: str = Field("", max_length=40)
    labels: Labels = Field(default_factory=dict)
    only_keeps: bool = False


Cell = str | int | float | bool | datetime | None


class CellKind(StrEnum):
    """How a column is shown."""

    TEXT = "text"
    NUMBER = "number"
    BYTES = "bytes"
    PERCENT = "percent"
    SECONDS = "seconds"
    TIME = "time"
    STATUS = "status"  # one of ok, warning, critical, unknown, or any other word in grey
    LINK = "link"


class Column(Shape):
    """One column of a table."""

    key: Name
    title: str = Field(min_length=1, max_length=80)
    kind: CellKind = CellKind.TEXT
    unit: str = Field("", max_length=40)


class Table(Shape):
    """Rows of cells in the order of the columns."""

    title: str = Field("", max_length=120)
    columns: tuple[Column, ...] = Field(min_length=1, max_length=20)
    rows: tuple[tuple[Cell, ...], ...] = Field((), max_length=1000)
    empty: str = Field("Nothing here.", max_length=200)


class Card(Shape):
    """One figure with its words."""

    title: str = Field(min_length=1, max_length=80)
    value: Cell
    kind: CellKind = CellKind.TEXT
    unit: str = Field("", max_length=40)
    note: str = Field("", max_length=200)
    status: str = Field("", pattern="^(|ok|warning|critical|unknown)$")


class Page(Shape):
    """A page of data of an instance; replaced by that of the next run."""

    key: Name
    title: str = Field(min_length=1, max_length=80)
    cards: tuple[Card, ...] = Field((), max_length=24)
    tables: tuple[Table, ...] = Field((), max_length=8)
    note: str = Field("", max_length=500)


class Report(Shape):
    """What a run brings home.

    `conditions` are judged for all alert types of the plugin, so that what is left out is over;
    name in `unjudged` those that could not be judged this time. `state` is handed to the next run
    (None: what was stays). `summary` is one line for lists: "42 guests on 2 nodes".
    """

    samples: Sequence[Sample] = Field((), max_length=5000)
    facts: Sequence[Fact] = Field((), max_length=200)
    conditions: Sequence[Condition] = Field((), max_length=500)
    unjudged: Sequence[Name] = Field((), max_length=100)
    pages: Sequence[Page] = Field((), max_length=8)
    state: Mapping[str, JsonValue] | None = None
    summary: str = Field("", max_length=200)


class Message(Shape):
    """What a notification channel has to deliver. `key` is the same at each attempt."""

    key: str
    at: datetime
    severity: str
    title: str
    text: str
    is_over: bool = False
    link: str = ""


class Receipt(Shape):
    """What the receiver said, short and without secrets."""

    detail: Words = "Delivered."
