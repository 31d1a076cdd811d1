"""Network UPS Tools: a real upsd with drivers that pretend, and servers that are none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.peers import running_upsd
from tests.builtin_plugins.web_peer import Form
from tests.parts.ports import free_port

SOURCE = "unity_builtins.nut:Nut"


@pytest.mark.needs("upsd")
@pytest.mark.needs("root")
async def test_it_reads_what_upsd_knows(tmp_path: Path) -> None:
    async with running_upsd(tmp_path) as port:
        form: Form = {"host": "127.0.0.1", "port": port}
        outcome = await contract(SOURCE, form)
        async with loaded(SOURCE, {**form, "ups": ["good"]}) as plugin:
            one = await plugin.collect()
            plugin.values = {**form, "ups": ["missing"]}
            missing = await plugin.failure_of(Call.CHECK)
    report = outcome.report
    found = {(one.metric, one.labels["ups"]): one.value for one in report.samples}
    assert found["ups_battery_charge_percent", "good"] == 98
    assert found["ups_battery_runtime_seconds", "good"] == 2400
    assert found["ups_on_battery", "good"] == 0
    assert found["ups_on_battery", "bad"] == 1
    assert ("ups_real_power_watts", "good") not in found
    assert {(each.alert, each.subject) for each in report.conditions} == {
        ("on_battery", "bad"),
        ("battery_low", "bad"),
        ("replace_battery", "bad"),
        ("overload", "bad"),
    }
    assert "good: on mains, charging" in outcome.words
    assert not one.conditions
    assert {fact.key: fact.value for fact in one.facts}["model"] == "Back-UPS ES 700"
    assert missing.kind == "misconfigured"
    assert "it knows" in missing.detail


@asynccontextmanager
async def speaking(*lines: str) -> AsyncIterator[int]:
    """Answer each line that comes with the next of these."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            if not await reader.readline():
                break
            writer.write(line.encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_each_way_to_fail_has_its_words() -> None:
    version = "Network UPS Tools upsd 2.8.0 - http://www.networkupstools.org/\n"
    async with (
        speaking("SSH-2.0-OpenSSH_9.2\n") as other,
        speaking(version, "ERR ACCESS-DENIED\n") as refused,
        speaking(version, "BEGIN LIST UPS\nEND LIST UPS\n") as empty,
        speaking(version, 'BEGIN LIST UPS\nUPS "\n') as odd,
        speaking(version, "BEGIN LIST UPS\n") as broken,
        loaded(SOURCE) as plugin,
    ):
        cases = {
            other: ("unsupported", "no upsd"),
            refused: ("login_refused", "does not let this machine read"),
            empty: ("misconfigured", "knows no UPS"),
            odd: ("unsupported", "cannot be read"),
            broken: ("not_reachable", "closed the connection"),
            free_port(): ("not_reachable", "could not be reached"),
        }
        for port, (kind, words) in cases.items():
            plugin.values = {"host": "127.0.0.1", "port": port, "seconds": 5}
            failed = await plugin.failure_of(Call.CHECK)
            assert failed.kind == kind, failed
            assert words in failed.detail, failed


async def test_a_ups_without_data_is_told() -> None:
    version = "Network UPS Tools upsd 2.8.0\n"
    listed = 'BEGIN LIST UPS\nUPS desk "Under the desk"\nEND LIST UPS\n'
    async with (
        speaking(version, listed, "ERR DATA-STALE\n") as port,
        loaded(SOURCE, {"host": "127.0.0.1", "port": port}) as plugin,
    ):
        report = await plugin.collect()
    assert [one.alert for one in report.conditions] == ["no_data"]
    assert not report.samples
    assert report.summary == "desk: no data (DATA-STALE)"
