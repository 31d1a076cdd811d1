"""Looking for plugins, by several processes that start together."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from app.adapters.live_memory import MemoryLiveBus
from app.adapters.plugin_workers.host import PluginWorkers
from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.models.core.plugin import Plugin, PluginState
from app.services.core.alerts.types import AlertTypes
from app.services.core.plugins.catalog import PluginCatalog
from app.services.core.plugins.described import PUSH

NAMES = [f"broken{number:02}" for number in range(20)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of plugins that are entered without being asked: others may write them."""
    monkeypatch.setattr("app.adapters.plugin_workers.finding.GROUP", "unity.plugins.none")
    folder = tmp_path / "plugins"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").touch()
        (folder / f"{name}.py").chmod(0o666)
    return folder


@pytest.mark.both_engines
async def test_processes_that_start_together_all_look_and_none_stumbles(
    database: Database, clock: ManualClock, folder: Path
) -> None:
    def process() -> PluginCatalog:
        live = MemoryLiveBus()
        return PluginCatalog(database, clock, PluginWorkers(folder), AlertTypes(), live=live)

    counted = await asyncio.gather(*(process().scan() for _ in range(4)))
    assert [one["found"] for one in counted] == [len(NAMES)] * 4
    async with database.snapshot() as session:
        rows = (await session.scalars(select(Plugin).order_by(Plugin.name))).all()
    assert [row.name for row in rows if row.name != PUSH] == NAMES
    assert {row.state for row in rows if row.name != PUSH} == {PluginState.BROKEN}
