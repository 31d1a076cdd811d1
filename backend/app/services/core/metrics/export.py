"""Measurements as CSV."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from app.services.core.metrics.lines import QueryResult
from app.services.core.tables import Cell, csv_lines

_HEAD = ("time", "resource", "metric", "labels", "unit", "min", "avg", "max")


def as_csv(metric: str, result: QueryResult) -> str:
    """Return a row for each point of each series; times in ISO 8601, gaps left out."""
    return csv_lines([_HEAD, *_rows(metric, result)])


def _rows(metric: str, result: QueryResult) -> Iterator[tuple[Cell, ...]]:
    for line in result.lines:
        labels = json.dumps(dict(line.name.labels), ensure_ascii=False)
        start = (str(line.name.resource_id), metric, labels, line.name.unit)
        points = zip(result.times, line.least, line.mean, line.greatest, strict=True)
        for at, low, mean, high in points:
            # A range may begin before the first year there is; nothing was measured then.
            if mean is not None:
                yield (datetime.fromtimestamp(at, UTC).isoformat(), *start, low, mean, high)
