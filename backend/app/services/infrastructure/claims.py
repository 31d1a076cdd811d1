"""Which servers are due, and who takes them: by compare-and-swap, so that no two workers do.

The due time is pushed ahead before the work. So a worker that dies in the middle of a cycle loses
only this cycle, and a server that kills its worker does not do so in a loop.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.models.infrastructure.collection import FactState
from app.models.infrastructure.database_instance import DatabaseInstance
from app.models.infrastructure.monitored_server import (
    HostKeyPin,
    HostKeyState,
    MonitoredServer,
    ServerStatus,
    SudoMode,
)
from app.models.infrastructure.storage_device import DeviceState, StorageDevice
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.ports.shell import Target
from app.services.core.facts import Rate
from app.services.infrastructure.cycle import Claim
from app.services.infrastructure.facts.btrfs import BtrfsFact
from app.services.infrastructure.facts.databases.fact import DatabasesFact
from app.services.infrastructure.facts.lvm import LvmFact
from app.services.infrastructure.facts.md.arrays import MdArraysFact
from app.services.infrastructure.facts.smart.report import ReadState
from app.services.infrastructure.facts.zfs.pools import ZfsPoolsFact
from app.services.infrastructure.status import Verdict
from app.services.infrastructure.targets import TargetBuilder, TargetUnusable

_DUE: dict[Rate, InstrumentedAttribute[datetime | None]] = {
    Rate.STANDARD: MonitoredServer.next_due_at,
    Rate.SLOW: MonitoredServer.slow_due_at,
}
_POOL_FACTS: Mapping[PoolKind, str] = MappingProxyType(
    {
        PoolKind.ZFS: ZfsPoolsFact.name,
        PoolKind.MD: MdArraysFact.name,
        PoolKind.BTRFS: BtrfsFact.name,
        PoolKind.LVM: LvmFact.name,
    }
)


class Claims:
    """Takes servers for cycles."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        targets: TargetBuilder,
        *,
        standard: timedelta,
        lease: timedelta,
        slow_lease: timedelta | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._targets = targets
        self._standard = standard
        self._lease = lease
        # The slow round asks the drives too, and whoever waits for a killed one waits for so long.
        self._slow_lease = slow_lease or lease

    async def take_due(self, rate: Rate, limit: int) -> list[Claim]:
        """Take up to `limit` enabled servers that are due, the longest waiting first."""
        due_at, now = _DUE[rate], self._clock.now()
        is_due = or_(due_at.is_(None), due_at <= now)
        async with self._database.snapshot() as session:
            candidates = await _due(session, is_due, due_at, limit)
        if not candidates:
            return []
        lease = now + (self._slow_lease if rate is Rate.SLOW else self._lease)
        async with self._database.transaction() as session:
            taken = (
                await session.scalars(
                    update(MonitoredServer)
                    .where(MonitoredServer.id.in_(candidates), MonitoredServer.is_enabled, is_due)
                    .values({due_at: lease})
                    .returning(MonitoredServer.id)
                    .execution_options(synchronize_session=False)
                )
            ).all()
        return await self._prepare(taken, lease)

    async def take(self, ids: Collection[uuid.UUID], *, with_local: bool = False) -> list[Claim]:
        """Take these servers now, due or not; those that are disabled or gone are left out."""
        return await self._prepare(ids, None, with_local=with_local)

    async def give_back(self, claims: Collection[Claim], rate: Rate) -> None:
        """Let go of servers that another cycle is asking: due an interval from now, as after it.

        Else the lease would stand as their due time, which may be several intervals away.
        """
        if rate is not Rate.STANDARD or not claims:
            return
        now = self._clock.now()
        async with self._database.transaction() as session:
            for claim in claims:
                await session.execute(
                    update(MonitoredServer)
                    .where(
                        MonitoredServer.id == claim.server_id,
                        MonitoredServer.next_due_at == claim.lease,
                    )
                    .values(next_due_at=now + claim.interval)
                    .execution_options(synchronize_session=False)
                )

    async def _prepare(
        self, ids: Collection[uuid.UUID], lease: datetime | None, *, with_local: bool = False
    ) -> list[Claim]:
        if not ids and not with_local:
            return []
        chosen: ColumnElement[bool] = MonitoredServer.id.in_(ids)
        if with_local:
            chosen = or_(chosen, MonitoredServer.is_local)
        async with self._database.snapshot() as session:
            servers = (
                await session.scalars(
                    select(MonitoredServer)
                    .where(chosen, MonitoredServer.is_enabled)
                    .order_by(MonitoredServer.id)
                )
            ).all()
            targets = await self._targets.build_many(session, servers)
            changed = await _changed_keys(session, targets.values())
            sleepers = await _with_sleepers(session, [server.id for server in servers])
            kept = await _known_things(session, [server.id for server in servers])
        return [
            replace(
                self._claim(server, targets[server.id], lease, changed),
                has_sleepers=server.id in sleepers,
                kept=frozenset(kept.get(server.id, ())),
            )
            for server in servers
        ]

    def _claim(
        self,
        server: MonitoredServer,
        target: Target | TargetUnusable,
        lease: datetime | None,
        changed: Mapping[str, str],
    ) -> Claim:
        refusal: Verdict | None
        if isinstance(target, TargetUnusable):
            refusal = Verdict(ServerStatus.UNKNOWN, "login_unusable", target.detail, target.fix)
        else:
            refusal = _undecided(server, target, changed)
        return Claim(
            server_id=server.id,
            name=server.name,
            is_local=server.is_local,
            interval=(
                self._standard
                if server.interval_seconds is None
                else timedelta(seconds=server.interval_seconds)
            ),
            target=target if isinstance(target, Target) and refusal is None else None,
            refusal=refusal,
            uses_sudo=server.sudo != SudoMode.NONE,
            lease=lease,
        )


