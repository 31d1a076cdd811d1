"""Whether something on the machine keeps its clock right."""

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, Rate, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.reading import number

# Asked rarely: systemd starts a service to answer, and writes two lines to the journal each time.
# A clock that is wrong is seen in every round, by the clock itself.
_TIMEDATECTL = Command(("timedatectl", "show"))
_CHRONY = Command(("chronyc", "-n", "-c", "tracking"))
# busybox has it; it only asks when given no option.
_ADJTIMEX = Command(("adjtimex",), instant=True)

_CHRONY_CELLS = 14


class TimeSync(BaseModel):
    """`is_synchronized` is what the kernel, or chrony, believes.

    `offset_seconds` is how far off chrony believes the clock to be.
    """

    is_synchronized: bool
    service: str = ""
    timezone: str = ""
    offset_seconds: float | None = None


class TimeSyncFact(Fact[TimeSync]):
    name = "time_sync"
    title = "Time synchronisation"
    rate = Rate.SLOW
    commands = (_TIMEDATECTL, _CHRONY, _ADJTIMEX)
    value = TimeSync
    fixes = {  # noqa: RUF012 - declared as a ClassVar by the base class
        Trouble.ABSENT: "Install chrony or systemd-timesyncd.",
        Trouble.TIMED_OUT: "See `systemctl status systemd-timedated` on the machine.",
    }

    def parse(self, results: tuple[CommandResult, ...]) -> TimeSync | None:
        timedatectl, chrony, adjtimex = results
        said = dict(line.partition("=")[::2] for line in timedatectl.stdout.splitlines())
        timezone = printable(said.get("Timezone", ""))
        tracking = _tracking(chrony)
        if tracking is not None:
            is_synchronized, offset = tracking
            return TimeSync(
                is_synchronized=is_synchronized,
                service="chrony",
                timezone=timezone,
                offset_seconds=offset,
            )
        if said.get("NTPSynchronized") in {"yes", "no"}:
            return TimeSync(
                is_synchronized=said["NTPSynchronized"] == "yes",
                # systemd speaks of its own service, or of one that took its place.
                service="systemd" if said.get("NTP") == "yes" else "",
                timezone=timezone,
            )
        if timedatectl.outcome is Outcome.RAN and timedatectl.stdout.strip():
            raise Unparsable(self.name, "timedatectl does not say NTPSynchronized")
        return self._kernel(adjtimex)

    def _kernel(self, adjtimex: CommandResult) -> TimeSync | None:
        for line in adjtimex.stdout.splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "status":
                return TimeSync(is_synchronized="UNSYNC" not in value)
        if adjtimex.stdout.strip():
            raise Unparsable(self.name, "adjtimex does not say its status")
        return None

    def samples(self, value: TimeSync) -> list[Sample]:
        found = [Sample("node_timex_sync_status", float(value.is_synchronized))]
        if value.offset_seconds is not None:
            found.append(Sample("node_timex_offset_seconds", value.offset_seconds, unit="s"))
        return found


def _tracking(chrony: CommandResult) -> tuple[bool, float] | None:
    """Read one line of comma-separated cells: the fifth is the offset, the last the leap status."""
    cells = chrony.stdout.strip().split(",")
    if chrony.exit_status != 0 or len(cells) != _CHRONY_CELLS:
        return None
    try:
        return cells[-1] != "Not synchronised", number(cells[4])
    except ValueError:
        return None
