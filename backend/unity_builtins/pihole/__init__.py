"""Watches a Pi-hole."""

from unity_builtins.pihole.plugin import PiHole

__all__ = ["PiHole"]
