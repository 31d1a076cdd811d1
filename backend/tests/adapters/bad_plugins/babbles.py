"""Writes to every pipe that it finds."""

import contextlib
import os

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Babbles(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="babbles", version="1.0.0", title="Babbles", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        for number in range(1, 30):
            with contextlib.suppress(OSError):
                os.write(number, b"\\xff" * 9000)
        return Report(summary=run.instance)
