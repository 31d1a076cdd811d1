"""Memory and swap, and the ZFS cache that Linux does not count as available."""

import re

from pydantic import BaseModel

from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Rate, Sample, Unparsable
from app.services.infrastructure.facts.reading import ARCSTATS, FILES, MEMINFO, count, section

# The kernel prints some fifty lines, most of them for nobody.
_AMOUNT = re.compile(
    "^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree):(.*)$", re.MULTILINE
)


class Memory(BaseModel):
    """Bytes. `available` is what programs can still get without swapping.

    The ARC of ZFS shrinks under pressure, yet the kernel does not call it available, so it stands
    apart: a page that judges memory adds `zfs_arc - zfs_arc_min` to what is available.
    """

    total: int
    available: int
    free: int
    buffers: int
    cached: int
    swap_total: int
    swap_free: int
    zfs_arc: int | None = None
    zfs_arc_min: int | None = None


class MemoryFact(Fact[Memory]):
    name = "memory"
    title = "Memory and swap"
    rate = Rate.LIVE
    commands = (FILES,)
    value = Memory

    def parse(self, results: tuple[CommandResult, ...]) -> Memory | None:
        text = section(results[0], MEMINFO, self.name)
        if text is None:
            return None
        amounts = dict(_AMOUNT.findall(text))

        def bytes_of(key: str) -> int:
            return count(amounts[key].partition("kB")[0]) * 1024

        try:
            free, buffers, cached = map(bytes_of, ("MemFree", "Buffers", "Cached"))
            # Kernels before 3.14 do not estimate; this is what `free` showed then.
            estimate = "MemAvailable" in amounts
            available = bytes_of("MemAvailable") if estimate else free + buffers + cached
            arc, arc_min = self._arc(results[0])
            return Memory(
                total=bytes_of("MemTotal"),
                available=available,
                free=free,
                buffers=buffers,
                cached=cached,
                swap_total=bytes_of("SwapTotal"),
                swap_free=bytes_of("SwapFree"),
                zfs_arc=arc,
                zfs_arc_min=arc_min,
            )
        except KeyError as error:
            raise Unparsable(self.name, f"no {error.args[0]} line") from error
        except ValueError as error:
            raise Unparsable(self.name, "an amount is no number") from error

    def _arc(self, files: CommandResult) -> tuple[int | None, int | None]:
        text = section(files, ARCSTATS, self.name)
        if text is None:
            return None, None
        found: dict[str, int] = {}
        for line in text.splitlines():
            if line.startswith(("size ", "c_min ")):
                words = line.split()
                found[words[0]] = count(words[-1])
        return found.get("size"), found.get("c_min")

    def samples(self, value: Memory) -> list[Sample]:
        amounts = [
            ("node_memory_MemTotal_bytes", value.total),
            ("node_memory_MemAvailable_bytes", value.available),
            ("node_memory_MemFree_bytes", value.free),
            ("node_memory_Buffers_bytes", value.buffers),
            ("node_memory_Cached_bytes", value.cached),
            ("node_memory_SwapTotal_bytes", value.swap_total),
            ("node_memory_SwapFree_bytes", value.swap_free),
        ]
        if value.zfs_arc is not None:
            amounts.append(("node_zfs_arc_size", value.zfs_arc))
        return [Sample(metric, amount, unit="bytes") for metric, amount in amounts]
