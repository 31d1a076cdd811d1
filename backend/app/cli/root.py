"""Assembles the commands, and turns every refusal into one line and an exit code."""

import sys

import typer

from app import __version__
from app.cli import backup, health, jobs, migrate, serve, server, settings, token, worker
from app.kernel.errors import StartRefused, UnityError

cli = typer.Typer(
    name="unity",
    help="Run a homelab or a small fleet from one program.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.command("serve")(serve.serve)
cli.command("worker")(worker.work)
cli.command("migrate")(migrate.migrate)
cli.command("health")(health.health)
cli.command("settings")(settings.settings)
cli.command("openapi")(settings.openapi)
cli.add_typer(server.cli, name="server")
cli.add_typer(jobs.cli, name="jobs")
cli.add_typer(token.cli, name="token")
cli.add_typer(backup.cli, name="backup")


def _show_version(value: bool) -> None:
    if value:
        print(f"unity {__version__}")
        raise typer.Exit


@cli.callback()
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
    try:
        cli()
    except (StartRefused, UnityError) as refusal:
        fix = getattr(refusal, "fix", "")
        print(f"unity: {refusal}{' ' + fix if fix else ''}", file=sys.stderr)
        sys.exit(1)
