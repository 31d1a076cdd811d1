"""What a plugin says of itself: its name, its version, what it brings, and how good it is."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

API_VERSION = 1
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")]


class Shape(BaseModel):
    """The base of all that crosses the pipe: exact, unchanging, nothing that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Category(StrEnum):
    """Where the gallery shows it."""

    CHECK = "check"  # asks whether something answers
    NETWORK = "network"
    POWER = "power"
    VIRTUALISATION = "virtualisation"
    HOME = "home"
    BACKUP = "backup"
    MONITORING = "monitoring"
    NOTIFICATION = "notification"
    OTHER = "other"


DONE = "done"


def exempt(reason: str) -> str:
    """Say of a rule of the quality scale that it does not apply, and why."""
    return f"exempt: {reason}"


class Manifest(Shape):
    """Who the plugin is. `quality` holds one line for each rule of the quality scale.

    `version` is the plugin's own; `api` is the version of this interface. Unity refuses a plugin
    for an interface that it does not know, and never asks for a version of Unity.
    """

    name: Name
    version: str = Field(pattern=r"^\d+\.\d+(\.\d+)?([a-z0-9.+-]*)$", max_length=40)
    title: str = Field(min_length=1, max_length=60)
    summary: str = Field(min_length=1, max_length=300)
    api: int = API_VERSION
    category: Category = Category.OTHER
    description: str = Field(
        "", max_length=8000, description="Plain text; paragraphs by blank lines."
    )
    home: str = Field("", max_length=500, pattern=r"^(https?://\S+)?$")
    every_seconds: int = Field(300, ge=10, le=86_400, description="How often it wants to run.")
    timeout_seconds: int = Field(30, ge=1, le=300, description="When a run is given up.")
    memory_mib: int = Field(512, ge=128, le=2048, description="What its process may take.")
    needs_server: bool = Field(default=False, description="Only works when bound to a server.")
    quality: Mapping[str, str] = Field(default_factory=dict)
