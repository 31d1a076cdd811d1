"""Assembles the commands, and turns every refusal into one line and an exit code.

Only the module of the command that was typed is loaded: `unity status` should not wait for the web
framework.
"""

import errno
import os
import sys
from importlib import import_module

import typer

from app import __version__
from app.kernel.errors import StartRefused, UnityError
from app.kernel.imports import uncollected

# Name → module in this folder and its function, or its group of commands.
COMMANDS = {
    "serve": ("serve", "serve"),
    "worker": ("worker", "work"),
    "status": ("status", "status"),
    "doctor": ("doctor", "doctor"),
    "migrate": ("migrate", "migrate"),
    "health": ("health", "health"),
    "settings": ("settings", "settings"),
    "openapi": ("settings", "openapi"),
    "explain": ("explain", "explain"),
    "ask": ("ask", "ask"),
    "search": ("looking", "search"),
    "activity": ("looking", "activity"),
}
# What the machine refuses rather than Unity does wrong: a line says enough.
_MACHINE = {
    errno.ENOSPC: "the disk is full; make room and try again",
    errno.EDQUOT: "the disk quota is used up; make room and try again",
    errno.EROFS: "the file system is read-only; choose another folder, or mount it writable",
    errno.EACCES: "this user may not do that; see who owns it with `ls -l`",
}
GROUPS = (
    "server",
    "groups",
    "alerts",
    "rules",
    "windows",
    "notify",
    "disks",
    "pools",
    "databases",
    "forecast",
    "report",
    "user",
    "token",
    "jobs",
    "audit",
    "backup",
    "database",
    "plugin",
)


def build(words: list[str]) -> typer.Typer:
    """Return the command line; with all commands unless the words begin with a known one."""
    cli = typer.Typer(
        name="unity",
        help="Run a homelab or a small fleet from one program.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    cli.callback()(_root)
    typed = words[0] if words else ""
    is_known = typed in COMMANDS or typed in GROUPS
    for name, (module, function) in COMMANDS.items():
        if not is_known or name == typed:
            command = getattr(import_module(f"app.cli.{module}"), function)
            cli.command(name)(command)
    for name in GROUPS:
        if not is_known or name == typed:
            cli.add_typer(import_module(f"app.cli.{name}").cli, name=name)
    return cli


def _show_version(value: bool) -> None:
    if value:
        print(f"unity {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False,
        "--version",
        help="Show the version and leave.",
        callback=_show_version,
        is_eager=True,
    ),
) -> None:
    del version


def main() -> None:
    """Run the command line; refusals are one line on standard error and exit code 1."""
    os.umask(0o077)  # what Unity writes (database, sockets, backups) is nobody else's business
    try:
        with uncollected():
            cli = build(sys.argv[1:])
        cli()
    except (StartRefused, UnityError) as refusal:
        fix = getattr(refusal, "fix", "")
        print(f"unity: {refusal}{' ' + fix if fix else ''}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.errno not in _MACHINE:
            raise
        where = f"{error.filename}: " if error.filename else ""
        print(f"unity: {where}{_MACHINE[error.errno]}.", file=sys.stderr)
        sys.exit(1)
