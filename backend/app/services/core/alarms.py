"""The queue of the one alarm address, filled in the transaction that changes an alert."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.ids import uuid7
from app.models.core.alarm_channel import AlarmChannel
from app.models.core.alert import AlertMessage, DeliveryState


class Event(StrEnum):
    """What goes out."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class OldMessage:
    """What the address is told of one alert."""

    alert_id: uuid.UUID
    event: Event
    title: str
    body: str


async def queue_messages(
    session: AsyncSession, messages: Sequence[OldMessage], now: datetime
) -> None:
    """Write messages, when there is anybody to tell."""
    if not messages:
        return
    channel = await session.scalar(
        select(AlarmChannel.id).where(AlarmChannel.is_enabled.is_(True)).limit(1)
    )
    if channel is not None:
        await session.execute(insert(AlertMessage), [_row(one, now) for one in messages])


def _row(message: OldMessage, now: datetime) -> dict[str, object]:
    return {
        "id": uuid7(),
        "alert_id": message.alert_id,
        "event": message.event,
        "title": message.title[:300],
        "body": message.body,
        "created_at": now,
        "state": DeliveryState.WAITING,
        "attempts": 0,
        "next_try_at": now,
        "error": "",
    }
