"""The command line: `unity`."""

from app.cli.root import main

__all__ = ["main"]
