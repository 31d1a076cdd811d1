"""The ledger of deliveries, templates, and the signs of life, as the API shows them."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from app.kernel.text import printable
from app.models.core.notification_delivery import AttemptState, DeliveryKind, DeliveryState
from app.schemas.base import Input, Output, PageQuery


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: DeliveryState | None = Field(None, description="Only those in this state.")
    channel_id: uuid.UUID | None = Field(None, description="Only those of this channel.")
    alert_id: uuid.UUID | None = Field(None, description="Only those that tell of this alert.")


class DeliveryRead(Output):
    """One message on its way through one channel."""

    id: uuid.UUID
    notification_id: uuid.UUID
    channel_id: uuid.UUID | None
    channel_name: str
    route_id: uuid.UUID | None
    kind: DeliveryKind
    severity: str
    title: str
    state: DeliveryState
    reason: str = Field(description="Why it was suppressed or given up.")
    attempts: int
    made_at: datetime
    next_try_at: datetime | None
    ended_at: datetime | None
    is_fallback: bool
    answer: str = Field(
        description="What the receiver last said; for those who may manage channels."
    )


class AttemptRead(Output):
    """One attempt."""

    number: int
    state: AttemptState
    began_at: datetime
    ended_at: datetime | None
    answer: str


class ToldAlert(Output):
    """An alert that the message tells of."""

    alert_id: uuid.UUID
    kind: str


class DeliveryDetail(DeliveryRead):
    """A delivery with its message and all attempts."""

    text: str
    alerts: list[ToldAlert]
    tries: list[AttemptRead]


class TemplateWrite(Input):
    """How messages are worded, in Jinja's language; an empty part is worded as Unity does."""

    name: Annotated[str, AfterValidator(printable)] = Field(
        min_length=1, max_length=80, examples=["Short"]
    )
    title: str = Field("", max_length=2000, examples=["[{{ severity }}] {{ title }}"])
    text: str = Field("", max_length=20_000)
    html: str = Field("", max_length=20_000, description="Of mails.")
    body: str = Field("", max_length=20_000, description="What a web hook gets.")


class TemplateRead(Output):
    """A template."""

    id: uuid.UUID
    name: str
    title: str
    text: str
    html: str
    body: str


class TemplatePreview(Output):
    """A message with made-up alerts, worded by a template."""

    title: str
    text: str
    html: str
    body: str
    errors: list[str] = Field(description="Parts that fail; Unity's own words stand in for them.")


class DeadMansSwitchWrite(Input):
    """An address that is asked as long as all is well."""

    url: SecretStr | None = Field(
        None,
        max_length=2000,
        description="Stored encrypted. Null leaves the stored one as it is.",
        examples=["https://hc-ping.com/…"],
    )
    every_minutes: int = Field(5, ge=1, le=1440)
    is_enabled: bool = True


class DeadMansSwitchRead(Output):
    """How the outgoing heartbeat has been."""

    is_set: bool
    url_hint: str
    every_minutes: int
    is_enabled: bool
    last_ok_at: datetime | None
    last_error: str


class HeartbeatRead(Output):
    """A part of Unity and its last sign of life."""

    name: str
    beat_at: datetime
    every_seconds: int
    is_silent: bool


class NotificationHealth(Output):
    """Whether notifications work at all."""

    heartbeats: list[HeartbeatRead]
    dead_mans_switch: DeadMansSwitchRead
    waiting: int
    dead: int
    has_route: bool = Field(description="Whether any route tells any channel.")
