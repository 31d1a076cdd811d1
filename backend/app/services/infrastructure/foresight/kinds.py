"""What forecasts are made of: one row for each measurement that can be used up."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.models.infrastructure.forecast import ForecastKind
from app.services.core.metrics.series import Labels

PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Source:
    """A metric that reaches a level when something is used up. Labels by which people know it."""

    kind: ForecastKind
    metric: str
    named_by: tuple[str, ...]
    unit: str = PERCENT
    level: float | None = 100.0  # None: it follows from other measurements

    def subject(self, labels: Labels) -> str:
        """Return the words by which people know it."""
        known = dict(labels)
        return "/".join(known[name] for name in self.named_by if known.get(name))[:500]


SOURCES: tuple[Source, ...] = (
    Source(ForecastKind.FILESYSTEM, "unity_filesystem_used_percent", ("mountpoint",)),
    Source(ForecastKind.FILESYSTEM, "unity_remote_filesystem_used_percent", ("mountpoint",)),
    Source(ForecastKind.INODES, "unity_filesystem_inodes_used_percent", ("mountpoint",)),
    Source(ForecastKind.POOL, "unity_zfs_pool_used_percent", ("zpool",)),
    Source(ForecastKind.THIN_DATA, "unity_lvm_data_percent", ("vg", "lv")),
    Source(ForecastKind.THIN_METADATA, "unity_lvm_metadata_percent", ("vg", "lv")),
    Source(ForecastKind.DATABASE, "unity_database_size_bytes", (), "bytes", None),
    Source(ForecastKind.WEAR, "smartctl_device_percentage_used", ()),
)
SOURCE_OF: Mapping[str, Source] = MappingProxyType({one.metric: one for one in SOURCES})
