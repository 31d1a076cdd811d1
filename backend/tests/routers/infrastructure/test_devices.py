"""The endpoints of drives: what is shown, acknowledged, limited, retired and tested."""

import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.models.infrastructure.storage_action import ActionKind
from app.services.infrastructure.collection import CollectionParts, build_collector
from app.services.infrastructure.storage.self_tests import SelfTestRefused
from app.services.infrastructure.upkeep.rounds import UpkeepRounds
from app.services.infrastructure.upkeep.starter import Starter
from tests.fakes.shell import FakeShell, FakeShells
from tests.fixtures.cast import Cast
from tests.routers.infrastructure.test_servers import SINCE_LOGIN, step_up
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import ata, attribute
from tests.services.infrastructure.storage.test_ledger import disk, lists, reads

DEVICES = "/api/infrastructure/devices"
ACTIONS = "/api/infrastructure/upkeep/actions"
PLANS = "/api/infrastructure/upkeep/plans"


async def collect(cast: Cast, server_id: uuid.UUID) -> None:
    platform = cast.platform
    parts = CollectionParts(
        platform.settings,
        platform.database,
        cast.clock,
        platform.vault,
        platform.shells,
        platform.live,
        platform.alerts,
    )
    await build_collector(parts).collect_server(server_id)


@pytest.fixture
async def nas(cast: Cast) -> tuple[uuid.UUID, FakeShell]:
    """Return a server with a drive that is not well, and one that sleeps."""
    platform = cast.platform
    assert isinstance(platform.shells, FakeShells)
    site = Site(platform.database, cast.clock, platform.vault, platform.shells)
    server_id = await site.enter("nas")
    machine = site.machine(server_id)
    lists(machine, disk("sda", "WD-WCC4E0000001"), disk("sdb", "B-2"))
    logged = {"error_number": 3, "error_description": "Error: UNC at LBA = 0x1 = 1"}
    hours = {"offset": 16, "name": "Power-on Hours", "value": 47456, "flags": {"valid": True}}
    sick = ata(
        ata_smart_attributes={"table": [attribute(5, "Reallocated_Sector_Ct", 20)]},
        ata_smart_error_log={"extended": {"count": 3, "table": [logged]}},
        ata_device_statistics={"pages": [{"number": 1, "table": [hours]}]},
    )
    asleep = "smartctl 7.3 x\nDevice is in STANDBY mode, exit(2)\n"
    reads(machine, ("/dev/sda", "sat", sick), ("/dev/sdb", "sat", asleep))
    await collect(cast, server_id)
    return server_id, machine


