"""Takes memory until there is none."""

from unity_plugin import Config, Manifest, Plugin, Report, Run


class Eats(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="eats", version="1.0.0", title="Eats", summary="Is bad.")

    async def collect(self, run: Run[Config]) -> Report:
        """See above."""
        pieces = [run.instance]
        while pieces:
            pieces.append("x" * 16_000_000 + str(len(pieces)))
        return Report()
