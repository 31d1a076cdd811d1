"""The systemd units that failed."""

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, NoRight, Sample, Trouble, Unparsable

FAILED = Command(
    ("systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager", "--full")
)


class FailedUnit(BaseModel):
    name: str
    state: str  # the unit type's own word: "failed", "exited"
    description: str


class FailedUnits(BaseModel):
    units: list[FailedUnit]


class UnitsFact(Fact[FailedUnits]):
    name = "units"
    title = "Failed units"
    commands = (FAILED,)
    value = FailedUnits
    fixes = {  # noqa: RUF012 - declared as a ClassVar by the base class
        Trouble.NO_RIGHT: "Let the login reach the system bus (/run/dbus/system_bus_socket).",
        Trouble.TIMED_OUT: "systemd does not answer; see `systemctl status` on the machine.",
    }

    def parse(self, results: tuple[CommandResult, ...]) -> FailedUnits | None:
        result = results[0]
        if result.exit_status != 0:
            self._explain(result)
            return None
        if result.outcome is not Outcome.RAN:
            raise Unparsable(self.name, "the answer is incomplete")
        units: list[FailedUnit] = []
        for line in result.stdout.splitlines():
            # Old versions mark failed units with a dot even in the plain list.
            words = line.lstrip("●* ").split(None, 4)
            if not words:
                continue
            if len(words) < 4 or "." not in words[0]:  # noqa: PLR2004 - name to state
                raise Unparsable(self.name, "not the list of systemctl")
            units.append(
                FailedUnit(
                    name=printable(words[0]),
                    state=printable(words[3]),
                    description=printable(words[4]).strip() if len(words) == 5 else "",  # noqa: PLR2004 - with a description
                )
            )
        return FailedUnits(units=units)

    def _explain(self, result: CommandResult) -> None:
        """Raise what a failure says; a machine that runs another init has no units at all."""
        if "Permission denied" in result.stderr or "Access denied" in result.stderr:
            raise NoRight(self.name, "The login may not ask systemd.")
        runs_other_init = "not been booted with systemd" in result.stderr
        if result.exit_status is not None and not runs_other_init:
            raise Unparsable(self.name, result.stderr.strip()[:200])

    def samples(self, value: FailedUnits) -> list[Sample]:
        return [Sample("node_systemd_units", len(value.units), (("state", "failed"),))]
