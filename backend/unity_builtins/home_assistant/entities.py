"""What the entities of a Home Assistant say, sorted by what can be done with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import isfinite

from unity_plugin import Metric

from unity_builtins.shared.shapes import Object, inner, number, text

_ABSENT = frozenset({"unavailable", "unknown"})


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity and its state."""

    key: str  # sensor.outside_temperature
    name: str
    state: str
    kind: str  # its device class
    unit: str
    attributes: Object

    @property
    def domain(self) -> str:
        """The first part of its key."""
        return self.key.partition(".")[0]

    @property
    def is_absent(self) -> bool:
        """Tell whether it has no state. A button or scene that was never used has none either."""
        return self.state == "unavailable"

    @property
    def number(self) -> float | None:
        """Its state as a number."""
        if self.state in _ABSENT:
            return None
        return number({"state": self.state}, "state")


def entity(one: Object) -> Entity:
    """Read an entity."""
    attributes = inner(one, "attributes")
    key = text(one, "entity_id")
    return Entity(
        key=key,
        name=text(attributes, "friendly_name") or key,
        state=text(one, "state"),
        kind=text(attributes, "device_class"),
        unit=text(attributes, "unit_of_measurement"),
        attributes=attributes,
    )


def _metric(name: str, what: str, unit: str) -> Metric:
    return Metric(name=f"hass_{name}", about=f"{what} of a sensor.", unit=unit)


TEMPERATURE = _metric("temperature_celsius", "Temperature", "celsius")
HUMIDITY = _metric("humidity_percent", "Humidity", "percent")
BATTERY = _metric("battery_percent", "Battery", "percent")
POWER = _metric("power_watts", "Power", "W")
ENERGY = _metric("energy_kilowatt_hours", "Energy", "kWh")
VOLTAGE = _metric("voltage_volts", "Voltage", "V")
CURRENT = _metric("current_amperes", "Current", "A")
DIOXIDE = _metric("carbon_dioxide_ppm", "Carbon dioxide", "ppm")
PRESSURE = _metric("pressure_hectopascals", "Pressure", "hPa")
LIGHT = _metric("illuminance_lux", "Light", "lx")

# By device class and unit: the metric, and how a value becomes one of the metric's unit.
_MEASURES: Mapping[tuple[str, str], tuple[Metric, float, float]] = {
    ("temperature", "°C"): (TEMPERATURE, 1, 0),
    ("temperature", "°F"): (TEMPERATURE, 5 / 9, -160 / 9),
    ("temperature", "K"): (TEMPERATURE, 1, -273.15),
    ("humidity", "%"): (HUMIDITY, 1, 0),
    ("battery", "%"): (BATTERY, 1, 0),
    ("power", "W"): (POWER, 1, 0),
    ("power", "kW"): (POWER, 1000, 0),
    ("energy", "Wh"): (ENERGY, 0.001, 0),
    ("energy", "kWh"): (ENERGY, 1, 0),
    ("energy", "MWh"): (ENERGY, 1000, 0),
    ("voltage", "V"): (VOLTAGE, 1, 0),
    ("voltage", "mV"): (VOLTAGE, 0.001, 0),
    ("current", "A"): (CURRENT, 1, 0),
    ("current", "mA"): (CURRENT, 0.001, 0),
    ("carbon_dioxide", "ppm"): (DIOXIDE, 1, 0),
    ("pressure", "hPa"): (PRESSURE, 1, 0),
    ("pressure", "mbar"): (PRESSURE, 1, 0),
    ("pressure", "Pa"): (PRESSURE, 0.01, 0),
    ("atmospheric_pressure", "hPa"): (PRESSURE, 1, 0),
    ("illuminance", "lx"): (LIGHT, 1, 0),
}
METRICS: Sequence[Metric] = tuple(
    {metric.name: metric for metric, _, _ in _MEASURES.values()}.values()
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A value of a sensor in the unit of its metric."""

    metric: Metric
    value: float
    entity: Entity


def measured(one: Entity) -> Measure | None:
    """Return the value of a sensor whose kind and unit are known."""
    found = _MEASURES.get((one.kind, one.unit))
    value = one.number
    if found is None or value is None or one.domain != "sensor":
        return None
    metric, factor, offset = found
    scaled = value * factor + offset
    return Measure(metric, scaled, one) if isfinite(scaled) else None


def battery(one: Entity) -> float | None:
    """Return how full the battery of a device is, by its sensor or an attribute."""
    if one.kind == "battery" and one.unit == "%":
        return one.number
    return number(one.attributes, "battery_level")


def chosen(one: Entity, patterns: Sequence[str]) -> bool:
    """Tell whether a pattern like `sensor.*_temperature` names it."""
    return any(fnmatchcase(one.key, pattern) for pattern in patterns)
