"""The life of an alert, from its first sight to the message that it is over."""

import uuid
from collections.abc import Sequence

import pytest

from app.models.core.alert import AlertState
from app.services.core.alarms import (
    Condition,
    Event,
    Observation,
    OpenAlert,
    Rule,
    advance,
)
from tests.fixtures.database import NOON

NAS = uuid.UUID(int=1)
AT_ONCE = Rule("full", "{name}: {subject} is full", "{name}: {subject} has room")
PATIENT = Rule("offline", "{name} is offline", "{name} is back", after=2)


def see(alerts: Sequence[OpenAlert], rule: Rule, *conditions: Condition) -> list[OpenAlert]:
    """Return what is open after an observation."""
    changes = advance(alerts, Observation(NAS, "nas", {rule: conditions}), NOON)
    after = {alert.id: alert for alert in alerts}
    for change in changes:
        if change.is_dropped or change.event is Event.RESOLVED:
            after.pop(change.alert.id, None)
        else:
            after[change.alert.id] = change.alert
    return list(after.values())


def events(alerts: Sequence[OpenAlert], rule: Rule, *conditions: Condition) -> list[Event | None]:
    return [
        change.event
        for change in advance(alerts, Observation(NAS, "nas", {rule: conditions}), NOON)
    ]


FULL = Condition("95 %", subject="/")
EDGE = Condition("89 %", subject="/", only_keeps=True)


def test_a_condition_without_patience_fires_at_first_sight() -> None:
    assert events([], AT_ONCE, FULL) == [Event.FIRING]


def test_it_fires_only_once() -> None:
    alerts = see([], AT_ONCE, FULL)
    assert events(alerts, AT_ONCE, FULL) == []


def test_it_is_over_once() -> None:
    alerts = see([], AT_ONCE, FULL)
    assert events(alerts, AT_ONCE) == [Event.RESOLVED]
    assert events(see(alerts, AT_ONCE), AT_ONCE) == []


def test_the_band_between_the_levels_neither_begins_nor_ends() -> None:
    assert events([], AT_ONCE, EDGE) == []
    alerts = see([], AT_ONCE, FULL)
    assert events(alerts, AT_ONCE, EDGE) == []
    assert events(see(alerts, AT_ONCE, EDGE), AT_ONCE) == [Event.RESOLVED]


def test_patience_waits_for_a_second_cycle() -> None:
    down = Condition("no route")
    alerts = see([], PATIENT, down)
    assert [alert.state for alert in alerts] == [AlertState.PENDING]
    assert events(alerts, PATIENT, down) == [Event.FIRING]


def test_what_goes_away_before_it_fired_is_told_to_nobody() -> None:
    alerts = see([], PATIENT, Condition("no route"))
    assert events(alerts, PATIENT) == [None]
    assert see(alerts, PATIENT) == []


def test_two_subjects_of_a_kind_are_two_alerts() -> None:
    alerts = see([], AT_ONCE, FULL, Condition("99 %", subject="/home"))
    assert len(alerts) == 2
    assert events(alerts, AT_ONCE, FULL) == [Event.RESOLVED]


def test_a_rule_that_could_not_be_judged_leaves_its_alerts_alone() -> None:
    alerts = see([], AT_ONCE, FULL)
    assert advance(alerts, Observation(NAS, "nas", {PATIENT: []}), NOON) == []


@pytest.mark.parametrize("cycles", [1, 5, 50])
def test_a_flood_of_the_same_condition_is_one_alert(cycles: int) -> None:
    alerts: list[OpenAlert] = []
    for _ in range(cycles):
        alerts = see(alerts, AT_ONCE, FULL)
    assert len(alerts) == 1
    assert alerts[0].began_at == NOON
