"""What a run brought, into the database: samples, alerts, facts, pages, the run and its log."""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.kernel.text import printable
from app.models.core.alert import Severity
from app.models.core.plugin_instance import InstanceState, PluginInstance
from app.models.core.plugin_log_line import PluginLogLine
from app.models.core.plugin_page import PluginPage
from app.models.core.plugin_run import PluginRun
from app.ports.plugin_host import CallFailed, Told
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.core.facts import Sample
from app.services.core.metrics.series import SeriesCache
from app.services.core.metrics.writer import Batch, MetricWriter
from app.services.core.plugins.described import CANNOT_WATCH
from app.services.core.plugins.opening import OpenInstance

if TYPE_CHECKING:
    from unity_plugin.results import Condition as PluginCondition
    from unity_plugin.results import Report
    from unity_plugin.results import Sample as PluginSample

KEPT_RUNS = 200
KEPT_LINES = 500
_OLDEST_SAMPLE = timedelta(days=1)
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that is over: with a report, or with the reason why there is none."""

    instance: OpenInstance
    began_at: datetime
    took_ms: int
    by: str
    report: "Report | None" = None
    failure: CallFailed | None = None
    log: Sequence[Told] = field(default_factory=tuple)


class RunStore:
    """One for a process: it keeps the names of the series."""

    def __init__(self, clock: Clock, alerts: AlertEngine) -> None:
        self._clock = clock
        self._alerts = alerts
        self._cache = SeriesCache()

    async def store(self, session: AsyncSession, ended: Ended) -> list[AlertChange]:
        """Write the end of a run; an instance that was deleted meanwhile is left alone."""
        row = await session.get(PluginInstance, ended.instance.id, with_for_update=True)
        if row is None:
            return []
        taken, rejected, ingest = 0, 0, Ingest()
        if ended.report is not None:
            batches, rejected = self._batches(ended, ended.report)
            taken = sum(len(batch.samples) for batch in batches)
            ingest, refused = await self.measure(session, batches)
            taken, rejected = taken - refused, rejected + refused
            await _store_pages(session, ended, ended.report)
        _note(row, ended)
        session.add(_run(ended, taken, rejected))
        await self.write_log(session, row.id, ended.log, ended.began_at)
        await forget_runs(session, row.id)
        await session.flush()
        if not row.is_enabled:
            return []
        return await self._alerts.take(session, [_observe(row, ended)], ingest)

    async def measure(self, session: AsyncSession, batches: Sequence[Batch]) -> tuple[Ingest, int]:
        """Store samples; return them for the alert rules, and how many were refused."""
        if not batches:
            return Ingest(), 0
        writer = MetricWriter(session, self._cache)
        points = await writer.append(batches)
        return Ingest(points), writer.rejected

    async def write_log(
        self, session: AsyncSession, instance_id: uuid.UUID, lines: Sequence[Told], at: datetime
    ) -> None:
        """Append lines, and drop the oldest beyond what is kept."""
        if not lines:
            return
        for number, line in enumerate(lines[-KEPT_LINES:]):
            session.add(
                PluginLogLine(
                    id=uuid7(),
                    instance_id=instance_id,
                    at=at + timedelta(microseconds=number),  # so that their order is kept
                    level=line.level[:10],
                    text=_lines(line.text)[:2000],
                )
            )
        await session.flush()
        newest = (
            select(PluginLogLine.id)
            .where(PluginLogLine.instance_id == instance_id)
            .order_by(PluginLogLine.at.desc())
            .limit(KEPT_LINES)
        )
        await session.execute(
            delete(PluginLogLine).where(
                PluginLogLine.instance_id == instance_id, PluginLogLine.id.not_in(newest)
            )
        )

    def _batches(self, ended: Ended, report: "Report") -> tuple[list[Batch], int]:
        now = self._clock.now()
        interval = timedelta(seconds=ended.instance.every_seconds)
        by_time: dict[datetime, list[Sample]] = {}
        rejected = 0
        for each in report.samples:
            at = each.at or ended.began_at
            is_odd = at.tzinfo is None or not now - _OLDEST_SAMPLE <= at <= now + _AHEAD
            if is_odd or not math.isfinite(each.value):
                rejected += 1
                continue
            by_time.setdefault(at, []).append(_sample(each))
        batches = [Batch(ended.instance.id, at, by_time[at], interval) for at in sorted(by_time)]
        return batches, rejected


def _sample(each: "PluginSample") -> Sample:
    return Sample(
        metric=each.metric,
        value=each.value,
        labels=pairs(each.labels),
        unit=printable(each.unit),
        is_counter=each.kind == "counter",
    )


def _note(row: PluginInstance, ended: Ended) -> None:
    now, failure = ended.began_at, ended.failure
    row.last_run_at, row.took_ms = now, ended.took_ms
    if failure is not None:
        row.state = InstanceState.BROKEN if failure.is_own_fault else InstanceState.FAILING
        row.problem, row.problem_kind = printable(failure.detail)[:2000], failure.kind[:40]
        row.fix = printable(failure.fix)[:1000]
        row.failures += 1
        return
    row.state, row.problem, row.problem_kind, row.fix = InstanceState.OK, "", "", ""
    row.failures, row.last_ok_at = 0, now
    if ended.report is not None:
        row.summary = printable(ended.report.summary)[:200]
        row.facts = [each.model_dump(mode="json") for each in ended.report.facts]
        if ended.report.state is not None:
            row.memory = dict(ended.report.state)


def _run(ended: Ended, taken: int, rejected: int) -> PluginRun:
    failure = ended.failure
    summary = "" if ended.report is None else ended.report.summary
    return PluginRun(
        id=uuid7(),
        instance_id=ended.instance.id,
        began_at=ended.began_at,
        took_ms=ended.took_ms,
        outcome="ok" if failure is None else failure.kind[:40],
        detail=printable(summary if failure is None else failure.detail)[:2000],
        samples=taken,
        rejected=rejected,
        by=ended.by[:120],
    )


async def forget_runs(session: AsyncSession, instance_id: uuid.UUID) -> None:
    """Drop the oldest runs beyond what is kept."""
    await session.flush()
    newest = (
        select(PluginRun.id)
        .where(PluginRun.instance_id == instance_id)
        .order_by(PluginRun.began_at.desc())
        .limit(KEPT_RUNS)
    )
    await session.execute(
        delete(PluginRun).where(PluginRun.instance_id == instance_id, PluginRun.id.not_in(newest))
    )


async def _store_pages(session: AsyncSession, ended: Ended, report: "Report") -> None:
    await session.execute(delete(PluginPage).where(PluginPage.instance_id == ended.instance.id))
    for position, key in enumerate(dict.fromkeys(page.key for page in report.pages)):
        page = next(one for one in report.pages if one.key == key)
        document: dict[str, JsonValue] = page.model_dump(
            mode="json", include={"cards", "tables", "note"}
        )
        session.add(
            PluginPage(
                id=uuid7(),
                instance_id=ended.instance.id,
                key=page.key,
                position=position,
                title=page.title,
                at=ended.began_at,
                document=document,
            )
        )


def _observe(row: PluginInstance, ended: Ended) -> Observation:
    """Say which conditions hold; after a failure only that it cannot be watched is known."""
    found: dict[AlertType, Sequence[Condition]] = {}
    failure, report = ended.failure, ended.report
    if failure is not None:
        found[CANNOT_WATCH] = [Condition(row.problem, fix=row.fix)]
    else:
        found[CANNOT_WATCH] = []
    if report is not None:
        known = ended.instance.said.alert_types()
        by_type: dict[str, list[Condition]] = {
            key: [] for key in known if key not in report.unjudged
        }
        for each in report.conditions:
            if each.alert in by_type:
                by_type[each.alert].append(_condition(each))
        found |= {known[key]: conditions for key, conditions in by_type.items()}
    return Observation(row.id, row.name, found)


def _condition(each: "PluginCondition") -> Condition:
    return Condition(
        message=printable(each.message),
        subject=printable(each.subject),
        fix=printable(each.fix),
        only_keeps=each.only_keeps,
        severity=None if each.severity is None else Severity(each.severity.value),
        value=each.value if each.value is not None and math.isfinite(each.value) else None,
        unit=printable(each.unit),
        labels=pairs(each.labels),
    )


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.splitlines())


def pairs(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return labels in the form of the metric store."""
    return tuple(sorted((printable(name), printable(value)) for name, value in labels.items()))
