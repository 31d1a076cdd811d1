"""A house of machines whose week is known: each test adds what it wants to see in the report."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.alert import Alert, AlertState, Severity
from app.models.core.notification_delivery import NotificationDelivery
from app.models.core.resource import Resource, ResourceGroup, ResourceGroupMember
from app.models.infrastructure.collection import StatusChange
from app.models.infrastructure.database_instance import (
    DatabaseInstance,
    DatabaseKind,
    DatabaseState,
)
from app.models.infrastructure.forecast import Forecast, ForecastKind
from app.models.infrastructure.monitored_server import MonitoredServer, ServerStatus
from app.models.infrastructure.report import ReportIssue
from app.models.infrastructure.storage_device import StorageDevice, StorageDeviceEvent
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.core.facts import Sample
from app.services.core.metrics.writer import Batch, MetricWriter
from app.services.infrastructure.reports.making import ReportMaker

LINK = "https://unity.test"
STANDARD = 300.0


@dataclass
class House:
    """The database with short words for what the report looks at."""

    database: Database
    clock: ManualClock

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def maker(self, zone: str = "Europe/Berlin", link: str = LINK) -> ReportMaker:
        return ReportMaker(
            self.database, self.clock, link=link, zone=zone, standard_seconds=STANDARD
        )

    async def server(self, name: str, status: str = "online", **more: object) -> uuid.UUID:
        made = await self._resource("server", name)
        values: dict[str, object] = {
            "status_since": self.now - timedelta(days=30),
            "last_attempt_at": self.now,
            "last_seen_at": self.now,
            **more,
        }
        async with self.database.transaction() as session:
            session.add(
                MonitoredServer(
                    id=made,
                    name=name,
                    host=f"{name}.test",
                    username="root",
                    status=ServerStatus(status),
                    created_at=self.now,
                    updated_at=self.now,
                    **values,
                )
            )
        return made

    async def _resource(
        self, kind: str, name: str, server_id: uuid.UUID | None = None
    ) -> uuid.UUID:
        made = uuid7()
        async with self.database.transaction() as session:
            session.add(
                Resource(
                    id=made,
                    kind=kind,
                    name=name,
                    server_id=server_id,
                    parent_id=server_id,
                    created_at=self.now,
                    updated_at=self.now,
                )
            )
        return made

    async def group(self, name: str, *members: uuid.UUID) -> uuid.UUID:
        made = uuid7()
        async with self.database.transaction() as session:
            session.add(ResourceGroup(id=made, name=name, created_at=self.now, updated_at=self.now))
            await session.flush()
            for member in members:
                session.add(ResourceGroupMember(group_id=made, resource_id=member))
        return made

    async def change(self, server: uuid.UUID, ago: timedelta, was: str, status: str) -> None:
        async with self.database.transaction() as session:
            session.add(
                StatusChange(
                    server_id=server, at=self.now - ago, was=was, status=status, reason="No answer"
                )
            )

    async def alert(self, resource: uuid.UUID, title: str, ago: timedelta, **more: object) -> None:
        values: dict[str, object] = {
            "fingerprint": title[:64],
            "severity": Severity.WARNING,
            "state": AlertState.RESOLVED,
            "fired_at": self.now - ago,
            "resolved_at": self.now - ago + timedelta(hours=1),
            **more,
        }
        async with self.database.transaction() as session:
            session.add(
                Alert(
                    resource_id=resource,
                    kind="test.kind",
                    domain="infrastructure",
                    title=title,
                    message=title,
                    began_at=self.now - ago,
                    **values,
                )
            )

    async def forecast(
        self, resource: uuid.UUID, subject: str, days: float, kind: str = "filesystem"
    ) -> None:
        at = self.now + timedelta(days=days)
        async with self.database.transaction() as session:
            session.add(
                Forecast(
                    resource_id=resource,
                    fingerprint=uuid7().hex[:32],
                    kind=ForecastKind(kind),
                    subject=subject,
                    metric="unity_filesystem_used_percent",
                    labels={},
                    unit="percent",
                    level=100.0,
                    value=87.5,
                    full_at=at,
                    earliest_at=at - timedelta(days=2),
                    latest_at=at + timedelta(days=3),
                    confidence=0.9,
                    why_not="",
                    line_value=87.5,
                    per_day=1.0,
                    per_day_low=0.8,
                    per_day_high=1.2,
                    seen_days=20.0,
                    made_at=self.now,
                )
            )

    async def drive(self, server: uuid.UUID, name: str, level: str = "ok") -> uuid.UUID:
        made = await self._resource("storage_device", name, server)
        async with self.database.transaction() as session:
            session.add(
                StorageDevice(
                    id=made,
                    server_id=server,
                    identity=f"serial:{made}",
                    name=name,
                    model="ST4000",
                    first_seen_at=self.now,
                    last_seen_at=self.now,
                    level=level,
                    known_level=level,
                    reasons=[{"message": "8 sectors wait to be remapped."}],
                    created_at=self.now,
                    updated_at=self.now,
                )
            )
        return made

    async def judged(self, drive: uuid.UUID, ago: timedelta, was: str, level: str) -> None:
        async with self.database.transaction() as session:
            session.add(
                StorageDeviceEvent(
                    device_id=drive,
                    at=self.now - ago,
                    kind="verdict",
                    message=f"It was {was} and is {level} now. Why.",
                )
            )

    async def pool(self, server: uuid.UUID, name: str, topic: str, message: str) -> uuid.UUID:
        made = await self._resource("storage_pool", name, server)
        reason = {"code": topic, "level": "warning", "topic": topic, "message": message}
        async with self.database.transaction() as session:
            session.add(
                StoragePool(
                    id=made,
                    server_id=server,
                    kind=PoolKind.ZFS,
                    identity=name,
                    name=name,
                    state="ONLINE",
                    level="warning",
                    reasons=[reason],
                    used_percent=61.0,
                    first_seen_at=self.now,
                    last_seen_at=self.now,
                    created_at=self.now,
                    updated_at=self.now,
                )
            )
        return made

    async def engine(self, server: uuid.UUID, name: str) -> uuid.UUID:
        made = await self._resource("database_instance", name, server)
        async with self.database.transaction() as session:
            session.add(
                DatabaseInstance(
                    id=made,
                    server_id=server,
                    kind=DatabaseKind.POSTGRESQL,
                    name=name,
                    state=DatabaseState.ONLINE,
                    first_seen_at=self.now,
                    last_seen_at=self.now,
                    created_at=self.now,
                    updated_at=self.now,
                )
            )
        return made

    async def measure(self, resource: uuid.UUID, **values: float) -> None:
        """Write samples as a round of the collection does."""
        samples = [Sample(metric, value) for metric, value in values.items()]
        async with self.database.transaction() as session:
            batch = Batch(resource, self.now, samples, timedelta(seconds=STANDARD))
            await MetricWriter(session).append([batch])

    async def issues(self) -> list[ReportIssue]:
        async with self.database.snapshot() as session:
            return [*await session.scalars(select(ReportIssue).order_by(ReportIssue.made_at))]

    async def deliveries(self) -> list[NotificationDelivery]:
        async with self.database.snapshot() as session:
            return [*await session.scalars(select(NotificationDelivery))]
