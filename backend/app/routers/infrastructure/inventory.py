"""Inventory: what the machines are made of."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.routers.dependencies import ReadSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import requires
from app.routers.problems import a_table, documented
from app.schemas.base import Page, PageQuery
from app.schemas.infrastructure.inventory import InventoryRow
from app.services.core.permissions import P
from app.services.core.tables import BYTE_ORDER_MARK
from app.services.infrastructure.inventory import InventoryReader

router = APIRouter(prefix="/api/infrastructure/inventory", tags=["inventory"])


def _reader(session: ReadSession) -> InventoryReader:
    return InventoryReader(session)


Reader = Annotated[InventoryReader, Depends(_reader)]


@router.get(
    "",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List what machines are made of",
    response_model=Page[InventoryRow],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_inventory(
    request: Request, inventory: Reader, query: Annotated[PageQuery, Query()]
) -> Response:
    """Search machines by name or host, with their hardware and system. Sort by `name` or `host`."""
    return answer(request, await inventory.page(query))


@router.get(
    "/export",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Export what machines are made of",
    response_class=Response,
    responses=documented(401, 403) | a_table(),
)
async def export_inventory(inventory: Reader) -> Response:
    """Return the inventory of all machines as CSV (RFC 4180), sizes in bytes.

    It begins with the byte order mark by which spreadsheets know UTF-8.
    """
    return Response(
        BYTE_ORDER_MARK + await inventory.csv(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="unity-inventory.csv"'},
    )
