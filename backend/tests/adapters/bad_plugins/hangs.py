"""Waits for ever, and lets nobody cancel it."""

import asyncio

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Hangs(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="hangs", version="1.0.0", title="Hangs", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                run.log.info("not now")
