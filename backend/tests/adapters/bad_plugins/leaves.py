"""Ends its process."""

import os

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Leaves(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="leaves", version="1.0.0", title="Leaves", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        os._exit(len(run.instance) and 7)
