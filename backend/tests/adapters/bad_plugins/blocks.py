"""Blocks its whole process."""

import threading

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Blocks(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="blocks", version="1.0.0", title="Blocks", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        threading.Event().wait()
        return Report(summary=run.instance)
