"""Channels: entered, changed, removed, opened for sending."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.clock import Clock
from app.kernel.crypto import Ref, Vault
from app.kernel.errors import Conflict, JsonValue, NotFound
from app.kernel.ids import uuid7
from app.models.core.notification_channel import NotificationChannel
from app.models.core.notification_delivery import OPEN, DeliveryState, NotificationDelivery
from app.models.core.notification_route import NotificationRoute
from app.models.core.notification_template import NotificationTemplate
from app.ports.notifier import Address
from app.schemas.core.notification_channel import (
    ChannelHealth,
    ChannelName,
    ChannelRead,
    ChannelWrite,
)
from app.schemas.core.notification_route import RouteMatch, RoutePlan
from app.services.core.audit import AuditLog
from app.services.core.notifications.forms import (
    ChannelNotValid,
    Forms,
    hint_of,
    kind_of,
    open_address,
    refuse,
    target_of,
)
from app.services.core.permissions import Actor

SELF_TEST_EVERY = timedelta(days=7)
_MOST_SECRETS = 32_000
_LAST = 10_000


class ChannelNotFound(NotFound):
    """No channel of this id."""


class ChannelNameTaken(Conflict):
    """Another channel has this name."""


class ChannelInUse(Conflict):
    """A route still tells this channel."""


def secret_ref(channel_id: uuid.UUID, version: int) -> Ref:
    """Return the cell of a channel's secrets."""
    return Ref("notification_channel", channel_id, "secret", version)


def open_channel(vault: Vault, row: NotificationChannel) -> Address:
    """Open a stored channel for sending."""
    return open_address(row.service, row.settings, _secrets(vault, row, "send a notification"))


def _secrets(vault: Vault, row: NotificationChannel, purpose: str) -> dict[str, str]:
    opened: dict[str, str] = json.loads(
        vault.open(row.secret, secret_ref(row.id, row.version), purpose)
    )
    return opened


def state_of(row: NotificationChannel) -> str:
    """Return the health of a channel in a word."""
    if not row.is_enabled:
        return "off"
    if row.failures:
        return "failing"
    return "new" if row.last_ok_at is None else "ok"


