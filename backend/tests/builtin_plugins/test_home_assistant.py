"""Home Assistant against what a real one answered."""

import json
from collections.abc import Callable

import pytest
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.web_peer import (
    Asked,
    Form,
    Said,
    recording,
    replayed,
    said_json,
    web_peer,
)
from tests.parts.ports import free_port

SOURCE = "unity_builtins.home_assistant:HomeAssistant"
TAPE = "home-assistant-2024.3"
TOKEN = "a-long-lived-token"


async def test_it_reads_a_house() -> None:
    async with web_peer(replayed(TAPE)) as peer:
        outcome = await contract(SOURCE, {"url": peer.url, "token": TOKEN})
    found = {
        (one.metric, one.labels.get("entity", one.labels.get("domain", ""))): one
        for one in outcome.report.samples
    }
    assert found["hass_temperature_celsius", "sensor.outside_temperature"].value == 15.6
    assert found["hass_temperature_celsius", "sensor.outside_temperature"].unit == "celsius"
    assert found["hass_power_watts", "sensor.power_consumption"].value == 100
    assert found["hass_entities", "sensor"].value == 16
    assert found["hass_updates", ""].value == 4
    assert outcome.words == "Version 2024.3.3: 101 entities, 4 updates wait"
    assert {(one.alert, one.subject, one.only_keeps) for one in outcome.report.conditions} == {
        ("update", "", False),
        ("battery_low", "Outside Temperature", False),
        ("battery_low", "Carbon dioxide", False),
    }


async def test_alarms_absence_and_foreign_units_are_understood() -> None:
    made = [
        _entity("binary_sensor.cellar", "on", "Cellar", device_class="moisture"),
        _entity("binary_sensor.washer", "on", "Washer", device_class="problem"),
        _entity("binary_sensor.door", "on", "Door", device_class="door"),
        _entity("lock.front", "unavailable", "Front door"),
        _entity("sensor.oven", "212", "Oven", device_class="temperature", unit="°F"),
        _entity("sensor.meter", "1.5", "Meter", device_class="energy", unit="MWh"),
        _entity("sensor.odd", "inf", "Odd", device_class="power", unit="W"),
        _entity("sensor.foreign", "3", "Foreign", device_class="power", unit="horses"),
        _entity("sensor.edge", "17", "Edge", device_class="battery", unit="%"),
    ]
    async with web_peer(_house(made)) as peer:
        form: Form = {"url": peer.url, "token": TOKEN, "must_be_there": ["lock.*"]}
        outcome = await contract(SOURCE, form, runs=1)
    values = {
        one.labels["name"]: one.value for one in outcome.report.samples if "name" in one.labels
    }
    assert values == {"Oven": pytest.approx(100), "Meter": 1500, "Edge": 17}
    assert {(one.alert, one.subject, one.only_keeps) for one in outcome.report.conditions} == {
        ("danger", "Cellar", False),
        ("problem", "Washer", False),
        ("unavailable", "Front door", False),
        ("battery_low", "Edge", True),
    }


async def test_the_number_of_series_is_limited_and_said() -> None:
    made = [
        _entity(f"sensor.t{number}", "20", f"T{number}", device_class="temperature", unit="°C")
        for number in range(30)
    ]
    async with web_peer(_house(made)) as peer:
        outcome = await contract(SOURCE, {"url": peer.url, "token": TOKEN, "most": 10}, runs=1)
    assert sum(one.metric == "hass_temperature_celsius" for one in outcome.report.samples) == 10
    assert outcome.log[0].text == "30 sensors: the first 10 are recorded."


async def test_each_way_to_fail_has_its_words() -> None:
    async with (
        web_peer(replayed(TAPE)) as strict,
        web_peer(lambda _: Said(403, b"403: Forbidden")) as banned,
        web_peer(lambda _: said_json({"message": "hello"})) as other,
        web_peer(_house("nonsense")) as odd,
        loaded(SOURCE) as plugin,
    ):
        cases = {
            strict.url: ("login_refused", "refused the token"),
            banned.url: ("login_refused", "has banned this machine"),
            other.url: ("unsupported", "is no Home Assistant"),
            odd.url: ("unsupported", "another shape"),
            f"http://127.0.0.1:{free_port()}": ("not_reachable", "refused the connection"),
        }
        for url, (kind, words) in cases.items():
            plugin.values = {"url": url, "token": "wrong"}
            failed = await plugin.failure_of(Call.CHECK)
            assert failed.kind == kind, failed
            assert words in failed.detail
            assert failed.fix


def _entity(key: str, state: str, name: str, *, device_class: str = "", unit: str = "") -> object:
    attributes = {"friendly_name": name, "device_class": device_class, "unit_of_measurement": unit}
    return {"entity_id": key, "state": state, "attributes": attributes}


def _house(states: object) -> Callable[[Asked], Said]:
    config = recording(TAPE)["answers"]["GET /api/config"]["json"]

    def answer(asked: Asked) -> Said:
        return Said(body=json.dumps(config if asked.path == "/api/config" else states).encode())

    return answer
