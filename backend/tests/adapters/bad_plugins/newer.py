"""Is written for an interface of the future."""

from unity_plugin import Config, Manifest, Plugin


class Newer(Plugin[Config]):
    """See above."""

    manifest = Manifest(name="newer", version="1.0.0", title="Newer", summary="Is new.", api=2)
