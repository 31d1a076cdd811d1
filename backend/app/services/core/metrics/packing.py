"""Columns of whole numbers as few bytes, in plain Python that is fast to read back.

A column is stored as itself, as differences or as differences of differences, whichever varies
least; less its minimum and divided by the common divisor; then cut into byte planes (all lowest
bytes together, then all second bytes …), each deflated where that helps. Every step of the way
back runs in C over the whole column: zlib, slices, array and accumulate.
"""

import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice
from math import gcd
from operator import sub

_ORDERS = 3
_WIDTHS = ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))


def to_bytes(typecode: str, values: Iterable[float]) -> bytes:
    """Return numbers as little-endian bytes, whatever the machine is."""
    numbers = array(typecode, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def ints_from(typecode: str, data: bytes | bytearray) -> "array[int]":
    """Return what `to_bytes` was given."""
    numbers: array[int] = array(typecode)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def floats_from(data: bytes | bytearray) -> "array[float]":
    """Return what `to_bytes("d", …)` was given."""
    numbers: array[float] = array("d")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


class Packer:
    """Writes columns one after another."""

    def __init__(self) -> None:
        self._out = bytearray()

    def finish(self) -> bytes:
        """Return what was written."""
        return bytes(self._out)

    def natural(self, value: int) -> None:
        """Write a number that is not negative, small ones in one byte."""
        while value > 127:  # noqa: PLR2004 - seven bits a byte
            self._out.append(value & 127 | 128)
            value >>= 7
        self._out.append(value)

    def integer(self, value: int) -> None:
        """Write a number of either sign."""
        self.natural(value << 1 if value >= 0 else -value << 1 | 1)

    def column(self, values: Sequence[int]) -> None:
        """Write whole numbers that fit into 61 bits; the reader has to know how many."""
        if not values:
            return
        order, rest = _smoothest(values)
        self.natural(order)
        heads = values
        for _ in range(order):
            self.integer(heads[0])
            heads = list(map(sub, islice(heads, 1, None), heads))
        if not rest:
            return
        base = min(rest)
        offsets = [value - base for value in rest]
        divisor = gcd(*offsets) or 1
        self.integer(base)
        self.natural(divisor)
        if divisor > 1:
            offsets = [value // divisor for value in offsets]
        self.planes(offsets)

    def planes(self, values: Sequence[int]) -> None:
        """Write numbers of at most 64 bits byte plane by byte plane."""
        width = (max(values).bit_length() + 7) // 8
        self.natural(width)
        if width == 0:
            return
        size, typecode = next(pair for pair in _WIDTHS if pair[0] >= width)
        data = to_bytes(typecode, values)
        for place in range(width):
            plane = data[place::size]
            packed = zlib.compress(plane, 9, wbits=-15)
            if len(packed) < len(plane):
                self.natural(len(packed) << 1 | 1)
                self._out += packed
            else:
                self.natural(len(plane) << 1)
                self._out += plane


class Unpacker:
    """Reads columns in the order in which they were written."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def natural(self) -> int:
        """Read what `Packer.natural` wrote."""
        shift = value = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004 - the eighth bit says that there is more
                return value
            shift += 7

    def integer(self) -> int:
        """Read what `Packer.integer` wrote."""
        value = self.natural()
        return -(value >> 1) if value & 1 else value >> 1

    def column(self, count: int) -> list[int]:
        """Read what `Packer.column` wrote."""
        if count == 0:
            return []
        order = self.natural()
        heads = [self.integer() for _ in range(order)]
        values = self._rest(count - order)
        for head in reversed(heads):
            values = list(accumulate(values, initial=head))
        return values

    def _rest(self, count: int) -> list[int]:
        if count == 0:
            return []
        base, divisor = self.integer(), self.natural()
        offsets = self.planes(count)
        if offsets is None:
            return [base] * count
        if divisor > 1:
            return [offset * divisor + base for offset in offsets]
        return [offset + base for offset in offsets] if base else list(offsets)

    def planes(self, count: int) -> "array[int] | None":
        """Read what `Packer.planes` wrote; None stands for nothing but zeros."""
        width = self.natural()
        if width == 0:
            return None
        size, typecode = next(pair for pair in _WIDTHS if pair[0] >= width)
        data = bytearray(count * size)
        for place in range(width):
            length = self.natural()
            plane = self._data[self._at : self._at + (length >> 1)]
            self._at += length >> 1
            data[place::size] = zlib.decompress(plane, wbits=-15) if length & 1 else plane
        return ints_from(typecode, data)


def _smoothest(values: Sequence[int]) -> tuple[int, Sequence[int]]:
    """Return how often to take differences, and the differences."""
    best_order, best, best_spread = 0, values, _spread(values)
    current = values
    for order in range(1, min(_ORDERS, len(values))):
        if best_spread == 0:
            break
        current = list(map(sub, islice(current, 1, None), current))
        spread = _spread(current)
        if spread < best_spread:
            best_order, best, best_spread = order, current, spread
    return best_order, best


def _spread(values: Sequence[int]) -> int:
    """Return the sum of the distances to the mean; it falls with the bits a value needs."""
    mean = sum(values) // len(values)
    return sum(map(abs, map(mean.__sub__, values)))
