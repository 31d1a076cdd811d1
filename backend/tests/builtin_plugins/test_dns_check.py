"""The DNS check against a real name server, and its reading of the wire against noise."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.peers import running_nsd
from tests.builtin_plugins.web_peer import Form
from tests.parts.ports import free_port
from unity_builtins.dns_check.wire import (
    BadName,
    Garbled,
    RecordType,
    reverse,
    understand,
    written,
)

SOURCE = "unity_builtins.dns_check:DnsCheck"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with running_nsd(tmp_path) as found:
        yield found


def form(port: int, name: str, **other: JsonValue) -> Form:
    return {"server": "127.0.0.1", "port": port, "name": name, "seconds": 3, **other}


@pytest.mark.needs("nsd")
async def test_each_kind_of_record_is_read_as_dig_writes_it(port: int) -> None:
    cases = {
        ("nas.home.arpa", "A"): ["192.168.1.20", "192.168.1.21"],
        ("nas.home.arpa", "AAAA"): ["fd00::20"],
        ("www.home.arpa", "CNAME"): ["nas.home.arpa"],
        ("home.arpa", "MX"): ["10 mail.home.arpa"],
        ("home.arpa", "NS"): ["ns.home.arpa"],
        ("home.arpa", "SOA"): ["ns.home.arpa admin.home.arpa 7"],
        ("_imap._tcp.home.arpa", "SRV"): ["0 5 993 mail.home.arpa"],
        ("note.home.arpa", "TXT"): ["all is well"],
        ("192.168.1.20", "PTR"): ["nas.home.arpa"],
    }
    async with loaded(SOURCE) as plugin:
        for (name, kind), records in cases.items():
            plugin.values = form(port, name, kind=kind, expected=[*records])
            report = await plugin.collect()
            assert not report.conditions, (name, kind, report.conditions)
            rows = report.pages[0].tables[0].rows
            assert {row[1] for row in rows if row[0] == kind} == set(records)


@pytest.mark.needs("nsd")
async def test_it_keeps_the_contract_over_udp_and_tcp(port: int) -> None:
    for transport in ("udp", "tcp"):
        outcome = await contract(SOURCE, form(port, "nas.home.arpa", transport=transport), runs=1)
        values = {one.metric: one.value for one in outcome.report.samples}
        assert values["probe_success"] == 1
        assert values["probe_dns_answer_rrs"] == 2
        assert values["probe_dns_least_ttl_seconds"] == 300
        facts = {one.key: one.value for one in outcome.report.facts}
        assert facts["transport"] == transport.upper()
        assert facts["authoritative"] is True


@pytest.mark.needs("nsd")
async def test_a_long_answer_is_fetched_over_tcp_and_the_rest_told_in_words(port: int) -> None:
    async with loaded(SOURCE) as plugin:
        plugin.values = form(port, "long.home.arpa", kind="TXT")
        long = await plugin.collect()
        plugin.values = form(port, "nas.home.arpa", expected=["192.168.1.20", "192.168.1.99"])
        changed = await plugin.collect()
        plugin.values = form(port, "missing.home.arpa")
        missing = await plugin.collect()
        plugin.values = form(port, "elsewhere.example")
        refused = await plugin.collect()
        plugin.values = form(port, "nas.home.arpa", kind="MX")
        other = await plugin.collect()
        plugin.values = form(port, "blocked.home.arpa", must_be_absent=True)
        blocked = await plugin.collect()
        plugin.values = form(port, "nas.home.arpa", must_be_absent=True)
        there = await plugin.failure_of(Call.CHECK)
    assert {one.key: one.value for one in long.facts}["transport"] == "TCP"
    assert [one.message for one in changed.conditions] == [
        "nas.home.arpa: 192.168.1.99 is missing and 192.168.1.21 is new."
    ]
    assert changed.conditions[0].alert == "changed"
    assert missing.conditions[0].message == "missing.home.arpa: the server says NXDOMAIN."
    assert "REFUSED" in refused.conditions[0].message
    assert "no record MX" in other.conditions[0].message
    assert not blocked.conditions
    assert "there is 192.168.1.20" in there.detail


async def test_silence_and_noise_of_a_server_are_findings() -> None:
    class Noise(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # as in asyncio's own examples
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.transport.sendto(data[:2] + b"\x80\x00" + b"\xff" * 30, addr)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Noise, local_addr=("127.0.0.1", 0))
    noisy = transport.get_extra_info("sockname")[1]
    try:
        async with loaded(SOURCE) as plugin:
            plugin.values = form(free_port(), "nas.home.arpa", seconds=0.5)
            silent = await plugin.collect()
            plugin.values = form(noisy, "nas.home.arpa")
            odd = await plugin.failure_of(Call.CHECK)
            plugin.values = form(noisy, "a..b")
            name = await plugin.failure_of(Call.CHECK)
    finally:
        transport.close()
    assert silent.conditions[0].alert == "down"
    assert (odd.kind, name.kind) == ("unsupported", "misconfigured")
    assert "not DNS" in odd.detail


def test_names_are_written_as_the_dns_wants_them() -> None:
    assert b"\x03nas\x04home\x04arpa\x00" in written(7, "nas.home.arpa.", RecordType.A)
    assert b"xn--bcher-kva" in written(7, "bücher.example", RecordType.A)
    assert reverse("192.168.1.20") == "20.1.168.192.in-addr.arpa"
    for name in ("", "a..b", "x" * 64 + ".example", ".".join(["x" * 60] * 5)):
        with pytest.raises(BadName):
            written(7, name, RecordType.A)


@given(st.binary(max_size=200), st.integers(0, 3))
def test_noise_is_garbled_and_nothing_else(noise: bytes, answers: int) -> None:
    head = b"\x00\x07\x80\x00\x00\x01" + answers.to_bytes(2, "big") + b"\0\0\0\0"
    for message in (noise, head + noise):
        try:
            understand(message, 7)
        except Garbled:
            continue
