"""Messages reach real receivers, word for word, and never an address that is refused."""

import asyncio
import email
import email.policy
import hashlib
import hmac
import ipaddress
import json
import logging
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.notify import Notifiers
from app.ports.notifier import (
    Address,
    AddressNotValid,
    AddressRefused,
    AppriseAddress,
    EmailAddress,
    MailSecurity,
    Message,
    NotDelivered,
    NtfyAddress,
    WebhookAddress,
)
from app.services.core import self_signed
from tests.parts.receivers import mail_receiver, web_receiver

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
CANARY = "c4n4ry-of-the-address"
MESSAGE = Message(
    key="0190a1b2-0000-7000-8000-000000000001",
    thread="route.server",
    at=datetime(2026, 3, 14, 12, tzinfo=UTC),
    is_over=False,
    severity="critical",
    title="[critical] nås is offline",
    text="No route.\nSince noon.",
    html="<p>No route.</p>",
    document={"event": "fired", "title": "nås is offline"},
    link="https://unity.test/alerts",
)


@pytest.fixture
def notifier() -> Notifiers:
    """Return the real senders, which may reach this machine."""
    return Notifiers(allowed=[LOOPBACK], seconds=5)


async def test_a_web_hook_gets_a_signed_document_with_its_key(notifier: Notifiers) -> None:
    async with web_receiver() as receiver:
        address = WebhookAddress(f"{receiver.url}/hook?x={CANARY}", secret="s3cret", token="t0k")
        receipt = await notifier.send(address, MESSAGE)
    first, headers, body = receiver.heard[0]
    assert first == f"POST /hook?x={CANARY} HTTP/1.1"
    assert json.loads(body) == {"event": "fired", "title": "nås is offline"}
    assert headers["idempotency-key"] == MESSAGE.key
    assert headers["authorization"] == "Bearer t0k"
    signed = headers["x-unity-timestamp"].encode() + b"." + body
    wanted = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert headers["x-unity-signature"] == f"sha256={wanted}"
    assert receipt.detail == "127.0.0.1 answered with status 200: thank you"


async def test_a_token_goes_out_as_it_is_meant(notifier: Notifiers) -> None:
    async with web_receiver() as receiver:
        await notifier.send(WebhookAddress(receiver.url, token=" pásted \n"), MESSAGE)
        await notifier.send(NtfyAddress(receiver.url, "topic", "pásted"), MESSAGE)
    for _, headers, _ in receiver.heard:
        assert headers["authorization"].encode("latin-1").decode() == "Bearer pásted"


async def test_what_http_cannot_carry_is_told_without_the_secret(notifier: Notifiers) -> None:
    address = WebhookAddress("http://127.0.0.1:9/", token=f"{CANARY}\nX-Evil: 1")
    with pytest.raises(NotDelivered) as caught:
        await notifier.send(address, MESSAGE)
    assert caught.value.is_final
    assert CANARY not in caught.value.detail


async def test_an_address_with_a_control_character_is_told(notifier: Notifiers) -> None:
    with pytest.raises(NotDelivered, match="could not be reached"):
        await notifier.send(WebhookAddress("http://127.0.0.1:9/hook\x00"), MESSAGE)


async def test_a_template_writes_the_body_of_a_web_hook(notifier: Notifiers) -> None:
    async with web_receiver() as receiver:
        address = WebhookAddress(receiver.url, content_type="text/plain")
        await notifier.send(address, replace(MESSAGE, body="just this"))
    _, headers, body = receiver.heard[0]
    assert (headers["content-type"], body) == ("text/plain", b"just this")


async def test_a_receiver_that_repeats_a_secret_is_not_quoted(notifier: Notifiers) -> None:
    async with web_receiver() as receiver:
        receiver.answer = f"unknown token {CANARY}"
        receipt = await notifier.send(WebhookAddress(f"{receiver.url}/{CANARY}"), MESSAGE)
    assert receipt.detail == "127.0.0.1 answered with status 200."


@pytest.mark.parametrize(
    ("status", "is_final"), [(400, True), (404, True), (429, False), (500, False), (302, True)]
)
async def test_what_a_status_means(status: int, *, is_final: bool, notifier: Notifiers) -> None:
    async with web_receiver() as receiver:
        receiver.statuses, receiver.headers = [status], {"Retry-After": "120", "Location": "/"}
        with pytest.raises(NotDelivered) as caught:
            await notifier.send(WebhookAddress(receiver.url), MESSAGE)
    assert caught.value.is_final is is_final
    if status in (429, 500):
        assert caught.value.retry_after == timedelta(seconds=120)
    assert len(receiver.heard) == 1, "a redirect is not followed"


