"""How the processors spend their time."""

from pydantic import BaseModel

from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Rate, Sample, Unparsable
from app.services.infrastructure.facts.reading import FILES, STAT, count, section

# USER_HZ, the unit of /proc/stat, is 100 on every architecture that Linux still supports.
_TICKS = 100.0


class CpuTimes(BaseModel):
    """Seconds since boot in each mode, all cores together. `user` includes guests."""

    cores: int
    user: float
    nice: float
    system: float
    idle: float
    iowait: float = 0.0
    irq: float = 0.0
    softirq: float = 0.0
    steal: float = 0.0


_MODES = tuple(name for name in CpuTimes.model_fields if name != "cores")


class CpuFact(Fact[CpuTimes]):
    name = "cpu"
    title = "Processor time"
    rate = Rate.LIVE
    commands = (FILES,)
    value = CpuTimes

    def parse(self, results: tuple[CommandResult, ...]) -> CpuTimes | None:
        text = section(results[0], STAT, self.name)
        if text is None:
            return None
        first, _, rest = text.partition("\n")
        words = first.split()
        # Old kernels know fewer modes; a container may show no single cores.
        if len(words) < 5 or words[0] != "cpu":  # noqa: PLR2004 - "cpu" and the four oldest modes
            raise Unparsable(self.name, "no cpu line")
        try:
            seconds = [count(word) / _TICKS for word in words[1 : len(_MODES) + 1]]
        except ValueError as error:
            raise Unparsable(self.name, "a processor time is no number") from error
        cores = ("\n" + rest).count("\ncpu") or 1
        return CpuTimes(cores=cores, **dict(zip(_MODES, seconds, strict=False)))

    def samples(self, value: CpuTimes) -> list[Sample]:
        return [
            Sample(
                "node_cpu_seconds_total",
                getattr(value, mode),
                (("mode", mode),),
                unit="s",
                is_counter=True,
            )
            for mode in _MODES
        ]
