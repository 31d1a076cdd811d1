"""Measurements as charts need them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import TypeAdapter, ValidationError

from app.kernel.errors import InvalidInput
from app.routers.dependencies import ReadSession
from app.routers.guards import requires
from app.routers.problems import documented
from app.schemas.core.metric import MetricAnswer, MetricLine, MetricQuery, SeriesQuery, SeriesRead
from app.services.core.metrics.lines import Line, SeriesName
from app.services.core.metrics.queries import MetricReader
from app.services.core.metrics.series import Labels
from app.services.core.permissions import P

router = APIRouter(prefix="/api/metrics", tags=["metrics"])
_LABELS = TypeAdapter(dict[str, str])


def _reader(session: ReadSession) -> MetricReader:
    return MetricReader(session)


Reader = Annotated[MetricReader, Depends(_reader)]


@router.get(
    "/query",
    dependencies=[requires(P.METRICS_READ)],
    summary="Series of a metric over a range",
    responses=documented(401, 403, 422),
)
async def query_metrics(reader: Reader, query: Annotated[MetricQuery, Query()]) -> MetricAnswer:
    """Answer aligned buckets of least, mean and greatest value, from the tier that fits."""
    labels = _labels(query.labels)
    span = (query.begin, query.end, query.points)
    result = await reader.query(query.metric, query.resource, labels, *span)
    lines = [_line(line) for line in result.lines]
    return MetricAnswer(step=result.step, tier=result.tier, times=result.times, series=lines)


@router.get(
    "/series",
    dependencies=[requires(P.METRICS_READ)],
    summary="Series of a resource",
    responses=documented(401, 403, 422),
)
async def list_series(reader: Reader, query: Annotated[SeriesQuery, Query()]) -> list[SeriesRead]:
    """List what is measured of a resource; nothing for one that is unknown."""
    return [_series(name) for name in await reader.list_series(query.resource)]


def _labels(text: str) -> Labels:
    try:
        return tuple(_LABELS.validate_json(text).items()) if text else ()
    except ValidationError as error:
        raise InvalidInput(
            "`labels` is no JSON object of strings.", fix='Write it as {"mode":"idle"}.'
        ) from error


def _line(line: Line) -> MetricLine:
    return MetricLine(
        resource=line.name.resource_id,
        labels=dict(line.name.labels),
        kind=line.name.kind.value,
        unit=line.name.unit,
        min=line.least,
        avg=line.mean,
        max=line.greatest,
    )


def _series(name: SeriesName) -> SeriesRead:
    return SeriesRead(
        metric=name.metric,
        labels=dict(name.labels),
        kind=name.kind.value,
        unit=name.unit,
        interval=name.interval,
    )
