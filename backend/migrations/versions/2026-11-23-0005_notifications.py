"""Channels, routes and the ledger of deliveries.

The one address of before becomes a channel with a route for everything. Its secrets are bound to
their old cells and cannot be sealed anew here, where there is no vault: they are carried along as
they are, and the next start seals them into the channel. Messages that wait go on waiting.

Revision ID: 0005_notifications
Revises: 0004_alerts
"""

import base64
import uuid

import sqlalchemy as sa
from alembic import op

from app.kernel import types
from app.kernel.ids import uuid7

revision = "0005_notifications"
down_revision = "0004_alerts"
branch_labels = None
depends_on = None

_STATES = {"waiting": "waiting", "sent": "delivered", "given_up": "dead"}


def upgrade() -> None:
    _make()
    _move_up()
    op.drop_table("alert_message")
    op.drop_table("alarm_channel")


def downgrade() -> None:
    _make_old()
    _move_down()
    _drop()


def _text(blob: bytes | None) -> str | None:
    return None if blob is None else base64.b64encode(bytes(blob)).decode()


_CHANNEL = sa.table(
    "alarm_channel",
    sa.column("id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("url", sa.LargeBinary()),
    sa.column("url_hint", sa.String()),
    sa.column("token", sa.LargeBinary()),
    sa.column("version", sa.Integer()),
    sa.column("is_enabled", sa.Boolean()),
    sa.column("updated_at", types.UTCDateTime()),
    sa.column("last_sent_at", types.UTCDateTime()),
    sa.column("last_error", sa.String()),
)
_MESSAGE = sa.table(
    "alert_message",
    sa.column("id", sa.Uuid()),
    sa.column("alert_id", sa.Uuid()),
    sa.column("event", sa.String()),
    sa.column("title", sa.String()),
    sa.column("body", sa.Text()),
    sa.column("created_at", types.UTCDateTime()),
    sa.column("state", sa.String()),
    sa.column("attempts", sa.Integer()),
    sa.column("next_try_at", types.UTCDateTime()),
    sa.column("sent_at", types.UTCDateTime()),
    sa.column("error", sa.String()),
)
_NEW_CHANNEL = sa.table(
    "notification_channel",
    *(
        sa.column(name, kind)
        for name, kind in {
            "id": sa.Uuid(),
            "name": sa.String(),
            "kind": sa.String(),
            "service": sa.String(),
            "settings": sa.JSON(),
            "secret": sa.LargeBinary(),
            "version": sa.Integer(),
            "hint": sa.String(),
            "is_enabled": sa.Boolean(),
            "fallback_after_seconds": sa.Integer(),
            "give_up_after_seconds": sa.Integer(),
            "sent": sa.Integer(),
            "failures": sa.Integer(),
            "mean_ms": sa.Float(),
            "last_ok_at": types.UTCDateTime(),
            "last_error": sa.String(),
            "template_error": sa.String(),
            "created_at": types.UTCDateTime(),
            "updated_at": types.UTCDateTime(),
        }.items()
    ),
)
_ROUTE = sa.table(
    "notification_route",
    sa.column("id", sa.Uuid()),
    sa.column("position", sa.Integer()),
    sa.column("name", sa.String()),
    sa.column("is_enabled", sa.Boolean()),
    sa.column("goes_on", sa.Boolean()),
    sa.column("match", sa.JSON()),
    sa.column("plan", sa.JSON()),
    sa.column("created_at", types.UTCDateTime()),
    sa.column("updated_at", types.UTCDateTime()),
)
_DELIVERY = sa.table(
    "notification_delivery",
    *(
        sa.column(name, kind)
        for name, kind in {
            "id": sa.Uuid(),
            "notification_id": sa.Uuid(),
            "channel_id": sa.Uuid(),
            "channel_name": sa.String(),
            "route_id": sa.Uuid(),
            "order_key": sa.String(),
            "kind": sa.String(),
            "severity": sa.String(),
            "title": sa.String(),
            "text": sa.Text(),
            "html": sa.Text(),
            "body": sa.Text(),
            "document": sa.JSON(),
            "state": sa.String(),
            "reason": sa.String(),
            "attempts": sa.Integer(),
            "made_at": types.UTCDateTime(),
            "retried_at": types.UTCDateTime(),
            "next_try_at": types.UTCDateTime(),
            "fence": sa.Integer(),
            "ended_at": types.UTCDateTime(),
        }.items()
    ),
)
_TOLD = sa.table(
    "notification_delivery_alert",
    sa.column("id", sa.Uuid()),
    sa.column("delivery_id", sa.Uuid()),
    sa.column("alert_id", sa.Uuid()),
    sa.column("kind", sa.String()),
)


def _move_up() -> None:
    bind = op.get_bind()
    channel_id, route_id = None, None
    row = bind.execute(sa.select(_CHANNEL).limit(1)).one_or_none()
    if row is not None:
        channel_id, route_id = row.id, uuid7()
        old = {
            "url": _text(row.url),
            "token": _text(row.token),
            "version": row.version,
            "kind": row.kind,
        }
        bind.execute(
            sa.insert(_NEW_CHANNEL).values(
                id=row.id,
                name="Alarms",
                kind=row.kind,
                service=row.kind,
                settings={"before": old},
                secret=b"",
                version=row.version + 1,
                hint=row.url_hint,
                is_enabled=row.is_enabled,
                fallback_after_seconds=900,
                give_up_after_seconds=86_400,
                sent=0,
                failures=0,
                mean_ms=0.0,
                last_ok_at=row.last_sent_at,
                last_error=row.last_error,
                template_error="",
                created_at=row.updated_at,
                updated_at=row.updated_at,
            )
        )
        bind.execute(
            sa.insert(_ROUTE).values(
                id=route_id,
                position=0,
                name="Everything",
                is_enabled=True,
                goes_on=False,
                match={},
                plan={"channels": [str(row.id)]},
                created_at=row.updated_at,
                updated_at=row.updated_at,
            )
        )
    for message in bind.execute(sa.select(_MESSAGE)).all():
        over = message.event == "resolved"
        bind.execute(
            sa.insert(_DELIVERY).values(
                id=message.id,
                notification_id=message.id,
                channel_id=channel_id,
                channel_name="Alarms",
                route_id=route_id,
                order_key=f"alert:{message.alert_id}",
                kind="resolved" if over else "fired",
                severity="warning",
                title=message.title,
                text=message.body,
                html="",
                body="",
                document={"event": message.event, "title": message.title, "text": message.body},
                state=_STATES[message.state] if channel_id else "dead",
                reason=message.error,
                attempts=message.attempts,
                made_at=message.created_at,
                retried_at=message.created_at,
                next_try_at=message.next_try_at,
                fence=0,
                ended_at=message.sent_at,
            )
        )
        bind.execute(
            sa.insert(_TOLD).values(
                id=uuid7(),
                delivery_id=message.id,
                alert_id=message.alert_id,
                kind="resolved" if over else "fired",
            )
        )


def _move_down() -> None:
    """Bring back the address as long as no start has sealed it anew, and the messages."""
    bind = op.get_bind()
    for row in bind.execute(sa.select(_NEW_CHANNEL)).all():
        old = (row.settings or {}).get("before")
        if not old:
            continue
        bind.execute(
            sa.insert(_CHANNEL).values(
                id=row.id,
                kind=old["kind"],
                url=base64.b64decode(old["url"]),
                url_hint=row.hint,
                token=base64.b64decode(old["token"]) if old["token"] else None,
                version=old["version"],
                is_enabled=row.is_enabled,
                updated_at=row.updated_at,
                last_sent_at=row.last_ok_at,
                last_error=row.last_error,
            )
        )
    back = {"delivered": "sent", "dead": "given_up", "suppressed": "given_up"}
    alerts = sa.table("alert", sa.column("id", sa.Uuid()))
    query = (
        sa.select(_DELIVERY, _TOLD.c.alert_id, _TOLD.c.kind.label("event"))
        .join(_TOLD, _TOLD.c.delivery_id == _DELIVERY.c.id)
        .where(_TOLD.c.alert_id.in_(sa.select(alerts.c.id)))
    )
    seen: set[uuid.UUID] = set()
    for row in bind.execute(query).all():
        if row.id in seen:
            continue
        seen.add(row.id)
        bind.execute(
            sa.insert(_MESSAGE).values(
                id=row.id,
                alert_id=row.alert_id,
                event="resolved" if row.event == "resolved" else "firing",
                title=row.title,
                body=row.text,
                created_at=row.made_at,
                state=back.get(row.state, "waiting"),
                attempts=row.attempts,
                next_try_at=row.next_try_at,
                sent_at=row.ended_at if row.state == "delivered" else None,
                error=row.reason,
            )
        )


def _make() -> None:
    op.create_table('dead_mans_switch',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('url', types.SealedBytes(), nullable=False),
    sa.Column('url_hint', sa.String(length=300), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('every_seconds', sa.Integer(), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('updated_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('next_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('last_ok_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=500), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dead_mans_switch'))
    )
    op.create_table('heartbeat',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('beat_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('every_seconds', sa.Integer(), nullable=False),
    sa.Column('silent_since', types.UTCDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_heartbeat')),
    sa.UniqueConstraint('name', name=op.f('uq_heartbeat_name'))
    )
    op.create_table('notification_route',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('goes_on', sa.Boolean(), nullable=False),
    sa.Column('match', sa.JSON(), nullable=False),
    sa.Column('plan', sa.JSON(), nullable=True),
    sa.Column('created_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['notification_route.id'], name=op.f('fk_notification_route_parent_id_notification_route'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_route'))
    )
    with op.batch_alter_table('notification_route', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notification_route_parent_id'), ['parent_id'], unique=False)

    op.create_table('notification_template',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_template')),
    sa.UniqueConstraint('name', name=op.f('uq_notification_template_name'))
    )
    op.create_table('notification_channel',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('service', sa.String(length=60), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('secret', types.SealedBytes(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('hint', sa.String(length=300), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('template_id', sa.Uuid(), nullable=True),
    sa.Column('fallback_id', sa.Uuid(), nullable=True),
    sa.Column('fallback_after_seconds', sa.Integer(), nullable=False),
    sa.Column('give_up_after_seconds', sa.Integer(), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('mean_ms', sa.Double(), nullable=False),
    sa.Column('last_ok_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('failing_since', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(length=500), nullable=False),
    sa.Column('template_error', sa.String(length=500), nullable=False),
    sa.Column('next_self_test_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('last_self_test_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('created_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['fallback_id'], ['notification_channel.id'], name=op.f('fk_notification_channel_fallback_id_notification_channel'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['template_id'], ['notification_template.id'], name=op.f('fk_notification_channel_template_id_notification_template'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_channel')),
    sa.UniqueConstraint('name', name=op.f('uq_notification_channel_name'))
    )
    op.create_table('notification_thread',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('alert_id', sa.Uuid(), nullable=False),
    sa.Column('route_id', sa.Uuid(), nullable=False),
    sa.Column('resource_id', sa.Uuid(), nullable=True),
    sa.Column('group_key', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('alert', sa.JSON(), nullable=False),
    sa.Column('changed_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('repeat_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('escalate_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['route_id'], ['notification_route.id'], name=op.f('fk_notification_thread_route_id_notification_route'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_thread')),
    sa.UniqueConstraint('alert_id', 'route_id', name=op.f('uq_notification_thread_alert_id_route_id'))
    )
    with op.batch_alter_table('notification_thread', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notification_thread_changed_at'), ['changed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_thread_escalate_at'), ['escalate_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_thread_repeat_at'), ['repeat_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_thread_route_id'), ['route_id'], unique=False)

    op.create_table('notification_delivery',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('notification_id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=True),
    sa.Column('channel_name', sa.String(length=80), nullable=False),
    sa.Column('route_id', sa.Uuid(), nullable=True),
    sa.Column('fallback_of', sa.Uuid(), nullable=True),
    sa.Column('resource_id', sa.Uuid(), nullable=True),
    sa.Column('order_key', sa.String(length=260), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('severity', sa.String(length=20), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('made_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('retried_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('first_tried_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('next_try_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('lease_until', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('ended_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('fell_back_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['channel_id'], ['notification_channel.id'], name=op.f('fk_notification_delivery_channel_id_notification_channel'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['route_id'], ['notification_route.id'], name=op.f('fk_notification_delivery_route_id_notification_route'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_delivery')),
    sa.UniqueConstraint('notification_id', 'channel_id', name=op.f('uq_notification_delivery_notification_id_channel_id'))
    )
    with op.batch_alter_table('notification_delivery', schema=None) as batch_op:
        batch_op.create_index('ix_notification_delivery_due', ['state', 'next_try_at'], unique=False)
        batch_op.create_index('ix_notification_delivery_group', ['order_key', 'made_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_delivery_made_at'), ['made_at'], unique=False)
        batch_op.create_index('ix_notification_delivery_order', ['channel_id', 'order_key', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_delivery_route_id'), ['route_id'], unique=False)

    op.create_table('notification_notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('thread_id', sa.Uuid(), nullable=False),
    sa.Column('route_id', sa.Uuid(), nullable=False),
    sa.Column('resource_id', sa.Uuid(), nullable=True),
    sa.Column('group_key', sa.String(length=200), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('alert', sa.JSON(), nullable=False),
    sa.Column('made_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('due_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('waits_for', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['route_id'], ['notification_route.id'], name=op.f('fk_notification_notice_route_id_notification_route'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['thread_id'], ['notification_thread.id'], name=op.f('fk_notification_notice_thread_id_notification_thread'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_notice'))
    )
    with op.batch_alter_table('notification_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notification_notice_due_at'), ['due_at'], unique=False)
        batch_op.create_index('ix_notification_notice_group', ['route_id', 'group_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_notice_thread_id'), ['thread_id'], unique=False)

    op.create_table('notification_attempt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('delivery_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('worker', sa.String(length=120), nullable=False),
    sa.Column('began_at', types.UTCDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', types.UTCDateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.String(length=500), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['notification_delivery.id'], name=op.f('fk_notification_attempt_delivery_id_notification_delivery'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_attempt'))
    )
    with op.batch_alter_table('notification_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notification_attempt_delivery_id'), ['delivery_id'], unique=False)

    op.create_table('notification_delivery_alert',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('delivery_id', sa.Uuid(), nullable=False),
    sa.Column('alert_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['notification_delivery.id'], name=op.f('fk_notification_delivery_alert_delivery_id_notification_delivery'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification_delivery_alert'))
    )
    with op.batch_alter_table('notification_delivery_alert', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notification_delivery_alert_alert_id'), ['alert_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_notification_delivery_alert_delivery_id'), ['delivery_id'], unique=False)


def _drop() -> None:
    with op.batch_alter_table('notification_delivery_alert', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notification_delivery_alert_delivery_id'))
        batch_op.drop_index(batch_op.f('ix_notification_delivery_alert_alert_id'))

    op.drop_table('notification_delivery_alert')
    with op.batch_alter_table('notification_attempt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notification_attempt_delivery_id'))

    op.drop_table('notification_attempt')
    with op.batch_alter_table('notification_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notification_notice_thread_id'))
        batch_op.drop_index('ix_notification_notice_group')
        batch_op.drop_index(batch_op.f('ix_notification_notice_due_at'))

    op.drop_table('notification_notice')
    with op.batch_alter_table('notification_delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notification_delivery_route_id'))
        batch_op.drop_index('ix_notification_delivery_order')
        batch_op.drop_index(batch_op.f('ix_notification_delivery_made_at'))
        batch_op.drop_index('ix_notification_delivery_group')
        batch_op.drop_index('ix_notification_delivery_due')

    op.drop_table('notification_delivery')
    with op.batch_alter_table('notification_thread', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notification_thread_route_id'))
        batch_op.drop_index(batch_op.f('ix_notification_thread_repeat_at'))
        batch_op.drop_index(batch_op.f('ix_notification_thread_escalate_at'))
        batch_op.drop_index(batch_op.f('ix_notification_thread_changed_at'))

    op.drop_table('notification_thread')
    op.drop_table('notification_channel')
    op.drop_table('notification_template')
    with op.batch_alter_table('notification_route', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notification_route_parent_id'))

    op.drop_table('notification_route')
    op.drop_table('heartbeat')
    op.drop_table('dead_mans_switch')


def _make_old() -> None:
    op.create_table(
        "alarm_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("url", types.SealedBytes(), nullable=False),
        sa.Column("url_hint", sa.String(length=300), nullable=False),
        sa.Column("token", types.SealedBytes(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_sent_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_channel")),
    )
    op.create_table(
        "alert_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
            name=op.f("fk_alert_message_alert_id_alert"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_message")),
    )
    with op.batch_alter_table("alert_message", schema=None) as batch_op:
        batch_op.create_index("ix_alert_message_due", ["state", "next_try_at"], unique=False)