async def free_claims(database: Database, clock: Clock, standard: timedelta) -> None:
    """Make due again what a killed process had taken: where there is one process, nobody else has.

    A server is due an interval after it was last asked; only a claim pushes that further.
    """
    async with database.transaction() as session:
        servers = await session.execute(
            select(
                MonitoredServer.id,
                MonitoredServer.last_attempt_at,
                MonitoredServer.interval_seconds,
                MonitoredServer.next_due_at,
            ).where(MonitoredServer.is_enabled)
        )
        freed = []
        for server_id, asked_at, seconds, due_at in servers:
            interval = standard if seconds is None else timedelta(seconds=seconds)
            own_time = clock.now() if asked_at is None else asked_at + interval
            if due_at is not None and due_at > own_time:
                freed.append({"id": server_id, "next_due_at": own_time})
        if freed:
            await session.execute(update(MonitoredServer), freed)


async def _with_sleepers(
    session: AsyncSession, server_ids: Sequence[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Return the servers on which a disk slept when it was last asked, or none was asked yet.

    The slow round asks the drives; a machine that it found none on has nothing to wake.
    """
    may_sleep = (
        select(StorageDevice.id)
        .where(
            StorageDevice.server_id == FactState.server_id,
            StorageDevice.state == DeviceState.PRESENT,
            or_(
                StorageDevice.read_state.is_(None),
                StorageDevice.read_state == ReadState.STANDBY.value,
            ),
        )
        .exists()
    )
    awake = await session.scalars(
        select(FactState.server_id).where(
            FactState.server_id.in_(server_ids), FactState.rate == Rate.SLOW.value, ~may_sleep
        )
    )
    return frozenset(server_ids) - frozenset(awake)


async def _known_things(
    session: AsyncSession, server_ids: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, set[str]]:
    """Return by server the rare facts that must be asked: there is, or was, something of the kind.

    Else what comes back would be seen late, and what is gone would be believed too long.
    """
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    pools = await session.execute(
        select(StoragePool.server_id, StoragePool.kind)
        .where(StoragePool.server_id.in_(server_ids))
        .distinct()
    )
    for server_id, kind in pools:
        found[server_id].add(_POOL_FACTS[PoolKind(kind)])
    databases = await session.scalars(
        select(DatabaseInstance.server_id)
        .where(DatabaseInstance.server_id.in_(server_ids))
        .distinct()
    )
    for server_id in databases:
        found[server_id].add(DatabasesFact.name)
    return found


async def _changed_keys(
    session: AsyncSession, targets: Collection[Target | TargetUnusable]
) -> Mapping[str, str]:
    """Return the machines whose changed host key nobody has decided about: target key → print."""
    ids = {uuid.UUID(step.key) for target in targets for step in _way(target)}
    pins = await session.execute(
        select(HostKeyPin.server_id, HostKeyPin.fingerprint).where(
            HostKeyPin.server_id.in_(ids), HostKeyPin.state == HostKeyState.QUARANTINED
        )
    )
    return {str(server_id): fingerprint for server_id, fingerprint in pins}


def _way(target: Target | TargetUnusable) -> Iterator[Target]:
    """Yield the machine and the jump hosts before it."""
    step = target if isinstance(target, Target) else None
    while step is not None:
        yield step
        step = step.jump


def _undecided(
    server: MonitoredServer, target: Target, changed: Mapping[str, str]
) -> Verdict | None:
    """Refuse contact while somebody else may be answering in the machine's place."""
    for step in _way(target):
        if step.key in changed:
            who = server.name if step is target else f"The jump host of {server.name}"
            return Verdict(
                ServerStatus.OFFLINE,
                "host_key_changed",
                f"{who} showed another host key than the approved one: {changed[step.key]}."
                " It is not contacted until somebody has decided.",
                "Compare the fingerprint on the machine itself; then approve or reject the key.",
            )
    return None


async def _due(
    session: AsyncSession,
    is_due: ColumnElement[bool],
    due_at: InstrumentedAttribute[datetime | None],
    limit: int,
) -> Sequence[uuid.UUID]:
    """Look first without a lock: most ticks find nothing, and must not hold up a writer."""
    return (
        await session.scalars(
            select(MonitoredServer.id)
            .where(MonitoredServer.is_enabled, is_due)
            .order_by(due_at, MonitoredServer.id)
            .limit(limit)
        )
    ).all()
