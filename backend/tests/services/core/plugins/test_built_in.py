"""The plugins that come along: all of them load as anybody's do, and are gold at least."""

import asyncio
import subprocess
import sys
from pathlib import Path

from unity_plugin.quality import Tier
from unity_plugin.testing import loaded

from app.adapters.plugin_workers.finding import find_plugins

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


def test_unity_starts_without_any_plugin() -> None:
    code = (
        "import app.main, app.bootstrap, sys;"
        "sys.exit(any(name.startswith(('unity_plugin', 'unity_builtins')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
