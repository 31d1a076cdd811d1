"""The TCP check and the ping against this machine itself."""

import asyncio
import os

import pytest
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.web_peer import Form
from tests.parts.ports import free_port
from unity_builtins.ping.echo import Echoes, checksum
from unity_builtins.ping.plugin import PingConfig, conditions
from unity_builtins.ping.program import read

TCP = "unity_builtins.tcp_check:TcpCheck"
PING = "unity_builtins.ping:Ping"


async def test_a_port_is_known_by_its_greeting() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-")
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(b"OpenSSH_9.2\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    form: Form = {"host": "127.0.0.1", "port": port}
    async with server:
        outcome = await contract(TCP, {**form, "expect": "OpenSSH"})
        async with loaded(TCP, {**form, "expect": "220 mail"}) as plugin:
            other = await plugin.collect()
            plugin.values = {**form, "port": free_port()}
            closed = await plugin.collect()
            refused = await plugin.failure_of(Call.CHECK)
            plugin.values = {**form, "family": "IPv6"}
            family = await plugin.failure_of(Call.CHECK)
    values = {(one.metric, *one.labels.values()): one.value for one in outcome.report.samples}
    assert values["probe_success",] == 1
    assert values["probe_tcp_duration_seconds", "greeting"] > 0
    assert "instead of “220 mail”" in other.conditions[0].message
    assert "refused the connection" in closed.conditions[0].message
    assert refused.kind == "not_reachable"
    assert "no IPv6 address" in family.detail


async def test_a_silent_port_is_given_up_in_time() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    form: Form = {"host": "127.0.0.1", "port": port, "expect": "hello", "seconds": 0.3}
    async with server, loaded(TCP, form) as plugin:
        report = await plugin.collect()
    assert "did not answer within 0.3 s" in report.conditions[0].message


@pytest.mark.needs("ping")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_this_machine_answers_a_ping(address: str) -> None:
    outcome = await contract(PING, {"host": address, "count": 2}, runs=1)
    values = {(one.metric, *one.labels.values()): one.value for one in outcome.report.samples}
    assert values["probe_success",] == 1
    assert values["probe_icmp_loss_percent",] == 0
    assert 0 < values["probe_icmp_round_trip_seconds", "min"] < 1
    assert not outcome.report.conditions


def test_what_the_program_prints_is_read() -> None:
    iputils = """\
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.035 ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.052 ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.060 ms (DUP!)
"""
    busybox = "64 bytes from 127.0.0.1: seq=0 ttl=64 time=0.068 ms\n"
    assert read(iputils, 4).trips == pytest.approx((0.000035, 0.00006))
    assert read(busybox, 1).trips == pytest.approx((0.000068,))
    assert read("", 4).loss == 100


def test_silence_is_down_and_loss_is_told() -> None:
    config = PingConfig(host="nas.home.arpa", loss_percent=20)
    silent = conditions(config, "192.0.2.1", Echoes(4, ()))
    lossy = conditions(config, "192.0.2.1", Echoes(4, (0.01, 0.01, 0.01)))
    assert [one.alert for one in silent] == ["down"]
    assert "firewalls" in silent[0].fix
    assert [one.message for one in lossy] == ["25 % of 4 requests to 192.0.2.1 were lost."]


def test_loss_jitter_and_checksum_are_reckoned() -> None:
    echoes = Echoes(4, (0.010, 0.014, 0.012))
    assert echoes.loss == 25
    assert echoes.jitter == pytest.approx(0.003)
    packet = os.urandom(31)
    total = checksum(packet + b"\0")
    assert checksum(packet + b"\0" + total.to_bytes(2, "big")) == 0
