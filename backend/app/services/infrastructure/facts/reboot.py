"""Whether the machine waits for a reboot, and why."""

import re

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Sample
from app.services.infrastructure.facts.reading import (
    FILES,
    KERNEL,
    REBOOT_PACKAGES,
    REBOOT_REQUIRED,
    section,
    word,
)

_KERNELS = Command(("ls", "-1", "/lib/modules"), instant=True)
_NUMBERS = re.compile(r"[0-9]+")
_WORDS = re.compile(r"[a-z]+")
_LONGEST = 128  # of a kernel's name; the kernel itself allows 64


class Reboot(BaseModel):
    """`reason` is for people. `newer_kernel` is installed, of the running one's flavour."""

    is_needed: bool
    reason: str = ""
    packages: list[str] = []
    newer_kernel: str | None = None


class RebootFact(Fact[Reboot]):
    name = "reboot"
    title = "Reboot need"
    commands = (FILES, _KERNELS)
    value = Reboot

    def parse(self, results: tuple[CommandResult, ...]) -> Reboot | None:
        files, kernels = results
        running = word(files, KERNEL, self.name)
        if not running:
            return None
        newer = None
        if kernels.outcome is Outcome.RAN:
            newer = _newer(running, kernels.stdout.splitlines())
        if section(files, REBOOT_REQUIRED, self.name) is not None:
            packages = section(files, REBOOT_PACKAGES, self.name) or ""
            names = sorted({printable(name) for name in packages.splitlines() if name.strip()})
            return Reboot(
                is_needed=True,
                reason="Installed updates ask for it.",
                packages=names,
                newer_kernel=newer,
            )
        if newer:
            reason = f"Kernel {newer} is installed, {running} is running."
            return Reboot(is_needed=True, reason=reason, newer_kernel=newer)
        return Reboot(is_needed=False)

    def samples(self, value: Reboot) -> list[Sample]:
        return [Sample("node_reboot_required", float(value.is_needed))]


def _newer(running: str, installed: list[str]) -> str | None:
    """Return the newest installed kernel of the running one's flavour, when it is newer.

    Kernels of other flavours (a Raspberry Pi has several) are no successors of the running one.
    """
    flavour = _flavour(running)
    names = [printable(name).strip() for name in installed if len(name) < _LONGEST]
    candidates = [name for name in names if name[:1].isdigit() and _flavour(name) == flavour]
    newest = max(candidates, key=_version, default=None)
    return newest if newest is not None and _version(newest) > _version(running) else None


def _flavour(kernel: str) -> tuple[str, ...]:
    return tuple(_WORDS.findall(kernel))


def _version(kernel: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(kernel)))
