"""Scrapes of a real exporter, and the text format in all its corners."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unity_plugin import Kind
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.peers import running_exporter
from tests.builtin_plugins.web_peer import Asked, Form, Said, web_peer
from tests.parts.ports import free_port
from unity_builtins.prometheus.exposition import NotExposition, Wanted, sift

SOURCE = "unity_builtins.prometheus:Prometheus"
ALL = Wanted(include=["*"])


@pytest.mark.needs("node-exporter")
async def test_it_keeps_what_is_named_of_a_real_exporter(tmp_path: Path) -> None:
    async with running_exporter(tmp_path) as port:
        form: Form = {
            "url": f"http://127.0.0.1:{port}/metrics",
            "include": ["node_load*", "node_cpu_seconds_total", "node_memory_MemTotal_bytes"],
            "exclude": ["node_load15"],
        }
        outcome = await contract(SOURCE, form)
        async with loaded(SOURCE, {**form, "include": ["*"], "most": 20}) as plugin:
            cut = await plugin.collect()
            plugin.values = {**form, "include": ["nothing_*"]}
            none = await plugin.failure_of(Call.CHECK)
    found = {one.metric: one for one in outcome.report.samples}
    assert found.keys() - {"scrape_duration_seconds", "scrape_samples_scraped"} == {
        "scrape_samples_post_metric_relabeling",
        "node_load1",
        "node_load5",
        "node_cpu_seconds_total",
        "node_memory_MemTotal_bytes",
    }
    assert found["node_cpu_seconds_total"].kind is Kind.COUNTER
    assert found["node_cpu_seconds_total"].unit == "s"
    assert found["node_memory_MemTotal_bytes"].unit == "bytes"
    assert found["node_memory_MemTotal_bytes"].value > 1 << 20
    assert [one.alert for one in cut.conditions] == ["too_many"]
    assert len(cut.samples) <= 23
    assert "none is one to keep" in none.detail


async def test_a_login_is_sent_and_each_way_to_fail_has_its_words() -> None:
    def guarded(asked: Asked) -> Said:
        is_in = asked.headers.get("authorization") == "Basic bWU6c2VjcmV0LXdvcmQ="
        return Said(body=b"up 1\n") if is_in else Said(401)

    async with (
        web_peer(guarded) as guarded_peer,
        web_peer(lambda _: Said(body=b"<html>hello</html>")) as page,
        web_peer(lambda _: Said(body=b"# nothing here\n")) as empty,
        web_peer(lambda _: Said(404)) as lost,
        loaded(SOURCE) as plugin,
    ):
        plugin.values = {
            "url": guarded_peer.url,
            "include": ["*"],
            "user": "me",
            "password": "secret-word",
        }
        assert await plugin.check() == "1 of 1 values are kept"
        cases = {
            guarded_peer.url: ("login_refused", "refused the login"),
            page.url: ("unsupported", "Line 1 of the answer"),
            empty.url: ("unsupported", "shows no metrics"),
            lost.url: ("unsupported", "status 404"),
            f"http://127.0.0.1:{free_port()}": ("not_reachable", "refused the connection"),
        }
        for url, (kind, words) in cases.items():
            plugin.values = {"url": url, "include": ["*"]}
            failed = await plugin.failure_of(Call.CHECK)
            assert failed.kind == kind, failed
            assert words in failed.detail
            assert failed.fix


def test_the_text_format_is_read_in_all_its_corners() -> None:
    text = """\
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400",} 3 1395066363000
escaped{path="C:\\\\DIR\\\\FILE.TXT",error="no \\"x\\"\\n"} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
not_a_number NaN
brace{text="a}b,c=\\"d\\""} 1
# TYPE duration_seconds histogram
duration_seconds_bucket{le="0.05"} 24054
duration_seconds_bucket{le="+Inf"} 144320
duration_seconds_sum 53423
duration_seconds_count 144320
twice 1
twice 2
"""
    found = sift(text, ALL)
    values = {(one.name, *one.labels.values()): one for one in found.lines}
    assert values["http_requests_total", "post", "200"].value == 1027
    assert values["http_requests_total", "post", "400"].kind is Kind.COUNTER
    assert values["escaped", "C:\\DIR\\FILE.TXT", 'no "x"\n'].value == 1.458255915e9
    assert values["brace", 'a}b,c="d"'].value == 1
    assert values["duration_seconds_sum",].kind is Kind.COUNTER
    assert values["twice",].value == 1
    assert (found.seen, found.no_number, found.not_wanted, found.repeated) == (13, 2, 2, 1)


def test_labels_are_left_out_and_limited() -> None:
    text = 'a{keep="1",drop="2"} 1\na{keep="1",drop="3"} 2\nb{long="' + "x" * 300 + '"} 1\n'
    wanted = Wanted(include=["*"], without_labels=frozenset({"drop"}))
    found = sift(text, wanted)
    assert [(one.name, dict(one.labels)) for one in found.lines] == [("a", {"keep": "1"})]
    assert (found.repeated, found.odd_labels) == (1, 1)


@given(st.text(max_size=200))
def test_noise_is_refused_or_read_and_nothing_else(noise: str) -> None:
    for text in (noise, f'a{{x="{noise}"}} 1', f"a {noise}"):
        try:
            sift(text, ALL)
        except NotExposition:
            continue