class ChannelService:
    """Reads and writes channels, in one transaction."""

    def __init__(
        self, session: AsyncSession, clock: Clock, vault: Vault, audit: AuditLog, forms: Forms
    ) -> None:
        self._session = session
        self._clock = clock
        self._vault = vault
        self._audit = audit
        self._forms = forms

    async def list(self) -> Sequence[ChannelRead]:
        """Return all channels by name."""
        rows = await self._session.scalars(
            select(NotificationChannel).order_by(NotificationChannel.name)
        )
        return [await self._read(row) for row in rows]

    async def names(self) -> Sequence[ChannelName]:
        """Return what those may know who see alerts."""
        rows = await self._session.scalars(
            select(NotificationChannel).order_by(NotificationChannel.name)
        )
        return [
            ChannelName(id=row.id, name=row.name, is_enabled=row.is_enabled, state=state_of(row))
            for row in rows
        ]

    async def get(self, channel_id: uuid.UUID) -> ChannelRead:
        """Return one channel."""
        return await self._read(await self.row(channel_id))

    async def create(self, actor: Actor, wish: ChannelWrite) -> ChannelRead:
        """Enter a channel. The first one gets a route for everything."""
        now = self._clock.now()
        secrets = {
            name: text for name, value in wish.secrets.items() if (text := value.get_secret_value())
        }
        address = await self._forms.address(wish.service, wish.settings, secrets)
        row = NotificationChannel(
            id=uuid7(), version=0, sent=0, failures=0, mean_ms=0.0, created_at=now
        )
        row.last_error = row.template_error = ""
        await self._fill(row, wish, address, secrets)
        is_first = not await self._session.scalar(select(func.count(NotificationRoute.id)))
        self._session.add(row)
        await self._session.flush()
        if is_first:
            self._session.add(_route_for_everything(row, self._clock))
        await self._record(actor, "notification_channel.created", row)
        return await self._read(row)

    async def edit(self, actor: Actor, channel_id: uuid.UUID, wish: ChannelWrite) -> ChannelRead:
        """Change a channel; a secret that was entered for another place must be entered again."""
        row = await self.row(channel_id)
        kept = _secrets(self._vault, row, "change a channel") if _is_adopted(row) else {}
        if wish.service != row.service:
            kept = {}
        sent = {name: value.get_secret_value() for name, value in wish.secrets.items()}
        secrets = {name: text for name, text in {**kept, **sent}.items() if text}
        address = await self._forms.address(wish.service, wish.settings, secrets)
        if kept and target_of(address) != target_of(open_channel(self._vault, row)):
            stale = sorted(name for name in kept if name in secrets and name not in sent)
            if stale:
                why = "It was entered for another address: enter it again."
                refuse([(f"secrets/{name}", why) for name in stale])
        await self._fill(row, wish, address, secrets)
        await self._session.flush()
        await self._record(actor, "notification_channel.changed", row)
        return await self._read(row)

    async def delete(self, actor: Actor, channel_id: uuid.UUID) -> None:
        """Forget a channel that no route tells; what waits for it becomes a dead letter."""
        row = await self.row(channel_id)
        for route in await self._session.scalars(select(NotificationRoute)):
            plan = RoutePlan.model_validate(route.plan or {})
            if channel_id in (*plan.channels, *plan.escalate_to):
                raise ChannelInUse(
                    f"The route {route.name} tells {row.name}.",
                    fix="Take it out of the route first.",
                )
        waiting = await self._session.scalars(
            select(NotificationDelivery).where(
                NotificationDelivery.channel_id == channel_id, NotificationDelivery.state.in_(OPEN)
            )
        )
        for delivery in waiting:
            delivery.state, delivery.ended_at = DeliveryState.DEAD, self._clock.now()
            delivery.reason = "The channel was deleted."
        await self._session.flush()
        await self._session.delete(row)
        await self._session.flush()
        await self._record(actor, "notification_channel.deleted", row)

    async def row(self, channel_id: uuid.UUID) -> NotificationChannel:
        """Return the row, or raise `ChannelNotFound`."""
        row = await self._session.get(NotificationChannel, channel_id)
        if row is None:
            raise ChannelNotFound("There is no channel with this id.")
        return row

    async def _fill(
        self,
        row: NotificationChannel,
        wish: ChannelWrite,
        address: Address,
        secrets: Mapping[str, str],
    ) -> None:
        await self._check(row, wish)
        hint = hint_of(address, await self._forms.name(wish.service))
        row.name, row.kind, row.service = wish.name, kind_of(wish.service), wish.service
        row.settings, row.hint, row.is_enabled = wish.settings, hint, wish.is_enabled
        # Each write seals anew, under a new version: an older blob put back does not open.
        row.version += 1
        text = json.dumps(dict(secrets))
        if len(text) > _MOST_SECRETS:
            refuse([("secrets", "They are too long.")])
        row.secret = self._vault.seal(text, secret_ref(row.id, row.version))
        row.template_id, row.fallback_id = wish.template_id, wish.fallback_id
        row.fallback_after_seconds = 60 * wish.fallback_after_minutes
        row.give_up_after_seconds = 60 * wish.give_up_after_minutes
        row.updated_at = self._clock.now()
        if not wish.has_self_test:
            row.next_self_test_at = None
        elif row.next_self_test_at is None:
            row.next_self_test_at = self._clock.now() + SELF_TEST_EVERY

    async def _check(self, row: NotificationChannel, wish: ChannelWrite) -> None:
        other = await self._session.scalar(
            select(NotificationChannel.id).where(
                NotificationChannel.name == wish.name, NotificationChannel.id != row.id
            )
        )
        if other is not None:
            raise ChannelNameTaken(
                f"There is a channel {wish.name} already.", fix="Choose another name."
            )
        if wish.template_id and not await self._session.get(NotificationTemplate, wish.template_id):
            refuse([("template_id", "There is no template with this id.")])
        if wish.fallback_id is None:
            return
        fallback = await self._session.get(NotificationChannel, wish.fallback_id)
        if fallback is None or fallback.id == row.id:
            refuse([("fallback_id", "Choose another channel that exists.")])

    async def _read(self, row: NotificationChannel) -> ChannelRead:
        counts = await self._session.execute(
            select(NotificationDelivery.state, func.count())
            .where(NotificationDelivery.channel_id == row.id)
            .where(NotificationDelivery.state.in_((*OPEN, DeliveryState.DEAD)))
            .group_by(NotificationDelivery.state)
        )
        by_state: dict[str, int] = {str(state): count for state, count in counts}
        dead = by_state.pop(DeliveryState.DEAD, 0)
        secrets = _secrets(self._vault, row, "name its secrets") if _is_adopted(row) else {}
        try:
            name = await self._forms.name(row.service)
        except NotFound:
            name = row.service  # a newer Apprise may know it no longer
        return ChannelRead(
            id=row.id,
            name=row.name,
            service=row.service,
            service_name=name,
            settings=row.settings,
            secrets_set=sorted(secrets),
            hint=row.hint,
            is_enabled=row.is_enabled,
            template_id=row.template_id,
            fallback_id=row.fallback_id,
            fallback_after_minutes=row.fallback_after_seconds // 60,
            give_up_after_minutes=row.give_up_after_seconds // 60,
            has_self_test=row.next_self_test_at is not None,
            health=ChannelHealth(
                state=state_of(row),
                sent=row.sent,
                failures=row.failures,
                mean_ms=round(row.mean_ms, 1),
                last_ok_at=row.last_ok_at,
                failing_since=row.failing_since,
                last_error=row.last_error,
                template_error=row.template_error,
                waiting=sum(by_state.values()),
                dead=dead,
                last_self_test_at=row.last_self_test_at,
                next_self_test_at=row.next_self_test_at,
            ),
        )

    async def _record(self, actor: Actor, action: str, row: NotificationChannel) -> None:
        details: dict[str, JsonValue] = {"service": row.service, "is_enabled": row.is_enabled}
        await self._audit.record(
            actor,
            action,
            kind="notification_channel",
            object_id=row.id,
            name=row.name,
            details=details,
        )


def _is_adopted(row: NotificationChannel) -> bool:
    """Tell whether the secrets are sealed as a channel's; see `adoption.py`."""
    return bool(row.secret.blob)


def _route_for_everything(row: NotificationChannel, clock: Clock) -> NotificationRoute:
    now = clock.now()
    return NotificationRoute(
        id=uuid7(),
        position=_LAST,  # what people add comes before it, or would never be asked
        name="Everything",
        is_enabled=True,
        goes_on=False,
        match=RouteMatch().model_dump(mode="json"),
        plan=RoutePlan(channels=(row.id,)).model_dump(mode="json"),
        created_at=now,
        updated_at=now,
    )


__all__ = ["ChannelNotValid", "ChannelService", "open_channel", "secret_ref", "state_of"]
