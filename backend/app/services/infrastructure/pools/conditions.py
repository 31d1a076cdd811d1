"""What is wrong with a pool, as the alert engine takes it."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.models.core.alert import Severity
from app.schemas.core.alert_rule import Threshold
from app.services.core.alerts.builtin import BuiltInRule
from app.services.core.alerts.types import AlertType, Condition, Observation
from app.services.infrastructure.pools.reasons import PoolReason
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
)
SCRUB = AlertType(
    kind="pool_scrub",
    domain=_DOMAIN,
    title="{name} has not been scrubbed",
    over="{name} has been scrubbed",
    severity=Severity.WARNING,
    runbook="pools",
    consequences="Errors stay hidden until a drive is lost, and then cannot be mended.",
    about="The last scrub of a pool is too long ago, or paused",
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


def _full(key: str, metric: str, name: str, what: str, levels: tuple[float, float]) -> BuiltInRule:
    raised, cleared = levels
    return BuiltInRule(
        key=key,
        name=name,
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric=metric, raise_level=raised, clear_level=cleared, unit="percent"
        ),
        title="{name}: {subject} is nearly full",
        over="{name}: {subject} has room",
        message=f"{what} of {{subject}} are {{value}} full.",
        fix="Delete what is not needed, old snapshots first, or add a drive.",
        runbook="pools",
        source="sanoid and TrueNAS: 80 to 85 %; netdata, health.d/lvm.conf: 85 to 90 %",
    )


RULES: tuple[BuiltInRule, ...] = (
    _full(
        "zfs_pool_full",
        "unity_zfs_pool_used_percent",
        "A ZFS pool is nearly full",
        "The data",
        (85.0, 84.0),
    ),
    _full(
        "lvm_thin_data_full",
        "unity_lvm_data_percent",
        "A thin pool is nearly full",
        "The data",
        (90.0, 85.0),
    ),
    _full(
        "lvm_thin_metadata_full",
        "unity_lvm_metadata_percent",
        "The metadata of a thin pool are nearly full",
        "The metadata",
        (80.0, 75.0),
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


def observe_missing(
    pool_id: uuid.UUID, name: str, missing_since: datetime, now: datetime
) -> Observation | None:
    """Say that a pool is gone, once it has been for long enough; the rest stays as it was."""
    if now - missing_since < MISSING_AFTER:
        return None
    message = "It is not shown any more by a machine that answers."
    fix = "Import or assemble it again; if it was taken away on purpose, forget it on its page."
    return Observation(pool_id, name, {MISSING: [Condition(message, fix=fix)]})
