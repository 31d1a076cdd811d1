"""Scrapes what speaks the text format of Prometheus."""

from unity_builtins.prometheus.plugin import Prometheus

__all__ = ["Prometheus"]
