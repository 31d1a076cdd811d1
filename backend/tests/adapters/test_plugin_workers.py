"""Workers of plugins, with real bad plugins: each fails alone, in words, and the rest goes on."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.adapters.plugin_workers import PluginWorkers
from app.adapters.plugin_workers.finding import find_plugins
from app.kernel.errors import JsonValue
from app.ports.plugin_host import CallFailed, PluginCall, PluginMessage, PluginServer

FOLDER = Path(__file__).with_name("bad_plugins")
VALUES: dict[str, JsonValue] = {"host": "nas", "password": "hunter22", "level": 5}
WELL = PluginCall(str(FOLDER / "well.py"), VALUES, frozenset({"password"}), "Nas", seconds=10)


@pytest.fixture
async def workers() -> AsyncIterator[PluginWorkers]:
    """Return a host that serves."""
    host = PluginWorkers(FOLDER, idle_seconds=600)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(host.serve())
        await asyncio.sleep(0)
        yield host
        serving.cancel()


def call_of(name: str, seconds: float = 10, memory_mib: int = 512) -> PluginCall:
    return PluginCall(
        str(FOLDER / f"{name}.py"), {}, instance="Bad", seconds=seconds, memory_mib=memory_mib
    )


async def failure_of(workers: PluginWorkers, call: PluginCall) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        await workers.collect(call)
    return caught.value


async def test_a_plugin_describes_itself_without_being_run(workers: PluginWorkers) -> None:
    said = await workers.describe(WELL.origin)
    assert said.manifest.name == "well"
    assert [(field.name, field.is_secret, field.unit) for field in said.form] == [
        ("host", False, ""),
        ("password", True, ""),
        ("level", False, "percent"),
    ]
    assert (said.collects, said.sends) == (True, True)


async def test_those_that_come_with_unity_are_described_by_one_process(
    workers: PluginWorkers, tmp_path: Path
) -> None:
    one, other, ends = (tmp_path / f"{name}.py" for name in ("one", "other", "ends"))
    for file in (one, other):
        file.write_text(
            f"""
import os
from unity_plugin import Config, Manifest, Plugin

class Speaks(Plugin[Config]):
    manifest = Manifest(
        name="{file.stem}", version="1.0.0", title="Speaks", summary=f"Process {{os.getpid()}}."
    )
""",
            encoding="utf-8",
        )
    ends.write_text("import os\nos._exit(3)\n", encoding="utf-8")
    said = await workers.describe_own([str(one), str(other)])
    first, second = (each for each in said.values() if not isinstance(each, CallFailed))
    assert first.manifest.summary == second.manifest.summary
    alone = [(await workers.describe(str(file))).manifest.summary for file in (one, other)]
    assert len({*alone, first.manifest.summary}) == 3

    # One that takes the process with it spoils neither the one before it nor the one behind it.
    said = await workers.describe_own([str(one), str(ends), str(other)])
    failed = said[str(ends)]
    assert isinstance(failed, CallFailed)
    assert str(failed) == "Its process ended by itself with status 3."
    assert not any(isinstance(said[str(file)], CallFailed) for file in (one, other))


async def test_a_run_brings_samples_facts_conditions_pages_and_state(
    workers: PluginWorkers,
) -> None:
    call = replace(WELL, state={"count": 4}, server=PluginServer("1", "nas.home", "192.0.2.7"))
    brought = await workers.collect(call)
    (sample,) = brought.report.samples
    assert (sample.metric, sample.value, sample.unit) == ("well_runs", 5.0, "runs")
    assert brought.report.facts[0].value == "nas.home"
    assert [each.alert for each in brought.report.conditions] == ["low"]
    assert brought.report.state == {"count": 5}
    assert [line.text for line in brought.log] == ["asking nas with ***"]


async def test_a_plugin_delivers_a_message(workers: PluginWorkers) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    message = PluginMessage("k", at, "warning", "Disk full", "It is.", is_over=False, link="")
    assert (await workers.send(WELL, message)).detail == "nas took Disk full"


async def test_wrong_configuration_is_told_for_each_field(workers: PluginWorkers) -> None:
    with pytest.raises(CallFailed) as caught:
        await workers.validate(replace(WELL, values={"level": -1, "host": "nas"}))
    assert caught.value.kind == "misconfigured"
    assert {each.field for each in caught.value.faults} == {"password", "level"}


async def test_a_failure_in_the_plugins_own_words_holds_no_secret(workers: PluginWorkers) -> None:
    failed = await failure_of(workers, replace(WELL, values={**VALUES, "host": "down"}))
    assert (failed.kind, failed.detail, failed.fix) == (
        "not_reachable",
        "down with *** is away.",
        "Switch it on.",
    )
    assert not failed.is_own_fault


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("crashes", "crashed", "KeyError: 'Bad' (crashes.py, line "),
        ("leaves", "crashed", "status 7"),
        ("eats", "too_much_memory", "too much memory"),
        ("wrong", "garbage", "collect returned dict instead of a Report"),
        ("floods", "garbage", "MiB"),
        ("babbles", "garbage", "something else than answers"),
        ("raises", "broken", "the library that I need is missing"),
        ("empty", "broken", "no subclasses of Plugin"),
        ("newer", "broken", "version 2 of the interface"),
        ("missing", "broken", "no file"),
    ],
)
async def test_a_bad_plugin_fails_in_words(
    workers: PluginWorkers, name: str, kind: str, words: str
) -> None:
    failed = await failure_of(workers, call_of(name, memory_mib=128))
    assert (failed.kind, failed.is_own_fault) == (kind, True)
    assert words in failed.detail


@pytest.mark.parametrize("name", ["hangs", "blocks"])
async def test_a_plugin_that_hangs_is_ended_in_time(workers: PluginWorkers, name: str) -> None:
    began = time.monotonic()
    failed = await failure_of(workers, call_of(name, seconds=0.5))
    assert failed.kind == "timed_out"
    assert time.monotonic() - began < 15


async def test_others_go_on_beside_bad_ones(workers: PluginWorkers) -> None:
    bad = [call_of("blocks", 3), call_of("eats", memory_mib=128), call_of("leaves")]
    async with asyncio.TaskGroup() as group:
        failing = [group.create_task(failure_of(workers, one)) for one in bad]
        for _ in range(3):
            assert (await workers.collect(WELL)).report.summary == "1 runs"
    assert [task.result().kind for task in failing] == ["timed_out", "too_much_memory", "crashed"]


async def test_what_ran_beside_a_crash_is_run_again(workers: PluginWorkers, tmp_path: Path) -> None:
    """One plugin, several instances: only the one that ends the process fails."""
    source = """
