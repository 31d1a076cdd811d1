"""What is wrong with a pool, as the alert engine takes it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.models.core.alert import Severity
from app.models.infrastructure.storage_pool import PoolKind
from app.schemas.core.alert_rule import Threshold
from app.services.core.alerts.builtin import BuiltInRule
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.infrastructure.pools.reasons import PoolReason
from app.services.infrastructure.pools.room import THIN_DATA, THIN_METADATA, ZFS_DATA
from app.services.infrastructure.storage.rules import Level

_DOMAIN = "infrastructure"
STATE = AlertType(
    kind="pool_degraded",
    domain=_DOMAIN,
    title="{name} is not whole",
    over="{name} is whole again",
    severity=Severity.WARNING,
    runbook="pools",
    consequences="The loss of one more drive may lose all that lies on it.",
    about="A pool, array or volume group has lost a member",
    source="netdata, health.d/zfs.conf, mdstat.conf and btrfs.conf; vgs(8): missing physical"
    " volumes",
)
ERRORS = AlertType(
    kind="pool_errors",
    domain=_DOMAIN,
    title="{name} has errors in its data",
    over="{name} has no errors any more",
    severity=Severity.WARNING,
    runbook="pools",
    consequences="Files may be damaged, also in the next backups.",
    about="A pool has read, write or checksum errors, though it may call itself online",
    source="OpenZFS, zpool-status(8); netdata, health.d/mdstat.conf and btrfs.conf",
)
SCRUB = AlertType(
    kind="pool_scrub",
    domain=_DOMAIN,
    title="{name} has not been scrubbed",
    over="{name} is scrubbed as it should be",
    severity=Severity.WARNING,
    runbook="pools",
    consequences="Errors stay hidden until a drive is lost, and then cannot be mended.",
    about="The last scrub of a pool is too long ago, or paused",
    source="Zabbix community template for ZFS: a scrub at least every 32 days",
)
SPACE = AlertType(
    kind="pool_space",
    domain=_DOMAIN,
    title="{name} has no room for its own records",
    over="{name} has room again",
    severity=Severity.WARNING,
    runbook="pools",
    consequences="Writing fails although free space is shown.",
    about="A btrfs file system has set all of its space aside",
    source="netdata, health.d/btrfs.conf: 98 % set aside, and metadata 90 % full",
)
SNAPSHOTS = AlertType(
    kind="pool_snapshots",
    domain=_DOMAIN,
    title="{name} gets no snapshots any more",
    over="{name} gets snapshots again",
    severity=Severity.WARNING,
    runbook="pools",
    consequences="What is deleted or overwritten by mistake cannot be brought back.",
    about="A dataset that got snapshots regularly gets none any more",
    source="sanoid, sanoid.defaults.conf: warned when the newest snapshot is older than its rhythm",
)
QUOTA = AlertType(
    kind="pool_quota",
    domain=_DOMAIN,
    title="{name} has a dataset near its quota",
    over="{name} has no dataset near its quota",
    severity=Severity.WARNING,
    runbook="pools",
    consequences="At the quota writing fails, though the pool has room.",
    about="A dataset of ZFS has used 80 % or more of its quota",
    source="TrueNAS, alert/source/quota.py: from 80 % of a quota",
)
MISSING = AlertType(
    kind="pool_missing",
    domain=_DOMAIN,
    title="{name} is gone",
    over="{name} is there again",
    severity=Severity.CRITICAL,
    runbook="pools",
    consequences="What lies on it cannot be reached.",
    about="A pool that was there is not shown any more",
    source="Unity's own: a reboot takes up to 15 minutes",
)
TYPES: tuple[AlertType, ...] = (STATE, ERRORS, SCRUB, SPACE, SNAPSHOTS, QUOTA, MISSING)
_OF_TOPIC = {
    "state": STATE,
    "errors": ERRORS,
    "scrub": SCRUB,
    "space": SPACE,
    "snapshots": SNAPSHOTS,
    "quota": QUOTA,
}
_SEVERITY = {
    Level.WATCH: Severity.INFO,
    Level.WARNING: Severity.WARNING,
    Level.FAILING: Severity.CRITICAL,
}
# A reboot takes as long, and an export that is meant is told in time to be acknowledged.
MISSING_AFTER = timedelta(minutes=15)


_WARNING = "sanoid and TrueNAS: 80 to 85 %; netdata, health.d/lvm.conf: 85 to 90 %"


@dataclass(frozen=True, slots=True)
class _Full:
    """What is nearly full, and at which levels: raised, cleared."""

    metric: str
    what: str
    subject: str  # as a title names it
    fix: str


_ZFS_DATA = _Full(
    "unity_zfs_pool_used_percent",
    "The data",
    "{subject}",
    "Delete what is not needed, old snapshots first (`zfs list -t snapshot -o name,used -s used -r"
    " {subject}`), or add drives.",
)
_THIN_DATA = _Full(
    "unity_lvm_data_percent",
    "The data",
    "{subject}",
    "Make it larger: `lvextend -L +SIZE {subject}`; or delete volumes and snapshots in it, and run"
    " `fstrim` on the file systems that stay.",
)
_THIN_METADATA = _Full(
    "unity_lvm_metadata_percent",
    "The metadata",
    "the metadata area of {subject}",
    "Make them larger before they are full, as then the pool can only be read:"
    " `lvextend --poolmetadatasize +SIZE {subject}`; or delete snapshots.",
)


def _full(key: str, name: str, full: _Full, levels: tuple[float, float]) -> BuiltInRule:
    raised, cleared = levels
    return BuiltInRule(
        key=key,
        name=name,
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric=full.metric, raise_level=raised, clear_level=cleared, unit="percent"
        ),
        title=f"{{name}}: {full.subject} is nearly full",
        over=f"{{name}}: {full.subject} has room",
        message=f"{full.what} of {{subject}} are {{value}} full.",
        fix=full.fix,
        runbook="pools",
        source=_WARNING,
    )


def _last_room(
    key: str, name: str, full: _Full, levels: tuple[float, float], source: str
) -> BuiltInRule:
    return replace(
        _full(key, name, full, levels),
        severity=Severity.CRITICAL,
        title=f"{{name}}: {full.subject} has no room left",
        over=f"{{name}}: {full.subject} has a little room again",
        source=source,
    )


RULES: tuple[BuiltInRule, ...] = (
    _full("zfs_pool_full", "A ZFS pool is nearly full", _ZFS_DATA, (ZFS_DATA.nearly, 84.0)),
    _last_room(
        "zfs_pool_last_room",
        "A ZFS pool has no room left",
        _ZFS_DATA,
        (ZFS_DATA.last, 94.0),
        "sanoid and TrueNAS: critical at 95 %, cleared one point below",
    ),
    _full("lvm_thin_data_full", "A thin pool is nearly full", _THIN_DATA, (THIN_DATA.nearly, 85.0)),
    _last_room(
        "lvm_thin_data_last_room",
        "A thin pool has no room left",
        _THIN_DATA,
        (THIN_DATA.last, 90.0),
        "netdata, health.d/lvm.conf: critical at 98 %, cleared at 90 %",
    ),
    _full(
        "lvm_thin_metadata_full",
        "The metadata of a thin pool are nearly full",
        _THIN_METADATA,
        (THIN_METADATA.nearly, 75.0),
    ),
    _last_room(
        "lvm_thin_metadata_last_room",
        "The metadata of a thin pool have no room left",
        _THIN_METADATA,
        (THIN_METADATA.last, 90.0),
        "lvmthin(7): a pool whose metadata are full must be repaired off line",
    ),
)


def observe_pool(pool_id: uuid.UUID, name: str, reasons: Sequence[PoolReason]) -> Observation:
    """Say what is wrong with a pool that was read."""
    found: dict[AlertType, list[Condition]] = {one: [] for one in TYPES}
    for topic, alert_type in _OF_TOPIC.items():
        about = [reason for reason in reasons if reason.topic == topic]
        if about:
            worst = about[0]
            found[alert_type].append(
                Condition(
                    worst.message,
                    fix=worst.fix,
                    severity=_SEVERITY[worst.level],
                    reasons=tuple(f"{one.message} ({one.source})" for one in about),
                )
            )
    return Observation(pool_id, name, found)


# How a pool of each kind is taken away on purpose, and how it comes back when that was not meant.
_TAKEN_AWAY: Mapping[PoolKind, tuple[str, str]] = {
    PoolKind.ZFS: ("`zpool export`", "import it again, `zpool import` shows what is missing"),
    PoolKind.MD: ("`mdadm --stop`", "assemble it again, `mdadm --assemble --scan --verbose`"),
    PoolKind.LVM: (
        "`vgexport` and its drives taken out",
        "look for its drives, `pvs -o +pv_missing`",
    ),
    PoolKind.BTRFS: ("`umount`", "mount it again, `btrfs filesystem show` lists its devices"),
}


def observe_missing(
    pool_id: uuid.UUID, name: str, kind: PoolKind, missing_since: datetime, now: datetime
) -> Observation | None:
    """Say that a pool is gone, once it has been for long enough; the rest stays as it was."""
    if now - missing_since < MISSING_AFTER:
        return None
    meant, undo = _TAKEN_AWAY[kind]
    message = (
        "A machine that answers does not show it any more. Either it was taken away on purpose"
        f" ({meant}), or it is lost; from afar the two look the same."
    )
    fix = f"If it was meant, forget the pool on its page. If not: {undo}."
    return Observation(pool_id, name, {MISSING: [Condition(message, fix=fix)]})
