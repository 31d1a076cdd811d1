"""What the memory's own error correction counted (the kernel's EDAC)."""

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, Sample, Unparsable
from app.services.infrastructure.facts.reading import EDAC, SYS, count, files_below

_CONTROLLER = re.compile(r"mc([0-9]{1,4})/(ce_count|ue_count|mc_name)")
_MODULE = re.compile(r"mc([0-9]{1,4})/dimm([0-9]{1,4})/dimm_(ce_count|ue_count|label)")
_LONGEST = 128


class MemoryModule(BaseModel):
    """One module that counted an error; modules without are not listed."""

    name: str
    label: str = ""  # what is printed on the board beside its socket, where the driver knows
    corrected: int
    uncorrected: int


class MemoryController(BaseModel):
    """Errors since boot. Corrected ones did no harm; uncorrected ones damaged data."""

    name: str
    kind: str = ""
    corrected: int
    uncorrected: int
    modules: list[MemoryModule] = []


class MemoryErrors(BaseModel):
    controllers: list[MemoryController]


class MemoryErrorsFact(Fact[MemoryErrors]):
    name = "memory_errors"
    title = "Memory errors (ECC)"
    commands = (SYS,)
    value = MemoryErrors

    def parse(self, results: tuple[CommandResult, ...]) -> MemoryErrors | None:
        result = results[0]
        if result.outcome is Outcome.TIMED_OUT:
            return None
        files = files_below(result, EDAC)
        try:
            controllers = list(_controllers(files))
        except ValueError as error:
            raise Unparsable(self.name, "a count is no number") from error
        # Memory without error correction, a virtual machine, or no driver.
        return MemoryErrors(controllers=controllers) if controllers else None

    def samples(self, value: MemoryErrors) -> list[Sample]:
        return [
            Sample(
                f"node_edac_{kind}_errors_total",
                errors,
                (("controller", one.name.removeprefix("mc")),),
                is_counter=True,
            )
            for one in value.controllers
            for kind, errors in (
                ("correctable", one.corrected),
                ("uncorrectable", one.uncorrected),
            )
        ]


def _controllers(files: Mapping[str, str]) -> Iterator[MemoryController]:
    found: dict[int, dict[str, str]] = {}
    modules: dict[int, dict[int, dict[str, str]]] = {}
    for path, content in files.items():
        if match := _CONTROLLER.fullmatch(path):
            found.setdefault(int(match[1]), {})[match[2]] = content
        elif match := _MODULE.fullmatch(path):
            of_controller = modules.setdefault(int(match[1]), {})
            of_controller.setdefault(int(match[2]), {})[match[3]] = content
    for index, counts in sorted(found.items()):
        if "ce_count" in counts and "ue_count" in counts:
            yield MemoryController(
                name=f"mc{index}",
                kind=_name(counts.get("mc_name", "")),
                corrected=count(counts["ce_count"]),
                uncorrected=count(counts["ue_count"]),
                modules=list(_modules(modules.get(index, {}))),
            )


def _modules(found: Mapping[int, Mapping[str, str]]) -> Iterator[MemoryModule]:
    for index, files in sorted(found.items()):
        corrected, uncorrected = (
            count(files.get("ce_count", "0")),
            count(files.get("ue_count", "0")),
        )
        if corrected or uncorrected:
            yield MemoryModule(
                name=f"dimm{index}",
                label=_name(files.get("label", "")),
                corrected=corrected,
                uncorrected=uncorrected,
            )


def _name(text: str) -> str:
    return printable(text[:_LONGEST]).strip()
