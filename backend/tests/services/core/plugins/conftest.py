"""A Unity whose folder of plugins holds the one that is well, with its workers running."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.services.core.plugins.parts import catalog_of, runner_of
from app.services.core.plugins.running import PluginRunner
from tests.fixtures.cast import Body, Cast, Person

PLUGINS = Path(__file__).parents[3] / "adapters" / "bad_plugins"
INSTANCES = "/api/plugins/instances"
WELL: Body = {
    "name": "Nas",
    "plugin": "well",
    "settings": {"host": "nas", "level": 50},
    "secrets": {"password": "hunter22"},
}


@dataclass
class House:
    """The cast, an administrator, and the folder of plugins."""

    cast: Cast
    alice: Person
    folder: Path
    runner: PluginRunner

    async def install(self, *names: str) -> None:
        """Put plugins into the folder, and look what is there."""
        for name in names:
            target = self.folder / f"{name}.py"
            await asyncio.to_thread(shutil.copy, PLUGINS / f"{name}.py", target)
            await asyncio.to_thread(target.chmod, 0o600)
        await catalog_of(self.cast.platform).scan()

    async def add(self, body: Body) -> str:
        """Enter an instance; return its id."""
        answer = await self.alice.post(INSTANCES, body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def shown(self, instance_id: str) -> dict[str, object]:
        """Return an instance as the page sees it."""
        answer = await self.alice.get(f"{INSTANCES}/{instance_id}")
        found: dict[str, object] = answer.json()
        return found


@pytest.fixture
async def house(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Return it. The built-in plugins are left out: their own tests load them."""
    monkeypatch.setattr("app.adapters.plugin_workers.finding.GROUP", "unity.plugins.none")
    folder = cast.platform.settings.data / "plugins"
    folder.mkdir()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(cast.platform.plugins.serve())
        await asyncio.sleep(0)
        yield House(cast, await cast.logged_in("alice"), folder, runner_of(cast.platform))
        serving.cancel()
