"""Watches a restic repository."""

from unity_builtins.restic.plugin import Restic

__all__ = ["Restic"]
