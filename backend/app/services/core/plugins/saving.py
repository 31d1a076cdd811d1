"""Saves instances: the plugin's own model judges a configuration before it is stored."""

import uuid
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.ports.plugin_host import CallFailed, PluginCall
from app.schemas.core.plugin_instance import (
    FieldFaultRead,
    InstanceDetail,
    InstanceTrial,
    InstanceTry,
    InstanceWrite,
)
from app.services.core.alerts.incidents import AlertChange, tell_pages
from app.services.core.audit import AuditLog
from app.services.core.permissions import Actor
from app.services.core.platform import Platform
from app.services.core.plugins.described import PUSH
from app.services.core.plugins.errors import PluginNotReady, refuse
from app.services.core.plugins.instances import Draft, PluginInstances
from app.services.core.plugins.opening import InstanceOpener
from app.services.core.plugins.parts import runner_of
from app.services.core.plugins.running import TOPIC
from app.services.core.plugins.views import InstanceViews


class InstanceSaver:
    """Alternates reading, asking the plugin, and writing; no transaction is open meanwhile."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def create(self, actor: Actor, wish: InstanceWrite) -> InstanceDetail:
        """Enter an instance; one that is enabled runs within seconds."""
        await self._judge(wish, None)
        async with self._platform.database.transaction() as session:
            instances = self._instances(session)
            created = await instances.create(actor, await instances.draft(wish, None))
        return await self._tell(created, ())

    async def edit(
        self, actor: Actor, instance_id: uuid.UUID, wish: InstanceWrite
    ) -> InstanceDetail:
        """Change an instance."""
        await self._judge(wish, instance_id)
        async with self._platform.database.transaction() as session:
            instances = self._instances(session)
            draft = await instances.draft(wish, instance_id)
            changes = await instances.edit(actor, instance_id, draft)
        return await self._tell(instance_id, changes)

    async def switch(
        self, actor: Actor, instance_id: uuid.UUID, *, is_enabled: bool
    ) -> InstanceDetail:
        """Switch an instance on or off."""
        async with self._platform.database.transaction() as session:
            changes = await self._instances(session).switch(
                actor, instance_id, is_enabled=is_enabled
            )
        return await self._tell(instance_id, changes)

    async def delete(self, actor: Actor, instance_id: uuid.UUID) -> None:
        """Forget an instance."""
        async with self._platform.database.transaction() as session:
            changes = await self._instances(session).delete(actor, instance_id)
        await self._publish(instance_id, changes)

    async def try_out(self, wish: InstanceTry) -> InstanceTrial:
        """Try a configuration against what it names; nothing is stored."""
        if wish.plugin == PUSH:
            raise PluginNotReady(
                "There is nothing to try: a program of yours pushes to it.", fix="Save it."
            )
        call = (await self._draft(wish, wish.instance_id))[1]
        trial = await runner_of(self._platform).try_out(call)
        failure = trial.failure
        return InstanceTrial(
            ok=failure is None,
            kind="ok" if failure is None else failure.kind,
            detail=trial.words if failure is None else failure.detail,
            fix="" if failure is None else failure.fix,
            milliseconds=trial.milliseconds,
            faults=[
                FieldFaultRead(field=each.field, detail=each.detail)
                for each in (failure.faults if failure is not None else ())
            ],
            log=[each.text for each in (failure.log if failure is not None else ())],
        )

    async def _judge(self, wish: InstanceWrite, instance_id: uuid.UUID | None) -> None:
        draft, call = await self._draft(wish, instance_id)
        if not draft.plugin.origin:
            return
        try:
            await self._platform.plugins.validate(call)
        except CallFailed as error:
            if error.kind == "misconfigured":
                refuse(error.faults, draft.said.secrets, error.detail)
            raise PluginNotReady(
                f"The plugin {wish.plugin} cannot judge the configuration: {error.detail}",
                fix="See the gallery for what is wrong with it.",
            ) from error

    async def _draft(
        self, wish: InstanceWrite, instance_id: uuid.UUID | None
    ) -> tuple[Draft, PluginCall]:
        platform = self._platform
        async with platform.database.snapshot() as session:
            draft = await self._instances(session).draft(wish, instance_id)
            opener = InstanceOpener(
                session, platform.clock, platform.vault, platform.plugin_addresses
            )
            call = await opener.call(
                draft.plugin, draft.said, draft.values, name=wish.name, server_id=wish.server_id
            )
        return draft, call

    def _instances(self, session: AsyncSession) -> PluginInstances:
        platform = self._platform
        audit = AuditLog(session, platform.clock, platform.audit_key)
        return PluginInstances(session, platform.clock, platform.vault, audit, platform.alerts)

    async def _tell(self, instance_id: uuid.UUID, changes: Sequence[AlertChange]) -> InstanceDetail:
        await self._publish(instance_id, changes)
        async with self._platform.database.snapshot() as session:
            return await InstanceViews(session, self._platform.vault).get(instance_id)

    async def _publish(self, instance_id: uuid.UUID, changes: Sequence[AlertChange]) -> None:
        await self._platform.live.publish(TOPIC, {"id": str(instance_id)})
        await tell_pages(self._platform.live, changes)
