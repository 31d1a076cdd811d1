"""Deleting a server: first the plan of what goes with it, then the deed."""

import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.clock import Clock
from app.kernel.errors import JsonValue
from app.models.core.alert import OPEN, Alert, AlertState
from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource
from app.models.credentials.ssh_key import DeploymentState, SSHKey, SSHKeyDeployment
from app.models.infrastructure.collection import CollectionRun
from app.models.infrastructure.monitored_server import HostKeyPin, MonitoredServer
from app.schemas.infrastructure.server import DeletePlan, PlannedLoss
from app.services.core.alerts.engine import AlertEngine
from app.services.core.audit import AuditLog
from app.services.core.outbox import Outbox
from app.services.core.permissions import Actor
from app.services.core.resources import ResourceService
from app.services.infrastructure.events import ServerRemoved
from app.services.infrastructure.server_errors import ServerInUse, ServerNotFound

_LOSSES: tuple[tuple[str, InstrumentedAttribute[uuid.UUID]], ...] = (
    ("series of measurements", MetricSeries.resource_id),
    ("collection runs", CollectionRun.server_id),
    ("approved and offered host keys", HostKeyPin.server_id),
    ("records of installed keys", SSHKeyDeployment.resource_id),
)


_OVER = "{name}: the server was deleted"


class ServerRemoval:
    """Plans and deletes, in one transaction."""

    def __init__(
        self, session: AsyncSession, clock: Clock, audit: AuditLog, alerts: AlertEngine
    ) -> None:
        self._session = session
        self._audit = audit
        self._alerts = alerts
        self._outbox = Outbox(session, clock)
        self._resources = ResourceService(session, clock)

    async def plan(self, server_id: uuid.UUID) -> DeletePlan:
        """Tell what a deletion would take along, and what stands in its way."""
        server = await self._server(server_id)
        jump_users = await self._jump_users(server_id)
        goes = [
            PlannedLoss(what=what, count=await self._count(column, server_id))
            for what, column in _LOSSES
        ]
        alerts = select(func.count()).where(_of_alerts(server_id))
        goes.append(PlannedLoss(what="alerts", count=await self._session.scalar(alerts) or 0))
        goes.append(
            PlannedLoss(
                what="things found on it", count=await self._count(Resource.server_id, server_id)
            )
        )
        return DeletePlan(
            server_id=server.id,
            name=server.name,
            can_delete=not jump_users,
            obstacles=[
                f"{name} is reached through it; give that server another way first."
                for name in jump_users
            ],
            goes=[loss for loss in goes if loss.count],
            ends=[
                alert.title
                for alert in await self._open_alerts(server_id)
                if alert.state != AlertState.PENDING
            ],
            stays=await self._stays(server),
        )

    async def delete(self, actor: Actor, server_id: uuid.UUID) -> None:
        """Delete the server and what the plan named; nothing is done on the machine."""
        plan = await self.plan(server_id)
        if not plan.can_delete:
            obstacles: list[JsonValue] = [*plan.obstacles]
            raise ServerInUse(
                f"{plan.name} cannot be deleted: {' '.join(plan.obstacles)}",
                fix="Edit these servers first.",
                obstacles=obstacles,
            )
        # They end before they go: whoever was told of them is told that, too.
        ending = {alert.resource_id for alert in await self._open_alerts(server_id)}
        if ending:
            await self._alerts.end(self._session, _OVER, resource_ids=ending)
        await self._session.execute(delete(MonitoredServer).where(MonitoredServer.id == server_id))
        await self._resources.delete(server_id)
        removed = ServerRemoved(object_id=server_id, object_name=plan.name)
        self._outbox.announce(actor, removed)
        await self._audit.record(
            actor,
            "server.deleted",
            kind="server",
            object_id=server_id,
            name=plan.name,
            details={"goes": {loss.what: loss.count for loss in plan.goes}},
            resource_id=server_id,
        )

    async def _stays(self, server: MonitoredServer) -> list[str]:
        stays = ["The machine itself: nothing is changed on it."]
        if server.is_local:
            stays.append(
                "The machine that Unity runs on enters itself again at the next start,"
                " unless UNITY_COLLECT__ADD_LOCAL is false."
            )
        installed = await self._session.scalars(
            select(SSHKey.name)
            .join(SSHKeyDeployment, SSHKeyDeployment.ssh_key_id == SSHKey.id)
            .where(
                SSHKeyDeployment.resource_id == server.id,
                SSHKeyDeployment.state.in_([DeploymentState.INSTALLED, DeploymentState.VERIFIED]),
            )
        )
        stays += [
            f"The public key {name} in the account's authorized_keys; remove it first if it"
            " shall not open the machine any more."
            for name in sorted(set(installed))
        ]
        return stays

    async def _jump_users(self, server_id: uuid.UUID) -> Sequence[str]:
        return (
            await self._session.scalars(
                select(MonitoredServer.name)
                .where(MonitoredServer.jump_server_id == server_id)
                .order_by(MonitoredServer.name)
            )
        ).all()

    async def _open_alerts(self, server_id: uuid.UUID) -> Sequence[Alert]:
        rows = await self._session.scalars(
            select(Alert)
            .where(_of_alerts(server_id), Alert.state.in_(OPEN))
            .order_by(Alert.title, Alert.id)
        )
        return rows.all()

    async def _count(
        self,
        column: InstrumentedAttribute[uuid.UUID] | InstrumentedAttribute[uuid.UUID | None],
        server_id: uuid.UUID,
    ) -> int:
        return await self._session.scalar(select(func.count()).where(column == server_id)) or 0

    async def _server(self, server_id: uuid.UUID) -> MonitoredServer:
        server = await self._session.get(MonitoredServer, server_id)
        if server is None:
            raise ServerNotFound("There is no server with this id.", fix="Reload the list.")
        return server


def _of_alerts(server_id: uuid.UUID) -> ColumnElement[bool]:
    """Match the alerts of a server and of all that is on it."""
    on_it = or_(Resource.id == server_id, Resource.server_id == server_id)
    return Alert.resource_id.in_(select(Resource.id).where(on_it))
