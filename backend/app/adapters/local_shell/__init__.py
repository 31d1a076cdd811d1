"""This machine's own shell and files, without SSH."""

from app.adapters.local_shell.shell import LocalShell

__all__ = ["LocalShell"]
