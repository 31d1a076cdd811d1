"""Finds the plugin that a source names; only ever called in a worker's process."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from unity_plugin.config import Config, form_of
from unity_plugin.manifest import API_VERSION, Manifest
from unity_plugin.plugin import Plugin, brings
from unity_plugin.quality import judge
from unity_plugin.wire import Description

AnyPlugin = Plugin[Config]


class Broken(Exception):
    """The plugin cannot be loaded; the text says why."""


def load(source: str) -> type[AnyPlugin]:
    """Return the plugin's class: `package.module:Class`, or the path of a file that ends in .py."""
    try:
        return _load(source)
    except (MemoryError, Broken):
        raise
    # Importing runs the plugin's code, which may raise anything.
    except (Exception, SystemExit) as error:
        words = " ".join(str(error).split())[:500]
        raise Broken(f"It cannot be loaded: {type(error).__name__}: {words}.") from error


def _load(source: str) -> type[AnyPlugin]:
    if source.endswith(".py"):
        return _only_one(_module_of(Path(source)))
    module_name, _, name = source.partition(":")
    found = getattr(importlib.import_module(module_name), name, None) if name else None
    if not (isinstance(found, type) and issubclass(found, Plugin)):
        raise Broken(f"{source} names no plugin: it must be package.module:Class.")
    return _checked(found)


def _module_of(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"unity_file_plugin_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise Broken(f"There is no file {path.name}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _only_one(module: ModuleType) -> type[AnyPlugin]:
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Plugin)
        and each.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise Broken(f"The file holds {len(found) or 'no'} subclasses of Plugin; it must hold one.")
    return _checked(found[0])


def _checked(plugin: type[AnyPlugin]) -> type[AnyPlugin]:
    if not isinstance(getattr(plugin, "manifest", None), Manifest):
        raise Broken(f"{plugin.__name__} has no manifest.")
    if plugin.manifest.api != API_VERSION:
        raise Broken(
            f"{plugin.__name__} is written for version {plugin.manifest.api} of the interface;"
            f" this Unity speaks version {API_VERSION}."
        )
    return plugin


def describe(plugin: type[AnyPlugin]) -> Description:
    """Return what the plugin says of itself."""
    can = brings(plugin)
    return Description(
        manifest=plugin.manifest,
        form=form_of(plugin.config),
        metrics=tuple(plugin.metrics),
        alerts=tuple(plugin.alerts),
        collects=can.collects,
        sends=can.sends,
        has_open_metrics=plugin.has_open_metrics,
        quality=judge(plugin),
    )
