"""The whole API on one page: every router, in the order of the documentation."""

from fastapi import APIRouter

from app.routers.core import system

ROUTERS: tuple[APIRouter, ...] = (system.router,)
