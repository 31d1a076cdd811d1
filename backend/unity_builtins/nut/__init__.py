"""Watches UPSes by Network UPS Tools."""

from unity_builtins.nut.plugin import Nut

__all__ = ["Nut"]
