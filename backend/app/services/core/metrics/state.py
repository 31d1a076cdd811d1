"""The newest samples of one resource as packed columns: one row read and written per append."""

import math
from array import array

from app.services.core.metrics.packing import floats_from, ints_from, to_bytes

_ENTRY = 4 + 8 + 8 + 8


class NewestSamples:
    """For each series: when it was last read, the reading, and the value that came of it.

    For a gauge, reading and value are the same; for a counter the value is the rate, NaN while
    there is none.
    """

    __slots__ = ("at", "place", "reading", "series", "value")

    def __init__(self, data: bytes = b"") -> None:
        count = len(data) // _ENTRY
        self.series = ints_from("I", data[: 4 * count])
        self.at = ints_from("q", data[4 * count : 12 * count])  # milliseconds since 1970
        self.reading = floats_from(data[12 * count : 20 * count])
        self.value = floats_from(data[20 * count :])
        self.place = dict(zip(self.series, range(count), strict=True))

    def pack(self) -> bytes:
        """Return the row's bytes."""
        return (
            to_bytes("I", self.series)
            + to_bytes("q", self.at)
            + to_bytes("d", self.reading)
            + to_bytes("d", self.value)
        )

    def add(self, series_id: int, at: int, reading: float, value: float) -> None:
        """Take in a series that was not there."""
        self.place[series_id] = len(self.series)
        self.series.append(series_id)
        self.at.append(at)
        self.reading.append(reading)
        self.value.append(value)

    def forget_before(self, at: int) -> bool:
        """Drop the series that were last read before a time; tell whether there were any."""
        kept = [index for index, when in enumerate(self.at) if when >= at]
        if len(kept) == len(self.at):
            return False
        self.series = array("I", [self.series[index] for index in kept])
        self.at = array("q", [self.at[index] for index in kept])
        self.reading = array("d", [self.reading[index] for index in kept])
        self.value = array("d", [self.value[index] for index in kept])
        self.place = dict(zip(self.series, range(len(kept)), strict=True))
        return True

    def value_of(self, place: int) -> float | None:
        """Return a value, or None where a counter has no rate yet."""
        value = self.value[place]
        return None if math.isnan(value) else value
