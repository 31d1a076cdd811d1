"""A reason why a pool is not well."""

from dataclasses import dataclass

from app.services.infrastructure.storage.rules import Level


@dataclass(frozen=True, slots=True)
class PoolReason:
    """Why a pool is not well. `topic` is the alert that it belongs to, where it is one's own."""

    code: str
    level: Level
    topic: str  # state, errors, scrub, space, snapshots, quota; room, exported
    message: str
    fix: str
    source: str


# The reasons for which nothing may be started on a pool whose state does not say it itself.
NOT_WHOLE = frozenset(
    {
        *("md_degraded", "md_failed", "md_inactive", "md_rebuilding"),
        *("btrfs_missing_device", "lvm_missing"),
    }
)
