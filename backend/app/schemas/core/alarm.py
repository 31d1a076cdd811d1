"""Alerts, and the address that alarms go out to."""

import uuid
from datetime import datetime

from pydantic import Field, SecretStr

from app.models.core.alarm_channel import ChannelKind
from app.models.core.alert import AlertState
from app.schemas.base import Input, Output, PageQuery


class AlarmChannelWrite(Input):
    """Where alarms go."""

    kind: ChannelKind = Field(
        description="`webhook`: a JSON document by POST. `ntfy`: as ntfy.sh wants it.",
        examples=["ntfy"],
    )
    url: SecretStr | None = Field(
        None,
        max_length=2000,
        description="http:// or https://; stored encrypted. Null leaves the stored one as it is.",
        examples=["https://ntfy.sh/my-secret-topic"],
    )
    token: SecretStr | None = Field(
        None,
        max_length=2000,
        description='Sent as a bearer token. Null leaves the stored one, "" takes it away.',
    )
    is_enabled: bool = Field(default=True, description="Whether anything is sent.")


class AlarmChannelRead(Output):
    """Where alarms go; the address itself is never shown again."""

    is_set: bool
    kind: ChannelKind | None
    url_hint: str = Field(description="Scheme and host.", examples=["https://ntfy.sh/…"])
    has_token: bool
    is_enabled: bool
    last_sent_at: datetime | None
    last_error: str = Field(description="Why the newest message did not arrive; empty when it did.")
    waiting: int = Field(description="Messages that wait to be sent.")


class AlarmTest(Output):
    """What came of the test message."""

    has_arrived: bool
    detail: str


class AlertRead(Output):
    """Something that is or was wrong with a resource."""

    id: uuid.UUID
    resource_id: uuid.UUID
    resource_name: str
    kind: str = Field(examples=["filesystem_full"])
    subject: str = Field(description="Which one of its kind, such as a mount point.")
    state: AlertState
    message: str
    fix: str
    began_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None


class AlertQuery(PageQuery):
    """Which alerts."""

    state: AlertState | None = Field(None, description="Only those in this state.")
    resource_id: uuid.UUID | None = Field(None, description="Only those of this resource.")
