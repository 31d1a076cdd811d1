"""Asks a web address, and judges what comes back."""

from unity_builtins.http_check.plugin import HttpCheck

__all__ = ["HttpCheck"]
