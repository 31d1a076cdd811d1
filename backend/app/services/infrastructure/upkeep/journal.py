"""The journal of self-tests and scrubs: what was begun, and how it ended.

The end is read out of what the rounds bring anyway. A result counts only when it was not there
before the start, so that nothing depends on the clocks of two machines.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.infrastructure.storage_action import ActionKind, ActionState, StorageAction
from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.infrastructure.facts.smart.report import ReadState, SelfTest, SelfTestOutcome
from app.services.infrastructure.pools.view import PoolView
from app.services.infrastructure.pools.write import root_detail_of
from app.services.infrastructure.storage.rows import report_of

TESTS = frozenset({ActionKind.SHORT, ActionKind.LONG})
# After that nobody will learn how it ended: a log that was cleared, a drive that keeps none.
_GIVEN_UP = {
    ActionKind.SHORT: timedelta(hours=12),
    ActionKind.LONG: timedelta(days=5),
    ActionKind.SCRUB: timedelta(days=21),
}
_WITHOUT_DATES = frozenset({PoolKind.MD, PoolKind.LVM})
_LOOK_FIRST, _LOOK_MOST = timedelta(minutes=5), timedelta(hours=6)
_OUTCOMES = {
    SelfTestOutcome.PASSED: ActionState.PASSED,
    SelfTestOutcome.FAILED: ActionState.FAILED,
    SelfTestOutcome.ABORTED: ActionState.ABORTED,
    SelfTestOutcome.INTERRUPTED: ActionState.ABORTED,
}


@dataclass(frozen=True, slots=True)
class End:
    """How an action ended."""

    state: ActionState
    message: str
    errors: int | None = None


async def open_actions(
    session: AsyncSession, server_ids: Collection[uuid.UUID]
) -> Sequence[StorageAction]:
    """Return what runs on these machines."""
    rows = await session.scalars(
        select(StorageAction)
        .where(StorageAction.server_id.in_(server_ids), StorageAction.state == ActionState.RUNNING)
        .order_by(StorageAction.started_at)
    )
    return rows.all()


def device_mark(row: StorageDevice) -> dict[str, object]:
    """Return what a drive's log of self-tests shows before one begins."""
    return {"log": _log(row), "tests": _count(row)}


def pool_mark(row: StoragePool) -> dict[str, object]:
    """Return what a pool shows before a scrub begins."""
    last = row.last_scrub_at
    return {"last_scrub_at": None if last is None else last.isoformat()}


def _log(row: StorageDevice) -> str:
    report = report_of(row)
    tests = report.self_tests if report is not None else None
    return "" if not tests else tests[0].model_dump_json()


def _count(row: StorageDevice) -> int:
    report = report_of(row)
    return len(report.self_tests or ()) if report is not None else 0


def follow(action: StorageAction, now: datetime) -> None:
    """Set when its machine is asked again: soon at first, then less and less often."""
    age = max(now - action.started_at, _LOOK_FIRST)
    action.look_at = now + min(age, _LOOK_MOST)


def settle_test(action: StorageAction, row: StorageDevice, now: datetime) -> None:
    """Look into what was just read of a drive."""
    report = report_of(row)
    if row.read_state != ReadState.READ or row.read_at is None or report is None:
        _give_up(action, now)
        return
    if row.read_at <= action.started_at:
        return
    left = report.self_test_running_percent
    newest = report.self_tests[0] if report.self_tests else None
    if left is not None or (newest is not None and newest.outcome is SelfTestOutcome.RUNNING):
        action.percent = None if left is None else float(100 - left)
        _give_up(action, now)
    elif newest is not None and _is_new(action, row):
        _end(action, _test_end(newest), now)
    else:
        _give_up(action, now)


def _is_new(action: StorageAction, row: StorageDevice) -> bool:
    return action.before.get("log") != _log(row) or action.before.get("tests") != _count(row)


def _test_end(newest: SelfTest) -> End:
    state = _OUTCOMES.get(newest.outcome, ActionState.UNKNOWN)
    return End(state, newest.detail or f"It {newest.outcome.value}.")


def settle_scrub(action: StorageAction, row: StoragePool, view: PoolView, now: datetime) -> None:
    """Look into what a pool shows now."""
    if row.last_seen_at <= action.started_at or row.missing_since is not None:
        _give_up(action, now)
        return
    if view.activity in ("scrub", "check", "repair"):
        action.percent = view.activity_percent
        if view.activity_seconds_left is not None and view.activity_seconds_left < 10**8:
            action.look_at = now + timedelta(seconds=max(view.activity_seconds_left, 60))
        _give_up(action, now)
        return
    if view.kind in _WITHOUT_DATES and action.percent is None and not _has_ended(action, row):
        # It was over before anybody saw it run: a small array, or none that had to be compared.
        row.last_scrub_at, row.last_scrub_errors = now, view.mismatches
    root = root_detail_of(row)
    scrub = root.scrub
    if view.kind is PoolKind.BTRFS and (not root.read_at or root.read_at <= action.started_at):
        _give_up(action, now)  # only a slow round asks, and none has since
    elif scrub is not None and scrub.is_running:
        _give_up(action, now)
    elif scrub is not None and scrub.status in ("aborted", "interrupted"):
        _end(action, End(ActionState.ABORTED, "It was stopped before its end."), now)
    elif _has_ended(action, row):
        _end(action, _scrub_end(row, view), now)
    elif view.last_scan == "cancelled":
        _end(action, End(ActionState.ABORTED, "It was stopped before its end."), now)
    else:
        _give_up(action, now)


def _has_ended(action: StorageAction, row: StoragePool) -> bool:
    return pool_mark(row)["last_scrub_at"] != action.before.get("last_scrub_at")


def _scrub_end(row: StoragePool, view: PoolView) -> End:
    errors = row.last_scrub_errors
    if errors:
        what = "sectors differed" if view.mismatches is not None else "errors were found"
        return End(ActionState.FAILED, f"{errors} {what}.", errors)
    return End(ActionState.PASSED, "No errors were found.", errors)


def _end(action: StorageAction, end: End, now: datetime) -> None:
    action.state, action.message, action.errors = end.state, end.message[:500], end.errors
    action.ended_at, action.look_at, action.percent = now, None, None


def _give_up(action: StorageAction, now: datetime) -> None:
    if now - action.started_at > _GIVEN_UP.get(action.kind, timedelta(days=1)):
        _end(action, End(ActionState.UNKNOWN, "Nobody saw how it ended."), now)
    elif action.look_at is None or action.look_at <= now:
        follow(action, now)
