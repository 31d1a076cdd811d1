"""Health, version and features of this Unity."""

from fastapi import APIRouter, Response

from app import __version__
from app.kernel.errors import Unavailable
from app.routers.dependencies import PlatformDep
from app.routers.guards import public, requires
from app.routers.problems import documented
from app.schemas.core.system import Features, Health, SystemInfo
from app.services.core.permissions import P

router = APIRouter(tags=["system"])


@router.get("/healthz", dependencies=[public], summary="Is the process alive?")
async def healthz() -> Health:
    """Answer ok as long as the process serves requests; says nothing else, to nobody."""
    return Health(status="ok")


@router.get(
    "/readyz",
    dependencies=[public],
    summary="Can it work?",
    responses=documented(503),
)
async def readyz(platform: PlatformDep, response: Response) -> Health:
    """Answer ok when the database answers; 503 otherwise."""
    response.headers["Cache-Control"] = "no-store"
    if not await platform.database.answers():
        raise Unavailable("The database does not answer.", fix="See the log of the server.")
    return Health(status="ok")


@router.get(
    "/api/system",
    dependencies=[requires(P.SYSTEM_READ)],
    summary="Version and engine",
    responses=documented(401, 403),
)
async def get_system(platform: PlatformDep) -> SystemInfo:
    """Tell the version, the database engine and where the data lies."""
    return SystemInfo(
        version=__version__,
        database="sqlite" if platform.database.is_sqlite else "postgresql",
        data_folder=str(platform.settings.data.resolve()),
        public_url=platform.settings.server.public_url,
        time=platform.clock.now(),
    )


@router.get(
    "/api/system/features",
    dependencies=[requires(P.SYSTEM_READ)],
    summary="Optional features",
    responses=documented(401, 403),
)
async def get_features(platform: PlatformDep) -> Features:
    """Tell which optional features are on; the routes of one that is off answer 404."""
    return Features(features=dict(platform.features))
