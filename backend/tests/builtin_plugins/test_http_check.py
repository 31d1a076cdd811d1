"""The HTTP check against a web server of the test."""

from collections.abc import Mapping
from pathlib import Path

from unity_plugin import Report
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.certificates import authority, leaf, served
from tests.builtin_plugins.web_peer import Asked, Form, Said, said_json, web_peer
from tests.parts.ports import free_port

SOURCE = "unity_builtins.http_check:HttpCheck"


def values(report: Report) -> Mapping[str, float]:
    return {
        one.metric + "".join(f".{label}" for label in one.labels.values()): one.value
        for one in report.samples
    }


async def test_it_measures_each_step_and_the_certificate(tmp_path: Path) -> None:
    home = authority()
    tls = served(tmp_path, leaf(home, "127.0.0.1", days=40))
    async with web_peer(lambda _: Said(body=b"all is well"), tls) as peer:
        outcome = await contract(SOURCE, {"url": peer.url, "authority": home.pem})
    found = values(outcome.report)
    assert found["probe_success"] == 1
    assert found["probe_http_status_code"] == 200
    assert 39 < found["probe_ssl_days_left"] <= 40
    steps = [found[f"probe_http_duration_seconds.{one}"] for one in ("connect", "tls", "wait")]
    assert all(one > 0 for one in steps)
    assert (
        abs(
            found["probe_duration_seconds"]
            - sum(value for name, value in found.items() if name.startswith("probe_http_duration"))
        )
        < 1e-6
    )
    assert not outcome.report.conditions
    assert outcome.words.startswith("Status 200 in")


async def test_it_says_what_it_misses_in_an_answer() -> None:
    form: Form = {
        "statuses": "200-299, 401",
        "contains": "all is well",
        "contains_not": "maintenance",
        "json_pointer": "/checks/0/state",
        "json_value": "true",
    }
    document = {"checks": [{"state": False}], "note": "maintenance"}
    async with (
        web_peer(lambda _: said_json(document, 503)) as peer,
        loaded(SOURCE, {"url": peer.url, **form}) as plugin,
    ):
        report = await plugin.collect()
        failed = await plugin.failure_of(Call.CHECK)
    (condition,) = report.conditions
    assert condition.alert == "down"
    assert condition.message == (
        "It answered, but status 503 instead of 200-299, 401; “all is well” is missing;"
        " “maintenance” is in the answer; /checks/0/state is false instead of true."
    )
    assert values(report)["probe_success"] == 0
    assert failed.kind == "not_reachable"
    assert failed.detail == condition.message


async def test_a_value_in_json_is_found() -> None:
    form: Form = {"json_pointer": "/a~1b/1/ok", "json_value": "true"}
    async with web_peer(lambda _: said_json({"a/b": [0, {"ok": True}]})) as peer:
        outcome = await contract(SOURCE, {"url": peer.url, **form})
    assert not outcome.report.conditions


async def test_a_login_does_not_follow_a_redirect_to_another_place() -> None:
    async with web_peer(lambda _: Said(body=b"there")) as there:

        def away(asked: Asked) -> Said:
            target = "/second" if asked.path == "/" else f"{there.url}/end"
            return Said(302, headers={"Location": target})

        async with web_peer(away) as here:
            form: Form = {"url": f"{here.url}/", "token": "a-token-of-the-test"}
            outcome = await contract(SOURCE, form, runs=1)
    assert values(outcome.report)["probe_http_redirects"] == 2
    assert all(one.headers["authorization"].endswith("test") for one in here.heard)
    assert all("authorization" not in one.headers for one in there.heard)


async def test_redirects_in_a_circle_end() -> None:
    circle = Said(307, headers={"Location": "/"})
    async with web_peer(lambda _: circle) as peer, loaded(SOURCE, {"url": peer.url}) as plugin:
        report = await plugin.collect()
    assert "redirects more than 5 times" in report.conditions[0].message


async def test_a_redirect_can_be_the_answer() -> None:
    answer = Said(301, headers={"Location": "/elsewhere"})
    async with web_peer(lambda _: answer) as peer:
        form: Form = {"url": peer.url, "redirects": 0, "statuses": "301"}
        outcome = await contract(SOURCE, form, runs=1)
    assert not outcome.report.conditions


async def test_an_untrusted_certificate_is_told_as_such(tmp_path: Path) -> None:
    tls = served(tmp_path, leaf(None, "127.0.0.1"))
    async with web_peer(lambda _: Said(), tls) as peer, loaded(SOURCE, {"url": peer.url}) as plugin:
        failed = await plugin.failure_of(Call.CHECK)
        report = await plugin.collect()
    assert "shows a certificate that is not trusted: self-signed certificate" in failed.detail
    assert "fingerprint" in failed.fix
    assert report.conditions[0].message.endswith("(at the step tls)")
    assert set(report.unjudged) == {"slow", "certificate"}


async def test_a_pinned_certificate_counts_even_when_it_has_ended(tmp_path: Path) -> None:
    shown = leaf(None, "another.name", days=-5)
    async with web_peer(lambda _: Said(), served(tmp_path, shown)) as peer:
        form: Form = {"url": peer.url, "fingerprint": shown.fingerprint}
        outcome = await contract(SOURCE, form, runs=1)
        other: Form = {"url": peer.url, "fingerprint": "ab" * 32, "token": "never-to-be-sent"}
        before = len(peer.heard)
        async with loaded(SOURCE, other) as plugin:
            failed = await plugin.failure_of(Call.CHECK)
    assert [one.alert for one in outcome.report.conditions] == ["certificate"]
    assert failed.kind == "login_refused"
    assert "shows another certificate" in failed.detail
    assert len(peer.heard) == before


async def test_a_slow_answer_and_none_in_time_are_told_apart() -> None:
    async with web_peer(lambda _: Said(pause=0.3)) as peer:
        async with loaded(SOURCE, {"url": peer.url, "slow_seconds": 0.1}) as plugin:
            slow = await plugin.collect()
        async with loaded(SOURCE, {"url": peer.url, "seconds": 0.1}) as plugin:
            late = await plugin.collect()
    assert [one.alert for one in slow.conditions] == ["slow"]
    assert [one.alert for one in late.conditions] == ["down"]
    assert "did not answer" in late.conditions[0].message


async def test_nobody_and_something_else_are_findings_and_no_faults() -> None:
    async with loaded(SOURCE, {"url": f"http://127.0.0.1:{free_port()}"}) as plugin:
        nobody = await plugin.collect()
    async with (
        web_peer(lambda _: Said(raw=b"SSH-2.0-OpenSSH_9.2\r\n")) as peer,
        loaded(SOURCE, {"url": peer.url}) as plugin,
    ):
        other = await plugin.collect()
    assert "refused the connection" in nobody.conditions[0].message
    assert "not HTTP" in other.conditions[0].message
    assert nobody.conditions[0].fix


async def test_the_form_says_which_field_is_wrong() -> None:
    form: Form = {"url": "http://127.0.0.1", "statuses": "fine", "headers": ["no colon"]}
    async with loaded(SOURCE, form) as plugin:
        failed = await plugin.failure_of(Call.VALIDATE)
    assert failed.kind == "misconfigured"
    assert {one.field for one in failed.faults} == {"statuses", "headers"}


async def test_a_metadata_address_is_never_asked() -> None:
    async with loaded(SOURCE, {"url": "http://169.254.169.254/latest/"}) as plugin:
        failed = await plugin.failure_of(Call.CHECK)
    assert "never asks there" in failed.detail
