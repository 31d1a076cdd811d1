"""Returns more than anybody wants to have."""

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Floods(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="floods", version="1.0.0", title="Floods", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        return Report(state={"all": "x" * 9_000_000, "of": run.instance})
