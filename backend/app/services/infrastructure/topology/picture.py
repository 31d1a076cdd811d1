"""The topology as people look at it: one server whole, or one thing with what is around it."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.errors import InvalidInput
from app.models.core.alert import OPEN, Alert, AlertState, Severity
from app.models.core.resource import Resource, ResourceEdge, ResourceKind
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.schemas.infrastructure.topology import (
    NodeAlert,
    Side,
    TopologyEdge,
    TopologyNode,
    TopologyQuery,
    TopologyRead,
)
from app.services.core.alerts.causes import DEPENDS
from app.services.core.alerts.quiet_reader import read_topology
from app.services.core.places import path_of
from app.services.core.resources import ResourceNotFound
from app.services.infrastructure.topology.words import Words, words_of

_MOST = 300  # more cannot be told apart on a screen
_DEEPEST = 8
_RANK = {None: -1, Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}
_ORDER: dict[str, int] = {
    ResourceKind.SERVER: 0,
    ResourceKind.STORAGE_DEVICE: 1,
    ResourceKind.STORAGE_POOL: 2,
    ResourceKind.FILESYSTEM: 3,
    ResourceKind.DATABASE: 4,
}
# How measurements of a server name the pool that they are of.
_LABELS: Mapping[PoolKind, str] = {PoolKind.ZFS: "zpool", PoolKind.LVM: "vg"}
Place = tuple[uuid.UUID | None, str, str]  # a server, a label and its value
_NOT_DRAWN = (ResourceKind.SSH_KEY, ResourceKind.CREDENTIAL)


class TopologyPicture:
    """Reads parts of the topology; the number of queries does not grow with their size."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def read(self, query: TopologyQuery) -> TopologyRead:
        """Return the part that was asked for, or raise `ResourceNotFound`."""
        if (query.server_id is None) == (query.resource_id is None):
            raise InvalidInput(
                "Either a server or one resource is to be shown.",
                fix="Give `server_id` or `resource_id`, one of them.",
            )
        start = query.server_id or query.resource_id
        found = await self._session.scalar(select(Resource).where(Resource.id == start))
        if found is None or found.kind in _NOT_DRAWN:
            raise ResourceNotFound("There is no server, drive, pool or the like with this id.")
        if found.kind == ResourceKind.SERVER:
            return await self._drawn(found, {}, await self._of_server(found.id))
        below = await read_topology(self._session, {found.id})
        sides = dict.fromkeys(below.nodes, Side.BELOW)
        above = await self._above(found.id)
        return await self._drawn(found, sides, above - sides.keys())

    async def _of_server(self, server_id: uuid.UUID) -> set[uuid.UUID]:
        rows = await self._session.scalars(
            select(Resource.id).where(
                Resource.server_id == server_id, Resource.kind.not_in(_NOT_DRAWN)
            )
        )
        return set(rows) - {server_id}

    async def _above(self, resource_id: uuid.UUID) -> set[uuid.UUID]:
        """Return what stands on a thing, level by level."""
        seen: set[uuid.UUID] = set()
        wave = {resource_id}
        for _ in range(_DEEPEST):
            rows = await self._session.scalars(
                select(ResourceEdge.source_id).where(
                    ResourceEdge.target_id.in_(wave), ResourceEdge.kind.in_(DEPENDS)
                )
            )
            wave = set(rows) - seen - {resource_id}
            if not wave:
                break
            seen |= wave
        return seen

    async def _drawn(
        self, start: Resource, sides: dict[uuid.UUID, Side], above: Collection[uuid.UUID]
    ) -> TopologyRead:
        sides |= dict.fromkeys(above, Side.ABOVE)
        sides[start.id] = Side.HERE
        rows = await self._session.scalars(
            select(Resource).where(Resource.id.in_(sides), Resource.kind.not_in(_NOT_DRAWN))
        )
        resources = rows.all()
        alerts = await self._alerts(resources)
        words = await words_of(self._session, sides.keys())
        nodes = [
            _node(row, sides[row.id], words.get(row.id, Words()), alerts.get(row.id, []))
            for row in resources
        ]
        kept = sorted(
            _worst_first(nodes)[:_MOST], key=lambda one: (_ORDER.get(one.kind, 9), one.name.lower())
        )
        edges = await self._edges({node.id for node in kept}, resources)
        return TopologyRead(nodes=kept, edges=edges, is_cut=len(nodes) > _MOST)

    async def _edges(
        self, ids: Collection[uuid.UUID], resources: Sequence[Resource]
    ) -> list[TopologyEdge]:
        rows = await self._session.execute(
            select(ResourceEdge.source_id, ResourceEdge.target_id, ResourceEdge.kind)
            .where(
                ResourceEdge.source_id.in_(ids),
                ResourceEdge.target_id.in_(ids),
                ResourceEdge.kind.in_(DEPENDS),
            )
            .order_by(ResourceEdge.source_id, ResourceEdge.target_id)
        )
        edges = [TopologyEdge(source_id=row[0], target_id=row[1], kind=row[2]) for row in rows]
        standing = {edge.source_id for edge in edges}
        return edges + [
            TopologyEdge(source_id=row.id, target_id=row.server_id, kind="part_of")
            for row in resources
            # What stands on something of the server needs no line to the server itself.
            if row.server_id is not None
            and row.server_id in ids
            and row.id in ids
            and row.id not in standing
        ]

    async def _alerts(self, resources: Sequence[Resource]) -> dict[uuid.UUID, list[Alert]]:
        rows = await self._session.scalars(
            select(Alert)
            .where(
                Alert.resource_id.in_([row.id for row in resources]),
                Alert.state.in_(OPEN),
                Alert.state != AlertState.PENDING,
            )
            .order_by(Alert.began_at, Alert.id)
        )
        places = await self._places(resources)
        found: dict[uuid.UUID, list[Alert]] = defaultdict(list)
        for alert in rows:
            told = [(alert.resource_id, label, name) for label, name in alert.labels.items()]
            found[next((places[one] for one in told if one in places), alert.resource_id)].append(
                alert
            )
        return found

    async def _places(self, resources: Sequence[Resource]) -> dict[Place, uuid.UUID]:
        """Return where that is shown which a server reports of a mount point or of a pool."""
        found: dict[Place, uuid.UUID] = {
            (row.server_id, "mountpoint", row.name): row.id
            for row in resources
            if row.kind == ResourceKind.FILESYSTEM
        }
        pools = await self._session.execute(
            select(StoragePool.id, StoragePool.server_id, StoragePool.kind, StoragePool.name).where(
                StoragePool.id.in_([row.id for row in resources]), StoragePool.kind.in_(_LABELS)
            )
        )
        for pool in pools:
            found[pool.server_id, _LABELS[PoolKind(pool.kind)], pool.name] = pool.id
        return found


