"""The sudoers lines that allow exactly what Unity runs as root, and nothing more."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from app.ports.shell import Command, CommandResult, Outcome, Shell
from app.services.infrastructure.facts.table import FACTS

# What sudoers(5) reads as syntax or as a wildcard inside of a command.
_SPECIAL = frozenset(",:=\\*?[]!")
_USUAL_FOLDER = "/usr/sbin"
# `command -v` would answer for the shell's own `true`, and not see the folders of root. These are
# where sudo looks, in its order (secure_path).
FIND = (
    "for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do"
    ' if [ -x "$folder/$1" ]; then echo "$folder/$1"; exit; fi; done'
)
_SECONDS = 15.0


def sudo_commands(of_server: Sequence[Command] = ()) -> tuple[Command, ...]:
    """Return what is asked as root; `true`, when nothing is, shows that sudo works at all.

    `of_server` are the commands that depend on what this machine has, such as its drives.
    """
    every = (*(command for fact in FACTS for command in fact.commands), *of_server)
    wanted = tuple(dict.fromkeys(command for command in every if command.sudo))
    return wanted or (Command(("true",), sudo=True),)


async def check_sudo(shell: Shell, commands: Sequence[Command]) -> list[CommandResult]:
    """Run them as the collector does; return those that were refused."""
    results = await shell.run_many(
        [Command(command.argv, seconds=_SECONDS, sudo=True) for command in commands]
    )
    return [result for result in results if result.outcome is Outcome.REFUSED]


async def sudoers(shell: Shell, username: str, commands: Sequence[Command]) -> list[str]:
    """Return one line for each command, with the full path that it has on this machine."""
    programs = list(dict.fromkeys(command.argv[0] for command in commands))
    # A constant text; the name of the program is an argument of it.
    found = await shell.run_many(
        [Command(("sh", "-c", FIND, "sh", program)) for program in programs]
    )
    paths = {
        program: _path(program, result) for program, result in zip(programs, found, strict=True)
    }
    return [rule_of(username, paths[command.argv[0]], command.argv) for command in commands]


def rule_of(username: str, path: str, argv: Sequence[str]) -> str:
    """Return the line that allows exactly one command, without a password."""
    return f"{_escape(username)} ALL=(root) NOPASSWD: {_rule(path, argv)}"


def _path(program: str, result: CommandResult) -> str:
    answer = result.stdout.strip()
    if answer.startswith("/") and "\n" not in answer:
        return answer
    return program if program.startswith("/") else str(PurePosixPath(_USUAL_FOLDER, program))


def _rule(path: str, argv: Sequence[str]) -> str:
    # Without arguments a sudoers line allows any; "" allows none.
    arguments = [_escape(word) for word in argv[1:]] or ['""']
    return " ".join([_escape(path), *arguments])


def _escape(word: str) -> str:
    return "".join(
        "\\" + character if character in _SPECIAL or character.isspace() else character
        for character in word
    )
