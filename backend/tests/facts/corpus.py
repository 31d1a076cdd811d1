"""The recordings: one YAML file for each case, in a folder for each fact."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml
from pydantic import BaseModel

from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact
from app.services.infrastructure.facts.table import FACTS

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One recording; exactly one of `value` and `trouble` is given."""

    fact: Fact[BaseModel]
    path: Path
    source: str
    results: tuple[CommandResult, ...]
    value: object
    trouble: str | None

    @property
    def is_made(self) -> bool:
        return self.path.name.startswith("made-")


def cases() -> list[Case]:
    return [
        load(fact, path) for fact in FACTS for path in sorted((FOLDER / fact.name).glob("*.yaml"))
    ]


def load(fact: Fact[BaseModel], path: Path) -> Case:
    content = cast("dict[str, object]", yaml.load(path.read_text(), Loader=yaml.CSafeLoader))
    commands = cast("list[dict[str, str | int | list[str] | None]]", content["commands"])
    return Case(
        fact=fact,
        path=path,
        source=str(content["source"]),
        results=tuple(_result(command) for command in commands),
        value=content.get("value"),
        trouble=cast("str | None", content.get("trouble")),
    )


def _result(command: dict[str, str | int | list[str] | None]) -> CommandResult:
    status = command.get("exit_status", 0)
    assert status is None or isinstance(status, int)
    return CommandResult(
        argv=tuple(cast("list[str]", command["argv"])),
        outcome=Outcome(str(command.get("outcome", "ran"))),
        exit_status=status,
        stdout=str(command.get("stdout") or ""),
        stderr=str(command.get("stderr") or ""),
    )
