"""The composer and the reader of its answers, on the real shells that a machine may have."""

import itertools
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ports import script
from app.ports.script import Dialect, TimeoutStyle, Transcript, compose, judge
from app.ports.shell import Command, CommandResult, Outcome

TOKEN = "unity:0123456789abcdef01234567"
GNU = Dialect(TimeoutStyle.DECIMAL)
BARE = Dialect(TimeoutStyle.MISSING)

SHELLS = [
    pytest.param(("/bin/sh",), id="sh"),
    pytest.param(("bash", "--posix"), id="bash"),
    pytest.param(("busybox", "sh"), id="busybox", marks=pytest.mark.needs("busybox")),
]


def ask(
    shell: tuple[str, ...], commands: list[Command], dialect: Dialect, noise: str = ""
) -> list[CommandResult]:
    """Run a group as an adapter does, without its watchdog."""
    text = (noise + script.PRELUDE).encode() + compose(TOKEN, commands, dialect)
    answer = subprocess.run(shell, input=text, capture_output=True, check=False, timeout=20)
    transcript = Transcript(TOKEN, len(commands))
    transcript.feed(answer.stdout, 0.0)
    transcript.feed_error(answer.stderr)
    assert transcript.is_complete, answer
    return [
        judge(command, dialect, transcript.section(index)) for index, command in enumerate(commands)
    ]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("dialect", [GNU, BARE], ids=["timeout", "no timeout"])
def test_every_shell_answers_alike(shell: tuple[str, ...], dialect: Dialect) -> None:
    commands = [
        Command(("printf", "%s", "a'b\"c $HOME `id` \\ \n* ~ !x é")),
        Command(("sh", "-c", "echo err >&2; exit 7")),
        Command(("no-such-program",)),
        Command(("printf", "%s", TOKEN)),
        Command(("cat",)),
        Command(("cat", "/dev/null"), instant=True),
        Command(("sh", "-c", "printf '\\n\\n'")),
    ]
    results = ask(shell, commands, dialect, noise="echo banner; echo banner >&2\n")
    assert [result.exit_status for result in results] == [0, 7, 127, 0, 0, 0, 0]
    assert results[0].stdout == commands[0].argv[2]
    assert (results[1].stdout, results[1].stderr) == ("", "err\n")
    assert results[2].outcome is Outcome.ABSENT
    assert results[4].stdout == ""
    assert results[6].stdout == "\n\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("dialect", [GNU, BARE], ids=["timeout", "no timeout"])
def test_a_missing_program_is_found_out_without_starting_one(
    shell: tuple[str, ...], dialect: Dialect
) -> None:
    commands = [
        Command(("sh", "-c", "echo started"), needs="no-such-program"),
        Command(("sh", "-c", "echo started; exit 3"), needs="sh"),
    ]
    missing, there = ask(shell, commands, dialect)
    assert (missing.outcome, missing.stdout, missing.stderr) == (Outcome.ABSENT, "", "")
    assert (there.outcome, there.stdout, there.exit_status) == (Outcome.RAN, "started\n", 3)


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_is_the_watchdog_where_timeout_is_missing(shell: tuple[str, ...]) -> None:
    commands = [Command(("sleep", "30"), seconds=1), Command(("echo", "on"))]
    results = ask(shell, commands, BARE)
    late = replace(results[0], outcome=Outcome.TIMED_OUT)
    assert results[0].exit_status == late.exit_status == 137
    assert results[1].stdout == "on\n"


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (TimeoutStyle.DECIMAL, "timeout -k 1 0.5 df -P"),
        (TimeoutStyle.WHOLE, "timeout -k 1 1 df -P"),
        (TimeoutStyle.PLAIN, "timeout 1 df -P"),
        (TimeoutStyle.DASHED, "timeout -t 1 df -P"),
    ],
)
def test_timeout_is_called_as_the_machine_knows_it(style: TimeoutStyle, words: str) -> None:
    text = compose(TOKEN, [Command(("df", "-P"), seconds=0.5)], Dialect(style)).decode()
    assert f"\n{words}\n" in text


def test_instant_commands_run_bare_and_sudo_stands_behind_timeout() -> None:
    commands = [
        Command(("cat", "/proc/uptime"), instant=True),
        Command(("smartctl", "-j", "/dev/sda"), sudo=True),
    ]
    lines = compose(TOKEN, commands, GNU).decode().splitlines()
    assert "cat /proc/uptime" in lines
    assert "timeout -k 1 5 sudo -n -- smartctl -j /dev/sda" in lines
    as_root = compose(TOKEN, commands, replace(GNU, is_root=True)).decode().splitlines()
    assert "timeout -k 1 5 smartctl -j /dev/sda" in as_root


def test_secrets_never_stand_in_the_script() -> None:
    command = Command(("id",), sudo=True, secret_input=b"s3cret")
    for text in (
        compose(TOKEN, [command], GNU),
        script.compose_with_input(TOKEN, command, password=True, dialect=GNU),
    ):
        assert b"s3cret" not in text


