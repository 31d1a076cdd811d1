"""Measurements as charts need them."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import TypeAdapter, ValidationError

from app.kernel.errors import InvalidInput
from app.routers.dependencies import ReadSession
from app.routers.guards import requires
from app.routers.problems import a_table, documented
from app.schemas.core.metric import (
    MetricAnswer,
    MetricLine,
    MetricQuery,
    MetricResource,
    MetricResourceQuery,
    MetricSummary,
    SeriesQuery,
    SeriesRead,
)
from app.services.core.metrics.export import as_csv
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
    "/export",
    dependencies=[requires(P.METRICS_READ)],
    summary="Export series of a metric over a range",
    response_class=Response,
    responses=documented(401, 403, 422) | a_table(),
)
async def export_metrics(reader: Reader, query: Annotated[MetricQuery, Query()]) -> Response:
    """Answer the same as the query does, as CSV (RFC 4180): a row for each point of each series."""
    span = (query.begin, query.end, query.points)
    result = await reader.query(query.metric, query.resource, _labels(query.labels), *span)
    return Response(
        await asyncio.to_thread(as_csv, query.metric, result),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{query.metric}.csv"'},
    )


@router.get(
    "/names",
    dependencies=[requires(P.METRICS_READ)],
    summary="Metrics that are measured",
    responses=documented(401, 403),
)
async def list_metrics(reader: Reader) -> list[MetricSummary]:
    """List every metric once, with how many resources it is measured of."""
    return await reader.metrics()


@router.get(
    "/resources",
    dependencies=[requires(P.METRICS_READ)],
    summary="Resources of a metric",
    responses=documented(401, 403, 422),
)
async def list_metric_resources(
    reader: Reader, query: Annotated[MetricResourceQuery, Query()]
) -> list[MetricResource]:
    """List of which resources a metric is measured; nothing for one that is unknown."""
    return await reader.resources_of(query.metric)


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
