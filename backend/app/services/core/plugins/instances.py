"""Instances: entered, changed, switched, removed. Nothing is asked of their plugins here."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.kernel.errors import JsonValue
from app.kernel.ids import uuid7
from app.models.core.plugin import Plugin
from app.models.core.plugin_instance import InstanceState, PluginInstance
from app.models.core.resource import Resource, ResourceKind
from app.ports.plugin_host import FieldFault
from app.schemas.core.plugin_instance import InstanceWrite
from app.services.core.alerts.engine import AlertEngine
from app.services.core.alerts.incidents import AlertChange
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.core.plugins.described import Described, described
from app.services.core.plugins.errors import (
    PluginConfigNotValid,
    PluginInstanceNameTaken,
    PluginInstanceNotFound,
    refuse,
)
from app.services.core.plugins.opening import open_secrets, ready_plugin, secret_ref
from app.services.core.resources import NewResource, ResourceService

_MOST_CONFIG = 64_000
_OVER = "{name} is no longer watched"


@dataclass(frozen=True, slots=True)
class Draft:
    """A configuration whose fields exist, on its way to the plugin's own check."""

    wish: InstanceWrite
    plugin: Plugin
    said: Described
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def values(self) -> dict[str, JsonValue]:
        """The whole configuration."""
        return {**self.wish.settings, **self.secrets}