import asyncio, os
from unity_plugin import Config, Manifest, Plugin, Report

class Mixed(Plugin[Config]):
    manifest = Manifest(name="mixed", version="1.0.0", title="Mixed", summary="Is mixed.")

    async def collect(self, run):
        await asyncio.sleep(0.3)
        if run.instance == "bad":
            os._exit(3)
        await asyncio.sleep(0.3)
        return Report(summary=run.instance)
"""
    file = tmp_path / "mixed.py"
    file.write_text(source, encoding="utf-8")
    calls = [
        PluginCall(str(file), {}, instance=name, seconds=10) for name in ("good", "bad", "fine")
    ]
    came = await asyncio.gather(*(workers.collect(one) for one in calls), return_exceptions=True)
    assert [type(one).__name__ for one in came] == ["Collected", "CallFailed", "Collected"]


async def test_a_worker_knows_nothing_of_the_environment_of_unity(
    workers: PluginWorkers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNITY_DATABASE__URL", "postgresql://unity:geheim@db/unity")
    source = """
import os, sys
from unity_plugin import Config, Manifest, Plugin, Report

class Nosy(Plugin[Config]):
    manifest = Manifest(name="nosy", version="1.0.0", title="Nosy", summary="Looks around.")

    async def collect(self, run):
        loaded = sorted(name for name in sys.modules if name == "app" or name.startswith("app."))
        return Report(summary=f"{os.getpid()} {loaded} {os.environ.get('UNITY_DATABASE__URL')}")
"""
    file = tmp_path / "nosy.py"
    file.write_text(source, encoding="utf-8")
    summary = (await workers.collect(PluginCall(str(file), {}, seconds=10))).report.summary
    process, _, rest = summary.partition(" ")
    assert rest == "[] None"
    assert int(process) != os.getpid()


async def test_workers_end_with_their_host() -> None:
    host = PluginWorkers(FOLDER)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(host.serve())
        await asyncio.sleep(0)
        await host.collect(WELL)
        (worker,) = [seat.worker for seat in host._seats.values()]
        assert worker is not None
        serving.cancel()
    assert not worker.is_usable
    with pytest.raises(CallFailed):
        await host.collect(WELL)


def test_files_are_found_and_strange_ones_are_named(tmp_path: Path) -> None:
    for name in ("good_one.py", "Odd-Name.py", "_helper.py", "http_check.py", "open_to_all.py"):
        (tmp_path / name).write_text("", encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "open_to_all.py").chmod(0o666)
    found = {one.name: one for one in find_plugins(tmp_path)}
    assert found["good_one"].problem == ""
    assert "small letters" in found["Odd-Name"].problem
    assert "chmod go-w" in found["open_to_all"].problem
    assert found["http_check"].source == "built_in"
    assert "another plugin" in found["http_check@file"].problem
    assert "_helper" not in found


def test_a_package_brings_a_plugin_by_its_entry_point_and_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "attic.py").write_text("raise RuntimeError('imported')\n", encoding="utf-8")
    about = tmp_path / "attic_lamp-2.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: attic-lamp\nVersion: 2.1\n", encoding="utf-8")
    points = "[unity.plugins.v1]\nattic = attic:Attic\nhttp_check = attic:Attic\n"
    (about / "entry_points.txt").write_text(points, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {one.name: one for one in find_plugins(tmp_path / "none")}
    attic = found["attic"]
    assert (attic.source, attic.origin, attic.distribution) == (
        *("package", "attic:Attic", "attic-lamp 2.1"),
    )
    # Nobody takes the place of one that comes along.
    assert found["http_check"].source == "built_in"
    assert "another plugin" in found["http_check@package"].problem

    (tmp_path / "attic.py").write_text(
        "raise RuntimeError('of another length')\n", encoding="utf-8"
    )
    again = {one.name: one for one in find_plugins(tmp_path / "none")}
    assert again["attic"].fingerprint != attic.fingerprint
