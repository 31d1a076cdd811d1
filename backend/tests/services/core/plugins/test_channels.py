"""A plugin as a channel of notifications: its form, its own judgement, and what it delivers."""

from datetime import timedelta

from app.adapters.plugin_workers import PluginWorkers
from app.services.core.alerts.types import AlertTypes
from app.services.core.plugins.catalog import PluginCatalog
from tests.fixtures.cast import Body
from tests.services.core.plugins.conftest import House

CHANNELS = "/api/notifications/channels"
CHANNEL: Body = {
    "name": "By plugin",
    "service": "plugin:well",
    "settings": {"host": "nas", "level": 3},
    "secrets": {"password": "hunter22"},
}


async def test_a_plugin_delivers_what_the_ledger_holds(house: House) -> None:
    await house.install("well")
    services = (await house.alice.get("/api/notifications/services")).json()
    assert "plugin:well" in [one["id"] for one in services]
    form = (await house.alice.get("/api/notifications/services/plugin:well/form")).json()
    assert [one["name"] for one in form["fields"] if one["is_secret"]] == ["password"]
    wrong = {**CHANNEL, "settings": {"host": "nas", "level": -3}}
    refused = await house.alice.post(CHANNELS, wrong)
    assert refused.json()["errors"][0]["pointer"] == "/body/settings/level"
    made = await house.alice.post(CHANNELS, CHANNEL)
    assert made.status_code == 201, made.text
    tried = (await house.alice.post(f"{CHANNELS}/{made.json()['id']}/test")).json()
    assert tried["has_arrived"] is True, tried
    assert tried["detail"].startswith("nas took ")


async def test_another_process_learns_what_this_one_finds(house: House) -> None:
    platform = house.cast.platform
    host, types = PluginWorkers(house.folder), AlertTypes(())
    other = PluginCatalog(platform.database, platform.clock, host, types, live=platform.live)
    await other.learn()
    assert host.senders() == {}
    house.cast.clock.advance(timedelta(minutes=1))
    await house.install("well")
    assert await other.catch_up()
    assert set(host.senders()) == {"well"}
    assert not await other.catch_up()
    (house.folder / "well.py").unlink()
    house.cast.clock.advance(timedelta(minutes=1))
    await house.install()
    assert await other.catch_up()
    assert host.senders() == {}


async def test_a_channel_whose_plugin_is_gone_says_so(house: House) -> None:
    await house.install("well")
    made = (await house.alice.post(CHANNELS, CHANNEL)).json()
    (house.folder / "well.py").unlink()
    await house.install()
    tried = (await house.alice.post(f"{CHANNELS}/{made['id']}/test")).json()
    assert (tried["has_arrived"], tried["detail"]) == (
        False,
        "The plugin well is not installed, or broken.",
    )
