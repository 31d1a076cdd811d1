"""`unity jobs`: the background work, through the API."""

from typing import Annotated

import typer

from app.cli.client import Client
from app.cli.output import Json, show, show_table

cli = typer.Typer(help="What Unity does in the background.", no_args_is_help=True)
RUNS = "/api/job-runs"
SCHEDULES = "/api/jobs"


@cli.command("list")
def list_runs(
    state: Annotated[str, typer.Option(help="Only runs in this state.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.")] = 30,
    json: Json = False,
) -> None:
    """List the newest runs."""
    answer = Client().get(RUNS, state=state or None, per_page=limit)
    items = answer["items"]
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    columns = {"state": "STATE", "name": "JOB", "started_at": "STARTED", "id": "RUN", "error": ""}
    show_table(rows, columns, as_json=json, empty="No job has run yet.")


@cli.command("schedules")
def list_schedules(json: Json = False) -> None:
    """List the jobs with their next times."""
    answer = Client().get(SCHEDULES)
    items = answer["items"]
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    columns = {"name": "JOB", "trigger": "WHEN", "next_fire_at": "NEXT", "is_paused": "PAUSED"}
    show_table(rows, columns, as_json=json, empty="There are no jobs.")


@cli.command("show")
def show_run(run_id: str, json: Json = False) -> None:
    """Show one run."""
    run = Client().get(f"{RUNS}/{run_id}")
    show(run, f"{run['name']}: {run['state']}. {run.get('error') or ''}".strip(), as_json=json)


@cli.command("run")
def run_now(name: str, json: Json = False) -> None:
    """Run a job now, and wait for its end."""
    client = Client()
    started = client.post(f"{SCHEDULES}/{name}/run")
    run = client.wait(str(started["id"]))
    show(run, f"{name} {run['state']}.", as_json=json)


@cli.command("cancel")
def cancel(run_id: str, json: Json = False) -> None:
    """Ask a run to stop."""
    answer = Client().post(f"{RUNS}/{run_id}/cancel")
    show(answer, "Asked to stop.", as_json=json)


@cli.command("pause")
def pause(name: str, json: Json = False) -> None:
    """Stop a job's clock; runs can still be started by hand."""
    show(Client().post(f"{SCHEDULES}/{name}/pause"), f"{name} is paused.", as_json=json)


@cli.command("resume")
def resume(name: str, json: Json = False) -> None:
    """Let a job's clock go on."""
    show(Client().post(f"{SCHEDULES}/{name}/resume"), f"{name} goes on.", as_json=json)
