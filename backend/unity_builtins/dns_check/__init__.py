"""Asks a name server, and compares what it answers."""

from unity_builtins.dns_check.plugin import DnsCheck

__all__ = ["DnsCheck"]
