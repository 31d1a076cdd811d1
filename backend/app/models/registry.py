"""Imports every table, so that migrations and tests see the whole schema."""

import importlib
import pkgutil

import app.models
from app.models import reach
from app.models.base import Base


def metadata() -> "type[Base]":
    """Return the base whose metadata holds all tables."""
    for module in pkgutil.walk_packages(app.models.__path__, "app.models."):
        importlib.import_module(module.name)
    reach.bind(Base.metadata)
    return Base
