"""The whole API on one page: every router, in the order of the documentation."""

from fastapi import APIRouter

from app.routers.core import audit, auth, sessions, system, tokens, users

ROUTERS: tuple[APIRouter, ...] = (
    system.router,
    auth.router,
    sessions.router,
    users.router,
    tokens.router,
    audit.router,
)
