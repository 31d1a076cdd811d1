"""How a person calls the engine that runs a database's container."""

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.text import in_command
from app.models.infrastructure.collection import FactState
from app.models.infrastructure.database_instance import DatabaseInstance
from app.services.core.facts import Rate
from app.services.infrastructure.facts.databases.fact import DatabasesFact
from app.services.infrastructure.facts.databases.found import FoundDatabases

DOCKER = "sudo docker"  # also where the engine is not known: the most usual one


async def engine_of(session: AsyncSession, row: DatabaseInstance) -> str:
    """Return the words before `exec`, `logs` and the like; empty outside of a container."""
    if not row.container:
        return ""
    text = await session.scalar(
        select(FactState.readings).where(
            FactState.server_id == row.server_id, FactState.rate == Rate.STANDARD.value
        )
    )
    value = json.loads(text).get(DatabasesFact.name) if text else None
    shown = FoundDatabases.model_validate(value).databases if value else []
    found = next((one for one in shown if one.container == row.container), None)
    return DOCKER if found is None else called(found.engine, found.owner_id)


async def inside_of(session: AsyncSession, row: DatabaseInstance) -> str:
    """Return what stands before a command that is to run in the container; empty outside."""
    engine = await engine_of(session, row)
    return f"{engine} exec -it {in_command(row.container)}" if engine else ""


def called(engine: str, owner_id: int | None) -> str:
    """Return how an engine is called; that of a user knows nothing of root's containers."""
    if owner_id is None:
        return f"sudo {engine}" if engine else DOCKER
    runtime = f"/run/user/{owner_id}"
    # Podman wants a folder that its user may enter, and both their user's own runtime folder.
    settings = f"env -C / XDG_RUNTIME_DIR={runtime}"
    if engine != "podman":
        settings += f" DOCKER_HOST=unix://{runtime}/docker.sock"
    return f'sudo -u "$(id -nu {owner_id})" {settings} {engine or "docker"}'
