"""Returns something else than it promised."""

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Wrong(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="wrong", version="1.0.0", title="Wrong", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        return {"cpu": run.instance}  # type: ignore[return-value]  # that is what is wrong with it
