"""The certificate check against real TLS servers with certificates of the test."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.certificates import authority, leaf, served
from tests.builtin_plugins.web_peer import Form
from tests.parts.ports import free_port

SOURCE = "unity_builtins.tls_expiry:TlsExpiry"

_DIALOGUES: Mapping[str, list[tuple[bytes | None, bytes]]] = {
    "smtp": [
        (None, b"220-mail.home.arpa\r\n220 ESMTP\r\n"),
        (b"EHLO", b"250-mail\r\n250 STARTTLS\r\n"),
        (b"STARTTLS", b"220 go\r\n"),
    ],
    "imap": [(None, b"* OK ready\r\n"), (b"a1 STARTTLS", b"a1 OK begin\r\n")],
    "pop3": [(None, b"+OK ready\r\n"), (b"STLS", b"+OK begin\r\n")],
    "postgresql": [(b"", b"S")],
}


@asynccontextmanager
async def tls_server(context: ssl.SSLContext, *, turns: str = "none") -> AsyncIterator[int]:
    """Speak TLS from the first byte, or after the dialogue of a protocol."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for wanted, answer in _DIALOGUES.get(turns, []):
                if wanted is not None:
                    said = await (reader.readexactly(8) if wanted == b"" else reader.readline())
                    assert said.startswith(wanted)
                writer.write(answer)
            if turns in _DIALOGUES:
                await writer.start_tls(context)
            await reader.read(1)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(
        serve, "127.0.0.1", 0, ssl=None if turns in _DIALOGUES else context
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_a_chain_is_read_and_judged(tmp_path: Path) -> None:
    home = authority()
    context = served(tmp_path, leaf(home, "127.0.0.1", days=100), home)
    async with tls_server(context) as port:
        form: Form = {"host": "127.0.0.1", "port": port}
        outcome = await contract(SOURCE, {**form, "authority": home.pem})
        async with loaded(SOURCE, form) as plugin:
            strange = await plugin.collect()
    values = {one.metric: one.value for one in outcome.report.samples}
    assert 99 < values["probe_ssl_days_left"] <= 100
    assert values["probe_ssl_trusted"] == values["probe_ssl_name_fits"] == 1
    assert not outcome.report.conditions
    assert len(outcome.report.pages[0].tables[0].rows) == 2
    assert [one.alert for one in strange.conditions] == ["distrusted"]
    assert "self-signed certificate in certificate chain" in strange.conditions[0].message


async def test_what_is_wrong_is_told_by_its_name(tmp_path: Path) -> None:
    home = authority()
    cases = {
        "ending": (leaf(home, "127.0.0.1", days=5), ["certificate"], "ends in 5 days"),
        "ended": (leaf(home, "127.0.0.1", days=-3), ["ended"], "ended 3 days ago"),
        "other": (leaf(home, "*.home.arpa"), ["misnamed"], "is for *.home.arpa, not for 127.0.0.1"),
    }
    async with loaded(SOURCE) as plugin:
        for name, (shown, alerts, words) in cases.items():
            folder = tmp_path / name
            folder.mkdir()
            async with tls_server(served(folder, shown)) as port:
                plugin.values = {"host": "127.0.0.1", "port": port, "authority": home.pem}
                report = await plugin.collect()
                assert [one.alert for one in report.conditions] == alerts
                assert words in report.conditions[0].message


async def test_a_name_of_its_own_is_asked_for(tmp_path: Path) -> None:
    home = authority()
    async with tls_server(served(tmp_path, leaf(home, "*.home.arpa"))) as port:
        form: Form = {
            "host": "127.0.0.1",
            "port": port,
            "name": "nas.home.arpa",
            "authority": home.pem,
        }
        outcome = await contract(SOURCE, form, runs=1)
    assert not outcome.report.conditions


@pytest.mark.parametrize("protocol", sorted(_DIALOGUES))
async def test_protocols_that_begin_in_the_clear_are_turned(protocol: str, tmp_path: Path) -> None:
    home = authority()
    context = served(tmp_path, leaf(home, "127.0.0.1"))
    async with tls_server(context, turns=protocol) as port:
        form: Form = {
            "host": "127.0.0.1",
            "port": port,
            "start_tls": protocol,
            "authority": home.pem,
        }
        outcome = await contract(SOURCE, form, runs=1)
    assert not outcome.report.conditions


async def test_nobody_no_tls_and_a_wrong_authority_have_their_words(tmp_path: Path) -> None:
    tls = served(tmp_path, leaf(None, "127.0.0.1"))
    async with (
        tls_server(tls, turns="smtp") as mail,
        tls_server(tls) as good,
        loaded(SOURCE) as plugin,
    ):
        plugin.values = {"host": "127.0.0.1", "port": free_port()}
        nobody = await plugin.collect()
        plugin.values = {"host": "127.0.0.1", "port": mail}
        clear = await plugin.failure_of(Call.CHECK)
        plugin.values = {"host": "127.0.0.1", "port": mail, "start_tls": "imap", "seconds": 2}
        other = await plugin.failure_of(Call.CHECK)
        plugin.values = {"host": "127.0.0.1", "port": good, "authority": "no pem"}
        authority_failed = await plugin.failure_of(Call.CHECK)
    assert "refused the connection" in nobody.conditions[0].message
    assert "does not speak TLS as expected" in clear.detail
    assert "does not offer TLS by imap" in other.detail
    assert authority_failed.kind == "misconfigured"
