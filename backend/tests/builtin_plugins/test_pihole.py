"""Pi-hole: a published answer of version 5, and version 6 as its own API description has it."""

from datetime import UTC, datetime

import pytest
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.web_peer import Asked, Form, Said, replayed, said_json, web_peer
from tests.parts.ports import free_port

SOURCE = "unity_builtins.pihole:PiHole"


async def test_version_6_is_logged_in_to_and_out_of_again() -> None:
    async with web_peer(replayed("made-pihole-6")) as peer:
        form: Form = {"url": f"{peer.url}/admin", "password": "an-app-password"}
        now = datetime.fromtimestamp(1725194639 + 3600, UTC)
        outcome = await contract(SOURCE, form, now=now)
        methods = [f"{one.method} {one.path}" for one in peer.heard]
    found = {one.metric: one.value for one in outcome.report.samples}
    assert outcome.words == "Blocks: 34.5 % of 7,497 queries (version 6)"
    assert found["pihole_blocking"] == 1
    assert found["pihole_domains_blocked"] == 104756
    assert found["pihole_lists_age_seconds"] == 3600
    assert {(one.alert, one.subject) for one in outcome.report.conditions} == {
        ("update", "Core"),
        ("messages", ""),
    }
    assert methods.count("POST /api/auth") == methods.count("DELETE /api/auth") == 3


async def test_version_5_is_asked_with_its_token() -> None:
    async with web_peer(replayed("pihole-5")) as peer:
        now = datetime.fromtimestamp(1607110479 + 20 * 86_400, UTC)
        form: Form = {"url": peer.url, "password": "the-api-token"}
        outcome = await contract(SOURCE, form, now=now)
    found = {one.metric: one.value for one in outcome.report.samples}
    assert found["pihole_queries"] == 56083
    assert found["pihole_blocked_percent"] == pytest.approx(2.143252)
    assert "pihole_messages" not in found
    assert [one.alert for one in outcome.report.conditions] == ["old_lists", *["update"] * 3]
    assert outcome.report.unjudged == ["messages"]


async def test_blocking_that_is_off_is_told() -> None:
    answer = replayed("made-pihole-6")

    def off(asked: Asked) -> Said:
        if asked.path == "/api/dns/blocking":
            return said_json({"blocking": "disabled", "timer": 12.0})
        return answer(asked)

    async with web_peer(off) as peer:
        outcome = await contract(SOURCE, {"url": peer.url, "password": "app-password"}, runs=1)
    assert "blocking_off" in [one.alert for one in outcome.report.conditions]
    assert outcome.words.startswith("Blocks nothing")


async def test_each_way_to_fail_has_its_words() -> None:
    refused = {"session": {"valid": False, "totp": False, "sid": None, "message": "password wrong"}}
    full = {"error": {"key": "api_seats_exceeded", "message": "API seats exceeded"}}

    def six(status: int, said: object) -> Said:
        return said_json(said, status)

    def wrong(_: Asked) -> Said:
        return six(401, refused)

    def busy(asked: Asked) -> Said:
        return six(429, full) if asked.method == "POST" else six(401, refused)

    async with (
        web_peer(wrong) as wrong_six,
        web_peer(busy) as busy_six,
        web_peer(replayed("pihole-5")) as five,
        web_peer(lambda _: Said(404)) as other,
        web_peer(lambda _: said_json({"hello": "world"})) as odd,
        loaded(SOURCE) as plugin,
    ):
        cases = {
            wrong_six.url: ("login_refused", "refused the password"),
            busy_six.url: ("login_refused", "no free session"),
            five.url: ("login_refused", "refused the token"),
            other.url: ("unsupported", "no Pi-hole of version 5 or 6"),
            odd.url: ("unsupported", "no summary"),
            f"http://127.0.0.1:{free_port()}": ("not_reachable", "refused the connection"),
        }
        for url, (kind, words) in cases.items():
            plugin.values = {"url": url, "password": "wrong"}
            failed = await plugin.failure_of(Call.CHECK)
            assert failed.kind == kind, failed
            assert words in failed.detail, failed