def _node(row: Resource, side: Side, words: Words, alerts: Sequence[Alert]) -> TopologyNode:
    alerts = sorted(alerts, key=lambda one: -_RANK[Severity(one.severity)])
    return TopologyNode(
        id=row.id,
        kind=row.kind,
        name=row.name,
        detail=words.detail,
        server_id=row.server_id,
        path=path_of(row.kind, row.id, server_id=row.server_id),
        side=side,
        missing_since=words.missing_since,
        severity=Severity(alerts[0].severity) if alerts else None,
        alerts=[NodeAlert.model_validate(alert) for alert in alerts],
    )


def _worst_first(nodes: Sequence[TopologyNode]) -> list[TopologyNode]:
    """Put what is wrong before what is well, and of each kind some before all of another.

    Else hundreds of drives would leave no room for the pool that they are.
    """
    seen: Counter[str] = Counter()
    ranked: list[tuple[tuple[bool, int, int, int], TopologyNode]] = []
    for node in sorted(nodes, key=lambda one: (-_RANK[one.severity], one.name)):
        place = (node.side is not Side.HERE, -_RANK[node.severity], seen[node.kind])
        ranked.append(((*place, _ORDER.get(node.kind, 9)), node))
        seen[node.kind] += 1
    return [node for _, node in sorted(ranked, key=lambda one: one[0])]
