"""Reads all that can keep alerts quiet: a constant number of statements for any number of them."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.core.alert import OPEN, Alert, AlertState, Severity
from app.models.core.alert_rule import AlertRule
from app.models.core.alert_silence import AlertSilence, AlertWindow
from app.models.core.resource import Resource, ResourceEdge
from app.schemas.core.silence import Matcher
from app.services.core.alerts.causes import CAUSES, DEPENDS, GRACE, Cause, CauseState
from app.services.core.alerts.matchers import AlertFacts
from app.services.core.alerts.muting import QuietBook, Silenced, Subject, Windowed
from app.services.core.alerts.windows import Schedule
from app.services.core.labels import Labels, labels_of

_MATCHERS: TypeAdapter[list[Matcher]] = TypeAdapter(list[Matcher])
_DEEPEST = 8  # a container on a volume on a pool on a disk of a machine behind two others


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that fires, as the engine or the table has it."""

    alert_id: uuid.UUID
    rule_id: uuid.UUID | None
    kind: str
    domain: str
    severity: Severity
    subject: str
    resource_id: uuid.UUID
    labels: Mapping[str, str]
    fired_at: datetime
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    kind: str
    parent_id: uuid.UUID | None
    server_id: uuid.UUID | None
    maintenance_until: datetime | None


@dataclass(slots=True)
class Topology:
    """Some resources, and all that they hang on."""

    nodes: dict[uuid.UUID, _Node] = field(default_factory=dict)
    edges: dict[uuid.UUID, list[uuid.UUID]] = field(default_factory=lambda: defaultdict(list))

    def above(self, resource_id: uuid.UUID) -> frozenset[uuid.UUID]:
        """Return all that a resource hangs on, without itself."""
        seen: set[uuid.UUID] = set()
        wave = {resource_id}
        while wave:
            wave = {target for one in wave for target in self.next_of(one)} - seen
            seen |= wave
        return frozenset(seen - {resource_id})

    def next_of(self, resource_id: uuid.UUID) -> Iterable[uuid.UUID]:
        """Return what a resource hangs on directly."""
        node = self.nodes.get(resource_id)
        if node is not None:
            yield from (each for each in (node.parent_id, node.server_id) if each is not None)
        yield from self.edges.get(resource_id, ())

    def server_of(self, resource_id: uuid.UUID) -> uuid.UUID:
        """Return the server that a resource belongs to; a server belongs to itself."""
        node = self.nodes.get(resource_id)
        return resource_id if node is None or node.server_id is None else node.server_id

    def name_of(self, resource_id: uuid.UUID) -> str:
        """Return a resource's name."""
        node = self.nodes.get(resource_id)
        return "" if node is None else node.name


async def read_topology(session: AsyncSession, ids: Collection[uuid.UUID]) -> Topology:
    """Read resources and what they hang on, level by level: at most sixteen statements."""
    found = Topology()
    wave = set(ids)
    for _ in range(_DEEPEST):
        wave -= found.nodes.keys()
        if not wave:
            break
        rows = await session.execute(
            select(
                *(Resource.id, Resource.name, Resource.kind, Resource.parent_id),
                *(Resource.server_id, Resource.maintenance_until),
            ).where(Resource.id.in_(wave))
        )
        for row in rows:
            found.nodes[row[0]] = _Node(*row[1:])
        edges = await session.execute(
            select(ResourceEdge.source_id, ResourceEdge.target_id).where(
                ResourceEdge.source_id.in_(wave), ResourceEdge.kind.in_(DEPENDS)
            )
        )
        for source, target in edges:
            found.edges[source].append(target)
        wave = {target for one in wave for target in found.next_of(one)}
    return found


