"""Watches a Home Assistant."""

from unity_builtins.home_assistant.plugin import HomeAssistant

__all__ = ["HomeAssistant"]
