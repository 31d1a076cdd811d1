"""The plugins that come along: all of them load as anybody's do, and are gold at least."""

import asyncio
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select
from unity_plugin.quality import Tier
from unity_plugin.testing import loaded

from app.adapters.plugin_workers.finding import find_plugins
from app.models.core.plugin import Plugin
from app.ports.live_bus import LiveEvent
from app.services.core.plugins.described import described
from app.services.core.plugins.parts import catalog_of
from app.services.core.plugins.running import TOPIC
from tests.fixtures.cast import Cast

NOSY = """
import sys
from unity_plugin import Config, Manifest, Plugin

own = [name for name in sys.modules if name.split(".")[0] in ("app", "unity_builtins")]

class Nosy(Plugin[Config]):
    manifest = Manifest(
        name="nosy", version="1.0.0", title="Nosy", summary=f"Sees {own} of Unity's own."
    )
"""
GOLD = (Tier.GOLD, Tier.PLATINUM)


async def test_every_built_in_plugin_keeps_what_it_claims(tmp_path: Path) -> None:
    found = [one for one in find_plugins(tmp_path) if one.source == "built_in"]
    assert len(found) >= 8

    async def judged(name: str, origin: str) -> None:
        async with loaded(origin) as plugin:
            said = await plugin.describe()
        untrue = [rule.rule for rule in said.quality.rules if rule.status == "untrue"]
        assert (said.manifest.name, untrue) == (name, [])
        assert said.quality.tier in GOLD, name

    async with asyncio.TaskGroup() as group:
        for one in found:
            group.create_task(judged(one.name, one.origin))


async def test_one_from_the_folder_shares_no_process_with_those_that_come_along(
    cast: Cast,
) -> None:
    folder = cast.platform.settings.data / "plugins"
    folder.mkdir()
    await asyncio.to_thread((folder / "nosy.py").write_text, NOSY, encoding="utf-8")
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(cast.platform.plugins.serve())
        await asyncio.sleep(0)
        async with cast.platform.live.subscribe({TOPIC}) as pages:
            counted = await catalog_of(cast.platform).scan()
            # Whoever looks at the gallery sees them without loading the page again.
            assert await asyncio.wait_for(anext(pages), 5) == LiveEvent(TOPIC, {})
        again = await catalog_of(cast.platform).scan()
        serving.cancel()
    assert (counted["broken"], counted["asked"]) == ([], counted["found"])
    assert again["asked"] == 0  # what they said is kept until their code is another
    async with cast.platform.database.snapshot() as session:
        row = await session.scalar(select(Plugin).where(Plugin.name == "nosy"))
    assert row is not None
    assert described(row).manifest.summary == "Sees [] of Unity's own."


def test_unity_starts_without_any_plugin() -> None:
    code = (
        "import app.main, app.bootstrap, sys;"
        "sys.exit(any(name.startswith(('unity_plugin', 'unity_builtins')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
