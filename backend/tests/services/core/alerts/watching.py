"""Machines that are measured and rules that watch them, over one database, with short names."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.alert import Alert, Severity
from app.models.core.alert_rule import AlertInstance, AlertRule
from app.models.core.event import Event
from app.models.core.resource import Resource
from app.schemas.core.alert_rule import Override, RuleDefinition, Scope, Threshold
from app.services.core.alerts.checks import Ingest
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.alerts.quieting import Quieting
from app.services.core.alerts.rounds import AlertRounds
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.core.facts import Sample
from app.services.core.metrics.series import Labels
from app.services.core.metrics.writer import Batch, MetricWriter

MINUTE = timedelta(minutes=1)
USED = "unity_memory_used_percent"
FULL = "unity_filesystem_used_percent"
OVER_90 = Threshold(metric=USED, raise_level=90, clear_level=85, unit="percent")


@dataclass
class Watch:
    """Each call works with an engine of its own, as after a restart, unless one is kept."""

    database: Database
    clock: ManualClock
    quieting: Quieting | None = None
    kept: AlertEngine | None = None
    unwatched: set[uuid.UUID] = field(default_factory=set)

    def engine(self) -> AlertEngine:
        return self.kept or AlertEngine(self.clock, self.quieting)

    async def resource(
        self, name: str = "nas", kind: str = "server", **fields: object
    ) -> uuid.UUID:
        now = self.clock.now()
        row = Resource(id=uuid7(), kind=kind, name=name, created_at=now, updated_at=now, **fields)
        async with self.database.transaction() as session:
            session.add(row)
        return row.id

    async def rule(
        self,
        definition: RuleDefinition = OVER_90,
        *,
        scope: Scope | None = None,
        overrides: Sequence[Override] = (),
        **fields: object,
    ) -> uuid.UUID:
        now = self.clock.now()
        values: dict[str, object] = {
            "name": "Memory is short",
            "kind": "memory_short",
            "domain": "core",
            "severity": Severity.WARNING,
            "flap_changes": 0,
            **fields,
        }
        row = AlertRule(
            id=uuid7(),
            definition=definition.model_dump(mode="json"),
            scope=(scope or Scope()).model_dump(mode="json"),
            overrides=[one.model_dump(mode="json") for one in overrides],
            created_at=now,
            updated_at=now,
            **values,
        )
        async with self.database.transaction() as session:
            session.add(row)
        return row.id

    async def sample(
        self,
        resource_id: uuid.UUID,
        value: float,
        *,
        metric: str = USED,
        labels: Labels = (),
        unit: str = "percent",
        at: datetime | None = None,
        whole: Sequence[str] = (),
    ) -> list[AlertChange]:
        """Store one sample and let the rules look at it."""
        samples = [Sample(metric, value, labels, unit=unit)]
        return await self.samples(resource_id, samples, at=at, whole=whole)

    async def samples(
        self,
        resource_id: uuid.UUID,
        samples: Sequence[Sample],
        *,
        at: datetime | None = None,
        whole: Sequence[str] = (),
    ) -> list[AlertChange]:
        batch = Batch(resource_id, at or self.clock.now(), samples, MINUTE)
        async with self.database.transaction() as session:
            points = await MetricWriter(session).append([batch])
            ingest = Ingest(points, {resource_id: frozenset(whole)})
            return await self.engine().take(session, (), ingest)

    async def report(
        self, resource_id: uuid.UUID, alert_type: AlertType, *conditions: Condition
    ) -> list[AlertChange]:
        seen = Observation(resource_id, "nas", {alert_type: conditions})
        async with self.database.transaction() as session:
            return await self.engine().take(session, [seen])

    async def round(self) -> list[AlertChange]:
        return await self.rounds().look()

    def rounds(self) -> AlertRounds:
        async def nobody(_session: object) -> set[uuid.UUID]:
            return self.unwatched

        return AlertRounds(self.database, self.clock, self.engine(), nobody)

    async def over_minutes(self, resource_id: uuid.UUID, *values: float) -> None:
        """Take one sample a minute."""
        for value in values:
            await self.sample(resource_id, value)
            self.clock.advance(MINUTE)

    async def told(self) -> list[str]:
        """Return what was announced of alerts, oldest first."""
        async with self.database.snapshot() as session:
            rows = await session.execute(
                select(Event.kind, Event.data).where(Event.kind.like("alert.%")).order_by(Event.id)
            )
            return [f"{kind.removeprefix('alert.')}: {data['title']}" for kind, data in rows]

    async def alerts(self) -> list[Alert]:
        async with self.database.snapshot() as session:
            return list(await session.scalars(select(Alert).order_by(Alert.began_at, Alert.id)))

    async def states(self) -> list[str]:
        return [alert.state for alert in await self.alerts()]

    async def instances(self) -> list[AlertInstance]:
        async with self.database.snapshot() as session:
            return list(await session.scalars(select(AlertInstance)))
