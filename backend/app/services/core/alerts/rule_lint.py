"""What keeps a rule from doing what it seems to do: no data, no resource, another unit, a twin."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.metric_series import MetricSeries
from app.models.core.resource import Resource, ResourceGroup, ResourceTag
from app.schemas.core.alert_rule import (
    Composite,
    Forecast,
    Levels,
    RateOfChange,
    RuleDefinition,
    Scope,
    StateChange,
    metrics_of,
)
from app.schemas.core.alert_rule_api import RuleFinding
from app.services.core.alerts.blind_rules import Quiet
from app.services.core.alerts.rule_book import Rule

WAITING = "waiting"  # the kind of a finding that asks nothing of anybody


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field of a rule; `pointer` is within the rule."""

    pointer: str
    detail: str


@dataclass(frozen=True, slots=True)
class World:
    """What there is for rules to refer to."""

    units: Mapping[str, Collection[str]] = field(default_factory=dict)  # by metric
    tags: Collection[str] = ()
    servers: Collection[uuid.UUID] = ()
    groups: Collection[uuid.UUID] = ()
    alert_types: Collection[str] = ()


async def read_world(session: AsyncSession, alert_types: Collection[str]) -> World:
    """Read it: four statements, whatever the number of rules."""
    units: dict[str, set[str]] = defaultdict(set)
    for metric, unit in await session.execute(
        select(MetricSeries.metric, MetricSeries.unit).distinct()
    ):
        units[metric].add(unit)
    return World(
        units=units,
        tags=set(await session.scalars(select(ResourceTag.tag).distinct())),
        servers=set(await session.scalars(select(Resource.id))),
        groups=set(await session.scalars(select(ResourceGroup.id))),
        alert_types=alert_types,
    )


def faults_of(definition: RuleDefinition, scope: Scope, world: World) -> list[FieldFault]:
    """Return what refers to nothing, or compares what cannot be compared."""
    return [*_definition_faults(definition, world), *_scope_faults(scope, world)]


def _definition_faults(definition: RuleDefinition, world: World) -> Iterable[FieldFault]:
    if isinstance(definition, StateChange):
        if definition.alert_type not in world.alert_types:
            yield FieldFault(
                "/definition/alert_type", f"Nothing reports {definition.alert_type!r}."
            )
        return
    if isinstance(definition, Composite):
        for place, part in enumerate(definition.parts):
            for fault in _definition_faults(part, world):
                pointer = fault.pointer.removeprefix("/definition")
                yield FieldFault(f"/definition/parts/{place}{pointer}", fault.detail)
        return
    units = world.units.get(definition.metric)
    if not units:
        yield FieldFault(
            "/definition/metric",
            f"Nothing that is measured anywhere is called {definition.metric}.",
        )
        return
    unit = _unit_of(definition)
    if unit is not None and unit not in units:
        real = " or ".join(sorted(_named(one) for one in units))
        yield FieldFault(
            "/definition/unit",
            f"{definition.metric} is measured in {real}, and this level is in {_named(unit)}.",
        )


def _unit_of(definition: RuleDefinition) -> str | None:
    """Return the unit in which a definition compares; None when it does not matter."""
    if isinstance(definition, RateOfChange) and definition.in_percent:
        return None
    return definition.unit if isinstance(definition, Levels | Forecast) else None


def _named(unit: str) -> str:
    return unit or "plain numbers"


def _scope_faults(scope: Scope, world: World) -> Iterable[FieldFault]:
    for tag in scope.tags:
        if tag not in world.tags:
            yield FieldFault("/scope/tags", f"Nothing has the tag {tag!r}.")
    if set(scope.servers) - set(world.servers):
        yield FieldFault("/scope/servers", "One of these servers does not exist any more.")
    if set(scope.groups) - set(world.groups):
        yield FieldFault("/scope/groups", "One of these groups does not exist any more.")


