"""Watches a Home Assistant: itself, its sensors, batteries, alarms and updates."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field, JsonValue
from unity_plugin import (
    AlertType,
    Card,
    Category,
    CellKind,
    Column,
    Condition,
    Fact,
    LoginRefused,
    Manifest,
    Metric,
    Page,
    Plugin,
    Report,
    Run,
    Sample,
    Secret,
    Severity,
    Table,
    Unsupported,
    Url,
    exempt,
)

from unity_builtins.home_assistant.entities import (
    METRICS,
    Entity,
    battery,
    chosen,
    entity,
    measured,
)
from unity_builtins.shared.forms import Trusting
from unity_builtins.shared.quality import OWN_TRUST, quality
from unity_builtins.shared.shapes import Object, an_object, objects, text
from unity_builtins.shared.web import Wanted, fetch

ENTITIES = Metric(name="hass_entities", about="Entities by domain.", unit="entities")
ABSENT = Metric(
    name="hass_entities_unavailable", about="Entities that are unavailable.", unit="entities"
)
UPDATES = Metric(name="hass_updates", about="Updates that wait.", unit="updates")
DANGER = AlertType(
    key="danger",
    title="{subject} raises an alarm",
    over="{subject} is calm again",
    about="A sensor for smoke, gas, carbon monoxide, water or safety is on.",
    severity=Severity.CRITICAL,
)
PROBLEM = AlertType(
    key="problem",
    title="{subject} has a problem",
    over="{subject} is well again",
    about="A sensor for problems or tampering is on.",
)
BATTERY_LOW = AlertType(
    key="battery_low",
    title="The battery of {subject} is nearly empty",
    over="The battery of {subject} is well",
    about="A battery holds less than the form allows.",
)
GONE = AlertType(
    key="unavailable",
    title="{subject} is unavailable",
    over="{subject} is available again",
    about="An entity that the form names has no state.",
    for_runs=2,
)
UPDATE = AlertType(
    key="update",
    title="{name} has updates",
    over="{name} is up to date",
    about="Home Assistant itself, an add-on or a device can be updated.",
    severity=Severity.INFO,
)
_DANGERS = frozenset({"smoke", "gas", "carbon_monoxide", "moisture", "safety"})
_PROBLEMS = frozenset({"problem", "tamper"})
_BAND = 3  # percent above the level in which an alert of a battery stays as it is


class HomeAssistantConfig(Trusting):
    """The form of a Home Assistant."""

    url: Url = Field(
        title="Address",
        description="As the browser has it.",
        examples=["http://homeassistant.local:8123"],
    )
    token: Secret = Field(
        title="Long-lived access token",
        description="Made on the page of a person, under Security.",
    )
    sensors: list[str] = Field(
        ["sensor.*"],
        title="Sensors to record",
        description="Entities; * stands for anything. Only kinds with a known unit are recorded.",
        examples=["sensor.*_temperature"],
        max_length=100,
    )
    must_be_there: list[str] = Field(
        [],
        title="Must be available",
        description="Entities whose absence is told; * stands for anything.",
        examples=["lock.front_door"],
        max_length=100,
    )
    most: int = Field(
        200,
        title="At most so many sensors",
        description="Each is a series that is kept.",
        ge=1,
        le=2000,
        json_schema_extra={"advanced": True},
    )
    battery_percent: int = Field(
        15,
        title="Battery is low from",
        description="0 never tells.",
        ge=0,
        le=90,
        json_schema_extra={"unit": "percent"},
    )
    tells_updates: bool = Field(
        default=True, title="Tell of updates", description="Once, as information."
    )


@dataclass(frozen=True, slots=True)
class _House:
    """What a Home Assistant told."""

    config: Object
    entities: Sequence[Entity]

    @property
    def waiting(self) -> list[Entity]:
        return [one for one in self.entities if one.domain == "update" and one.state == "on"]

    @property
    def absent(self) -> list[Entity]:
        return [one for one in self.entities if one.is_absent]


class HomeAssistant(Plugin[HomeAssistantConfig]):
    """Watches a Home Assistant."""

    manifest = Manifest(
        name="home_assistant",
        version="1.0.0",
        title="Home Assistant",
        summary="Its sensors, batteries, alarms of smoke or water, updates, and itself.",
        description=(
            "Make a long-lived access token for a person of its own, without rights of an"
            " administrator. Values are stored in one unit: Fahrenheit becomes Celsius, kW becomes"
            " W.\n\nIt reads the states of all entities at each run, and switches nothing. Not"
            " supported: its history, and energy statistics."
        ),
        category=Category.HOME,
        every_seconds=120,
        timeout_seconds=70,
        quality=quality(
            allowed_network=OWN_TRUST,
            two_versions=exempt("One version was run; the paths are the same since 2017."),
        ),
    )
    config = HomeAssistantConfig
    metrics = (ENTITIES, ABSENT, UPDATES, *METRICS)
    alerts = (DANGER, PROBLEM, BATTERY_LOW, GONE, UPDATE)

    async def check(self, run: Run[HomeAssistantConfig]) -> str:
        return _summary(await _house(run))

    async def collect(self, run: Run[HomeAssistantConfig]) -> Report:
        house = await _house(run)
        return Report(
            samples=list(_samples(run, house)),
            facts=_facts(house),
            conditions=list(_conditions(run.config, house))[:500],
            pages=[_page(run.config, house)],
            summary=_summary(house),
        )


async def _house(run: Run[HomeAssistantConfig]) -> _House:
    config = an_object(await _get(run, "config"), run.config.url)
    if not text(config, "version"):
        raise Unsupported(f"{run.config.url} is no Home Assistant.", fix="The port is 8123.")
    states = objects(await _get(run, "states"), run.config.url)
    return _House(config, [entity(one) for one in states if text(one, "entity_id")])


async def _get(run: Run[HomeAssistantConfig], path: str) -> JsonValue:
    config = run.config
    answer = await fetch(
        run.network,
        Wanted(
            url=f"{config.url.rstrip('/')}/api/{path}",
            secrets={"Authorization": f"Bearer {config.token.get_secret_value()}"},
            trust=config.trust,
            seconds=config.seconds,
        ),
    )
    if answer.status == 401:
        raise LoginRefused(
            f"{answer.place} refused the token.",
            fix="Make a new long-lived access token; they end when their person is removed.",
        )
    if answer.status == 403:
        raise LoginRefused(
            f"{answer.place} has banned this machine.",
            fix="Remove its address from ip_bans.yaml and restart Home Assistant.",
        )
    return answer.welcome().json()


def _samples(run: Run[HomeAssistantConfig], house: _House) -> Iterator[Sample]:
    for domain, count in Counter(one.domain for one in house.entities).items():
        yield ENTITIES.sample(count, domain=domain)
    yield ABSENT.sample(len(house.absent))
    yield UPDATES.sample(len(house.waiting))
    wanted = [one for one in house.entities if chosen(one, run.config.sensors)]
    found = [measure for one in wanted if (measure := measured(one))]
    if len(found) > run.config.most:
        run.log.warning("%s sensors: the first %s are recorded.", len(found), run.config.most)
    for measure in found[: run.config.most]:
        yield measure.metric.sample(
            measure.value, entity=measure.entity.key[:300], name=measure.entity.name[:300]
        )


def _conditions(config: HomeAssistantConfig, house: _House) -> Iterator[Condition]:
    for one in house.entities:
        yield from _alarms(one)
        yield from _low(config, one)
        if one.is_absent and chosen(one, config.must_be_there):
            yield GONE.condition(f"{one.key} is unavailable."[:500], subject=one.name[:200])
    if config.tells_updates and house.waiting:
        names = ", ".join(one.name for one in house.waiting[:10])
        yield UPDATE.condition(
            f"{len(house.waiting)} wait: {names}."[:500], fix="Make a backup first, then update."
        )


def _alarms(one: Entity) -> Iterator[Condition]:
    if one.domain != "binary_sensor" or one.state != "on":
        return
    if one.kind in _DANGERS:
        yield DANGER.condition(
            f"{one.name} detects {one.kind.replace('_', ' ')}."[:500], subject=one.name[:200]
        )
    elif one.kind in _PROBLEMS:
        yield PROBLEM.condition(f"{one.name} reports a {one.kind}."[:500], subject=one.name[:200])


def _low(config: HomeAssistantConfig, one: Entity) -> Iterator[Condition]:
    level = battery(one)
    if level is None or not config.battery_percent or level > config.battery_percent + _BAND:
        return
    yield Condition(
        alert=BATTERY_LOW.key,
        message=f"{level:.0f} % are left."[:500],
        subject=one.name[:200],
        fix="Charge or replace it.",
        value=level,
        unit="percent",
        only_keeps=level > config.battery_percent,
    )


def _summary(house: _House) -> str:
    words = [f"{len(house.entities)} entities"]
    if house.absent:
        words.append(f"{len(house.absent)} unavailable")
    if house.waiting:
        words.append(f"{len(house.waiting)} updates wait")
    return f"Version {text(house.config, 'version')}: {', '.join(words)}"[:200]


def _facts(house: _House) -> list[Fact]:
    config = house.config
    found = [Fact(key="version", label="Version", value=text(config, "version"))]
    for key, label in (("location_name", "Name"), ("time_zone", "Time zone"), ("state", "State")):
        if value := text(config, key):
            found.append(Fact(key=key, label=label, value=value[:200]))
    return found


def _page(config: HomeAssistantConfig, house: _House) -> Page:
    cards = (
        Card(title="Entities", value=len(house.entities), kind=CellKind.NUMBER),
        Card(
            title="Unavailable",
            value=len(house.absent),
            kind=CellKind.NUMBER,
            status="warning" if house.absent else "ok",
        ),
        Card(title="Updates", value=len(house.waiting), kind=CellKind.NUMBER),
    )
    return Page(
        key="house",
        title="House",
        cards=cards,
        tables=(_sensor_table(config, house), _update_table(house), _absent_table(house)),
    )


def _sensor_table(config: HomeAssistantConfig, house: _House) -> Table:
    columns = (
        Column(key="name", title="Sensor"),
        Column(key="value", title="Value", kind=CellKind.NUMBER),
        Column(key="unit", title="Unit"),
        Column(key="entity", title="Entity"),
    )
    rows = tuple(
        (measure.entity.name, measure.value, measure.metric.unit, measure.entity.key)
        for one in house.entities
        if chosen(one, config.sensors) and (measure := measured(one))
    )
    return Table(
        title="Recorded sensors",
        columns=columns,
        rows=rows[: config.most][:1000],
        empty="No sensor fits the form.",
    )


def _update_table(house: _House) -> Table:
    columns = (
        Column(key="name", title="What"),
        Column(key="installed", title="Installed"),
        Column(key="newest", title="Newest"),
    )
    rows = tuple(
        (
            text(one.attributes, "title") or one.name,
            text(one.attributes, "installed_version"),
            text(one.attributes, "latest_version"),
        )
        for one in house.waiting[:200]
    )
    return Table(title="Updates", columns=columns, rows=rows, empty="All is up to date.")


def _absent_table(house: _House) -> Table:
    columns = (Column(key="name", title="Name"), Column(key="entity", title="Entity"))
    rows = tuple((one.name, one.key) for one in house.absent[:500])
    return Table(title="Unavailable", columns=columns, rows=rows, empty="All are available.")