async def test_a_receiver_that_never_answers_is_left_in_time() -> None:
    is_over, ended = asyncio.Event(), []

    async def silence(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await is_over.wait()
        writer.close()
        ended.append(writer)

    quick = Notifiers(allowed=[LOOPBACK], seconds=0.3)
    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    addresses: list[Address] = [
        WebhookAddress(f"http://127.0.0.1:{port}/"),
        EmailAddress("127.0.0.1", port, MailSecurity.NONE, "a@b.test", ("c@d.test",)),
    ]
    for address in addresses:
        with pytest.raises(NotDelivered):
            await quick.send(address, MESSAGE)
    server.close()
    is_over.set()
    while len(ended) < len(addresses):  # noqa: ASYNC110 - they end within moments
        await asyncio.sleep(0.01)
    await server.wait_closed()


async def test_ntfy_gets_title_priority_and_link(notifier: Notifiers) -> None:
    async with web_receiver() as receiver:
        await notifier.send(NtfyAddress(receiver.url, "my-topic", "t0k"), MESSAGE)
    first, headers, body = receiver.heard[0]
    assert first == "POST / HTTP/1.1"
    assert headers["authorization"] == "Bearer t0k"
    assert json.loads(body) == {
        "topic": "my-topic",
        "title": "[critical] nås is offline",
        "message": "No route.\nSince noon.",
        "priority": 5,
        "tags": ["rotating_light"],
        "click": "https://unity.test/alerts",
    }


def tls(folder: Path) -> ssl.SSLContext:
    certificate, key = self_signed.ensure(folder, ["127.0.0.1"], datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def mailbox(port: int, **more: object) -> EmailAddress:
    plain = EmailAddress("127.0.0.1", port, MailSecurity.NONE, "unity@home.test", ("me@home.test",))
    return replace(plain, **more)  # type: ignore[arg-type] # the dataclass checks the names


async def test_a_mail_carries_its_key_as_message_id_in_two_forms(notifier: Notifiers) -> None:
    async with mail_receiver() as receiver:
        for _ in range(2):
            receipt = await notifier.send(mailbox(receiver.port), MESSAGE)
    assert receipt.detail == "127.0.0.1 answered 250 2.0.0 Ok: queued as 4711"
    first, second = (
        email.message_from_bytes(one, policy=email.policy.default) for one in receiver.mails
    )
    assert first["Message-ID"] == second["Message-ID"] == f"<{MESSAGE.key}@home.test>"
    assert first["Subject"] == "[critical] nås is offline"
    assert first["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in first.iter_parts()]
    assert kinds == ["text/plain", "text/html"]


async def test_a_burst_does_not_fail_by_waiting_for_its_turn() -> None:
    """What arrives though it counted as failed would arrive again."""

    def work() -> bool:
        time.sleep(0.5)  # noqa: TID251 - a library that blocks, in its thread
        return True

    quick = Notifiers(allowed=[LOOPBACK], seconds=1.4)
    async with asyncio.TaskGroup() as group:
        # Three times as many as there are threads: together they take longer than one of them may.
        tasks = [group.create_task(quick._in_thread("It", work, seconds=1.4)) for _ in range(24)]
    assert all(task.result() for task in tasks)


async def test_a_mail_server_that_answers_each_line_slowly_gets_no_more_time() -> None:
    is_over = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 slow\r\n")
        while await reader.readline():
            await asyncio.sleep(0.3)
            writer.write(b"250 Ok\r\n")
        writer.close()
        await writer.wait_closed()
        is_over.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        address = mailbox(server.sockets[0].getsockname()[1])
        began = time.monotonic()
        with pytest.raises(NotDelivered, match="did not take the mail"):
            await Notifiers(allowed=[LOOPBACK], seconds=0.7).send(address, MESSAGE)
        assert time.monotonic() - began < 3, "and not as long as all the lines together"
        await is_over.wait()


async def test_a_mail_goes_over_starttls_with_a_login(notifier: Notifiers, tmp_path: Path) -> None:
    async with mail_receiver(tls=tls(tmp_path)) as receiver:
        safe = mailbox(
            receiver.port,
            security=MailSecurity.STARTTLS,
            username="me",
            password="right",
            verifies_tls=False,
        )
        await notifier.send(safe, MESSAGE)
        assert len(receiver.mails) == 1
        with pytest.raises(NotDelivered, match="certificate"):
            await notifier.send(replace(safe, verifies_tls=True), MESSAGE)
        with pytest.raises(NotDelivered, match="535") as caught:
            await notifier.send(replace(safe, password=CANARY), MESSAGE)
        assert CANARY not in caught.value.detail


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
async def test_a_mail_server_gets_name_and_password_in_utf_8(
    notifier: Notifiers, tmp_path: Path, way: str
) -> None:
    async with mail_receiver(tls=tls(tmp_path), way=way) as receiver:
        receiver.password = "Straße".encode()
        safe = mailbox(
            receiver.port,
            security=MailSecurity.STARTTLS,
            username="jürgen",
            password="Straße",
            verifies_tls=False,
        )
        await notifier.send(safe, MESSAGE)
        assert len(receiver.mails) == 1
        with pytest.raises(NotDelivered, match="535"):
            await notifier.send(replace(safe, password="Strasse"), MESSAGE)


async def test_an_address_that_no_mail_server_takes_is_told(notifier: Notifiers) -> None:
    async with mail_receiver() as receiver:
        odd = mailbox(receiver.port, recipients=("jürgen@home.test",))
        with pytest.raises(NotDelivered, match="letters outside of ASCII") as caught:
            await notifier.send(odd, MESSAGE)
    assert caught.value.is_final


async def test_starttls_is_insisted_on(notifier: Notifiers) -> None:
    async with mail_receiver() as receiver:
        with pytest.raises(NotDelivered, match="STARTTLS"):
            await notifier.send(mailbox(receiver.port, security=MailSecurity.STARTTLS), MESSAGE)
    assert receiver.mails == []


async def test_what_a_mail_server_says_decides(notifier: Notifiers) -> None:
    async with mail_receiver() as receiver:
        receiver.verdict = lambda: "451 4.3.0 later"
        with pytest.raises(NotDelivered, match=r"451 4\.3\.0 later") as caught:
            await notifier.send(mailbox(receiver.port), MESSAGE)
        assert not caught.value.is_final
        receiver.verdict = lambda: "250 ok"
        both = mailbox(receiver.port, recipients=("nobody@home.test", "me@home.test"))
        receipt = await notifier.send(both, MESSAGE)
        assert "1 of 2 recipients refused: 550 5.1.1 No such person" in receipt.detail
        with pytest.raises(NotDelivered, match="550") as caught:
            await notifier.send(replace(both, recipients=("nobody@home.test",)), MESSAGE)
        assert caught.value.is_final


async def test_apprise_pushes_and_tells_only_the_status(
    notifier: Notifiers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with web_receiver() as receiver:
        host = receiver.url.removeprefix("http://").partition(":")
        values = {"schema": "json", "host": host[0], "port": host[2], "user": "me"}
        address = AppriseAddress("jsons", {**values, "password": CANARY})
        assert (await notifier.send(address, MESSAGE)).detail == "JSON took it."
        assert json.loads(receiver.heard[0][2])["title"] == MESSAGE.title
        receiver.always = 403
        with pytest.raises(NotDelivered, match=r"JSON did not take it \(status 403\)") as caught:
            await notifier.send(address, MESSAGE)
    assert caught.value.is_final
    assert CANARY not in caplog.text
    assert CANARY not in repr(address)


async def test_the_services_of_apprise_come_with_forms(notifier: Notifiers) -> None:
    services = {one.id: one for one in await notifier.services()}
    assert len(services) > 150
    assert "syslog" not in services
    fields = {one.name: one for one in services["discord"].fields}
    assert fields["webhook_token"].is_secret
    assert fields["webhook_token"].is_required
    assert not fields["botname"].is_required
    assert fields["footer"].is_advanced


@pytest.mark.parametrize(
    ("address", "field"),
    [
        (AppriseAddress("apprise", url="nonsense://host/x"), "url"),
        (AppriseAddress("apprise", url="just some text"), "url"),
        (AppriseAddress("apprise", url="tgram://not-a-token/1"), "url"),
        (AppriseAddress("discord", {"webhook_id": "1"}), "webhook_token"),
        (AppriseAddress("discord", {"colour": "1"}), "colour"),
        (AppriseAddress("gone", {}), ""),
    ],
)
async def test_what_is_no_address_is_said_at_its_field(
    address: AppriseAddress, field: str, notifier: Notifiers
) -> None:
    with pytest.raises(AddressNotValid) as caught:
        await notifier.check(address)
    assert caught.value.field == field


async def test_a_filled_form_is_an_address(notifier: Notifiers) -> None:
    await notifier.check(AppriseAddress("discord", {"webhook_id": "4", "webhook_token": "a/b c"}))
    await notifier.check(
        AppriseAddress("tgram", {"bot_token": "123456789:abcdefg_hijklmnop", "targets": "1, 2"})
    )


REFUSED = ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "100.100.100.200", "[::]")


@pytest.mark.parametrize("host", REFUSED)
async def test_this_machine_link_local_and_metadata_addresses_are_refused(host: str) -> None:
    strict = Notifiers(seconds=15)
    bare = host.strip("[]")
    addresses: list[Address] = [
        WebhookAddress(f"http://{host}/"),
        NtfyAddress(f"http://{host}", "topic"),
        EmailAddress(bare, 25, MailSecurity.NONE, "a@b.test", ("c@d.test",)),
        AppriseAddress("apprise", url=f"json://{host}/"),
    ]
    for address in addresses:
        with pytest.raises(AddressRefused):
            await strict.send(address, MESSAGE)
    with pytest.raises(AddressRefused):
        await strict.ping(f"http://{host}/")


async def test_metadata_addresses_stay_refused_where_loopback_is_allowed(
    notifier: Notifiers,
) -> None:
    with pytest.raises(AddressRefused):
        await notifier.send(WebhookAddress("http://169.254.169.254/"), MESSAGE)


async def test_a_redirect_does_not_lead_apprise_to_a_refused_address(notifier: Notifiers) -> None:
    async with web_receiver() as receiver:
        receiver.always = 307
        receiver.headers = {"Location": "http://169.254.169.254/latest/meta-data/"}
        url = receiver.url.replace("http://", "json://") + "/?redirect=yes"
        with pytest.raises(AddressRefused, match=r"169\.254"):
            await notifier.send(AppriseAddress("apprise", url=url), MESSAGE)