def findings_of(
    rules: Sequence[Rule],
    world: World,
    quiet: Mapping[uuid.UUID, Sequence[Quiet]],
    untouched: Collection[uuid.UUID] = (),
) -> dict[uuid.UUID, list[RuleFinding]]:
    """Return what there is to say of each rule; `quiet` is what came before and comes no more.

    `untouched` are the rules that are as Unity brought them along. That one of them finds nothing
    to look at is no mistake of anybody: it waits for the first machine that has such a thing.
    """
    found: dict[uuid.UUID, list[RuleFinding]] = defaultdict(list)
    for rule in rules:
        may_wait = rule.id in untouched
        found[rule.id] += _findings(rule, world, may_wait=may_wait)
        found[rule.id] += [] if may_wait else warnings_of(rule, world)
        found[rule.id] += [quiet_finding(one, may_wait=may_wait) for one in quiet.get(rule.id, ())]
    for one, other in _twins(rules):
        if one.id in untouched:
            continue  # those that Unity brings along are meant to stand beside each other
        text = f"It looks at the same as {other.name!r}, so both will tell of one thing."
        found[one.id].append(RuleFinding(kind="overlap", text=text))
    return found


def _findings(rule: Rule, world: World, *, may_wait: bool) -> Iterable[RuleFinding]:
    definition = rule.definition
    is_any = isinstance(definition, Composite) and definition.join == "any"
    end = "So this part is never true." if is_any else "So this can never fire."
    is_nowhere = _is_nowhere(rule.scope, world)
    for fault in faults_of(definition, rule.scope, world):
        if fault.pointer.startswith("/scope"):
            rest = " So it looks at nothing." if is_nowhere else ""
            yield RuleFinding(kind="scope", text=f"{fault.detail}{rest}")
        elif may_wait and fault.pointer.endswith("/metric"):
            yield RuleFinding(kind=WAITING, text="Nothing here reports this yet.")
        else:
            yield RuleFinding(kind="blind", text=f"{fault.detail} {end}")


def _is_nowhere(scope: Scope, world: World) -> bool:
    """Tell whether all that a rule is limited to is gone."""
    is_left = (
        set(scope.tags) & set(world.tags)
        or set(scope.servers) & set(world.servers)
        or set(scope.groups) & set(world.groups)
    )
    return not scope.is_everything and not is_left


def warnings_of(rule: Rule, world: World) -> list[RuleFinding]:
    """Return what a rule leaves out, though it works: series in other units, exceptions of old."""
    return [
        *(RuleFinding(kind="units", text=text) for text in _other_units(rule.definition, world)),
        *(
            RuleFinding(
                kind="scope", text=f"Exception {place} names a server that does not exist any more."
            )
            for place, one in enumerate(rule.overrides, 1)
            if set(one.servers) - set(world.servers)
        ),
    ]


def _other_units(definition: RuleDefinition, world: World) -> Iterable[str]:
    if isinstance(definition, StateChange):
        return
    if isinstance(definition, Composite):
        for part in definition.parts:
            yield from _other_units(part, world)
        return
    unit = _unit_of(definition)
    units = set(world.units.get(definition.metric, ()))
    if unit is None or unit not in units or len(units) == 1:
        return
    others = " and ".join(sorted(_named(one) for one in units - {unit}))
    yield (
        f"{definition.metric} is measured in {others}, too. This level is in {_named(unit)} and"
        " is not compared with those."
    )


def quiet_finding(quiet: Quiet, *, may_wait: bool) -> RuleFinding:
    """Say that a metric comes no more.

    A rule that Unity brought along waits again when the last such thing is taken away. Where
    something else came up at the same time, the metric has another name now, and somebody has to
    know it.
    """
    since = f"since {quiet.since:%Y-%m-%d %H:%M} UTC" if quiet.since else "for weeks"
    text = f"Nothing has reported {quiet.metric} {since}, though what it came from still answers."
    if quiet.instead:
        text += f" {' and '.join(quiet.instead)} came up then: it may be called so now."
    elif may_wait:
        return RuleFinding(kind=WAITING, text=text)
    return RuleFinding(kind="blind", text=f"{text} Until it comes again, this can never fire.")


def _twins(rules: Sequence[Rule]) -> Iterable[tuple[Rule, Rule]]:
    """Yield pairs, both ways, that compare one metric alike at the same severity."""
    by_key: dict[tuple[str, ...], list[Rule]] = defaultdict(list)
    for rule in rules:
        if not isinstance(rule.definition, StateChange | Composite):
            by_key[_key(rule)].append(rule)
    for same in by_key.values():
        for one in same:
            yield from ((one, other) for other in same if other is not one)


def _key(rule: Rule) -> tuple[str, ...]:
    definition = rule.definition
    labels = getattr(definition, "labels", [])
    return (
        definition.type,
        *sorted(metrics_of(definition)),
        str(getattr(definition, "operator", "")),
        ",".join(sorted(one.model_dump_json() for one in labels)),
        rule.scope.model_dump_json(),
        rule.severity,
    )
