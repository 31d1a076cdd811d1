"""`unity status`: the health of this machine in the terminal, without a server."""

import asyncio
from dataclasses import asdict

from rich.table import Table

from app.adapters.local_shell import LocalShell
from app.cli.output import Json, console, show
from app.kernel.clock import SystemClock
from app.kernel.text import printable
from app.services.infrastructure.facts.filesystems import Filesystems
from app.services.infrastructure.facts.processes import Processes
from app.services.infrastructure.facts.sensors import Sensors
from app.services.infrastructure.local_status import LocalReport, ask_this_machine

_BAR = 20
_WARM, _HOT = 75, 90
_MOST_ROWS = 8


def status(json: Json = False) -> None:
    """Show how this machine is, now."""
    report = asyncio.run(_ask())
    if json:
        show(_document(report), "", as_json=True)
        return
    verdict = report.verdict
    colour = {"online": "green", "degraded": "yellow"}.get(verdict.status, "red")
    console.print(f"[bold {colour}]{verdict.status}[/] {printable(verdict.reason)}")
    if verdict.fix:
        console.print(verdict.fix, markup=False)
    for problem in report.problems:
        console.print(f"[bold yellow]! [/]{printable(problem.message)} {problem.fix}".rstrip())
    console.print(_gauges(report))
    for table in (_filesystems(report), _processes(report)):
        if table is not None:
            console.print()
            console.print(table)
    for trouble in report.troubles:
        console.print(f"{trouble.fact}: {trouble.detail}", style="dim", markup=False)


async def _ask() -> LocalReport:
    shell = LocalShell()
    try:
        return await ask_this_machine(shell, SystemClock())
    finally:
        await shell.close()


def _document(report: LocalReport) -> dict[str, object]:
    return {
        "at": report.at,
        "status": report.verdict.status,
        "reason": report.verdict.reason,
        "problems": [asdict(problem) for problem in report.problems],
        "facts": {name: value.model_dump(mode="json") for name, value in report.values.items()},
        "troubles": [
            {
                "fact": trouble.fact,
                "trouble": trouble.trouble,
                "detail": trouble.detail,
                "fix": trouble.fix,
            }
            for trouble in report.troubles
        ],
    }


def _gauges(report: LocalReport) -> Table:
    summary = report.summary
    table = Table.grid(padding=(0, 2))
    if summary.os_name:
        table.add_row("System", printable(summary.os_name))
    if summary.uptime_seconds is not None:
        table.add_row("Up for", _duration(summary.uptime_seconds))
    for name, percent in (
        ("CPU", summary.cpu_percent),
        ("Memory", summary.memory_percent),
        ("Swap", summary.swap_percent),
    ):
        if percent is not None:
            table.add_row(name, _bar(percent))
    if summary.load1 is not None:
        table.add_row("Load", f"{summary.load1:.2f} on {summary.cpu_cores or '?'} cores")
    sensors = report.values.get("sensors")
    if isinstance(sensors, Sensors) and sensors.temperatures:
        hottest = max(sensors.temperatures, key=lambda one: one.celsius)
        name = printable(hottest.label or hottest.chip)
        table.add_row("Hottest", f"{hottest.celsius:.0f} °C ({name})")
    return table


def _filesystems(report: LocalReport) -> Table | None:
    value = report.values.get("filesystems")
    if not isinstance(value, Filesystems):
        return None
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("FILE SYSTEM", "USED", "FREE"):
        table.add_column(heading)
    rows = [one for one in value.filesystems if one.used_bytes + one.available_bytes > 0]
    rows.sort(key=lambda one: -one.used_bytes / (one.used_bytes + one.available_bytes))
    for one in rows[:_MOST_ROWS]:
        percent = 100 * one.used_bytes / (one.used_bytes + one.available_bytes)
        free = f"{one.available_bytes / 2**30:.1f} GiB"
        table.add_row(printable(one.mountpoint).replace("[", r"\["), _bar(percent), free)
    return table


def _processes(report: LocalReport) -> Table | None:
    value = report.values.get("processes")
    if not isinstance(value, Processes) or not value.by_cpu:
        return None
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("PROCESS", "PID", "CPU", "MEMORY"):
        table.add_column(heading, justify="left" if heading == "PROCESS" else "right")
    for one in value.by_cpu[:5]:
        name = printable(one.name).replace("[", r"\[")
        memory = "-" if one.memory_bytes is None else f"{one.memory_bytes / 2**20:.0f} MiB"
        table.add_row(name, str(one.pid), f"{one.cpu_percent:.0f} %", memory)
    return table


def _bar(percent: float) -> str:
    colour = "red" if percent >= _HOT else "yellow" if percent >= _WARM else "green"
    filled = round(_BAR * min(percent, 100) / 100)
    return f"[{colour}]{'█' * filled}[/][dim]{'░' * (_BAR - filled)}[/] {percent:.0f} %"


def _duration(seconds: float) -> str:
    days, rest = divmod(int(seconds), 86_400)
    hours, minutes = divmod(rest // 60, 60)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min"
