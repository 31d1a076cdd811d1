"""The pools of real recordings, as the rules see them."""

from pydantic import BaseModel

from app.models.infrastructure.storage_pool import PoolKind
from app.services.core.facts import Fact, read
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.pools.view import PoolView, views_of
from tests.facts.corpus import FOLDER, load

KINDS = {"zfs_pools": PoolKind.ZFS, "md_arrays": PoolKind.MD, "btrfs": PoolKind.BTRFS}


def reader(name: str) -> Fact[BaseModel]:
    """Return the fact of this name."""
    return next(one for one in FACTS if one.name == name)


def pools(fact: str, name: str) -> list[PoolView]:
    """Return the pools of one recording."""
    case = load(reader(fact), FOLDER / fact / f"{name}.yaml")
    value = read(case.fact, case.results).value
    assert value is not None
    return views_of({fact: value})[KINDS[fact]]
