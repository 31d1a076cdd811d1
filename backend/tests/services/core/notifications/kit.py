"""A notification service on a clock that stands, with receivers in memory."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import SecretStr
from sqlalchemy import select

from app.adapters.live_memory import MemoryLiveBus
from app.kernel.clock import ManualClock
from app.kernel.config import NotificationsPart
from app.kernel.crypto import Vault
from app.kernel.database import Database, Session
from app.kernel.ids import uuid7
from app.models.core.notification_delivery import NotificationDelivery
from app.models.core.resource import Resource
from app.schemas.core.notification_channel import ChannelWrite
from app.schemas.core.notification_route import RouteMatch, RoutePlan, RouteWrite
from app.services.core.alerts.events import (
    AlertAcknowledged,
    AlertChanged,
    AlertFired,
    AlertReopened,
    AlertResolved,
    AlertUnmuted,
    AlertWorsened,
)
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.hearing import HeardEvent
from app.services.core.notifications.channels import ChannelService
from app.services.core.notifications.composing import Composer
from app.services.core.notifications.delivering import Deliverer
from app.services.core.notifications.forms import Forms
from app.services.core.notifications.hearing import AlertHearing
from app.services.core.notifications.routes import RouteService
from app.services.core.permissions import system
from tests.fakes.notifier import FakeNotifier

ZONE = "UTC"
TESTS = system("tests")


@dataclass
class Kit:
    """The room with its parts, as bootstrap would build them."""

    database: Database
    clock: ManualClock
    vault: Vault
    notifier: FakeNotifier = field(default_factory=FakeNotifier)
    settings: NotificationsPart = field(default_factory=NotificationsPart)

    def audit(self, session: Session) -> AuditLog:
        return AuditLog(session, self.clock, self.vault.subkey(KEY_INFO))

    def channels(self, session: Session) -> ChannelService:
        forms = Forms(self.notifier)
        return ChannelService(session, self.clock, self.vault, self.audit(session), forms)

    def routes(self, session: Session) -> RouteService:
        return RouteService(session, self.clock, self.audit(session), ZONE)

    def deliverer(self, worker: str = "one") -> Deliverer:
        return Deliverer(
            self.database,
            self.vault,
            self.clock,
            self.notifier,
            live=MemoryLiveBus(),
            settings=self.settings,
            worker=worker,
        )

    async def channel(self, name: str, **more: object) -> uuid.UUID:
        """Enter a web hook whose address holds the name; no route is made for it."""
        wish = ChannelWrite(
            name=name,
            service="webhook",
            secrets={"url": SecretStr(f"https://receiver.test/{name}")},
        ).model_copy(update=more)
        async with self.database.transaction() as session:
            made = await self.channels(session).create(TESTS, wish)
            for route in await self.routes(session).list():
                if route.name == "Everything":
                    await self.routes(session).delete(TESTS, route.id)
        return made.id

    async def route(
        self,
        plan: RoutePlan | None,
        match: RouteMatch | None = None,
        *,
        name: str = "route",
        parent_id: uuid.UUID | None = None,
        position: int = 0,
        goes_on: bool = False,
    ) -> uuid.UUID:
        """Enter a route."""
        wish = RouteWrite(
            name=name,
            parent_id=parent_id,
            position=position,
            goes_on=goes_on,
            match=match or RouteMatch(),
            plan=plan,
        )
        async with self.database.transaction() as session:
            return (await self.routes(session).create(TESTS, wish)).id

    async def server(self, name: str = "nas") -> uuid.UUID:
        """Enter a server's resource."""
        now, made = self.clock.now(), uuid7()
        async with self.database.transaction() as session:
            session.add(Resource(id=made, kind="server", name=name, created_at=now, updated_at=now))
        return made

    async def hear(self, told: AlertChanged, event_id: uuid.UUID | None = None) -> None:
        """Hand an announcement to the handler, as the dispatcher does."""
        event = HeardEvent(
            id=event_id or uuid7(),
            kind=told.kind,
            at=self.clock.now(),
            actor_kind="system",
            actor_id=None,
            actor_name="alert engine",
            resource_id=told.resource_id,
            summary=told.summary(),
            data=told.data(),
        )
        async with self.database.transaction() as session:
            await AlertHearing(self.clock, ZONE).hear(session, event)

    async def fire(self, title: str, **more: object) -> uuid.UUID:
        """Let an alert fire; return its id."""
        alert_id = uuid7()
        await self.hear(self._told(AlertFired, alert_id, title, **more))
        return alert_id

    async def resolve(self, alert_id: uuid.UUID, title: str, **more: object) -> None:
        await self.hear(self._told(AlertResolved, alert_id, title, **more))

    async def unmute(self, alert_id: uuid.UUID, title: str, **more: object) -> None:
        await self.hear(self._told(AlertUnmuted, alert_id, title, **more))

    async def worsen(self, alert_id: uuid.UUID, title: str, **more: object) -> None:
        await self.hear(self._told(AlertWorsened, alert_id, title, **more))

    async def reopen(self, alert_id: uuid.UUID, title: str) -> None:
        await self.hear(self._told(AlertReopened, alert_id, title, by="alice"))

    async def acknowledge(self, alert_id: uuid.UUID, title: str) -> None:
        await self.hear(self._told(AlertAcknowledged, alert_id, title, by="alice"))

    def _told(
        self, kind: type[AlertChanged], alert_id: uuid.UUID, title: str, **more: object
    ) -> AlertChanged:
        now = self.clock.now()
        fields: dict[str, object] = {
            "object_kind": "alert",
            "object_id": alert_id,
            "object_name": title,
            "alert_type": "server.offline",
            "domain": "infrastructure",
            "severity": "warning",
            "title": title,
            "message": f"{title} since noon.",
            "fix": "",
            "runbook": "",
            "subject": "",
            "began_at": now,
            "at": now,
            **more,
        }
        return kind(**fields)  # type: ignore[arg-type] # the fields are checked by the dataclass

    async def round(self, after: timedelta = timedelta(0)) -> int:
        """Compose and deliver, as the job does, after so long."""
        self.clock.advance(after)
        await self.compose()
        return await self.deliverer().deliver()

    async def compose(self) -> int:
        """Write the messages that are due, and send none."""
        return await Composer(self.database, self.clock, link="", zone=ZONE).compose()

    async def ledger(self) -> list[NotificationDelivery]:
        """Return all deliveries in order."""
        async with self.database.snapshot() as session:
            rows = await session.scalars(
                select(NotificationDelivery).order_by(NotificationDelivery.id)
            )
            return list(rows)


def at_once(*channels: uuid.UUID, **more: object) -> RoutePlan:
    """Return a plan that tells each alert by itself and waits for nothing."""
    plan: dict[str, object] = {
        "channels": channels,
        "group_by": "alert",
        "group_wait_seconds": 0,
        "group_interval_seconds": 0,
        **more,
    }
    return RoutePlan.model_validate(plan)
