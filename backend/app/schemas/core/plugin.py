"""Plugins: what the gallery shows, and the form of each."""

from datetime import datetime

from pydantic import Field

from app.schemas.base import Output


class PluginField(Output):
    """One field of a plugin's form."""

    name: str
    label: str
    kind: str = Field(description="string, integer, number, boolean or array")
    description: str
    example: str
    default: str | int | float | bool | list[str] | None
    choices: list[str]
    pattern: str
    minimum: float | None
    maximum: float | None
    unit: str = Field(description="Of the number that is entered.", examples=["s"])
    is_required: bool
    is_secret: bool
    is_advanced: bool


class PluginMetric(Output):
    """A metric that a plugin declares."""

    name: str
    about: str
    unit: str
    kind: str = Field(description="gauge or counter")


class PluginAlert(Output):
    """An alert type of a plugin; its rule stands among the alert rules."""

    key: str
    kind: str = Field(description="As the alert rules name it.")
    about: str
    severity: str


class PluginRule(Output):
    """One rule of the quality scale, as this plugin keeps it."""

    rule: str
    tier: str = Field(description="bronze, silver, gold or platinum")
    about: str
    status: str = Field(description="done, exempt, missing or untrue")
    note: str


class PluginRead(Output):
    """A plugin in the gallery."""

    name: str
    title: str
    summary: str
    category: str
    version: str
    home: str
    description: str
    source: str = Field(description="built_in, package or file")
    distribution: str
    state: str = Field(description="ready, broken or gone")
    problem: str = Field(description="Why it cannot be used.")
    collects: bool = Field(description="Whether it watches something.")
    sends: bool = Field(description="Whether it delivers notifications.")
    tier: str = Field(description="none, bronze, silver, gold or platinum")
    instances: int = Field(description="How many there are within reach.")
    seen_at: datetime


class PluginDetail(PluginRead):
    """A plugin with all that it says of itself."""

    form: list[PluginField]
    metrics: list[PluginMetric]
    has_open_metrics: bool = Field(description="Whether it sends others, too.")
    alerts: list[PluginAlert]
    quality: list[PluginRule]
    every_seconds: int
    timeout_seconds: int
    memory_mib: int
    needs_server: bool
