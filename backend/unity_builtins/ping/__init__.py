"""Sends echo requests, and counts what comes back."""

from unity_builtins.ping.plugin import Ping

__all__ = ["Ping"]
