"""A schedule that could not be kept, as the alert engine takes it."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from app.models.core.alert import Severity
from app.models.infrastructure.storage_action import ActionKind
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.infrastructure.upkeep.planner import Task, wait
from app.services.infrastructure.upkeep.plans import Plans

OVERDUE = AlertType(
    kind="upkeep_overdue",
    domain="infrastructure",
    title="{name}: a planned test or scrub is overdue",
    over="{name}: tests and scrubs are up to date",
    severity=Severity.WARNING,
    runbook="upkeep",
    consequences="Errors stay hidden until the data are needed.",
    about="A self-test or scrub that was planned could not begin for more than a week",
    source="Unity's own: a week after the day that it was planned for",
)
TYPES = (OVERDUE,)
_WORDS = {
    ActionKind.SHORT: "short self-test",
    ActionKind.LONG: "long self-test",
    ActionKind.SCRUB: "scrub",
}


def observe_plans(found: Plans, now: datetime, zone: tzinfo) -> list[Observation]:
    """Say of each thing that has a schedule whether it is overdue."""
    grouped: dict[object, list[Task]] = {}
    for task in found.tasks:
        grouped.setdefault(task.resource_id, []).append(task)
    return [
        Observation(
            tasks[0].resource_id,
            found.names[tasks[0].resource_id],
            {OVERDUE: list(_overdue(tasks, found, now, zone))},
        )
        for tasks in grouped.values()
    ]


def _overdue(
    tasks: Iterable[Task], found: Plans, now: datetime, zone: tzinfo
) -> Iterable[Condition]:
    for task in tasks:
        if not task.is_overdue(now) or task.resource_id in found.running:
            continue
        what = _WORDS[task.kind]
        why = wait(task, found.busy, now, zone) or "It was not begun."
        yield Condition(
            f"The {what} is due since {task.due_at:%d %B %Y}. {why}",
            subject=what,
            fix="Start it by hand on its page, or plan it less often.",
        )