@pytest.mark.usefixtures("nas")
async def test_the_list_shows_the_worst_first_and_counts(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    items = (await charlie.get(DEVICES)).json()["items"]
    assert [(one["name"], one["level"]) for one in items] == [
        ("sda", "warning"),
        ("sdb", "unknown"),
    ]
    assert items[0]["server_name"] == "nas"
    assert "asleep" in items[1]["unknown_reason"]
    summary = (await charlie.get(f"{DEVICES}/summary")).json()
    assert (summary["total"], summary["hottest_celsius"]) == (2, 31)
    found = (await charlie.get(f"{DEVICES}?q=wcc4e&level=warning&sort=-capacity")).json()
    assert found["total"] == 1


@pytest.mark.usefixtures("nas")
async def test_a_drive_is_shown_with_reasons_sources_and_other_opinions(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    device_id = (await charlie.get(DEVICES)).json()["items"][0]["id"]
    shown = (await charlie.get(f"{DEVICES}/{device_id}")).json()
    assert shown["attributes"][0]["is_scored"] is True
    assert [(one["number"], one["what"]) for one in shown["errors"]] == [(3, "UNC")]
    assert shown["fields"] == [{"name": "Power-on Hours", "value": "47,456"}]
    assert "Backblaze" in shown["reasons"][0]["source"]
    assert {one["who"] for one in shown["opinions"]} == {
        "Drive",
        "Backblaze",
        "Pulse",
        "Scrutiny",
    }
    events = (await charlie.get(f"{DEVICES}/{device_id}/events")).json()["items"]
    assert {one["kind"] for one in events} == {"verdict", "first_seen"}
    assert (await charlie.get(f"{DEVICES}/rules")).json()
    assert (await charlie.get(f"{DEVICES}/{uuid.uuid4()}")).status_code == 404


async def test_an_acknowledged_value_is_quiet_until_it_changes(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    bob = await cast.logged_in("bob")
    device_id = (await bob.get(DEVICES)).json()["items"][0]["id"]
    said = await bob.post(f"{DEVICES}/{device_id}/acknowledge", {})
    assert (said.status_code, said.json()["level"]) == (200, "ok")
    again = await bob.post(f"{DEVICES}/{device_id}/acknowledge", {})
    assert again.status_code == 409
    worse = ata(ata_smart_attributes={"table": [attribute(5, "Reallocated_Sector_Ct", 21)]})
    reads(machine, ("/dev/sda", "sat", worse))
    await collect(cast, server_id)
    assert (await bob.get(f"{DEVICES}/{device_id}")).json()["level"] == "warning"
    path = f"{DEVICES}/{device_id}/acknowledgements/reallocated_sectors"
    assert (await bob.delete(path)).status_code == 200
    assert (await bob.delete(path)).status_code == 409


@pytest.mark.usefixtures("nas")
async def test_own_limits_count_until_they_are_taken_back(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    device_id = (await bob.get(DEVICES)).json()["items"][0]["id"]
    path = f"{DEVICES}/{device_id}/limits/reallocated_sectors"
    assert (await bob.call("PUT", path, {"warning": 50})).json()["level"] == "ok"
    wrong = await bob.call("PUT", path, {"watch": 9, "failing": 3})
    assert wrong.status_code == 422
    unknown = await bob.call("PUT", f"{DEVICES}/{device_id}/limits/moon", {"warning": 1})
    assert unknown.status_code == 422
    assert (await bob.delete(path)).json()["level"] == "warning"


async def test_what_needs_attention_is_asked_for_apart_and_what_is_gone_is_part_of_it(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    charlie = await cast.logged_in("charlie")
    ill = (await charlie.get(f"{DEVICES}?attention=true")).json()
    assert [one["name"] for one in ill["items"]] == ["sda"]
    lists(machine, disk("sda", "WD-WCC4E0000001"))
    for _ in range(2):
        await collect(cast, server_id)
        cast.clock.advance(timedelta(minutes=20))
    ill = (await charlie.get(f"{DEVICES}?attention=true&per_page=1")).json()
    assert [(one["name"], one["state"]) for one in ill["items"]] == [("sdb", "gone")]
    assert ill["total"] == 2, "What is gone stands before what only warns."


async def test_a_drive_is_retired_only_when_it_is_away(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    bob = await cast.logged_in("bob")
    device_id = (await bob.get(DEVICES)).json()["items"][0]["id"]
    assert (await bob.post(f"{DEVICES}/{device_id}/retire", {})).status_code == 409
    lists(machine, disk("sdb", "B-2"))
    reads(machine)
    await collect(cast, server_id)
    assert (await bob.post(f"{DEVICES}/{device_id}/retire", {})).json()["state"] == "retired"
    assert (await bob.get(DEVICES)).json()["total"] == 1
    assert (await bob.get(f"{DEVICES}?state=retired")).json()["total"] == 1


@pytest.mark.usefixtures("nas")
async def test_a_viewer_changes_nothing(cast: Cast) -> None:
    charlie = await cast.logged_in("charlie")
    device_id = (await charlie.get(DEVICES)).json()["items"][0]["id"]
    for path, body in (("acknowledge", {}), ("retire", {}), ("self-tests", {"kind": "short"})):
        assert (await charlie.post(f"{DEVICES}/{device_id}/{path}", body)).status_code == 403


async def test_a_self_test_is_started_journaled_and_followed_to_its_end(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    server_id, machine = nas
    bob = await cast.logged_in("bob")
    device_id = (await bob.get(DEVICES)).json()["items"][0]["id"]
    cast.clock.advance(SINCE_LOGIN)
    answer = await bob.post(f"{DEVICES}/{device_id}/self-tests", {"kind": "long"})
    assert answer.status_code == 403, "It needs the password once more."
    await step_up(bob)
    answer = await bob.post(f"{DEVICES}/{device_id}/self-tests", {"kind": "long"})
    assert answer.status_code == 202
    argv = ("smartctl", "-n", "standby", "-t", "long", "-d", "sat", "/dev/sda")
    machine.answers(*argv, stdout="x\ny\n\nTesting has begun.\nPlease wait 574 minutes\n")
    platform = cast.platform
    starter = Starter(platform.database, platform.shells, platform.vault, cast.clock)
    started = await starter.self_test(uuid.UUID(device_id), ActionKind.LONG, "bob")
    assert started.minutes == 574
    shown = (await bob.get(f"{DEVICES}/{device_id}")).json()
    assert shown["long_test_at"] is not None
    journal = f"{ACTIONS}?resource_id={device_id}"
    (action,) = (await bob.get(journal)).json()["items"]
    assert (action["state"], action["requested_by"]) == ("running", "bob")
    assert action["command"] == "smartctl -n standby -t long -d sat /dev/sda"
    status = {"value": 0, "string": "Completed without error", "passed": True}
    entry = {"type": {"value": 2, "string": "Extended offline"}, "status": status,
             "lifetime_hours": 47458}  # fmt: skip
    log = {"extended": {"table": [entry], "count": 1}}
    cast.clock.advance(timedelta(hours=10))
    reads(machine, ("/dev/sda", "sat", ata(ata_smart_self_test_log=log)))
    await collect(cast, server_id)
    (action,) = (await bob.get(journal)).json()["items"]
    assert (action["state"], action["message"]) == ("passed", "Completed without error")


async def test_a_refused_test_is_journaled_as_refused_and_waits_a_day(
    cast: Cast, nas: tuple[uuid.UUID, FakeShell]
) -> None:
    del nas
    bob = await cast.logged_in("bob")
    await step_up(bob)
    device_id = (await bob.get(DEVICES)).json()["items"][0]["id"]
    schedule = {"short_days": 7, "long_days": 30}
    path = f"{DEVICES}/{device_id}/self-test-schedule"
    assert (await bob.call("PUT", path, schedule)).json()["long_test_days"] == 30
    platform = cast.platform
    starter = Starter(platform.database, platform.shells, platform.vault, cast.clock)
    with pytest.raises(SelfTestRefused):
        await starter.self_test(uuid.UUID(device_id), ActionKind.SHORT, "the schedule")
    assert (await bob.get(f"{ACTIONS}?state=refused")).json()["total"] == 1
    cast.clock.advance(timedelta(hours=23))
    zone = ZoneInfo("UTC")
    rounds = UpkeepRounds(platform.database, cast.clock, platform.jobs, platform.alerts, zone)
    assert await rounds.plan() == (0, [])
    plans = (await bob.get(PLANS)).json()["items"]
    assert {one["kind"] for one in plans} == {"short", "long"}
