"""Temperatures and fans, as the kernel's drivers report them."""

from collections.abc import Iterator

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, Rate, Sample, Unparsable
from app.services.infrastructure.facts.reading import SYS, class_files, count

# An input without a probe reads as some extreme; nothing in a running machine is that hot or cold.
_COLDEST, _HOTTEST = -60_000, 150_000


class Temperature(BaseModel):
    """Degrees Celsius. `critical` is the driver's own limit, where it has one."""

    chip: str
    sensor: str
    label: str
    celsius: float
    critical: float | None = None


class Fan(BaseModel):
    chip: str
    sensor: str
    label: str
    rpm: int


class Sensors(BaseModel):
    temperatures: list[Temperature]
    fans: list[Fan]


class SensorsFact(Fact[Sensors]):
    name = "sensors"
    title = "Temperatures and fans"
    rate = Rate.LIVE
    commands = (SYS,)
    value = Sensors

    def parse(self, results: tuple[CommandResult, ...]) -> Sensors | None:
        if results[0].outcome is Outcome.TIMED_OUT:
            return None
        temperatures: list[Temperature] = []
        fans: list[Fan] = []
        try:
            for chip, files in _chips(results[0]):
                temperatures.extend(_temperatures(chip, files))
                fans.extend(_fans(chip, files))
            if not temperatures:
                temperatures.extend(_zones(class_files(results[0], "thermal")))
        except ValueError as error:
            raise Unparsable(self.name, "a reading is no number") from error
        # Most virtual machines have none.
        return Sensors(temperatures=temperatures, fans=fans) if temperatures or fans else None

    def samples(self, value: Sensors) -> list[Sample]:
        found = [
            Sample(
                "node_hwmon_temp_celsius",
                one.celsius,
                (("chip", one.chip), ("sensor", one.sensor)),
                unit="celsius",
            )
            for one in value.temperatures
            if _is_kept(one)
        ]
        found.extend(
            Sample(
                "node_hwmon_fan_rpm",
                one.rpm,
                (("chip", one.chip), ("sensor", one.sensor)),
                unit="rpm",
            )
            for one in value.fans
        )
        return found


def _is_kept(one: Temperature) -> bool:
    """Keep no history of single cores: a big processor has a hundred, its package says enough."""
    return not one.label.startswith("Core ")


def _chips(result: CommandResult) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield chips by name; a second one of a name gets a number, in the order of the kernel."""
    folders = class_files(result, "hwmon")
    seen: dict[str, int] = {}
    for folder in sorted(folders, key=lambda name: (len(name), name)):
        files = folders[folder]
        name = printable(files.get("name", folder)).strip() or printable(folder)
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name}#{seen[name]}"), files


def _temperatures(chip: str, files: dict[str, str]) -> Iterator[Temperature]:
    for name, text in sorted(files.items()):
        if not (name.startswith("temp") and name.endswith("_input")):
            continue
        sensor = printable(name.removesuffix("_input"))
        millidegrees = int(text)
        if _COLDEST < millidegrees < _HOTTEST:
            limit = int(files.get(f"{sensor}_crit") or 0)
            yield Temperature(
                chip=chip,
                sensor=sensor,
                label=printable(files.get(f"{sensor}_label", "")),
                celsius=millidegrees / 1000,
                critical=limit / 1000 if 0 < limit < _HOTTEST else None,
            )


def _fans(chip: str, files: dict[str, str]) -> Iterator[Fan]:
    for name, text in sorted(files.items()):
        if name.startswith("fan") and name.endswith("_input"):
            sensor = printable(name.removesuffix("_input"))
            label = printable(files.get(f"{sensor}_label", ""))
            yield Fan(chip=chip, sensor=sensor, label=label, rpm=count(text))


def _zones(zones: dict[str, dict[str, str]]) -> Iterator[Temperature]:
    for zone, files in sorted(zones.items()):
        if zone.startswith("thermal_zone") and "temp" in files:
            millidegrees = int(files["temp"])
            if _COLDEST < millidegrees < _HOTTEST:
                yield Temperature(
                    chip=printable(zone),
                    sensor="temp1",
                    label=printable(files.get("type", "")),
                    celsius=millidegrees / 1000,
                )
