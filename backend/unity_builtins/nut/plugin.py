"""Watches the UPSes of a server of Network UPS Tools."""

from collections.abc import Iterator, Sequence

from pydantic import Field
from unity_plugin import (
    AlertType,
    Category,
    CellKind,
    Column,
    Condition,
    Fact,
    Host,
    Manifest,
    Metric,
    Misconfigured,
    Page,
    Plugin,
    Port,
    Report,
    Run,
    Sample,
    Severity,
    Table,
    exempt,
)

from unity_builtins.nut.client import Ups, Upsd, look
from unity_builtins.shared.forms import Timed
from unity_builtins.shared.quality import quality

CHARGE = Metric(name="ups_battery_charge_percent", about="Charge of the battery.", unit="percent")
RUNTIME = Metric(
    name="ups_battery_runtime_seconds", about="How long the battery will do.", unit="s"
)
BATTERY_VOLTS = Metric(name="ups_battery_volts", about="Voltage of the battery.", unit="V")
LOAD = Metric(name="ups_load_percent", about="Load.", unit="percent")
POWER = Metric(name="ups_real_power_watts", about="Power that is drawn.", unit="W")
INPUT_VOLTS = Metric(name="ups_input_volts", about="Voltage of the mains.", unit="V")
OUTPUT_VOLTS = Metric(name="ups_output_volts", about="Voltage that it gives.", unit="V")
TEMPERATURE = Metric(name="ups_temperature_celsius", about="Its temperature.", unit="celsius")
ON_BATTERY = Metric(name="ups_on_battery", about="1 while the mains are gone.", unit="yes/no")
_VARIABLES = (
    (CHARGE, "battery.charge"),
    (RUNTIME, "battery.runtime"),
    (BATTERY_VOLTS, "battery.voltage"),
    (LOAD, "ups.load"),
    (POWER, "ups.realpower"),
    (INPUT_VOLTS, "input.voltage"),
    (OUTPUT_VOLTS, "output.voltage"),
    (TEMPERATURE, "ups.temperature"),
)
BATTERY = AlertType(
    key="on_battery",
    title="{subject} runs on battery",
    over="{subject} has mains again",
    about="The mains are gone.",
    for_seconds=30,
)
LOW = AlertType(
    key="battery_low",
    title="The battery of {subject} is nearly empty",
    over="The battery of {subject} is charged again",
    about="The UPS says LB, or is about to switch off.",
    severity=Severity.CRITICAL,
)
REPLACE = AlertType(
    key="replace_battery",
    title="The battery of {subject} has to be replaced",
    over="The battery of {subject} is well",
    about="The UPS says RB after its own test.",
)
OVERLOAD = AlertType(
    key="overload",
    title="{subject} is overloaded",
    over="{subject} is not overloaded any more",
    about="The UPS says OVER, or its load is above the form's level.",
    for_runs=2,
)
SILENT = AlertType(
    key="no_data",
    title="{subject} tells nothing",
    over="{subject} tells its state again",
    about="upsd has no fresh data of it: cable, or driver.",
    severity=Severity.CRITICAL,
    for_runs=2,
)


class NutConfig(Timed):
    """The form of a server of Network UPS Tools."""

    host: Host = Field(title="Host", description="Where upsd runs.", examples=["192.168.1.10"])
    port: Port = Field(3493, title="Port", examples=[3493])
    ups: list[str] = Field(
        [],
        title="UPS",
        description="Its names in ups.conf. Empty: all.",
        examples=["myups"],
        max_length=50,
    )
    load_percent: int = Field(
        80,
        title="High load from",
        description="Above, too little is left when the mains go.",
        ge=1,
        le=150,
        json_schema_extra={"unit": "percent"},
    )


class Nut(Plugin[NutConfig]):
    """Watches UPSes."""

    manifest = Manifest(
        name="nut",
        version="1.0.0",
        title="UPS (Network UPS Tools)",
        summary="Battery, load, mains and state of each UPS that an upsd knows.",
        description=(
            "It reads from upsd, which must listen on an address that this machine reaches (LISTEN"
            " in upsd.conf). No user is needed: it never logs in, so upsd does not count it as a"
            " machine to wait for.\n\nIt only reads; it switches nothing, and shuts nothing down."
        ),
        category=Category.POWER,
        every_seconds=60,
        timeout_seconds=70,
        quality=quality(two_versions=exempt("Debian has one version of upsd.")),
    )
    config = NutConfig
    metrics = (*(metric for metric, _ in _VARIABLES), ON_BATTERY)
    alerts = (BATTERY, LOW, REPLACE, OVERLOAD, SILENT)

    async def check(self, run: Run[NutConfig]) -> str:
        return _summary(_chosen(run.config, await _look(run)))

    async def collect(self, run: Run[NutConfig]) -> Report:
        upsd = await _look(run)
        chosen = _chosen(run.config, upsd)
        return Report(
            samples=[sample for ups in chosen for sample in _samples(ups)],
            facts=_facts(upsd, chosen),
            conditions=[one for ups in chosen for one in _conditions(run.config, ups)],
            pages=[_page(chosen)],
            summary=_summary(chosen),
        )


