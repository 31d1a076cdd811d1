"""What the page of a pool tells beside its columns."""

from typing import Any

from app.models.infrastructure.storage_pool import PoolKind, StoragePool
from app.services.infrastructure.pools.notes import notes_of
from app.services.infrastructure.pools.view import PoolMember, PoolView
from tests.services.infrastructure.pools.recordings import pools


def told(view: PoolView) -> dict[str, str]:
    return dict(notes_of(StoragePool(root_detail=""), view))


def test_of_an_array_its_bitmap_and_its_spares_are_told_to_any_login() -> None:
    found = {one.name: told(one) for one in pools("md_arrays", "published-node-exporter")}
    assert found["md0"]["Write-intent bitmap"] == "none"
    assert {one["Write-intent bitmap"] for one in found.values()} == {"internal", "none"}
    spare = PoolMember(name="sdc1", state="spare", role="spare")
    array = PoolView(kind=PoolKind.MD, identity="u", name="md0", state="active", members=[spare])
    assert told(array)["Spares"] == "1"


def scrubbed(**fields: Any) -> dict[str, str]:
    defaults: dict[str, Any] = {"kind": PoolKind.ZFS, "identity": "1", "name": "tank"}
    return told(PoolView(**defaults, state="ONLINE", **fields))


def test_of_the_last_scrub_its_time_its_pace_and_its_size_are_told() -> None:
    found = scrubbed(
        last_scrub_seconds=40_560, last_scrub_bytes=4 * 1024**4, last_scrub_repaired_bytes=8192
    )
    assert found == {
        "Last scrub took": "11 h 16 min, 103 MiB a second",
        "Last scrub read": "4 TiB",
        "Last scrub repaired": "8 KiB",
    }


def test_what_is_not_known_of_the_last_scrub_is_left_out() -> None:
    assert scrubbed(last_scrub_seconds=42, last_scrub_repaired_bytes=0) == {
        "Last scrub took": "42 s"
    }
    assert scrubbed() == {}
