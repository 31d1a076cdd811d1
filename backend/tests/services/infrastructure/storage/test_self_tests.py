"""Self-tests are planned one at a time, and a refusal is told as what it is."""

import itertools
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.ports.shell import CommandResult, Outcome
from app.services.infrastructure.storage.self_tests import (
    Plannable,
    SelfTestRefused,
    due_tests,
    read_start,
    start_command,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVER = uuid.uuid4()


def drive(number: int, server: uuid.UUID = SERVER, **fields: object) -> Plannable:
    given = {"short_days": 7, "long_days": 30, "short_at": None, "long_at": None,
             "first_seen_at": NOW - timedelta(days=100), "is_ready": True, **fields}  # fmt: skip
    return Plannable(id=uuid.UUID(int=number), server_id=server, **given)  # type: ignore[arg-type]  # a test's own fields


def test_one_drive_of_a_machine_is_tested_at_a_time() -> None:
    other = uuid.uuid4()
    due = due_tests([drive(1), drive(2), drive(3, other)], NOW)
    assert [(one.device_id.int, one.kind) for one in due] == [(1, "long"), (3, "long")]


def test_a_year_of_tests_never_overlaps_on_a_machine() -> None:
    drives = {number: drive(number) for number in range(12)}
    begun: list[tuple[datetime, str]] = []
    now = NOW
    for _ in range(365 * 24):
        for one in due_tests(list(drives.values()), now):
            known = drives[one.device_id.int]
            is_long = one.kind == "long"
            drives[one.device_id.int] = replace(
                known,
                long_at=now if is_long else known.long_at,
                short_at=known.short_at if is_long else now,
            )
            begun.append((now, one.kind))
        now += timedelta(hours=1)
    longest = {"short": timedelta(minutes=15), "long": timedelta(hours=24)}
    overlaps = [
        (first, second)
        for first, second in itertools.pairwise(begun)
        if second[0] - first[0] < longest[first[1]]
    ]
    assert overlaps == []
    longs = sum(kind == "long" for _, kind in begun)
    assert longs >= 12 * 11, "Each drive is tested about every month."


def test_a_drive_that_is_hot_asleep_or_failing_waits() -> None:
    assert due_tests([drive(1, is_ready=False)], NOW) == []


def test_no_schedule_means_no_test() -> None:
    assert due_tests([drive(1, short_days=0, long_days=0)], NOW) == []


def test_a_test_never_wakes_a_disk() -> None:
    command = start_command("/dev/sda", "sat", "short", sudo=True)
    assert command.argv == ("smartctl", "-n", "standby", "-t", "short", "-d", "sat", "/dev/sda")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.RAN, "smartctl 7.3\nCopyright\n\nDevice is in STANDBY mode, exit(2)\n"),
        (Outcome.RAN, "smartctl 7.3\nCopyright\n\nCan't start self-test without aborting\n"),
        (Outcome.REFUSED, ""),
        (Outcome.TIMED_OUT, ""),
    ],
)
def test_a_refusal_says_what_smartctl_said(outcome: Outcome, said: str) -> None:
    with pytest.raises(SelfTestRefused) as caught:
        read_start(CommandResult(("smartctl",), outcome, 0, said, ""))
    assert str(caught.value)


def test_a_start_tells_how_long_it_takes() -> None:
    said = "smartctl 7.3\n\nTesting has begun.\nPlease wait 2 minutes for test to complete.\n"
    assert read_start(CommandResult(("smartctl",), Outcome.RAN, 0, said, "")).minutes == 2
