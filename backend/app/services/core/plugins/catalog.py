"""Keeps the list of plugins true: looks what is there, and asks each that is new what it is."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.kernel.logging import get_logger
from app.models.core.plugin import Plugin, PluginSource, PluginState
from app.ports.live_bus import LiveBus
from app.ports.plugin_host import CallFailed, FoundPlugin, PluginHost
from app.services.core.alerts import builtin
from app.services.core.alerts.types import AlertTypes
from app.services.core.metrics.statements import insert_missing, table_of
from app.services.core.plugins.described import PUSH, PUSH_WORDS, TYPES, described, sender_of
from app.services.core.plugins.running import TOPIC

if TYPE_CHECKING:
    from unity_plugin.wire import Description

SCAN = "core.plugins.scan"
# A new version of Unity asks all plugins anew: it may judge them by other rules.
_FORMAT = "1"
_EVERY_SECONDS = 30.0
log = get_logger(__name__)


class PluginCatalog:
    """Scans for plugins; alternates looking, asking and writing."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        host: PluginHost,
        types: AlertTypes,
        *,
        live: LiveBus,
    ) -> None:
        self._database = database
        self._clock = clock
        self._host = host
        self._types = types
        self._live = live
        self._has_scanned = False
        self._learned: tuple[object, ...] = ()

    async def scan_once(self) -> bool:
        """Scan, if this process has not yet done so; tell whether it did now."""
        if self._has_scanned:
            return False
        await self.scan()
        return True

    async def scan(self) -> dict[str, JsonValue]:
        """Bring the list up to date; return how many there are, and what changed."""
        self._has_scanned = True
        found = await self._host.find()
        async with self._database.snapshot() as session:
            known = {row.name: row for row in await session.scalars(select(Plugin))}
        news = [one for one in found if self._is_new(one, known.get(one.name))]
        own = [
            one.origin for one in news if one.source == PluginSource.BUILT_IN and not one.problem
        ]
        said = await self._host.describe_own(own)
        asked = {one.name: await self._ask(one, said.get(one.origin)) for one in news}
        async with self._database.transaction() as session:
            gone = await self._store(session, found, asked)
            await self._learn(session)
        if asked or gone:
            await self._live.publish(TOPIC, {})  # the gallery that somebody looks at is old now
        broken = sorted(name for name, row in asked.items() if row.state == PluginState.BROKEN)
        return {"found": len(found), "asked": len(asked), "broken": [*broken], "gone": gone}

    async def learn(self) -> None:
        """Tell the alert engine of the types of all plugins that are known."""
        async with self._database.transaction() as session:
            await self._learn(session)

    async def follow(self) -> None:
        """Learn what another process finds, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.catch_up()
            except (SQLAlchemyError, OSError) as error:
                log.warning("plugins_not_followed", error=type(error).__name__)

    async def catch_up(self) -> bool:
        """Learn, if the list has changed since; tell whether it has."""
        async with self._database.snapshot() as session:
            if await _state(session) == self._learned:
                return False
        await self.learn()
        return True

    @staticmethod
    def _is_new(one: FoundPlugin, row: Plugin | None) -> bool:
        if row is None or row.state == PluginState.GONE or row.origin != one.origin:
            return True
        return row.fingerprint != _fingerprint(one)

    async def _ask(self, one: FoundPlugin, known: "Description | CallFailed | None") -> Plugin:
        now = self._clock.now()
        row = Plugin(
            id=uuid7(),
            name=one.name,
            source=PluginSource(one.source),
            origin=one.origin,
            distribution=one.distribution,
            fingerprint=_fingerprint(one),
            state=PluginState.BROKEN,
            problem=one.problem,
            description={"manifest": {"name": one.name, "title": one.name}},
            seen_at=now,
            created_at=now,
            updated_at=now,
        )
        if one.problem:
            return row
        try:
            said = await self._said(one.origin, known)
        except CallFailed as error:
            last = error.log[-1].text if error.log else ""
            row.problem = " ".join(filter(None, (error.detail, error.fix, last)))[:2000]
            return row
        if said.manifest.name != one.name:
            row.problem = (
                f"It calls itself {said.manifest.name}: its entry point or file must be named"
                " as its manifest says."
            )
            return row
        row.state, row.description = PluginState.READY, said.model_dump(mode="json")
        return row

    async def _said(self, origin: str, known: "Description | CallFailed | None") -> "Description":
        if isinstance(known, CallFailed):
            raise known
        return known or await self._host.describe(origin)

    async def _store(
        self, session: AsyncSession, found: Sequence[FoundPlugin], asked: dict[str, Plugin]
    ) -> list[JsonValue]:
        now = self._clock.now()
        # Processes that start together all look, and whoever comes second finds the row there.
        await insert_missing(
            session, Plugin, [_values(row) for row in (_push(now), *_by_name(asked))]
        )
        known = {row.name: row for row in await session.scalars(select(Plugin))}
        for name, new in asked.items():
            row = known[name]
            if row.id == new.id:
                continue
            if new.state == PluginState.READY or row.state == PluginState.GONE:
                row.description = new.description
            # Of one that is broken now, its form and alert types are kept: instances need them.
            row.source, row.origin, row.distribution = new.source, new.origin, new.distribution
            row.fingerprint, row.state, row.problem = new.fingerprint, new.state, new.problem
            row.updated_at = now
        present = {one.name for one in found} | {PUSH}
        gone: list[JsonValue] = []
        for name, row in known.items():
            if name in present:
                row.seen_at = now
            elif row.state != PluginState.GONE:
                row.state, row.problem = PluginState.GONE, "It is no longer installed."
                row.updated_at = now
                gone.append(name)
        await session.flush()
        return gone

    async def _learn(self, session: AsyncSession) -> None:
        rows = await session.scalars(select(Plugin).where(Plugin.name != PUSH))
        types, senders = [*TYPES], []
        for row in rows:
            said = described(row)
            types += said.alert_types().values()
            if said.sends and row.state == PluginState.READY:
                senders.append(sender_of(row.origin, said))
        self._types.learn(types)
        self._host.learn(senders)
        self._learned = await _state(session)
        await builtin.plant(session, map(builtin.rule_of, types), self._clock.now())


def _by_name(asked: Mapping[str, Plugin]) -> list[Plugin]:
    """Return them in one order, in which two who insert cannot wait for each other."""
    return [asked[name] for name in sorted(asked)]


def _values(row: Plugin) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in table_of(Plugin).columns}


async def _state(session: AsyncSession) -> tuple[object, ...]:
    """Return what is another after every change of the list."""
    found = await session.execute(select(func.count(), func.max(Plugin.updated_at)))
    return tuple(found.one())


def _fingerprint(one: FoundPlugin) -> str:
    return f"{_FORMAT} {one.fingerprint} {one.problem}"[:200]


def _push(now: datetime) -> Plugin:
    """Return the plugin without code."""
    said: dict[str, JsonValue] = {
        "manifest": {
            "name": PUSH,
            "version": "1.0",
            "title": PUSH_WORDS.title,
            "summary": PUSH_WORDS.summary,
            "category": "other",
            "description": PUSH_WORDS.description,
            "every_seconds": 3600,
        }
    }
    return Plugin(
        id=uuid7(),
        name=PUSH,
        source=PluginSource.BUILT_IN,
        origin="",
        distribution="",
        fingerprint="",
        state=PluginState.READY,
        description=said,
        problem="",
        seen_at=now,
        created_at=now,
        updated_at=now,
    )
