"""`unity migrate`: bring the database to this version, on the database directly."""

import asyncio

from app import bootstrap
from app.cli.output import Json, show
from app.kernel import config, folders, migrations


def migrate(json: Json = False) -> None:
    """Run the missing migrations; Unity does the same at each start."""
    settings = config.load()
    folders.prepare(settings.data)
    url = bootstrap.database_url(settings)
    before = migrations.current_revision(url)
    asyncio.run(_migrate(settings))
    after = migrations.current_revision(url)
    words = f"Already at {after}." if before == after else f"Went from {before} to {after}."
    show({"before": before, "after": after}, words, as_json=json)


async def _migrate(settings: config.Settings) -> None:
    """Open it as the server does: the root key is checked before anything is changed."""
    database, _vault = await bootstrap.open_database(settings)
    await database.dispose()
