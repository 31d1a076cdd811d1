"""Servers: enter, edit, switch off, delete, and enter many from a file."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status

from app.routers.dependencies import PlatformDep
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.infrastructure.provided import (
    Import,
    ImportReader,
    Removal,
    RemovalReader,
    ServerReader,
    Servers,
    WrittenServers,
)
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.bulk_import import ImportPlan, ImportRequest, ImportResult
from app.schemas.infrastructure.server import (
    DeletePlan,
    ServerCreate,
    ServerEdit,
    ServerQuery,
    ServerRead,
)
from app.services.core.permissions import P

router = APIRouter(prefix="/api/infrastructure/servers", tags=["servers"])


@router.get(
    "",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List servers",
    response_model=Page[ServerRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_servers(
    request: Request, servers: ServerReader, query: Annotated[ServerQuery, Query()]
) -> Response:
    """Search servers by name or host, status, tag and group.

    Sort by `name`, `host`, `status` (the worst first), `cpu_percent`, `memory_percent`,
    `filesystem_percent` (the fullest), `last_seen_at` or `created_at`.
    """
    return answer(request, await servers.page(query))


@router.post(
    "",
    dependencies=[requires(P.SERVERS_MANAGE)],
    status_code=status.HTTP_201_CREATED,
    summary="Enter a server",
    responses=documented(401, 403, 409, 422),
)
async def create_server(
    actor: CurrentActor,
    servers: Servers,
    written: WrittenServers,
    new: ServerCreate,
    platform: PlatformDep,
    response: Response,
) -> ServerRead:
    """Enter a machine. Without `host_key` its first contact waits for approval."""
    server = await servers.create(actor, new)
    base = platform.settings.server.base_path
    response.headers["Location"] = f"{base}{router.prefix}/{server.id}"
    return await written.get(server.id)


@router.post(
    "/import/preview",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Preview servers from a file",
    responses=documented(401, 403, 422),
)
async def preview_import(imports: ImportReader, request: ImportRequest) -> ImportPlan:
    """Read an ssh config, an Ansible inventory or CSV and judge it line by line."""
    return await imports.plan(request)


@router.post(
    "/import",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Enter servers from a file",
    responses=documented(401, 403, 409, 422),
)
async def apply_import(
    actor: CurrentActor, imports: Import, request: ImportRequest
) -> ImportResult:
    """Enter the new servers of a text; lines that are not good are shown and left out."""
    return await imports.apply(actor, request)


@router.get(
    "/{server_id}",
    dependencies=[requires(P.SERVERS_READ)],
    summary="One server",
    responses=documented(401, 403, 404, 422),
)
async def get_server(server_id: uuid.UUID, servers: ServerReader) -> ServerRead:
    """Return one server with its status and the reason for it."""
    return await servers.get(server_id)


@router.patch(
    "/{server_id}",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Edit a server",
    responses=documented(401, 403, 404, 409, 422),
)
async def edit_server(
    server_id: uuid.UUID,
    actor: CurrentActor,
    servers: Servers,
    written: WrittenServers,
    edit: ServerEdit,
) -> ServerRead:
    """Change the fields that are sent; a changed login ends the kept connection."""
    await servers.edit(actor, server_id, edit)
    return await written.get(server_id)


@router.get(
    "/{server_id}/plan-delete",
    dependencies=[requires(P.SERVERS_READ)],
    summary="What a deletion would take along",
    responses=documented(401, 403, 404, 422),
)
async def plan_delete_server(server_id: uuid.UUID, removal: RemovalReader) -> DeletePlan:
    """Count what goes with the server, and name what stands in the way."""
    return await removal.plan(server_id)


@router.delete(
    "/{server_id}",
    dependencies=[requires(P.SERVERS_MANAGE, step_up=True)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Delete a server",
    responses=documented(401, 403, 404, 409, 422),
)
async def delete_server(server_id: uuid.UUID, actor: CurrentActor, removal: Removal) -> None:
    """Delete a server with all that its plan names; nothing is done on the machine."""
    await removal.delete(actor, server_id)


@router.post(
    "/{server_id}/enable",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Switch collection on",
    responses=documented(401, 403, 404, 422),
)
async def enable_server(
    server_id: uuid.UUID, actor: CurrentActor, servers: Servers, written: WrittenServers
) -> ServerRead:
    """Collect from this server again, beginning at once."""
    await servers.set_enabled(actor, server_id, is_enabled=True)
    return await written.get(server_id)


@router.post(
    "/{server_id}/disable",
    dependencies=[requires(P.SERVERS_MANAGE)],
    summary="Switch collection off",
    responses=documented(401, 403, 404, 422),
)
async def disable_server(
    server_id: uuid.UUID, actor: CurrentActor, servers: Servers, written: WrittenServers
) -> ServerRead:
    """Collect no more from this server; what was read stays."""
    await servers.set_enabled(actor, server_id, is_enabled=False)
    return await written.get(server_id)
