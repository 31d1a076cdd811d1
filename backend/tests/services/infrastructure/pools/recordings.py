"""The pools of real recordings, as the rules see them."""

from app.models.infrastructure.storage_pool import PoolKind
from app.services.core.facts import read
from app.services.infrastructure.facts.table import FACTS
from app.services.infrastructure.pools.view import PoolView, views_of
from tests.facts.corpus import FOLDER, load

KINDS = {"zfs_pools": PoolKind.ZFS, "md_arrays": PoolKind.MD, "btrfs": PoolKind.BTRFS}


def pools(fact: str, name: str) -> list[PoolView]:
    """Return the pools of one recording."""
    reader = next(one for one in FACTS if one.name == fact)
    case = load(reader, FOLDER / fact / f"{name}.yaml")
    value = read(reader, case.results).value
    assert value is not None
    return views_of({fact: value})[KINDS[fact]]
