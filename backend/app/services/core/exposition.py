"""The text that Prometheus scrapes: Unity itself, and the newest sample of every series.

Counters go out as the counters that were read, not as the rates that Unity keeps, so that an
existing Grafana can use its `rate()`. Series that are overdue are left out, as a scrape of a dead
machine would leave them out.
"""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.models.core.alert import Alert, AlertState
from app.models.core.job_run import JobRun
from app.models.core.metric_series import MetricSeries, SeriesKind
from app.models.core.metric_state import MetricState
from app.models.core.resource import Resource
from app.services.core.metrics.series import parse_labels
from app.services.core.metrics.state import NewestSamples

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Two intervals are a gap; a little more allows for the jitter of the second collection.
_OVERDUE = 2.1
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(slots=True)
class Family:
    """One metric with its lines."""

    name: str
    help: str
    kind: str = "gauge"
    lines: list[str] = field(default_factory=list)

    def add(self, value: float, labels: Mapping[str, str]) -> None:
        """Add one sample."""
        inner = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
        self.lines.append(f"{self.name}{{{inner}}} {value!r}")

    def text(self) -> str:
        """Return the family as Prometheus reads it."""
        head = f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.kind}\n"
        return head + "\n".join(self.lines) + "\n"


class Exposition:
    """Reads what is exposed; the number of queries does not grow with the series."""

    def __init__(self, session: AsyncSession, clock: Clock, version: str) -> None:
        self._session = session
        self._clock = clock
        self._version = version

    async def text(self, further: Iterable[Family] = ()) -> str:
        """Return the whole page; `further` are the families of the domains."""
        families = [*await self._own(), *further, *await self._collected()]
        return _process() + "".join(family.text() for family in families if family.lines)

    async def _own(self) -> Sequence[Family]:
        build = Family("unity_build_info", "The running version.")
        build.add(1.0, {"version": self._version})
        runs = Family("unity_job_runs", "Job runs that are kept, by state.")
        counted = await self._session.execute(
            select(JobRun.state, func.count()).group_by(JobRun.state)
        )
        for state, count in counted:
            runs.add(float(count), {"state": state})
        alerts = Family("unity_alerts_firing", "Alerts that fire now, by kind.")
        firing = await self._session.execute(
            select(Alert.kind, func.count())
            .where(Alert.state == AlertState.FIRING)
            .group_by(Alert.kind)
        )
        for kind, count in firing:
            alerts.add(float(count), {"kind": kind})
        return build, runs, alerts

    async def _collected(self) -> Sequence[Family]:
        newest = await self._newest()
        now = self._clock.now().timestamp() * 1000
        rows = await self._session.execute(
            select(
                MetricSeries.id,
                MetricSeries.resource_id,
                MetricSeries.metric,
                MetricSeries.labels,
                MetricSeries.kind,
                MetricSeries.interval,
            ).order_by(MetricSeries.metric, MetricSeries.id)
        )
        # A thousand servers take a second of pure Python, which must not stop the event loop.
        return await asyncio.to_thread(_assemble, rows.all(), newest, now)

    async def _newest(self) -> Mapping[uuid.UUID, tuple[str, NewestSamples]]:
        rows = await self._session.execute(
            select(Resource.id, Resource.name, MetricState.newest).join(
                MetricState, MetricState.resource_id == Resource.id
            )
        )
        return {key: (name, NewestSamples(newest)) for key, name, newest in rows}


def _assemble(
    rows: Sequence[Row[int, uuid.UUID, str, str, str, int]],
    newest: Mapping[uuid.UUID, tuple[str, NewestSamples]],
    now: float,
) -> Sequence[Family]:
    families: dict[str, Family] = {}
    for series_id, resource_id, metric, labels, kind, interval in rows:
        found = newest.get(resource_id)
        place = found[1].place.get(series_id) if found else None
        if found is None or place is None:
            continue
        name, samples = found
        if now - samples.at[place] > _OVERDUE * 1000 * interval:
            continue
        is_counter = kind == SeriesKind.RATE
        family = families.get(metric)
        if family is None:
            help_text = "Collected by Unity, under the name that node_exporter has for it."
            family = Family(metric, help_text, "counter" if is_counter else "gauge")
            families[metric] = family
        family.add(samples.reading[place], {"instance": name, **dict(parse_labels(labels))})
    return list(families.values())


def _process() -> str:
    from prometheus_client import (  # noqa: PLC0415 - slow to load, and few homes are scraped
        CollectorRegistry,
        GCCollector,
        ProcessCollector,
        generate_latest,
    )

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return generate_latest(registry).decode()