def greet(*shell: str, path: str) -> TimeoutStyle:
    """Return the style that a shell's answer to the greeting tells."""
    answer = subprocess.run(
        shell,
        input=b"unity_mark() { :; }\n" + script.greeting(TOKEN),
        capture_output=True,
        check=True,
        env={"PATH": path},
    )
    dialect = script.read_greeting(answer.stdout.decode())
    assert dialect is not None
    return dialect.timeout


@pytest.mark.needs("busybox")
def test_greeting_learns_the_dialect_of_a_busybox_system(tmp_path: Path) -> None:
    assert greet(shutil.which("busybox") or "", "sh", path=str(tmp_path)) in {
        TimeoutStyle.DECIMAL,
        TimeoutStyle.WHOLE,
    }


FAKE_TIMEOUTS = {
    TimeoutStyle.WHOLE: '[ "$1 $2" = "-k 1" ] && [ "$3" = 1 ]',
    TimeoutStyle.PLAIN: '[ "$1 $2" = "1 true" ]',
    TimeoutStyle.DASHED: '[ "$1 $2" = "-t 1" ]',
}


@pytest.mark.parametrize("style", [*FAKE_TIMEOUTS, TimeoutStyle.MISSING])
def test_greeting_learns_what_timeout_understands(tmp_path: Path, style: TimeoutStyle) -> None:
    if style in FAKE_TIMEOUTS:
        (tmp_path / "timeout").write_text(f"#!/bin/sh\n{FAKE_TIMEOUTS[style]}\n")
        (tmp_path / "timeout").chmod(0o755)
    assert greet("/bin/sh", path=str(tmp_path)) is style


@pytest.mark.parametrize("answer", ["", "hello", "decimals 0", "\x1b[1m"])
def test_no_greeting_is_taken_for_one(answer: str) -> None:
    assert script.read_greeting(answer) is None


sections = st.lists(
    st.tuples(st.binary(max_size=40), st.binary(max_size=20), st.integers(0, 255)), max_size=6
)


@given(parts=sections, noise=st.binary(max_size=60), cuts=st.lists(st.integers(0, 900), max_size=8))
def test_sections_survive_any_content_and_any_cut_of_the_stream(
    parts: list[tuple[bytes, bytes, int]], noise: bytes, cuts: list[int]
) -> None:
    out = noise + f"\n{TOKEN} - start\n".encode()
    err = f"\n{TOKEN} start\n".encode()
    for index, (text, error, status) in enumerate(parts):
        out += text + f"\n{TOKEN} {status} {index}\n".encode()
        err += error + f"\n{TOKEN} {index}\n".encode()
    transcript = Transcript(TOKEN, len(parts))
    for stream, feed in (
        (out, lambda data: transcript.feed(data, 1.0)),
        (err, transcript.feed_error),
    ):
        borders = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
        for start, end in itertools.pairwise(borders):
            feed(stream[start:end])
    assert transcript.is_complete
    for index, (text, error, status) in enumerate(parts):
        found = transcript.section(index)
        assert found[:3] == (
            status,
            text.decode("utf-8", "replace"),
            error.decode("utf-8", "replace"),
        )


def test_long_noise_before_the_start_is_not_kept() -> None:
    transcript = Transcript(TOKEN, 1)
    for _ in range(3):
        transcript.feed(b"banner\n" * 600_000, 0.0)
    assert len(transcript._out.text) < script.STDOUT_LIMIT + 5_000_000
    transcript.feed(f"\n{TOKEN} - start\nyes\n{TOKEN} 0 0\n".encode(), 0.0)
    assert transcript.section(0)[1] == "yes"


@pytest.mark.parametrize(
    ("stderr", "status", "outcome"),
    [
        ("sudo: a password is required\n", 1, Outcome.REFUSED),
        ("sudo: smartctl: command not found\n", 1, Outcome.ABSENT),
        (
            "timeout: failed to run command 'sudo': No such file or directory\n",
            127,
            Outcome.REFUSED,
        ),
        ("/bin/sh: 3: sudo: not found\n", 127, Outcome.REFUSED),
        (
            "Sorry, user unity is not allowed to execute '/bin/x' as root on nas.\n",
            1,
            Outcome.REFUSED,
        ),
        ("unity is not in the sudoers file.\n", 1, Outcome.REFUSED),
        ("sudo: 1 incorrect password attempt\n", 1, Outcome.REFUSED),
        ("smartctl: no such device\n", 2, Outcome.RAN),
    ],
)
def test_sudo_refusal_is_told_from_the_failure_of_the_command(
    stderr: str, status: int, outcome: Outcome
) -> None:
    command = Command(("smartctl",), sudo=True)
    assert judge(command, GNU, (status, "", stderr, 0.1)).outcome is outcome


def test_a_command_needs_a_program_and_takes_no_nul_byte() -> None:
    for argv in ((), ("cat", "a\0b"), ("cat", "\ud800")):
        with pytest.raises(ValueError, match=r"argument|program|surrogates"):
            Command(argv)


def test_tokens_differ() -> None:
    assert script.new_token() != script.new_token()
