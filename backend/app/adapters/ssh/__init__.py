"""Machines over SSH: logins, kept connections, files and forwarded sockets."""

from app.adapters.ssh.pool import SshShells
from app.adapters.ssh.settings import SshLimits

__all__ = ["SshLimits", "SshShells"]
