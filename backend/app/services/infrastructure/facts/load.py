"""How many processes want to run."""

from pydantic import BaseModel

from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Rate, Sample, Unparsable
from app.services.infrastructure.facts.reading import FILES, LOADAVG, count, number, section


class Load(BaseModel):
    """The load averages over 1, 5 and 15 minutes, and the processes at this moment."""

    load1: float
    load5: float
    load15: float
    running: int
    processes: int


class LoadFact(Fact[Load]):
    name = "load"
    title = "Load"
    rate = Rate.LIVE
    commands = (FILES,)
    value = Load

    def parse(self, results: tuple[CommandResult, ...]) -> Load | None:
        text = section(results[0], LOADAVG, self.name)
        if text is None:
            return None
        try:
            load1, load5, load15, processes = text.split()[:4]
            running, _, total = processes.partition("/")
            return Load(
                load1=number(load1),
                load5=number(load5),
                load15=number(load15),
                running=count(running),
                processes=count(total),
            )
        except ValueError as error:
            raise Unparsable(self.name, "not three averages and a count") from error

    def samples(self, value: Load) -> list[Sample]:
        return [
            Sample("node_load1", value.load1),
            Sample("node_load5", value.load5),
            Sample("node_load15", value.load15),
            Sample("node_procs_running", value.running),
        ]
