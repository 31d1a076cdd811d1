"""Plugins in processes of their own."""

from app.adapters.plugin_workers.host import PluginWorkers

__all__ = ["PluginWorkers"]
