"""From a stored instance to a call of its plugin: its secrets opened, its server named."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import CannotOpen, Ref, Vault
from app.kernel.errors import JsonValue
from app.models.core.plugin import Plugin, PluginState
from app.models.core.plugin_instance import PluginInstance
from app.models.core.resource import Resource
from app.ports.plugin_host import PluginCall, PluginServer
from app.services.core.labels import labels_of
from app.services.core.platform import AddressOf
from app.services.core.plugins.described import Described, described
from app.services.core.plugins.errors import (
    PluginInstanceNotFound,
    PluginNotFound,
    PluginNotReady,
)


def secret_ref(instance_id: uuid.UUID, version: int) -> Ref:
    """Return the cell of an instance's secrets."""
    return Ref("plugin_instance", instance_id, "secret", version)


def open_secrets(vault: Vault, row: PluginInstance, purpose: str) -> dict[str, str]:
    """Return the secrets of an instance in plain."""
    opened: dict[str, str] = json.loads(
        vault.open(row.secret, secret_ref(row.id, row.version), purpose)
    )
    return opened


@dataclass(frozen=True, slots=True)
class OpenInstance:
    """An instance that can be called; nothing of it hangs on a session."""

    id: uuid.UUID
    name: str
    plugin: str
    every_seconds: int
    is_enabled: bool
    said: Described
    call: PluginCall
    problem: str = ""  # why its plugin cannot be called


class InstanceOpener:
    """Opens instances, for one call."""

    def __init__(
        self, session: AsyncSession, clock: Clock, vault: Vault, address_of: AddressOf
    ) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._address_of = address_of

    async def open(self, instance_id: uuid.UUID, purpose: str) -> OpenInstance:
        """Return an instance with what its call needs."""
        row = await self._session.get(PluginInstance, instance_id)
        if row is None:
            raise PluginInstanceNotFound("There is no instance with this id.")
        plugin = await plugin_of(self._session, row.plugin)
        said = described(plugin)
        problem = "" if plugin.state == PluginState.READY else plugin.problem
        try:
            secrets = open_secrets(self._vault, row, purpose)
        except CannotOpen:
            secrets, problem = {}, "Its secrets cannot be opened with this key: enter them again."
        values: Mapping[str, JsonValue] = {**row.settings, **secrets}
        call = await self.call(plugin, said, values, name=row.name, server_id=row.server_id)
        return OpenInstance(
            id=row.id,
            name=row.name,
            plugin=row.plugin,
            every_seconds=row.every_seconds,
            is_enabled=row.is_enabled,
            said=said,
            call=replace(call, state=row.memory),
            problem=problem,
        )

    async def call(
        self,
        plugin: Plugin,
        said: Described,
        values: Mapping[str, JsonValue],
        *,
        name: str,
        server_id: uuid.UUID | None,
    ) -> PluginCall:
        """Return the call of a configuration."""
        return PluginCall(
            origin=plugin.origin,
            values=values,
            secrets=said.secrets,
            instance=name,
            now=self._clock.now(),
            server=None if server_id is None else await self._server(server_id),
            seconds=float(said.manifest.timeout_seconds),
            memory_mib=said.manifest.memory_mib,
        )

    async def _server(self, server_id: uuid.UUID) -> PluginServer | None:
        found = await self._session.get(Resource, server_id)
        if found is None:
            return None
        labels = await labels_of(self._session, [server_id])
        address = await self._address_of(self._session, server_id)
        return PluginServer(str(server_id), found.name, address, tuple(labels.tags(server_id)))


async def plugin_of(session: AsyncSession, name: str) -> Plugin:
    """Return the row of a plugin, or raise."""
    row = await session.scalar(select(Plugin).where(Plugin.name == name))
    if row is None:
        raise PluginNotFound(
            f"There is no plugin {name[:40]!r}.", fix="GET /api/plugins/gallery lists them."
        )
    return row


async def ready_plugin(session: AsyncSession, name: str) -> Plugin:
    """Return the row of a plugin that can be used, or raise why not."""
    row = await plugin_of(session, name)
    if row.state != PluginState.READY:
        raise PluginNotReady(
            f"The plugin {name} cannot be used: {row.problem}",
            fix="Mend it, then look for plugins again.",
        )
    return row
