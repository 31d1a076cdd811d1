"""Raises what nobody foresaw."""

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Crashes(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="crashes", version="1.0.0", title="Crashes", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        numbers: dict[str, int] = {}
        return Report(summary=str(numbers[run.instance]))
