"""How often the processor was made slower because it was too hot."""

import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, Sample, Unparsable
from app.services.infrastructure.facts.reading import CPUS, SYS, count, files_below

_FOLDER = re.compile(r"(cpu[0-9]{1,5})/thermal_throttle/(?:\.\./topology/)?([a-z_]{1,40})")
_MOST_PACKAGES = 64


class ThrottledPackage(BaseModel):
    """One processor in its socket. `worst_core` is the count of the core with the most."""

    package: int
    package_throttles: int
    worst_core: int


class Throttling(BaseModel):
    """Counts since boot; only processors by Intel keep them."""

    packages: list[ThrottledPackage]


class ThrottlingFact(Fact[Throttling]):
    name = "throttling"
    title = "Processor slowed by heat"
    commands = (SYS,)
    value = Throttling

    def parse(self, results: tuple[CommandResult, ...]) -> Throttling | None:
        result = results[0]
        if result.outcome is Outcome.TIMED_OUT:
            return None
        try:
            packages = list(_packages(files_below(result, CPUS)))
        except ValueError as error:
            raise Unparsable(self.name, "a count is no number") from error
        return Throttling(packages=packages) if packages else None

    def samples(self, value: Throttling) -> list[Sample]:
        # A line for each of hundreds of cores would tell no more than the one of the worst.
        return [
            Sample(metric, times, (("package", str(one.package)),), is_counter=True)
            for one in value.packages
            for metric, times in (
                ("node_cpu_package_throttles_total", one.package_throttles),
                ("unity_cpu_worst_core_throttles_total", one.worst_core),
            )
        ]


def _packages(files: Mapping[str, str]) -> Iterator[ThrottledPackage]:
    cores: dict[str, dict[str, str]] = {}
    for path, content in files.items():
        if match := _FOLDER.fullmatch(path):
            cores.setdefault(match[1], {})[match[2]] = content
    packages: dict[int, list[tuple[int, int]]] = {}
    for one in cores.values():
        if "core_throttle_count" in one:
            throttles = count(one.get("package_throttle_count", "0"))
            # Some virtual machines say -1, as they know of no sockets.
            package = max(0, int(one.get("physical_package_id", "0")))
            packages.setdefault(package, []).append((throttles, count(one["core_throttle_count"])))
    for package, counts in sorted(packages.items())[:_MOST_PACKAGES]:
        yield ThrottledPackage(
            package=package,
            package_throttles=max(throttles for throttles, _ in counts),
            worst_core=max(core for _, core in counts),
        )
