"""Databases: PostgreSQL, MySQL, MariaDB, MongoDB, Redis, Valkey and MinIO on all servers."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from app.routers.dependencies import PlatformDep, ReadSession, WriteSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import CurrentActor, requires
from app.routers.infrastructure.connections import Accept
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.connection import RunAccepted
from app.schemas.infrastructure.database_instance import (
    DatabaseDetail,
    DatabaseLoginEdit,
    DatabaseQuery,
    DatabaseRead,
    DatabaseSummary,
    LoginScriptRead,
)
from app.services.core.audit import AuditLog
from app.services.core.permissions import P
from app.services.infrastructure.databases.checks import request_check
from app.services.infrastructure.databases.database_list import DatabaseList
from app.services.infrastructure.databases.logins import DatabaseService

router = APIRouter(prefix="/api/infrastructure/databases", tags=["databases"])


def _reader(session: ReadSession) -> DatabaseList:
    return DatabaseList(session)


def _viewer(session: ReadSession, platform: PlatformDep) -> DatabaseService:
    return DatabaseService(
        session, platform.clock, AuditLog(session, platform.clock, platform.audit_key)
    )


def _writer(session: WriteSession, platform: PlatformDep) -> DatabaseService:
    return DatabaseService(
        session, platform.clock, AuditLog(session, platform.clock, platform.audit_key)
    )


Reader = Annotated[DatabaseList, Depends(_reader)]
Viewer = Annotated[DatabaseService, Depends(_viewer)]
Writer = Annotated[DatabaseService, Depends(_writer)]


@router.get(
    "",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List databases",
    response_model=Page[DatabaseRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_databases(
    request: Request, databases: Reader, query: Annotated[DatabaseQuery, Query()]
) -> Response:
    """Search databases by name or server.

    Sort by `state` (the worst first), `name`, `server`, `kind`, `version`, `size`, `connections`,
    `lag` or `last_read_at`.
    """
    return answer(request, await databases.page(query))


@router.get(
    "/summary",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Count the databases",
    responses=documented(401, 403),
)
async def summarise_databases(databases: Reader) -> DatabaseSummary:
    """Count the databases by state and engine, with their size."""
    return await databases.summary()


@router.get(
    "/{database_id}",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show a database",
    response_model=DatabaseDetail,
    responses=documented(401, 403, 404, 422) | NOT_MODIFIED,
)
async def get_database(request: Request, database_id: uuid.UUID, databases: Reader) -> Response:
    """Show a database with its numbers, or why each is missing, and what it stands on.

    The history of its numbers is at `/api/metrics/query`, with the database's id as the resource.
    """
    return answer(request, await databases.get(database_id))


@router.get(
    "/{database_id}/script",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show the script of a database's login",
    responses=documented(401, 403, 404, 422),
)
async def get_database_script(database_id: uuid.UUID, databases: Viewer) -> LoginScriptRead:
    """Show what to run on a database to make a login that may only read. Unity never runs it."""
    return LoginScriptRead.model_validate(await databases.script(database_id))


@router.put(
    "/{database_id}/login",
    dependencies=[requires(P.SERVERS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Set the login of a database",
    responses=documented(401, 403, 404, 422),
)
async def set_database_login(
    actor: CurrentActor, database_id: uuid.UUID, databases: Writer, request: DatabaseLoginEdit
) -> None:
    """Say how Unity is to log in to a database. It is tried within seconds."""
    await databases.set_login(actor, database_id, request)


@router.post(
    "/{database_id}/check",
    dependencies=[requires(P.SERVERS_COLLECT)],
    status_code=status.HTTP_202_ACCEPTED,
    summary="Ask a database now",
    responses=documented(401, 403, 404, 422),
)
async def check_database(
    actor: CurrentActor, database_id: uuid.UUID, platform: PlatformDep, accept: Accept
) -> RunAccepted:
    """Log in to a database and read its numbers now, also with a login that was refused."""
    return accept(await request_check(platform, actor, database_id))


@router.delete(
    "/{database_id}",
    dependencies=[requires(P.SERVERS_MANAGE)],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Forget a database",
    responses=documented(401, 403, 404, 409, 422),
)
async def forget_database(actor: CurrentActor, database_id: uuid.UUID, databases: Writer) -> None:
    """Forget a database that was taken away. Nothing is done to its machine."""
    await databases.forget(actor, database_id)
