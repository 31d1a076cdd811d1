"""The codec: what goes in comes out, and common data becomes small."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.core.metrics.codec import (
    Buckets,
    UnknownChunk,
    decode_buckets,
    decode_points,
    encode_buckets,
    encode_points,
)
from app.services.core.metrics.packing import Packer, Unpacker

MIDNIGHT = 20_526 * 86_400

finite = st.floats(allow_nan=False, allow_infinity=False)
decimals = st.builds(
    lambda whole, places: whole / 10**places,
    st.integers(-(10**12), 10**12),
    st.integers(0, 6),
)
seconds = st.lists(st.integers(0, 86_399), unique=True, max_size=60).map(sorted)


@given(seconds, st.data())
def test_points_come_back_exactly(offsets: list[int], data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([finite, decimals]))
    values = data.draw(st.lists(kind, min_size=len(offsets), max_size=len(offsets)))
    times = [MIDNIGHT + offset for offset in offsets]
    assert decode_points(encode_points(times, values)) == (times, values)


@given(st.lists(st.integers(-(2**60), 2**60), max_size=50))
def test_columns_of_whole_numbers_come_back(values: list[int]) -> None:
    packer = Packer()
    packer.column(values)
    assert Unpacker(packer.finish()).column(len(values)) == values


@st.composite
def bucket_lists(draw: st.DrawFn) -> Buckets:
    kind = draw(st.sampled_from([decimals, st.floats(-1e300, 1e300)]))
    buckets = Buckets()
    for index in draw(st.lists(st.integers(0, 10_000), unique=True, max_size=40).map(sorted)):
        low, middle, high = sorted(draw(st.tuples(kind, kind, kind)))
        buckets.index.append(index)
        buckets.least.append(low)
        buckets.mean.append(middle)
        buckets.greatest.append(high)
        buckets.count.append(draw(st.integers(1, 9000)))
    return buckets


@given(bucket_lists())
def test_buckets_keep_extremes_and_counts_exactly_and_means_closely(buckets: Buckets) -> None:
    back = decode_buckets(encode_buckets(buckets))
    assert back.index == buckets.index
    assert back.count == buckets.count
    assert back.least == buckets.least
    assert back.greatest == buckets.greatest
    span = max(buckets.greatest, default=0) / 2 - min(buckets.least, default=0) / 2
    for low, mean, high, was in zip(
        back.least, back.mean, back.greatest, buckets.mean, strict=True
    ):
        assert low <= mean <= high
        assert math.isclose(mean, was, rel_tol=1e-14, abs_tol=2.2e-5 * span)


@given(bucket_lists())
def test_packing_buckets_again_changes_nothing(buckets: Buckets) -> None:
    once = encode_buckets(buckets)
    assert encode_buckets(decode_buckets(once)) == once


def test_a_mean_of_zeros_and_ones_keeps_its_places() -> None:
    buckets = Buckets([1], [0.0], [23 / 24], [1.0], [24])
    assert decode_buckets(encode_buckets(buckets)).mean[0] == pytest.approx(23 / 24, abs=1e-5)


def test_a_noisy_day_takes_a_quarter_of_its_floats() -> None:
    noise = random.Random(1)  # noqa: S311 - noise of a sensor, the same in every run
    times = [MIDNIGHT + 300 * step for step in range(288)]
    values = [round(noise.gauss(50, 8), 2) for _ in times]
    assert len(encode_points(times, values)) < 288 * 2


def test_a_constant_day_takes_a_few_bytes() -> None:
    times = [MIDNIGHT + 300 * step for step in range(288)]
    assert len(encode_points(times, [42.5] * 288)) < 32


def test_a_chunk_of_a_newer_version_is_refused() -> None:
    with pytest.raises(UnknownChunk):
        decode_points(b"\x63\x00")
