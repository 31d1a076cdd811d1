"""What the judge says of every kind of answer and silence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from app.models.infrastructure.monitored_server import ServerStatus
from app.ports.shell import (
    ConnectionLost,
    HostKey,
    HostKeyChanged,
    HostKeyUnknown,
    LoginRefused,
    LoginTimedOut,
    NameNotResolved,
    NotSsh,
    ShellError,
    ShellUnusable,
    Unreachable,
)
from app.services.core.facts import Trouble
from app.services.infrastructure.status import FactTrouble, judge, judge_failure, shown
from tests.fixtures.database import NOON

KEY = HostKey("ssh-ed25519", "ssh-ed25519 AAAA", "SHA256:abc")


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (Unreachable("no route"), "offline", "unreachable"),
        (NameNotResolved("no such name"), "offline", "name_not_resolved"),
        (NotSsh("it speaks HTTP"), "offline", "not_ssh"),
        (HostKeyUnknown("first contact", offered=KEY), "unknown", "host_key_unknown"),
        (HostKeyChanged("another key", offered=KEY), "offline", "host_key_changed"),
        (LoginRefused("password wrong"), "offline", "login_refused"),
        (LoginTimedOut("20 s"), "offline", "login_timed_out"),
        (ConnectionLost("reset"), "offline", "connection_lost"),
        (ShellUnusable("nologin"), "offline", "shell_unusable"),
        (ShellError("else"), "offline", "failed"),
    ],
)
def test_each_failure_has_its_own_kind_reason_and_fix(
    error: ShellError, status: str, kind: str
) -> None:
    verdict = judge_failure(error)
    assert (verdict.status, verdict.kind) == (status, kind)
    assert verdict.reason
    assert verdict.fix


def test_terminal_escapes_of_the_far_side_do_not_reach_the_reason() -> None:
    assert judge_failure(NotSsh("it said \x1b[2J\x07hello")).reason == "it said hello"


def test_the_fix_of_the_error_wins_over_the_general_one() -> None:
    assert judge_failure(LoginRefused("no", fix="Use the key.")).fix == "Use the key."


def test_a_machine_that_answered_everything_is_online() -> None:
    assert judge([], has_answered=True).status is ServerStatus.ONLINE


def test_an_absent_tool_does_not_degrade() -> None:
    absent = FactTrouble("temperatures", Trouble.ABSENT)
    assert judge([absent], has_answered=True).status is ServerStatus.ONLINE


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.NO_RIGHT, "not permitted"),
        (Trouble.UNPARSABLE, "unreadable answer"),
        (Trouble.TIMED_OUT, "no answer in time"),
    ],
)
def test_a_trouble_that_can_be_mended_degrades_and_is_named(trouble: Trouble, words: str) -> None:
    verdict = judge([FactTrouble("updates", trouble, fix="Do this.")], has_answered=True)
    assert (verdict.status, verdict.kind) == ("degraded", "facts_failed")
    assert verdict.reason == f"Could not read updates ({words})."
    assert verdict.fix == "Do this."


def test_no_answer_to_any_command_is_offline_though_the_login_worked() -> None:
    verdict = judge([FactTrouble("cpu", Trouble.TIMED_OUT)], has_answered=False)
    assert (verdict.status, verdict.kind) == ("offline", "no_answer")


def test_a_clock_two_days_off_is_seen_and_named() -> None:
    verdict = judge([], has_answered=True, clock_offset=timedelta(days=-2))
    assert (verdict.status, verdict.kind) == ("degraded", "clock_skew")
    assert verdict.reason == "Its clock is 2.0 days behind Unity's."


def test_a_wrong_clock_is_named_beside_other_troubles() -> None:
    failed = FactTrouble("updates", Trouble.TIMED_OUT)
    verdict = judge([failed], has_answered=True, clock_offset=timedelta(days=2))
    assert "updates" in verdict.reason
    assert "2.0 days ahead of" in verdict.reason


def test_a_clock_within_the_tolerance_is_no_trouble() -> None:
    verdict = judge([], has_answered=True, clock_offset=timedelta(seconds=20))
    assert verdict.status is ServerStatus.ONLINE


def test_a_machine_without_proc_says_so() -> None:
    missing = [FactTrouble(name, Trouble.ABSENT) for name in ("cpu", "memory", "uptime", "load")]
    verdict = judge(missing, has_answered=True)
    assert (verdict.status, verdict.kind) == ("degraded", "no_proc")


@dataclass
class Row:
    status: ServerStatus = ServerStatus.ONLINE
    reason_kind: str = "ok"
    reason: str = "Every fact was read."
    fix: str = ""
    is_enabled: bool = True
    last_attempt_at: datetime | None = NOON
    interval_seconds: float | None = None


def test_a_fresh_verdict_is_shown_as_it_was_judged() -> None:
    assert shown(Row(), NOON + timedelta(minutes=9), 300).status is ServerStatus.ONLINE


def test_a_verdict_older_than_two_intervals_is_shown_as_unknown() -> None:
    verdict = shown(Row(), NOON + timedelta(minutes=10, seconds=1), 300)
    assert (verdict.status, verdict.kind) == ("unknown", "stale")
    assert "Last asked 10 minutes ago" in verdict.reason
    assert "online" in verdict.reason


def test_the_servers_own_interval_decides_when_it_is_stale() -> None:
    row = Row(interval_seconds=3600)
    assert shown(row, NOON + timedelta(hours=1), 300).status is ServerStatus.ONLINE
    assert shown(row, NOON + timedelta(hours=3), 300).status is ServerStatus.UNKNOWN


def test_a_disabled_server_is_shown_as_disabled_whatever_was_judged() -> None:
    assert shown(Row(is_enabled=False), NOON, 300).status is ServerStatus.DISABLED


def test_a_server_that_was_never_asked_is_unknown() -> None:
    row = Row(last_attempt_at=None, status=ServerStatus.UNKNOWN, reason_kind="never_asked")
    assert shown(row, NOON, 300).kind == "never_asked"
