"""What the infrastructure lets people find beyond names: servers by their address."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.kernel.database import Session
from app.models.infrastructure.monitored_server import MonitoredServer
from app.services.core.permissions import Actor, P
from app.services.core.places import path_of
from app.services.core.search import Hit, SearchSource, Wanted
from app.services.core.search_sources import WEIGHTS


class ServerAddresses:
    """Servers by the host that is entered for them."""

    async def find(self, session: Session, actor: Actor, wanted: Wanted) -> Sequence[Hit]:
        """Return servers by name and host together; the detail is the host."""
        if not actor.may(P.SERVERS_READ):
            return ()
        rank = wanted.best_rank(MonitoredServer.name, MonitoredServer.host)
        rows = await session.execute(
            select(MonitoredServer.id, MonitoredServer.name, MonitoredServer.host, rank)
            .where(wanted.in_any(MonitoredServer.name, MonitoredServer.host))
            .order_by(rank, func.length(MonitoredServer.name), MonitoredServer.name)
            .limit(wanted.limit)
        )
        return [
            Hit(
                kind="server",
                id=str(server_id),
                title=name,
                detail=host,
                path=path_of("server", server_id) or "/servers",
                rank=found,
                weight=WEIGHTS["server"],
            )
            for server_id, name, host, found in rows
        ]


INFRASTRUCTURE_SOURCES: tuple[SearchSource, ...] = (ServerAddresses(),)
