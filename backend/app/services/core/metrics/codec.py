"""Chunks: how the samples of a day and the buckets of a period become bytes, and back.

Most measurements are decimals with few places (percents, degrees) or whole numbers (bytes). They
are kept as whole numbers and a power of ten, without any loss; the others as the difference
(XOR) of neighbouring floats.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from operator import xor

from app.services.core.metrics.packing import Packer, Unpacker, floats_from, to_bytes

_VERSION = 1
_FLOATS = 255  # in the place of the power of ten
_MOST_PLACES = 12
_SCALES = tuple(float(10**places) for places in range(_MOST_PLACES + 1))
_EXACT = float(2**53)  # the floats below are all whole numbers below
_MEAN_DIGITS = 5  # a mean is kept to at least 1/100000 of the span of its chunk


class UnknownChunk(Exception):
    """The bytes are no chunk of this version: the database is newer, or damaged."""


@dataclass(slots=True)
class Buckets:
    """Roll-ups in the order of time; `index` counts the tier's buckets since 1970."""

    index: list[int] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    greatest: list[float] = field(default_factory=list)
    count: list[int] = field(default_factory=list)

    def extend(self, later: "Buckets") -> None:
        """Append buckets that come after these."""
        self.index += later.index
        self.least += later.least
        self.mean += later.mean
        self.greatest += later.greatest
        self.count += later.count


def encode_points(times: Sequence[int], values: Sequence[float]) -> bytes:
    """Pack samples in the order of time; the values come back exactly."""
    packer = Packer()
    packer.natural(_VERSION)
    packer.natural(len(times))
    packer.column(times)
    places = decimal_places(values)
    if places is None:
        packer.natural(_FLOATS)
        _pack_floats(packer, values)
    else:
        packer.natural(places)
        packer.column(_scaled(values, places))
    return packer.finish()


def decode_points(data: bytes) -> tuple[list[int], list[float]]:
    """Return the times and values that `encode_points` was given."""
    unpacker, count = _open(data)
    times = unpacker.column(count)
    places = unpacker.natural()
    if places == _FLOATS:
        return times, _unpack_floats(unpacker, count)
    return times, _unscaled(unpacker.column(count), places)


def encode_buckets(buckets: Buckets) -> bytes:
    """Pack roll-ups. Least, greatest and count come back exactly, the mean rounded.

    A mean of decimals has endless places, which would cost more than all the rest; see
    `_MEAN_DIGITS`. It stays between least and greatest.
    """
    packer = Packer()
    packer.natural(_VERSION)
    packer.natural(len(buckets.index))
    packer.column(buckets.index)
    packer.column(buckets.count)
    places = decimal_places([*buckets.least, *buckets.greatest])
    if places is None:
        packer.natural(_FLOATS)
        for column in (buckets.least, buckets.mean, buckets.greatest):
            _pack_floats(packer, column)
        return packer.finish()
    least, greatest = _scaled(buckets.least, places), _scaled(buckets.greatest, places)
    more = _more_places(least, greatest)
    factor = 10**more
    means = [
        min(max(round(mean * _SCALES[places] * factor), low * factor), high * factor)
        for mean, low, high in zip(buckets.mean, least, greatest, strict=True)
    ]
    packer.natural(places)
    packer.natural(more)
    packer.column(means)
    # Both distances are small and never negative, whatever the level of the series.
    floors = [mean // factor for mean in means] if more else means
    packer.column([floor - low for floor, low in zip(floors, least, strict=True)])
    packer.column([high - floor for floor, high in zip(floors, greatest, strict=True)])
    return packer.finish()


def decode_buckets(data: bytes) -> Buckets:
    """Return the roll-ups that `encode_buckets` was given."""
    unpacker, count = _open(data)
    index, counts = unpacker.column(count), unpacker.column(count)
    places = unpacker.natural()
    if places == _FLOATS:
        least, mean, greatest = (_unpack_floats(unpacker, count) for _ in range(3))
        return Buckets(index, least, mean, greatest, counts)
    more = unpacker.natural()
    means = unpacker.column(count)
    factor = 10**more
    floors = [mean // factor for mean in means] if more else means
    lows = [floor - down for floor, down in zip(floors, unpacker.column(count), strict=True)]
    highs = [floor + up for floor, up in zip(floors, unpacker.column(count), strict=True)]
    divisor = _SCALES[places] * factor
    return Buckets(
        index,
        _unscaled(lows, places),
        [mean / divisor for mean in means],
        _unscaled(highs, places),
        counts,
    )


def decimal_places(values: Sequence[float]) -> int | None:
    """Return with how many decimal places all values can be written exactly, if with any."""
    places = 0
    for value in values:
        while True:
            scaled = value * _SCALES[places]
            if not -_EXACT < scaled < _EXACT:
                return None
            if round(scaled) / _SCALES[places] == value:
                break
            places += 1
            if places > _MOST_PLACES:
                return None
    # A value that fits with few places may be too long for the many that a later one needs.
    scale = _SCALES[places]
    largest = max(map(abs, values), default=0.0)
    if largest * scale >= _EXACT or any(round(value * scale) / scale != value for value in values):
        return None
    return places


def _scaled(values: Sequence[float], places: int) -> list[int]:
    scale = _SCALES[places]
    return [round(value * scale) for value in values]


def _unscaled(numbers: Sequence[int], places: int) -> list[float]:
    if places == 0:
        return list(map(float, numbers))
    scale = _SCALES[places]
    return [number / scale for number in numbers]


def _more_places(least: Sequence[int], greatest: Sequence[int]) -> int:
    """Return how many more places the means get: none where the values have enough digits."""
    if not least:
        return 0
    span = max(greatest) - min(least)
    level = max(abs(max(greatest)), abs(min(least)))
    if span == 0:
        return 0
    most = 15 - len(str(level))  # what a float can hold
    return max(0, min(_MEAN_DIGITS + 1 - len(str(span)), most))


def _open(data: bytes) -> tuple[Unpacker, int]:
    unpacker = Unpacker(data)
    if not data or unpacker.natural() != _VERSION:
        raise UnknownChunk("A metric chunk has an unknown format.")
    return unpacker, unpacker.natural()


def _pack_floats(packer: Packer, values: Sequence[float]) -> None:
    bits = _same_width("d", "Q", values)
    if bits:
        packer.planes([bits[0], *map(xor, islice(bits, 1, None), bits)])


def _unpack_floats(unpacker: Unpacker, count: int) -> list[float]:
    if count == 0:
        return []
    changes = unpacker.planes(count)
    if changes is None:
        return [0.0] * count
    return list(floats_from(to_bytes("Q", accumulate(changes, xor))))


def _same_width(source: str, target: str, values: Sequence[float]) -> "array[int]":
    """Return the bits of floats as whole numbers."""
    bits: array[int] = array(target)
    bits.frombytes(array(source, values).tobytes())
    return bits
