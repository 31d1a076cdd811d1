"""Proxmox VE against published recordings of its API, and cases made after them."""

from pathlib import Path

import pytest
from unity_plugin.testing import Call, contract, loaded

from tests.builtin_plugins.certificates import leaf, served
from tests.builtin_plugins.web_peer import Form, Said, replayed, said_json, web_peer
from tests.parts.ports import free_port

SOURCE = "unity_builtins.proxmox:Proxmox"
TOKEN = "unity@pve!monitor=0a1b2c3d-secret"


async def test_it_reads_a_cluster() -> None:
    async with web_peer(replayed("proxmox-9.0-cluster")) as peer:
        form: Form = {"url": peer.url, "token": TOKEN, "running": ["vm100", "101", "999"]}
        outcome = await contract(SOURCE, form)
    report = outcome.report
    found = {(one.metric, *one.labels.values()): one.value for one in report.samples}
    assert outcome.words == "2 of 2 nodes online, 1 of 2 guests running"
    assert found["pve_node_cpu_percent", "pve1"] == pytest.approx(5.12)
    assert found["pve_node_memory_percent", "pve2"] == 12.5
    assert found["pve_guest_memory_percent", "100", "vm100"] == 50
    assert found["pve_guest_running", "101", "ct101"] == 0
    assert found["pve_guests", "lxc", "stopped"] == 1
    assert found["pve_storage_percent", "local", "pve1"] == pytest.approx(5.0)
    assert {(one.alert, one.subject) for one in report.conditions} == {
        ("guest_stopped", "ct101"),
        ("guest_stopped", "999"),
        ("storage_gone", "ceph"),
        ("no_backup", ""),
    }
    assert report.unjudged == ["backup_failed"]
    assert [page.key for page in report.pages] == ["guests", "storages"]


async def test_it_reads_a_single_node() -> None:
    async with web_peer(replayed("proxmox-9.0-standalone")) as peer:
        outcome = await contract(SOURCE, {"url": peer.url, "token": TOKEN, "wants_backups": False})
    assert outcome.words == "1 of 1 nodes online, 1 of 1 guests running"
    assert not outcome.report.conditions
    assert [fact.key for fact in outcome.report.facts] == ["version"]


async def test_trouble_of_a_cluster_is_told_once() -> None:
    async with web_peer(replayed("made-proxmox-8-trouble")) as peer:
        outcome = await contract(SOURCE, {"url": peer.url, "token": TOKEN}, runs=1)
    conditions = {one.alert: one for one in outcome.report.conditions}
    assert conditions.keys() == {
        "node_offline",
        "no_quorum",
        "storage_full",
        "storage_gone",
        "backup_failed",
    }
    assert conditions["storage_full"].message == "local on pve1 is 95 % full."
    assert conditions["backup_failed"].message == "It ended with: job errors"
    assert conditions["backup_failed"].subject == "the node pve1"


async def test_a_self_signed_node_is_believed_by_its_fingerprint(tmp_path: Path) -> None:
    shown = leaf(None, "pve1")
    tls = served(tmp_path, shown)
    async with (
        web_peer(replayed("proxmox-9.0-standalone"), tls) as peer,
        loaded(SOURCE, {"url": peer.url, "token": TOKEN}) as plugin,
    ):
        untrusted = await plugin.failure_of(Call.CHECK)
        assert not peer.heard
        plugin.values = {**plugin.values, "fingerprint": shown.fingerprint}
        words = await plugin.check()
    assert untrusted.kind == "not_reachable"
    assert words.startswith("1 of 1 nodes")


async def test_each_way_to_fail_has_its_words() -> None:
    empty = said_json({"data": []})
    version = said_json({"data": {"version": "9.0.3"}})
    async with (
        web_peer(replayed("proxmox-9.0-standalone")) as strict,
        web_peer(lambda asked: version if asked.path.endswith("version") else empty) as blind,
        web_peer(lambda _: said_json({"data": {"version": "6.4-15"}})) as old,
        web_peer(lambda _: Said(body=b"<html>a router</html>")) as other,
        web_peer(lambda _: said_json([1, 2])) as odd,
        loaded(SOURCE) as plugin,
    ):
        cases = {
            strict.url: ("login_refused", "refused the token"),
            blind.url: ("login_refused", "may see nothing"),
            old.url: ("unsupported", "6.4-15 is older than 7"),
            other.url: ("unsupported", "did not answer with JSON"),
            odd.url: ("unsupported", "another shape"),
            f"http://127.0.0.1:{free_port()}": ("not_reachable", "refused the connection"),
        }
        for url, (kind, words) in cases.items():
            plugin.values = {"url": url, "token": "unity@pve!monitor=wrong"}
            failed = await plugin.failure_of(Call.CHECK)
            assert failed.kind == kind, failed
            assert words in failed.detail
            assert failed.fix
