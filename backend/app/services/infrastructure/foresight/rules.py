"""Rules about what lies ahead that are on from the first minute, each with where it comes from."""

from app.models.core.alert import Severity
from app.schemas.core.alert_rule import Forecast, LabelMatcher, Match, Operator, Threshold, Timing
from app.services.core.alerts.builtin import BuiltInRule

_DOMAIN = "infrastructure"
_HOUR, _DAY = 3600, 86_400
_WINDOW = 60 * _DAY
_OWN = (
    "Unity's own: two weeks are time to order a drive; back-tested by `make bench-forecast`,"
    " with at least nine in ten right"
)
# Forecasts of a quarter of an hour ago may differ a little; half a day settles it.
_STEADY = Timing(for_seconds=6 * _HOUR, clear_seconds=6 * _HOUR)


def _full(key: str, metric: str, name: str, what: str, fix: str, runbook: str) -> BuiltInRule:
    return BuiltInRule(
        key=key,
        name=name,
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Forecast(
            metric=metric,
            level=100,
            unit="percent",
            within_seconds=14 * _DAY,
            window_seconds=_WINDOW,
        ),
        timing=_STEADY,
        title=f"{{name}}: {what} will be full within two weeks",
        over=f"{{name}}: {what} no longer fills up",
        message=f"{what[0].upper()}{what[1:]} will be full in {{value}} if it goes on like this.",
        fix=fix,
        runbook=runbook,
        source=_OWN,
    )


_POOL_FIX = "Delete what is not needed, old snapshots first, or add a drive."
RULES: tuple[BuiltInRule, ...] = (
    _full(
        "filesystem_full_soon",
        "unity_filesystem_used_percent",
        "A file system will be full within two weeks",
        "{subject}",
        "See what grows: `du -xh --max-depth=2 {subject} | sort -h | tail`.",
        "filesystem-fills",
    ),
    _full(
        "filesystem_inodes_soon",
        "unity_filesystem_inodes_used_percent",
        "A file system will be out of inodes within two weeks",
        "the table of files of {subject}",
        "Find the folder with very many files: `du --inodes -x {subject} | sort -n | tail`.",
        "filesystem-inodes",
    ),
    _full(
        "zfs_pool_full_soon",
        "unity_zfs_pool_used_percent",
        "A ZFS pool will be full within two weeks",
        "the pool {subject}",
        _POOL_FIX,
        "pool-fills",
    ),
    _full(
        "lvm_thin_data_full_soon",
        "unity_lvm_data_percent",
        "A thin pool will be full within two weeks",
        "the thin pool {subject}",
        _POOL_FIX,
        "pool-fills",
    ),
    _full(
        "lvm_thin_metadata_full_soon",
        "unity_lvm_metadata_percent",
        "The metadata of a thin pool will be full within two weeks",
        "the room for the metadata of {subject}",
        "Make room for them: `lvextend --poolmetadatasize +1G VG/POOL`.",
        "pool-fills",
    ),
    BuiltInRule(
        key="database_full_soon",
        name="A database will fill its file system within two weeks",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="unity_database_full_days",
            operator=Operator.BELOW,
            raise_level=14,
            clear_level=16,
            unit="days",
        ),
        timing=_STEADY,
        title="{name} will fill its file system within two weeks",
        over="{name} has room to grow",
        message="Growing like this, the database alone fills what is free in at most {value}.",
        fix="See which tables grow, on the database's page; then archive, or give it more room.",
        runbook="database-fills",
        source=_OWN,
    ),
    BuiltInRule(
        key="drive_wears_out",
        name="A drive will be worn out within three months",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="unity_drive_wear_out_days",
            operator=Operator.BELOW,
            raise_level=90,
            clear_level=120,
            unit="days",
        ),
        title="{name} will soon be worn out",
        over="{name} wears out more slowly again",
        message="Its rated endurance will be used up in at most {value}.",
        fix="Order another one, and see what writes so much: `iotop -ao`, `pidstat -d 60 1`.",
        runbook="drive-wears-out",
        source="NVM Express base specification: 100 percent is the endurance that the maker rates",
    ),
    BuiltInRule(
        key="drive_failure_risk",
        name="A drive is likely to fail within a year",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="unity_drive_failure_risk_percent",
            operator=Operator.AT_LEAST,
            raise_level=20,
            clear_level=15,
            unit="percent",
        ),
        title="{name} is likely to fail within a year",
        over="{name} is no likelier to fail than others",
        message="Of drives with such counters at least {value} failed within a year.",
        fix="Check the backups of what lies on it, and plan its replacement.",
        runbook="drive-failure-risk",
        # The verdict about the drive speaks of the same counters already.
        is_enabled=False,
        source="Backblaze's drive statistics by attribute; Scrutiny calls 20 percent failed",
    ),
    BuiltInRule(
        key="temperature_drift",
        name="Something is warmer than it used to be",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="unity_temperature_drift_celsius",
            operator=Operator.AT_LEAST,
            raise_level=5,
            clear_level=3,
            unit="celsius",
        ),
        timing=Timing(for_seconds=6 * _HOUR, clear_seconds=2 * _HOUR),
        title="{name}: {subject} is warmer than it used to be",
        over="{name}: {subject} is as warm as usual",
        message="Over the last day it was {value} warmer than at the same hours of past weeks.",
        fix="Look at fans, dust and the room; then at what makes it work so hard.",
        runbook="temperature-drift",
        source="Unity's own: four usual variations of the same hour of the day, and five degrees",
    ),
    BuiltInRule(
        key="latency_drift",
        name="A disk is slower than it used to be",
        domain=_DOMAIN,
        severity=Severity.WARNING,
        definition=Threshold(
            metric="unity_disk_latency_drift_percent",
            labels=[LabelMatcher(label="device", match=Match.IS_NOT, value="")],
            operator=Operator.AT_LEAST,
            raise_level=100,
            clear_level=50,
            unit="percent",
        ),
        timing=Timing(for_seconds=6 * _HOUR, clear_seconds=2 * _HOUR),
        title="{name}: {subject} is slower than it used to be",
        over="{name}: {subject} is as fast as usual",
        message="Over the last day each read or write took {value} longer than at the same hours"
        " of past weeks.",
        fix="See whether it has more to do (`iostat -x 5 2`); if not, look at the drive's verdict.",
        runbook="latency-drift",
        source="Unity's own: four usual variations of the same hour of the day, and twice as slow",
    ),
)
