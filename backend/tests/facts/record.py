"""Record what a machine answers: `python -m tests.facts.record NAME SOURCE [--root | --pid]`.

Run from `backend/`. Writes `tests/facts/<fact>/NAME.yaml` for every fact; `--only a,b` limits it.
`--root` takes a folder (a chroot with /proc and /sys), `--pid` the first process of a container,
such as one that systemd-nspawn booted. Read the values before you commit them: they are what the
readers said, not what is true.
"""

import argparse
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace

import yaml
from pydantic import BaseModel

from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, read
from app.services.infrastructure.facts.table import FACTS
from tests.facts.corpus import FOLDER

_OUTCOMES = {127: Outcome.ABSENT, 126: Outcome.REFUSED, 124: Outcome.TIMED_OUT}


class _Dumper(yaml.SafeDumper):
    """Writes texts of many lines as blocks, which people can read."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def ask(command: Command, inside: Sequence[str] = ()) -> CommandResult:
    """Run one command there, as the shell adapter would: C locale, `timeout` around it."""
    ran = subprocess.run(
        [*inside, "timeout", str(command.seconds), *command.argv],
        capture_output=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        stdin=subprocess.DEVNULL,
    )
    return CommandResult(
        argv=command.argv,
        outcome=_OUTCOMES.get(ran.returncode, Outcome.RAN),
        exit_status=ran.returncode,
        stdout=ran.stdout.decode(errors="replace"),
        stderr=ran.stderr.decode(errors="replace"),
    )


def trimmed(fact: Fact[BaseModel], results: tuple[CommandResult, ...]) -> tuple[CommandResult, ...]:
    """Drop the files of a shared `head` that this fact does not read."""
    kept = list(results)
    expected = read(fact, results)
    for index, result in enumerate(results):
        if result.argv[0] != "head":
            continue
        pieces = re.split(r"(?m)^(?===> /)", result.stdout)
        for piece in list(pieces):
            without = [other for other in pieces if other is not piece]
            kept[index] = replace(result, stdout="".join(without))
            if read(fact, tuple(kept)) == expected:
                pieces = without
        kept[index] = replace(result, stdout="".join(pieces), stderr="")
        if read(fact, tuple(kept)) != expected:
            kept[index] = replace(kept[index], stderr=result.stderr)
    return tuple(kept)


def write(
    fact: Fact[BaseModel], name: str, source: str, results: tuple[CommandResult, ...]
) -> None:
    """Write one recording with the value, or the trouble, that its reader finds in it."""
    reading = read(fact, results)
    content: dict[str, object] = {
        "source": source,
        "commands": [
            {
                "argv": list(result.argv),
                "exit_status": result.exit_status,
                "outcome": str(result.outcome),
                "stdout": result.stdout,
                "stderr": result.stderr,
            }
            for result in results
        ],
    }
    if reading.value is not None:
        content["value"] = reading.value.model_dump(mode="json")
    else:
        content["trouble"] = str(reading.trouble)
    folder = FOLDER / fact.name
    folder.mkdir(exist_ok=True)
    text = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    (folder / f"{name}.yaml").write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("source")
    parser.add_argument("--root", default="")
    parser.add_argument("--pid", default="")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    inside: tuple[str, ...] = ("chroot", options.root) if options.root else ()
    if options.pid:
        inside = ("nsenter", "--all", "--root", "--wd", "--target", options.pid)
    wanted = [name for name in options.only.split(",") if name]
    answers: dict[Command, CommandResult] = {}
    for fact in FACTS:
        if wanted and fact.name not in wanted:
            continue
        for command in fact.commands:
            if command not in answers:
                answers[command] = ask(command, inside)
        results = tuple(answers[command] for command in fact.commands)
        write(fact, options.name, options.source, trimmed(fact, results))


if __name__ == "__main__":
    main()