class PluginInstances:
    """Writes instances, in the caller's transaction."""

    def __init__(
        self,
        session: AsyncSession,
        clock: Clock,
        vault: Vault,
        audit: AuditLog,
        alerts: AlertEngine,
    ) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._audit = audit
        self._alerts = alerts
        self._resources = ResourceService(session, clock)

    async def draft(self, wish: InstanceWrite, instance_id: uuid.UUID | None) -> Draft:
        """Return a configuration with the secrets that are stored already, or raise."""
        plugin = await ready_plugin(self._session, wish.plugin)
        said = described(plugin)
        kept: dict[str, str] = {}
        if instance_id is not None:
            row = await self.row(instance_id)
            if row.plugin == wish.plugin:
                kept = self._kept(row, wish, said)
        sent = {name: value.get_secret_value() for name, value in wish.secrets.items()}
        secrets = {name: text for name, text in {**kept, **sent}.items() if text}
        self._check_fields(wish, said)
        if len(json.dumps({**wish.settings, **secrets})) > _MOST_CONFIG:
            refuse([FieldFault("", "The configuration is too long.")], frozenset())
        await self._check_place(wish, said, instance_id)
        return Draft(wish, plugin, said, secrets)

    async def create(self, actor: Actor, draft: Draft) -> uuid.UUID:
        """Enter an instance; it runs at once when it is enabled."""
        now, wish = self._clock.now(), draft.wish
        row = PluginInstance(
            id=uuid7(), plugin=wish.plugin, version=0, created_at=now, failures=0, took_ms=0
        )
        row.problem = row.problem_kind = row.fix = row.summary = ""
        row.state, row.facts, row.memory = InstanceState.NEW, [], {}
        await self._resources.create(
            NewResource(
                id=row.id,
                kind=ResourceKind.PLUGIN_INSTANCE,
                name=wish.name,
                server_id=wish.server_id,
            )
        )
        self._fill(row, draft)
        self._session.add(row)
        await self._session.flush()
        await self._record(actor, "plugin_instance.created", row)
        return row.id

    async def edit(self, actor: Actor, instance_id: uuid.UUID, draft: Draft) -> list[AlertChange]:
        """Change an instance; it runs at once when it is enabled."""
        row = await self.row(instance_id)
        if draft.wish.plugin != row.plugin:
            refuse([FieldFault("plugin", "It stays what it is; make another instance.")], _NONE)
        was_enabled = row.is_enabled
        if row.name != draft.wish.name:
            await self._resources.rename(row.id, draft.wish.name)
        if row.server_id != draft.wish.server_id:
            resource = await self._session.get_one(Resource, row.id)
            resource.server_id = draft.wish.server_id
        self._fill(row, draft)
        await self._session.flush()
        over = was_enabled and not row.is_enabled
        changes = await self._alerts.end(self._session, _OVER, resource_ids=[row.id] * over)
        await self._record(actor, "plugin_instance.changed", row)
        return changes

    async def switch(
        self, actor: Actor, instance_id: uuid.UUID, *, is_enabled: bool
    ) -> list[AlertChange]:
        """Let it run by itself, or not; what is open about one that is switched off ends."""
        row = await self.row(instance_id)
        if row.is_enabled == is_enabled:
            return []
        row.is_enabled = is_enabled
        row.next_due_at = self._clock.now() if is_enabled else None
        row.updated_at = self._clock.now()
        await self._session.flush()
        changes: list[AlertChange] = []
        if not is_enabled:
            changes = await self._alerts.end(self._session, _OVER, resource_ids=[row.id])
        verb = "enabled" if is_enabled else "disabled"
        await self._record(actor, f"plugin_instance.{verb}", row)
        return changes

    async def delete(self, actor: Actor, instance_id: uuid.UUID) -> list[AlertChange]:
        """Forget an instance with all that it brought."""
        row = await self.row(instance_id)
        changes = await self._alerts.end(self._session, _OVER, resource_ids=[row.id])
        name, plugin = row.name, row.plugin
        await self._session.delete(row)
        await self._session.flush()
        await self._resources.delete(instance_id)
        await self._audit.record(
            actor,
            "plugin_instance.deleted",
            kind="plugin_instance",
            object_id=instance_id,
            name=name,
            details={"plugin": plugin},
        )
        return changes

    async def row(self, instance_id: uuid.UUID) -> PluginInstance:
        """Return the row, or raise."""
        row = await self._session.get(PluginInstance, instance_id)
        if row is None:
            raise PluginInstanceNotFound("There is no instance with this id.")
        return row

    def _kept(self, row: PluginInstance, wish: InstanceWrite, said: Described) -> dict[str, str]:
        """Return the stored secrets. For another place they must be entered again."""
        kept = open_secrets(self._vault, row, "change a plugin's instance")
        is_other = _place_of(row.settings, said) != _place_of(wish.settings, said)
        moved = is_other or row.server_id != wish.server_id
        stale = sorted(name for name in kept if name not in wish.secrets) if moved else []
        if stale:
            why = "It was entered for another address: enter it again."
            refuse([FieldFault(name, why) for name in stale], frozenset(stale))
        return kept

    @staticmethod
    def _check_fields(wish: InstanceWrite, said: Described) -> None:
        known = {each.name for each in said.form}
        faults = [
            FieldFault(name, "This is a secret: send it with the secrets.")
            for name in wish.settings
            if name in said.secrets
        ]
        if faults:
            refuse(faults, frozenset())
        unknown = [*({*wish.settings} - known), *({*wish.secrets} - said.secrets)]
        if unknown:
            faults = [FieldFault(name, "There is no such field.") for name in sorted(unknown)]
            refuse(faults, frozenset(wish.secrets))

    async def _check_place(
        self, wish: InstanceWrite, said: Described, instance_id: uuid.UUID | None
    ) -> None:
        other = await self._session.scalar(
            select(PluginInstance.id).where(
                PluginInstance.name == wish.name, PluginInstance.id != instance_id
            )
        )
        if other is not None:
            raise PluginInstanceNameTaken(
                f"There is an instance {wish.name} already.", fix="Choose another name."
            )
        if wish.server_id is None:
            if said.manifest.needs_server:
                raise _no_server("This plugin works on a server: choose one.")
            return
        server = await self._session.get(Resource, wish.server_id)
        if server is None or server.kind != ResourceKind.SERVER:
            raise _no_server("There is no server with this id.")

    def _fill(self, row: PluginInstance, draft: Draft) -> None:
        wish, now = draft.wish, self._clock.now()
        row.name, row.server_id, row.settings = wish.name, wish.server_id, wish.settings
        # Each write seals anew, under a new version: an older blob put back does not open.
        row.version += 1
        text = json.dumps(dict(draft.secrets))
        row.secret = self._vault.seal(text, secret_ref(row.id, row.version))
        row.is_enabled = wish.is_enabled
        row.every_seconds = wish.every_seconds or draft.said.manifest.every_seconds
        row.next_due_at = now if wish.is_enabled else None
        row.memory = {}  # what it remembers may be about another place
        row.updated_at = now

    async def _record(self, actor: Actor, action: str, row: PluginInstance) -> None:
        await self._audit.record(
            actor,
            action,
            kind="plugin_instance",
            object_id=row.id,
            name=row.name,
            resource_id=row.id,
            details={
                "plugin": row.plugin,
                "is_enabled": row.is_enabled,
                "every_seconds": row.every_seconds,
                "settings": row.settings,
            },
        )


_NONE: frozenset[str] = frozenset()


def _place_of(settings: Mapping[str, JsonValue], said: Described) -> list[JsonValue]:
    """Return what a stored secret was entered for: it never goes to another place.

    Which field names the place only the plugin knows, so every typed text counts, and how the
    other side proves who it is.
    """
    return [
        settings.get(each.name)
        for each in said.form
        if (each.kind in ("string", "array") and not each.choices)
        or each.name == "port"
        or "tls" in each.name
        or "verif" in each.name
    ]


def _no_server(why: str) -> PluginConfigNotValid:
    listed: list[JsonValue] = [{"pointer": "/body/server_id", "detail": why}]
    return PluginConfigNotValid(why, fix="Choose a server.", errors=listed)
