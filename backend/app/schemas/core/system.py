"""Shapes of the system endpoints."""

from datetime import datetime

from pydantic import Field

from app.schemas.base import Output


class Health(Output):
    """The whole answer of a health check."""

    status: str = Field(examples=["ok"])


class SystemInfo(Output):
    """What this Unity is."""

    version: str = Field(examples=["0.1.0"])
    database: str = Field(description="`sqlite` or `postgresql`.", examples=["sqlite"])
    data_folder: str = Field(examples=["/var/lib/unity"])
    public_url: str = Field(description="Empty when none is set.", examples=["https://unity.home"])
    time: datetime = Field(description="The server's clock, in UTC.")


class Features(Output):
    """Optional features by name, on or off."""

    features: dict[str, bool]
