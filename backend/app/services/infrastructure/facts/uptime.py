"""Since when the machine runs."""

from pydantic import BaseModel

from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Sample, Unparsable
from app.services.infrastructure.facts.reading import FILES, STAT, UPTIME, count, number, section


class Uptime(BaseModel):
    """Seconds since boot, and the boot's time by the machine's own clock."""

    seconds: float
    boot_time: int | None = None


class UptimeFact(Fact[Uptime]):
    name = "uptime"
    title = "Uptime"
    commands = (FILES,)
    value = Uptime

    def parse(self, results: tuple[CommandResult, ...]) -> Uptime | None:
        text = section(results[0], UPTIME, self.name)
        if text is None:
            return None
        try:
            return Uptime(seconds=number(text.split()[0]), boot_time=self._boot(results[0]))
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "not a number of seconds") from error

    def _boot(self, files: CommandResult) -> int | None:
        text = section(files, STAT, self.name)
        if text is None:
            return None
        words = text.partition("\nbtime ")[2].split(None, 1)
        return count(words[0]) if words else None

    def samples(self, value: Uptime) -> list[Sample]:
        if value.boot_time is None:
            return []
        return [Sample("node_boot_time_seconds", value.boot_time, unit="s")]
