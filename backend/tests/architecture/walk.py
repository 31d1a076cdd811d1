"""Walks a package: every module is imported, so that a base class knows all that stand on it."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

Base = TypeVar("Base")


def every_subclass(base: type[Base], package: ModuleType) -> Iterator[type[Base]]:
    """Yield what stands on a class anywhere in a package, each once."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    seen: set[type[Base]] = set()
    waiting = [base]
    while waiting:
        for one in waiting.pop().__subclasses__():
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    return (one for one in seen if one.__module__.startswith(package.__name__))
