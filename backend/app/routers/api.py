"""The whole API on one page: every router, in the order of the documentation."""

from fastapi import APIRouter

from app.routers.core import (
    activity,
    alarms,
    audit,
    auth,
    jobs,
    live,
    metrics,
    prometheus,
    resources,
    saved_views,
    second_factor,
    sessions,
    single_sign_on,
    system,
    tokens,
    users,
)
from app.routers.credentials import logins, ssh_keys
from app.routers.infrastructure import connections, readings, search, servers

ROUTERS: tuple[APIRouter, ...] = (
    system.router,
    auth.router,
    second_factor.router,
    single_sign_on.router,
    sessions.router,
    users.router,
    tokens.router,
    audit.router,
    activity.router,
    jobs.router,
    live.router,
    search.router,
    saved_views.router,
    resources.router,
    ssh_keys.router,
    logins.router,
    servers.router,
    connections.router,
    readings.router,
    metrics.router,
    alarms.router,
    prometheus.router,
)
