"""External programs: their keys, and what they push."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.schemas.base import Input, Output
from app.schemas.core.text import Line

Label = Annotated[str, Field(max_length=300)]


class KeyCreate(Input):
    """A new key of one instance."""

    name: Line = Field(min_length=1, max_length=80, examples=["backup script on nas"])
    expires_in_days: int = Field(365, ge=1, le=1825, description="When it stops to count.")


class KeyRead(Output):
    """A key; its secret half was shown once."""

    id: uuid.UUID
    name: str
    public_id: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class KeyCreated(KeyRead):
    """A key with its text, which is shown now and never again."""

    text: str


class PushedSample(Input):
    """One number."""

    metric: str = Field(
        max_length=200, pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$", examples=["backup_duration_seconds"]
    )
    value: float = Field(allow_inf_nan=False, examples=[84.5])
    unit: str = Field("", max_length=40, examples=["s"])
    kind: str = Field("gauge", pattern="^(gauge|counter)$")
    labels: dict[str, Label] = Field(default_factory=dict, max_length=12)
    at: datetime | None = Field(
        None, description="When it was so; null: now. With its time zone, at most a day old."
    )


class PushedCondition(Input):
    """Something that is wrong now; what the next push leaves out is over."""

    message: str = Field(min_length=1, max_length=500, examples=["The backup failed: disk full."])
    subject: str = Field("", max_length=200)
    severity: str = Field("warning", pattern="^(info|warning|critical)$")
    fix: str = Field("", max_length=500)


class PluginPushWrite(Input):
    """What an external program says."""

    samples: list[PushedSample] = Field(default_factory=list, max_length=1000)
    status: str = Field("ok", pattern="^(ok|failing)$", description="How its work goes.")
    detail: str = Field("", max_length=500, description="Why it fails.")
    summary: str = Field("", max_length=200, description="One line for lists.")
    conditions: list[PushedCondition] = Field(default_factory=list, max_length=50)


class PluginPushed(Output):
    """What became of a push."""

    taken: int = Field(description="Numbers that were stored.")
    rejected: int = Field(description="Numbers that were not: too many series.")
    is_repeated: bool = Field(description="Whether the same push was taken before.")
