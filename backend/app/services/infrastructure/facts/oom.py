"""How often the kernel ended a program because no memory was left."""

from pydantic import BaseModel

from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Sample, Unparsable
from app.services.infrastructure.facts.reading import FILES, VMSTAT, count, section


class OomKills(BaseModel):
    """`kills` counts since boot, those of containers with a limit of their own among them."""

    kills: int


class OomFact(Fact[OomKills]):
    name = "oom"
    title = "Programs ended for want of memory"
    commands = (FILES,)
    value = OomKills

    def parse(self, results: tuple[CommandResult, ...]) -> OomKills | None:
        text = section(results[0], VMSTAT, self.name)
        if text is None:
            return None
        words = f"\n{text}".partition("\noom_kill ")[2].partition("\n")[0]
        if not words:
            if "nr_free_pages " not in text:
                raise Unparsable(self.name, "not the lines of vmstat")
            return None  # kernels before 4.13 do not count
        try:
            return OomKills(kills=count(words))
        except ValueError as error:
            raise Unparsable(self.name, "a count is no number") from error

    def samples(self, value: OomKills) -> list[Sample]:
        # node_exporter's name has no "_total", although it is a counter.
        return [Sample("node_vmstat_oom_kill", value.kills, is_counter=True)]
