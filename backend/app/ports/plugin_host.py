"""What runs plugins: each in a process of its own, so that none can harm Unity or another one.

The types of the interface are named here for the checker only: they cost a tenth of a second to
import, and a Unity without plugins never needs them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from app.kernel.errors import JsonValue

if TYPE_CHECKING:
    from unity_plugin.results import Receipt, Report
    from unity_plugin.wire import Description


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin that is there. Nothing of it was loaded to find it."""

    name: str  # of the entry point, or of the file
    source: str  # built_in, package or file
    origin: str  # what a worker is told to load: `package.module:Class`, or the path of a file
    distribution: str  # with its version; empty for a file
    fingerprint: str  # changes with the code
    problem: str = ""  # why it is not even tried


@dataclass(frozen=True, slots=True)
class Told:
    """A line that the plugin wrote during a call."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field of the configuration that is not filled rightly."""

    field: str
    detail: str


class CallFailed(Exception):
    """A call brought nothing; `kind` is one of `unity_plugin.wire.Failure`, the rest is words."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        fix: str = "",
        faults: Sequence[FieldFault] = (),
        log: Sequence[Told] = (),
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.fix = fix
        self.faults = tuple(faults)
        self.log = tuple(log)

    @property
    def is_own_fault(self) -> bool:
        """Tell whether the plugin itself is at fault, and not what it watches."""
        return self.kind in OWN_FAULTS


OWN_FAULTS = frozenset({"broken", "crashed", "timed_out", "too_much_memory", "garbage"})


@dataclass(frozen=True, slots=True)
class PluginServer:
    """The server that an instance is bound to."""

    id: str
    name: str
    address: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginMessage:
    """A notification that a plugin has to deliver."""

    key: str
    at: datetime
    severity: str
    title: str
    text: str
    is_over: bool
    link: str


@dataclass(frozen=True, slots=True)
class PluginCall:
    """What a plugin is called with, and within which limits."""

    origin: str
    values: Mapping[str, JsonValue] = field(repr=False)  # the configuration, secrets included
    secrets: frozenset[str] = frozenset()  # names of the fields that are secrets
    instance: str = ""
    now: datetime | None = None
    server: PluginServer | None = None
    state: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)
    seconds: float = 30.0
    memory_mib: int = 512


@dataclass(frozen=True, slots=True)
class Collected:
    """What a run brought, and what was written to the log meanwhile."""

    report: "Report"
    log: Sequence[Told]


@dataclass(frozen=True, slots=True)
class SenderField:
    """One field of the form of a plugin that delivers messages."""

    name: str
    label: str
    kind: str
    description: str
    example: str
    default: str | int | float | bool | None
    choices: tuple[str, ...]
    pattern: str
    minimum: float | None
    maximum: float | None
    is_required: bool
    is_secret: bool
    is_advanced: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """A plugin that delivers messages, as it described itself."""

    name: str
    title: str
    home: str
    origin: str
    seconds: float
    memory_mib: int
    fields: tuple[SenderField, ...]

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secret fields."""
        return frozenset(each.name for each in self.fields if each.is_secret)


class PluginHost(Protocol):
    """Finds plugins, and calls them in workers. No method may be called inside a transaction."""

    async def find(self) -> Sequence[FoundPlugin]:
        """Return all plugins that are installed or lie in the folder, without loading any."""
        ...

    async def describe(self, origin: str) -> "Description":
        """Return what a plugin says of itself, or raise `CallFailed`."""
        ...

    async def describe_own(
        self, origins: Sequence[str]
    ) -> "Mapping[str, Description | CallFailed]":
        """Return what built-in plugins say of themselves, or why one does not, by origin.

        They may share a process for it, which saves the start of one for each: only they are
        known to leave each other alone.
        """
        ...

    async def validate(self, call: PluginCall) -> None:
        """Raise `CallFailed` when the configuration is not filled rightly; nothing is asked."""
        ...

    async def check(self, call: PluginCall) -> str:
        """Try a configuration against what it names; return a line about it, or raise."""
        ...

    async def collect(self, call: PluginCall) -> Collected:
        """Run it, or raise `CallFailed`."""
        ...

    async def send(self, call: PluginCall, message: PluginMessage) -> "Receipt":
        """Let it deliver a message, or raise `CallFailed`."""
        ...

    def learn(self, senders: Sequence[Sender]) -> None:
        """Take in which plugins deliver messages, instead of those known before."""
        ...

    def senders(self) -> Mapping[str, Sender]:
        """Return the plugins that deliver messages, by name."""
        ...

    async def serve(self) -> None:
        """Keep the workers for as long as Unity runs; they are started when they are needed."""
        ...
