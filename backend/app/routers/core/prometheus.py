"""The page that Prometheus scrapes."""

from fastapi import APIRouter, Response

from app import __version__
from app.routers.dependencies import PlatformDep, ReadSession
from app.routers.guards import requires
from app.routers.problems import documented
from app.services.core.exposition import CONTENT_TYPE, Exposition
from app.services.core.permissions import P
from app.services.infrastructure.own_metrics import families

router = APIRouter(tags=["metrics"])


@router.get(
    "/metrics",
    dependencies=[requires(P.METRICS_READ)],
    summary="Scrape all metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "The Prometheus text format."},
        **documented(401, 403),
    },
)
async def scrape(platform: PlatformDep, session: ReadSession) -> Response:
    """Expose Unity itself, and the newest value of every collected metric.

    Names are node_exporter's, the label `instance` is the server's name. In Prometheus, give the
    job `honor_labels: true` and a token with metrics:read as `authorization`.
    """
    standard_seconds = platform.settings.collect.standard_seconds
    own = await families(session, platform.clock, standard_seconds)
    text = await Exposition(session, platform.clock, __version__).text(own)
    return Response(text, media_type=CONTENT_TYPE)
