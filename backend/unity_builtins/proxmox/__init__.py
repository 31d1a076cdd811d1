"""Watches a Proxmox VE."""

from unity_builtins.proxmox.plugin import Proxmox

__all__ = ["Proxmox"]
