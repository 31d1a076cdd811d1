"""The base of all plugins: a class with a manifest, a configuration, and one method or two."""

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from logging import Logger
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pydantic import JsonValue

from unity_plugin.config import Config
from unity_plugin.errors import NotPromised, Unsupported
from unity_plugin.manifest import Manifest
from unity_plugin.network import Network
from unity_plugin.results import AlertType, Message, Metric, Receipt, Report

C = TypeVar("C", bound=Config)


@dataclass(frozen=True, slots=True)
class Server:
    """The server that an instance is bound to."""

    id: str
    name: str
    address: str  # a name or an address; empty for the machine that Unity runs on
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run(Generic[C]):
    """What one run gets."""

    config: C
    instance: str  # the name that a person gave it
    now: datetime
    network: Network
    log: Logger  # what is written here is shown with the instance; secrets are blotted out
    server: Server | None = None
    state: Mapping[str, JsonValue] = field(default_factory=dict)  # what the last report left
    scratch: Path = Path()  # a folder of its own, empty after the process ended


class Plugin(ABC, Generic[C]):
    """Subclass it, set the class variables, and override `collect` or `send`, or both.

    One object is made for each process, without arguments. It may keep nothing between runs but
    what the report's `state` carries: its process ends whenever Unity likes.
    """

    manifest: ClassVar[Manifest]
    config: ClassVar[type[Config]] = Config
    metrics: ClassVar[Sequence[Metric]] = ()
    alerts: ClassVar[Sequence[AlertType]] = ()
    has_open_metrics: ClassVar[bool] = False  # also sends metrics that it cannot name beforehand

    async def check(self, run: Run[C]) -> str:
        """Try the configuration, and say in a line what was found; raise a `PluginError`.

        It is called by the button *Test* and before an instance is saved. It must change nothing.
        """
        if brings(type(self)).collects:
            report: object = await self.collect(run)
            if not isinstance(report, Report):
                raise NotPromised("collect", report, "Report")
            return report.summary or f"{len(report.samples)} values were read."
        return "The form is filled rightly."

    async def collect(self, run: Run[C]) -> Report:  # noqa: ARG002 - for those who override it
        """Ask what is watched, and return what was found; raise a `PluginError` where it fails."""
        raise Unsupported(f"{self.manifest.title} collects nothing.")

    async def send(self, run: Run[C], message: Message) -> Receipt:  # noqa: ARG002 - as above
        """Deliver a message, or raise a `PluginError`; `Misconfigured` is not tried again."""
        raise Unsupported(f"{self.manifest.title} delivers no messages.")


@dataclass(frozen=True, slots=True)
class Brings:
    """What a plugin can do."""

    collects: bool
    sends: bool


def brings(plugin: type[Plugin[C]]) -> Brings:
    """Tell what a plugin can do, by what it overrides."""
    return Brings(
        collects=plugin.collect is not Plugin.collect, sends=plugin.send is not Plugin.send
    )
