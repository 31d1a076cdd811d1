"""Forecasts: what fills up, wears out or fails next, on all servers."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.routers.dependencies import PlatformDep, ReadSession
from app.routers.etag import NOT_MODIFIED, answer
from app.routers.guards import requires
from app.routers.problems import documented
from app.schemas.base import Page
from app.schemas.infrastructure.forecast import (
    ForecastDetail,
    ForecastQuery,
    ForecastRead,
    RiskQuery,
    RiskRead,
)
from app.services.core.permissions import P
from app.services.infrastructure.foresight.forecast_list import ForecastList

router = APIRouter(prefix="/api/infrastructure/forecasts", tags=["forecasts"])


def _reader(session: ReadSession, platform: PlatformDep) -> ForecastList:
    return ForecastList(session, platform.clock)


Reader = Annotated[ForecastList, Depends(_reader)]


@router.get(
    "",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List forecasts",
    response_model=Page[ForecastRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_forecasts(
    request: Request, forecasts: Reader, query: Annotated[ForecastQuery, Query()]
) -> Response:
    """List what fills up and wears out, what is first used up first; without a date last.

    Sort by `full_at`, `name`, `server`, `kind`, `subject`, `value`, `growth`, `confidence` or
    `score`.
    """
    return answer(request, await forecasts.page(query))


@router.get(
    "/drives",
    dependencies=[requires(P.SERVERS_READ)],
    summary="List drives by risk",
    response_model=Page[RiskRead],
    responses=documented(401, 403, 422) | NOT_MODIFIED,
)
async def list_drive_risks(
    request: Request, forecasts: Reader, query: Annotated[RiskQuery, Query()]
) -> Response:
    """List drives by the risk to fail within a year, the likeliest first.

    The range comes from published statistics by counter; where none are published, none is shown.
    """
    return answer(request, await forecasts.risks(query))


@router.get(
    "/{forecast_id}",
    dependencies=[requires(P.SERVERS_READ)],
    summary="Show a forecast",
    response_model=ForecastDetail,
    responses=documented(401, 403, 404, 422) | NOT_MODIFIED,
)
async def get_forecast(request: Request, forecast_id: uuid.UUID, forecasts: Reader) -> Response:
    """Show a forecast with the history it was read from, the line and its band."""
    return answer(request, await forecasts.get(forecast_id))
