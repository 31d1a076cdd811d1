"""Charts: what is asked for, and aligned columns in return."""

import uuid
from typing import Annotated

from pydantic import AwareDatetime, Field

from app.schemas.base import Input, Output

MetricName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$",
        description="Name of the metric; node_exporter's where one exists.",
        examples=["node_load1"],
    ),
]


class MetricQuery(Input):
    """Which series, which range, and how finely."""

    metric: MetricName
    resource: list[uuid.UUID] = Field(
        min_length=1, max_length=100, description="Whose; may be given several times."
    )
    labels: str = Field(
        "",
        max_length=2000,
        description="Only series with these labels, as a JSON object of strings.",
        examples=['{"mode":"idle"}'],
    )
    begin: AwareDatetime = Field(
        alias="from", description="Where the range begins.", examples=["2026-03-14T00:00:00Z"]
    )
    end: AwareDatetime = Field(
        alias="to", description="Where it ends.", examples=["2026-03-15T00:00:00Z"]
    )
    points: int = Field(300, ge=1, le=1000, description="The most points that the chart can show.")


class MetricLine(Output):
    """One series; null where nothing was measured."""

    resource: uuid.UUID
    labels: dict[str, str]
    kind: str = Field(description="`gauge`, or `rate`: the growth per second of a counter.")
    unit: str
    min: list[float | None]
    avg: list[float | None]
    max: list[float | None]


class MetricAnswer(Output):
    """Series over common times."""

    step: int = Field(description="Seconds that one point stands for.")
    tier: str = Field(description="What it was read from: `raw`, `5m`, `1h` or `1d`.")
    times: list[int] = Field(description="Where each point begins, in seconds since 1970.")
    series: list[MetricLine]


class MetricSummary(Output):
    """One metric, over all resources that may be seen."""

    metric: str = Field(examples=["node_load1"])
    unit: str = Field(examples=["percent"])
    kind: str = Field(description="`gauge`, or `rate`: the growth per second of a counter.")
    resources: int = Field(description="Of how many resources it is measured.")
    series: int


class MetricResourceQuery(Input):
    """Which metric."""

    metric: MetricName


class MetricResource(Output):
    """One resource of which a metric is measured."""

    id: uuid.UUID
    kind: str = Field(examples=["server"])
    name: str
    series: int


class SeriesQuery(Input):
    """Whose series."""

    resource: uuid.UUID = Field(description="The resource.")


class SeriesRead(Output):
    """One series of a resource."""

    metric: str
    labels: dict[str, str]
    kind: str = Field(description="`gauge`, or `rate`: the growth per second of a counter.")
    unit: str
    interval: int = Field(description="Seconds between two samples while all is well.")