class QuietReader:
    """Gathers subjects and the book in one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def read(
        self, alerts: Sequence[OpenAlert], now: datetime
    ) -> tuple[list[Subject], QuietBook]:
        """Return the alerts as subjects, and all that may keep them quiet."""
        causes = await self._causes(now)
        ids = {alert.resource_id for alert in alerts} | {cause.resource_id for cause in causes}
        topology = await read_topology(self._session, ids)
        silences, windows = await self.quieters(now)
        by_resource: dict[uuid.UUID, list[Cause]] = defaultdict(list)
        for cause in causes:
            by_resource[cause.resource_id].append(_placed(cause, topology))
        book = QuietBook(silences, windows, by_resource)
        return await self._subjects(alerts, topology), book

    async def facts(self, alerts: Sequence[OpenAlert]) -> list[AlertFacts]:
        """Return what matchers look at."""
        topology = await read_topology(self._session, {alert.resource_id for alert in alerts})
        return [one.facts for one in await self._subjects(alerts, topology)]

    async def quieters(self, now: datetime) -> tuple[list[Silenced], list[Windowed]]:
        """Return the silences of now and all windows that are switched on."""
        silences = await self._session.scalars(
            select(AlertSilence)
            .where(AlertSilence.starts_at <= now, AlertSilence.ends_at > now)
            .order_by(AlertSilence.ends_at.desc(), AlertSilence.id)
        )
        windows = await self._session.scalars(
            select(AlertWindow).where(AlertWindow.is_enabled.is_(True)).order_by(AlertWindow.name)
        )
        return [silenced(row) for row in silences], [windowed(row) for row in windows]

    async def _causes(self, now: datetime) -> list[Cause]:
        rows = await self._session.execute(
            select(
                *(Alert.id, Alert.kind, Alert.resource_id, Alert.title, Alert.state),
                *(Alert.began_at, Alert.resolved_at, Alert.severity),
            )
            .where(
                Alert.kind.in_(CAUSES),
                or_(Alert.state.in_(OPEN), Alert.resolved_at > now - GRACE),
            )
            .order_by(Alert.began_at, Alert.id)
        )
        return [
            Cause(
                *row[:4],
                _cause_state(row.state),
                row.began_at,
                row.resolved_at,
                severity=Severity(row.severity),
            )
            for row in rows
        ]

    async def _subjects(self, alerts: Sequence[OpenAlert], topology: Topology) -> list[Subject]:
        rules = await self._rules({alert.rule_id for alert in alerts if alert.rule_id is not None})
        servers = {topology.server_of(alert.resource_id) for alert in alerts}
        labels = await labels_of(self._session, {alert.resource_id for alert in alerts} | servers)
        return [_subject(alert, topology, labels, rules) for alert in alerts]

    async def _rules(self, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, "_RuleWords"]:
        if not ids:
            return {}
        rows = await self._session.execute(
            select(AlertRule.id, AlertRule.name, AlertRule.muted_until, AlertRule.definition).where(
                AlertRule.id.in_(ids)
            )
        )
        return {
            row.id: _RuleWords(row.name, row.muted_until, row.definition.get("type") == "absence")
            for row in rows
        }


@dataclass(frozen=True, slots=True)
class _RuleWords:
    name: str = ""
    muted_until: datetime | None = None
    is_absence: bool = False


def _subject(
    alert: OpenAlert,
    topology: Topology,
    labels: Labels,
    rules: Mapping[uuid.UUID, _RuleWords],
) -> Subject:
    own, server = alert.resource_id, topology.server_of(alert.resource_id)
    rule = rules.get(alert.rule_id, _RuleWords()) if alert.rule_id else _RuleWords()
    above = topology.above(own)
    kept = _maintenance(topology, [own, *above])
    return Subject(
        facts=AlertFacts(
            alert_id=alert.alert_id,
            rule_id=alert.rule_id,
            kind=alert.kind,
            domain=alert.domain,
            severity=Severity(alert.severity),
            subject=alert.subject,
            resource_id=own,
            resource=topology.name_of(own),
            server=topology.name_of(server),
            rule=rule.name,
            tags=[*{*labels.tags(own), *labels.tags(server)}],
            groups=[*{*labels.groups(own), *labels.groups(server)}],
            labels=alert.labels,
        ),
        fired_at=alert.fired_at,
        snoozed_until=alert.snoozed_until,
        rule_muted_until=rule.muted_until,
        maintenance_until=kept[0],
        maintenance_of=kept[1],
        above=above,
        may_be_consequence=bool(above) or rule.is_absence,
    )


def _maintenance(topology: Topology, ids: Iterable[uuid.UUID]) -> tuple[datetime | None, str]:
    found: tuple[datetime | None, str] = (None, "")
    for one in ids:
        node = topology.nodes.get(one)
        until = None if node is None else node.maintenance_until
        if node is not None and until is not None and (found[0] is None or until > found[0]):
            found = (until, node.name)
    return found


def _placed(cause: Cause, topology: Topology) -> Cause:
    return replace(cause, above=topology.above(cause.resource_id))


def _cause_state(state: AlertState) -> CauseState:
    match AlertState(state):
        case AlertState.PENDING:
            return CauseState.PENDING
        case AlertState.RESOLVED:
            return CauseState.OVER
        case _:
            return CauseState.ACTIVE


def silenced(row: AlertSilence) -> Silenced:
    """Return a silence as the pure part knows it."""
    matchers = _MATCHERS.validate_python(row.matchers)
    return Silenced(row.id, matchers, row.reason, row.author_name, row.starts_at, row.ends_at)


def windowed(row: AlertWindow) -> Windowed:
    """Return a window as the pure part knows it."""
    matchers = _MATCHERS.validate_python(row.matchers)
    return Windowed(row.id, row.name, matchers, schedule_of(row))


def schedule_of(row: AlertWindow) -> Schedule:
    """Return when a window is open."""
    return Schedule(
        zone=row.zone,
        # A time on a wall has no zone of its own.
        start=datetime.fromisoformat(row.start),
        duration=timedelta(seconds=row.duration_seconds),
        rule=row.rule,
    )
