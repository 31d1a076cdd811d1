"""A small scene for the tests of alerts: servers, what hangs on them, and an engine with quiet."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.models.core.alert import Alert, Severity
from app.models.core.event import Event
from app.models.core.resource import Resource, ResourceEdge, ResourceTag
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.quiet import AlertQuieting, QuietKeeper
from app.services.core.alerts.types import AlertType, Condition, Observation

OFFLINE = AlertType(
    kind="server_offline",
    domain="infrastructure",
    title="{name} is offline",
    over="{name} is back",
    severity=Severity.CRITICAL,
)
UNIT = AlertType(
    kind="unit_failed",
    domain="infrastructure",
    title="{name}: {subject} has failed",
    over="{name}: {subject} runs",
)
LATE = AlertType(
    kind="late_server_offline",
    domain="infrastructure",
    title="{name} is offline",
    over="{name} is back",
    for_samples=2,
)


@dataclass
class Scene:
    """What the tests do, in words."""

    database: Database
    clock: ManualClock
    engine: AlertEngine = field(init=False)
    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = AlertEngine(self.clock, AlertQuieting())

    async def add(
        self,
        name: str,
        *,
        on: str = "",
        kind: str = "server",
        tags: Sequence[str] = (),
        through: str = "",
    ) -> uuid.UUID:
        """Enter a resource, perhaps on a server, perhaps reached through another."""
        new, now = uuid7(), self.clock.now()
        parent = self.ids.get(on)
        async with self.database.transaction() as session:
            session.add(
                Resource(
                    id=new,
                    kind=kind,
                    name=name,
                    parent_id=parent,
                    server_id=parent,
                    created_at=now,
                    updated_at=now,
                )
            )
            await session.flush()
            session.add_all(ResourceTag(resource_id=new, tag=tag) for tag in tags)
            if through:
                session.add(
                    ResourceEdge(source_id=new, target_id=self.ids[through], kind="reached_through")
                )
        self.ids[name] = new
        return new

    async def see(self, name: str, conditions: Mapping[AlertType, Sequence[str]]) -> None:
        """Report what is wrong with a resource now, by the subjects."""
        seen = Observation(
            self.ids[name],
            name,
            {
                kind: [Condition(f"{one} is wrong", subject=one) for one in subjects]
                for kind, subjects in conditions.items()
            },
        )
        async with self.database.transaction() as session:
            await self.engine.take(session, [seen])

    async def wait(self, time: timedelta) -> None:
        """Let time pass, with a look at what is quiet at its end."""
        self.clock.advance(time)
        await self.sweep()

    async def sweep(self) -> None:
        async with self.database.transaction() as session:
            await QuietKeeper(session, self.clock).refresh()

    async def alerts(self) -> list[Alert]:
        async with self.database.snapshot() as session:
            return list(await session.scalars(select(Alert).order_by(Alert.began_at, Alert.id)))

    async def alert(self, kind: str, subject: str = "") -> Alert:
        """Return the newest alert of a kind."""
        found = [one for one in await self.alerts() if one.kind == kind and subject in one.subject]
        return found[-1]

    async def told(self) -> list[str]:
        """Return what was announced and is to be told, as `fired nas is offline`."""
        async with self.database.snapshot() as session:
            events = await session.scalars(select(Event).order_by(Event.at, Event.id))
            return [
                f"{one.kind.removeprefix('alert.')} {one.data['title']}"
                for one in events
                if one.kind in {"alert.fired", "alert.unmuted", "alert.resolved"}
                and not one.data["muted_by"]
            ]
