"""What a plugin said of itself, read from its row: no code of it is loaded for that."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from app.models.core.alert import Severity
from app.models.core.plugin import Plugin
from app.ports.plugin_host import Sender, SenderField
from app.schemas.core.plugin import PluginAlert, PluginField, PluginMetric, PluginRule
from app.services.core.alerts.types import AlertType

DOMAIN = "plugins"
PUSH = "push"  # the plugin without code: what external programs push to


class _Stored(BaseModel):
    """Written by a worker of this or an older Unity; what is new to us is left alone."""

    model_config = ConfigDict(extra="ignore", defer_build=True)


class _Manifest(_Stored):
    name: str = ""
    version: str = ""
    title: str = ""
    summary: str = ""
    category: str = "other"
    description: str = ""
    home: str = ""
    every_seconds: int = 300
    timeout_seconds: int = 30
    memory_mib: int = 512
    needs_server: bool = False


class _Alert(_Stored):
    key: str
    title: str
    over: str
    about: str
    severity: Severity = Severity.WARNING
    for_seconds: int = 0
    for_runs: int = 1
    clear_seconds: int = 0


class _Quality(_Stored):
    tier: str = "none"
    rules: list[PluginRule] = []


class Described(_Stored):
    """A stored description."""

    manifest: _Manifest = _Manifest()
    form: list[PluginField] = []
    metrics: list[PluginMetric] = []
    alerts: list[_Alert] = []
    collects: bool = False
    sends: bool = False
    has_open_metrics: bool = False
    quality: _Quality = _Quality()

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secret fields."""
        return frozenset(each.name for each in self.form if each.is_secret)

    def alert_types(self) -> dict[str, AlertType]:
        """Return the alert types of the plugin by its own key."""
        name = self.manifest.name
        return {
            one.key: AlertType(
                kind=kind_of(name, one.key),
                domain=DOMAIN,
                title=one.title,
                over=one.over,
                severity=one.severity,
                for_seconds=one.for_seconds,
                for_samples=one.for_runs,
                clear_seconds=one.clear_seconds,
                about=one.about,
                runbook="plugin",
            )
            for one in self.alerts
        }

    def shown_alerts(self) -> list[PluginAlert]:
        """Return the alert types for the gallery."""
        name = self.manifest.name
        return [
            PluginAlert(
                key=one.key, kind=kind_of(name, one.key), about=one.about, severity=one.severity
            )
            for one in self.alerts
        ]


def kind_of(plugin: str, key: str) -> str:
    """Return what the alert engine calls an alert type of a plugin."""
    return f"plugin_{plugin}_{key}"


def described(row: Plugin) -> Described:
    """Return what a plugin said of itself."""
    return Described.model_validate(row.description)


def sender_of(origin: str, said: Described) -> Sender:
    """Return a plugin as a way of delivering messages."""
    return Sender(
        name=said.manifest.name,
        title=said.manifest.title,
        home=said.manifest.home,
        origin=origin,
        seconds=float(said.manifest.timeout_seconds),
        memory_mib=said.manifest.memory_mib,
        fields=tuple(
            SenderField(
                name=each.name,
                label=each.label,
                kind=each.kind,
                description=each.description,
                example=each.example,
                default=None if isinstance(each.default, list) else each.default,
                choices=tuple(each.choices),
                pattern=each.pattern,
                minimum=each.minimum,
                maximum=each.maximum,
                is_required=each.is_required,
                is_secret=each.is_secret,
                is_advanced=each.is_advanced,
            )
            for each in said.form
        ),
    )


# Of every instance, whatever its plugin.
CANNOT_WATCH = AlertType(
    kind="plugin_cannot_watch",
    domain=DOMAIN,
    title="{name} cannot be watched",
    over="{name} is watched again",
    for_samples=3,
    about="An instance of a plugin fails three times in a row",
    consequences="What it watches may be well or not: nobody knows.",
    runbook="plugin",
)
PUSHED = AlertType(
    kind="plugin_pushed",
    domain=DOMAIN,
    title="{name}: {subject}",
    over="{name}: {subject} is over",
    about="An external program reports trouble",
    runbook="plugin",
)
SILENT = AlertType(
    kind="plugin_silent",
    domain=DOMAIN,
    title="{name} is silent",
    over="{name} is heard again",
    about="An external program has not pushed for two of its intervals",
    consequences="What it watches may be well or not: nobody knows.",
    runbook="plugin",
)
TYPES: tuple[AlertType, ...] = (CANNOT_WATCH, PUSHED, SILENT)


@dataclass(frozen=True, slots=True)
class _Built:
    title: str
    summary: str
    description: str


PUSH_WORDS = _Built(
    "External program",
    "Takes what a program of yours pushes over HTTP: numbers, a status, what is wrong.",
    "Make an instance, then a key for it. The program sends JSON to /api/plugins/push with the key"
    " as a bearer token. The interval says how often it means to push: after two of them without a"
    " word Unity says that it is silent.",
)
