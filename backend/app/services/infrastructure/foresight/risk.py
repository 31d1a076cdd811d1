"""How likely a hard disk fails within a year, as published drive statistics say. A table, no code.

The rates and their intervals are Backblaze's observations by the raw value of an attribute, as
Scrutiny publishes them (webapp/backend/pkg/thresholds/ata_attribute_metadata.go, MIT). They are
of hard disks in a data centre; for flash and SAS nobody has published such figures, and none is
made up. A rate of failures a year becomes the probability 1 - exp(-rate).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SOURCE = "Backblaze's drive statistics by attribute, as Scrutiny publishes them"
NO_FIGURES = "Nobody has published failure rates by attribute for this kind of drive."
NOT_READ = "Its attributes were not read."

Bucket = tuple[int, float, float]  # from this raw value on: least and greatest rate a year


@dataclass(frozen=True, slots=True)
class Risk:
    """The range of the probability to fail within a year, and the counter that decides it."""

    least: float
    greatest: float
    signal: str
    value: int
    code: str


# Published intervals jump up and down where few drives were seen. A worse value never has a
# smaller risk here: each range begins at least where the one before it began.
_BUCKETS: Mapping[str, tuple[str, tuple[Bucket, ...]]] = MappingProxyType(
    {
        "reallocated": (
            "reallocated_sectors",
            (
                (0, 0.0228, 0.0278),
                (1, 0.0101, 0.0597),
                (5, 0.0399, 0.1283),
                (17, 0.1643, 0.3281),
                (71, 0.2608, 0.4892),
                (261, 0.4528, 0.7028),
                (1101, 1.2682, 1.7683),
                (4501, 1.6810, 2.5128),
                (17001, 1.2797, 2.4000),
            ),
        ),
        "reported_uncorrectable": (
            "reported_uncorrectable",
            (
                (0, 0.0245, 0.0322),
                (1, 0.2233, 0.4929),
                (2, 0.1449, 0.3758),
                (4, 0.3063, 0.7744),
                (7, 0.2990, 0.4764),
                (12, 0.4060, 0.6911),
                (21, 0.6505, 1.0742),
                (36, 1.1406, 1.8008),
                (66, 1.0264, 2.4295),
            ),
        ),
        "pending": (
            "pending_sectors",
            (
                (0, 0.0232, 0.0281),
                (1, 0.2272, 0.4942),
                (3, 0.4108, 1.0656),
                (7, 0.4734, 0.7757),
                (17, 0.7701, 1.1744),
                (41, 1.3284, 2.0306),
                (101, 1.9772, 3.1510),
                (251, 2.5884, 4.1950),
                (651, 1.1498, 6.8193),
            ),
        ),
        "offline_uncorrectable": (
            "offline_uncorrectable",
            (
                (0, 0.0262, 0.0314),
                (1, 0.4061, 1.4557),
                (3, 0.5773, 1.9518),
                (5, 0.4402, 3.1641),
                (7, 0.1510, 2.1405),
                (9, 0.4328, 0.7557),
                (11, 0.4758, 4.4715),
                (15, 0.5519, 1.1136),
            ),
        ),
        "crc_errors": (
            "crc_errors_grow",
            (
                (0, 0.0375, 0.0440),
                (2, 0.1204, 0.1879),
                (3, 0.1298, 0.2152),
                (5, 0.1089, 0.2112),
                (9, 0.0963, 0.2197),
                (17, 0.1409, 0.2980),
            ),
        ),
    }
)


def _rising(buckets: tuple[Bucket, ...]) -> tuple[Bucket, ...]:
    """Let no worse value have a smaller risk."""
    least = greatest = 0.0
    found = []
    for start, low, high in buckets:
        least, greatest = max(least, low), max(greatest, high)
        found.append((start, least, greatest))
    return tuple(found)


_RISING = MappingProxyType(
    {signal: (code, _rising(buckets)) for signal, (code, buckets) in _BUCKETS.items()}
)


def risk_of(signals: Mapping[str, int]) -> Risk | None:
    """Return the risk of a hard disk by its worst counter; None where none was read."""
    found = [
        Risk(_chance(low), _chance(high), signal, signals[signal], code)
        for signal, (code, buckets) in _RISING.items()
        if signal in signals
        for start, low, high in reversed(buckets)
        if signals[signal] >= start
    ]
    return max(found, key=lambda one: (one.least, one.greatest), default=None)


def _chance(rate: float) -> float:
    return 1 - math.exp(-rate)
