"""What keeps an alert quiet, and what is told when that ends."""

from datetime import timedelta

import pytest

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.resource import Resource, ResourceEdge
from app.schemas.core.alert_rule import Match
from app.schemas.core.silence import Matcher, MatchField, SilenceWrite, WindowWrite
from app.services.core.alerts.handling import AlertHandling
from app.services.core.alerts.maintenance import MaintenanceService
from app.services.core.alerts.matchers import like
from app.services.core.alerts.silences import SilenceService
from app.services.core.audit import AuditLog
from app.services.core.permissions import system
from tests.services.core.alerts.scene import OFFLINE, UNIT, Scene

ME = system("tests")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def scene(database: Database, clock: ManualClock) -> Scene:
    scene = Scene(database, clock)
    await scene.add("nas", tags=["home"])
    await scene.add("pve")
    return scene


def matcher(field: MatchField, *values: str, match: Match = Match.IS, label: str = "") -> Matcher:
    return Matcher(field=field, values=[*values], match=match, label=label)


async def silence(scene: Scene, *matchers: Matcher, lasts: timedelta = HOUR) -> None:
    async with scene.database.transaction() as session:
        audit = AuditLog(session, scene.clock, b"k" * 32)
        wish = SilenceWrite(matchers=[*matchers], reason="Work", ends_at=scene.clock.now() + lasts)
        await SilenceService(session, scene.clock, audit).create(ME, wish)


async def test_an_alert_without_reason_to_be_quiet_is_told(scene: Scene) -> None:
    await scene.see("nas", {UNIT: ["ssh"]})
    assert await scene.told() == ["fired nas: ssh has failed"]
    assert (await scene.alert("unit_failed")).muted_by == ""


@pytest.mark.both_engines
async def test_what_still_fires_at_the_end_of_a_silence_is_told_once(scene: Scene) -> None:
    await silence(scene, matcher(MatchField.SERVER, "NAS"))
    await scene.see("nas", {UNIT: ["ssh"]})
    await scene.see("pve", {UNIT: ["ssh"]})
    assert await scene.told() == ["fired pve: ssh has failed"]
    assert "Work" in (await scene.alerts())[0].muted_by
    await scene.wait(HOUR - SECOND)
    assert await scene.told() == ["fired pve: ssh has failed"]
    for _ in range(3):
        await scene.wait(SECOND)
    assert await scene.told() == ["fired pve: ssh has failed", "unmuted nas: ssh has failed"]


async def test_what_ends_within_a_silence_is_never_told(scene: Scene) -> None:
    await silence(scene, matcher(MatchField.TYPE, "unit_*", match=Match.LIKE))
    await scene.see("nas", {UNIT: ["ssh"]})
    scene.clock.advance(MINUTE)
    await scene.see("nas", {UNIT: []})
    await scene.wait(2 * HOUR)
    assert await scene.told() == []
    assert (await scene.alert("unit_failed")).state == "resolved"


async def test_a_silence_over_a_firing_alert_counts_at_once(scene: Scene) -> None:
    await scene.see("nas", {UNIT: ["ssh"]})
    await silence(scene, matcher(MatchField.TAG, "home"))
    assert "Silenced" in (await scene.alert("unit_failed")).muted_by


@pytest.mark.parametrize(
    ("found", "matchers"),
    [
        (True, [matcher(MatchField.SEVERITY, "warning")]),
        (True, [matcher(MatchField.SUBJECT, "s?h", match=Match.LIKE)]),
        (True, [matcher(MatchField.TAG, "away", match=Match.IS_NOT)]),
        (True, [matcher(MatchField.LABEL, "", label="mountpoint")]),
        (False, [matcher(MatchField.TAG, "home", match=Match.IS_NOT)]),
        (False, [matcher(MatchField.SERVER, "nas"), matcher(MatchField.DOMAIN, "containers")]),
        (False, [matcher(MatchField.SUBJECT, "s?", match=Match.LIKE)]),
    ],
)
async def test_a_silence_holds_only_for_what_fits_all_matchers(
    scene: Scene, matchers: list[Matcher], *, found: bool
) -> None:
    await silence(scene, *matchers)
    await scene.see("nas", {UNIT: ["ssh"]})
    assert bool((await scene.alert("unit_failed")).muted_by) == found


async def test_a_snoozed_alert_is_told_again_at_the_end(scene: Scene) -> None:
    await scene.see("nas", {UNIT: ["ssh"]})
    alert = await scene.alert("unit_failed")
    async with scene.database.transaction() as session:
        audit = AuditLog(session, scene.clock, b"k" * 32)
        handling = AlertHandling(session, scene.clock, audit)
        await handling.snooze(ME, [alert.id], scene.clock.now() + HOUR)
    assert (await scene.alert("unit_failed")).muted_by == "It is snoozed."
    await scene.wait(HOUR)
    assert (await scene.told())[1:] == ["unmuted nas: ssh has failed"]


async def test_an_acknowledged_alert_is_not_told_when_its_silence_ends(scene: Scene) -> None:
    await scene.see("nas", {UNIT: ["ssh"]})
    alert = await scene.alert("unit_failed")
    async with scene.database.transaction() as session:
        audit = AuditLog(session, scene.clock, b"k" * 32)
        assert await AlertHandling(session, scene.clock, audit).acknowledge(ME, [alert.id], "me")
    await silence(scene, matcher(MatchField.ALERT, str(alert.id)))
    await scene.wait(2 * HOUR)
    assert await scene.told() == ["fired nas: ssh has failed"]
    assert (await scene.alert("unit_failed")).muted_by == ""