async def _look(run: Run[NutConfig]) -> Upsd:
    config = run.config
    return await look(run.network, config.host, config.port, seconds=config.seconds)


def _chosen(config: NutConfig, upsd: Upsd) -> Sequence[Ups]:
    known = {ups.name: ups for ups in upsd.every}
    if not known:
        raise Misconfigured("upsd knows no UPS.", field="host", fix="Add it to ups.conf.")
    missing = [name for name in config.ups if name not in known]
    if missing:
        raise Misconfigured(
            f"upsd knows no {', '.join(missing)}; it knows {', '.join(known)}."[:500], field="ups"
        )
    return [known[name] for name in config.ups] or list(upsd.every)


def _samples(ups: Ups) -> Iterator[Sample]:
    for metric, variable in _VARIABLES:
        value = ups.number(variable)
        if value is not None:
            yield metric.sample(value, ups=ups.name)
    if not ups.trouble:
        yield ON_BATTERY.sample(float("OB" in ups.flags), ups=ups.name)


def _conditions(config: NutConfig, ups: Ups) -> Iterator[Condition]:
    flags, name = ups.flags, ups.name
    charge, load = ups.number("battery.charge"), ups.number("ups.load")
    left = f" The battery holds {charge:.0f} %." if charge is not None else ""
    if ups.trouble:
        yield SILENT.condition(
            f"upsd says {ups.trouble} of {name}.",
            subject=name,
            fix="Check the cable, and the driver: upsdrvctl start.",
        )
    if "OB" in flags:
        yield BATTERY.condition(f"{name} runs on battery.{left}", subject=name)
    if flags & {"LB", "FSD"}:
        yield LOW.condition(
            f"{name} is about to switch off.{left}", subject=name, fix="Shut machines down now."
        )
    if "RB" in flags:
        yield REPLACE.condition(f"{name} asks for a new battery.", subject=name)
    if "OVER" in flags or (load is not None and load > config.load_percent):
        words = f" at {load:.0f} %" if load is not None else ""
        yield OVERLOAD.condition(
            f"{name} is loaded{words}.", subject=name, fix="Move something to another outlet."
        )


_WORDS = {
    "OL": "on mains",
    "OB": "on battery",
    "LB": "battery low",
    "RB": "replace battery",
    "CHRG": "charging",
    "DISCHRG": "discharging",
    "BYPASS": "bypassed",
    "CAL": "calibrating",
    "OFF": "off",
    "OVER": "overloaded",
    "TRIM": "trimming",
    "BOOST": "boosting",
    "FSD": "shutting down",
}


def _state(ups: Ups) -> str:
    if ups.trouble:
        return f"no data ({ups.trouble})"
    words = ups.variables.get("ups.status", "").split()
    return ", ".join(_WORDS.get(word, word) for word in words) or "unknown"


def _summary(chosen: Sequence[Ups]) -> str:
    return "; ".join(f"{ups.name}: {_state(ups)}" for ups in chosen)[:200]


def _facts(upsd: Upsd, chosen: Sequence[Ups]) -> list[Fact]:
    found = [Fact(key="upsd", label="upsd", value=upsd.version[:200])]
    if len(chosen) == 1:
        variables = chosen[0].variables
        for key, label, variable in (
            ("maker", "Maker", "device.mfr"),
            ("model", "Model", "device.model"),
            ("serial", "Serial number", "device.serial"),
        ):
            if value := variables.get(variable, "").strip():
                found.append(Fact(key=key, label=label, value=value[:200]))
    return found


def _page(chosen: Sequence[Ups]) -> Page:
    columns = (
        Column(key="name", title="UPS"),
        Column(key="state", title="State"),
        Column(key="charge", title="Charge", kind=CellKind.PERCENT),
        Column(key="runtime", title="Would do for", kind=CellKind.SECONDS),
        Column(key="load", title="Load", kind=CellKind.PERCENT),
        Column(key="model", title="Model"),
    )
    rows = tuple(
        (
            ups.name,
            _state(ups),
            ups.number("battery.charge"),
            ups.number("battery.runtime"),
            ups.number("ups.load"),
            ups.variables.get("device.model", ups.about),
        )
        for ups in chosen
    )
    return Page(key="upses", title="UPSes", tables=(Table(columns=columns, rows=rows),))