async def test_a_window_keeps_quiet_while_it_is_open(scene: Scene) -> None:
    local = scene.clock.now().replace(tzinfo=None, minute=30)  # 12:30 UTC
    async with scene.database.transaction() as session:
        audit = AuditLog(session, scene.clock, b"k" * 32)
        await MaintenanceService(session, scene.clock, audit).create(
            ME,
            WindowWrite(
                name="Backups",
                zone="UTC",
                start=local,
                duration_seconds=3600,
                rule="FREQ=DAILY",
                matchers=[matcher(MatchField.SERVER, "nas")],
            ),
        )
    await scene.see("nas", {UNIT: ["ssh"]})
    await scene.wait(30 * MINUTE)
    assert (await scene.alert("unit_failed")).muted_by == "Maintenance window: Backups"
    await scene.wait(HOUR)
    assert await scene.told() == ["fired nas: ssh has failed", "unmuted nas: ssh has failed"]


async def test_maintenance_of_a_server_keeps_quiet_what_hangs_on_it(scene: Scene) -> None:
    await scene.add("disk", on="nas", kind="device")
    async with scene.database.transaction() as session:
        nas = await session.get_one(Resource, scene.ids["nas"])
        nas.maintenance_until = scene.clock.now() + HOUR
    await scene.see("disk", {UNIT: ["sda"]})
    assert (await scene.alert("unit_failed")).muted_by == "nas is in maintenance."
    await scene.wait(HOUR)
    assert await scene.told() == ["unmuted disk: sda has failed"]


def test_a_pattern_takes_no_longer_than_text_times_pattern() -> None:
    assert not like("*a" * 200 + "b", "a" * 500)
    assert like("a*b?d*", "axxbcd-rest")
    assert like("*", "")
    assert not like("?", "")
    assert like("[x]", "[X]")  # brackets mean themselves


async def test_an_offline_server_explains_what_hangs_on_it(scene: Scene) -> None:
    await scene.add("db", on="nas", kind="database")
    await scene.see("nas", {OFFLINE: [""]})
    scene.clock.advance(MINUTE)
    await scene.see("db", {UNIT: ["postgres"]})
    root, child = await scene.alert("server_offline"), await scene.alert("unit_failed")
    assert child.cause_id == root.id
    assert child.muted_by == "It follows from: nas is offline"
    assert await scene.told() == ["fired nas is offline"]


@pytest.mark.both_engines
async def test_a_consequence_that_is_seen_first_folds_into_its_cause(scene: Scene) -> None:
    await scene.add("db", on="nas", kind="database")
    await scene.see("db", {UNIT: ["postgres"]})
    assert await scene.told() == []
    scene.clock.advance(timedelta(seconds=20))
    await scene.see("nas", {OFFLINE: [""]})
    await scene.wait(MINUTE)
    assert await scene.told() == ["fired nas is offline"]
    assert (await scene.alert("unit_failed")).cause_id is not None


async def test_without_a_cause_the_wait_is_short(scene: Scene) -> None:
    await scene.add("db", on="nas", kind="database")
    await scene.see("db", {UNIT: ["postgres"]})
    await scene.wait(timedelta(seconds=59))
    assert await scene.told() == []
    await scene.wait(SECOND)
    assert await scene.told() == ["unmuted db: postgres has failed"]


async def test_what_remains_after_a_cause_is_told_after_a_grace(scene: Scene) -> None:
    await scene.add("db", on="nas", kind="database")
    await scene.add("vm", on="nas", kind="guest")
    await scene.see("nas", {OFFLINE: [""]})
    await scene.see("db", {UNIT: ["postgres"]})
    await scene.see("vm", {UNIT: ["qemu"]})
    scene.clock.advance(HOUR)
    await scene.see("nas", {OFFLINE: []})
    await scene.sweep()
    await scene.see("vm", {UNIT: []})
    await scene.wait(6 * MINUTE)
    assert await scene.told() == ["fired nas is offline", "resolved nas is back"]
    await scene.wait(MINUTE)
    assert (await scene.told())[2:] == ["unmuted db: postgres has failed"]


async def test_what_was_wrong_long_before_does_not_follow(scene: Scene) -> None:
    await scene.add("db", on="nas", kind="database")
    await scene.see("db", {UNIT: ["postgres"]})
    await scene.wait(timedelta(days=1))
    await scene.see("nas", {OFFLINE: [""]})
    await scene.sweep()
    assert (await scene.alert("unit_failed")).cause_id is None


async def test_the_deepest_cause_is_shown_behind_a_chain(scene: Scene) -> None:
    await scene.add("inner", through="nas")
    await scene.add("db", on="inner", kind="database")
    await scene.see("nas", {OFFLINE: [""]})
    await scene.see("inner", {OFFLINE: [""]})
    await scene.see("db", {UNIT: ["postgres"]})
    root = next(one for one in await scene.alerts() if one.resource_id == scene.ids["nas"])
    assert [one.cause_id for one in await scene.alerts()] == [None, root.id, root.id]
    assert await scene.told() == ["fired nas is offline"]


async def test_servers_that_hang_on_each_other_are_both_told(scene: Scene) -> None:
    await scene.add("left", through="nas")
    async with scene.database.transaction() as session:
        session.add(
            ResourceEdge(
                source_id=scene.ids["nas"], target_id=scene.ids["left"], kind="reached_through"
            )
        )
    await scene.see("nas", {OFFLINE: [""]})
    await scene.see("left", {OFFLINE: [""]})
    await scene.sweep()
    assert await scene.told() == ["fired nas is offline", "fired left is offline"]
