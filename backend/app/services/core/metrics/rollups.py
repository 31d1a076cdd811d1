"""Roll-ups: many samples become one bucket of least, mean, greatest and count."""

from bisect import bisect_left
from collections.abc import Sequence
from operator import mul

from app.services.core.metrics.codec import Buckets

# A tier that would hold nearly as many buckets as there are samples is not worth its place.
_WORTH = 1.5


def roll_up(times: Sequence[int], values: Sequence[float], seconds: int) -> Buckets:
    """Return the buckets of samples in the order of time."""
    buckets = Buckets()
    start, size = 0, len(times)
    while start < size:
        index = times[start] // seconds
        end = bisect_left(times, (index + 1) * seconds, start)
        if end - start == 1:
            value = values[start]
            _append(buckets, index, (value, value, value), 1)
        else:
            part = values[start:end]
            least, greatest = min(part), max(part)
            mean = min(max(_mean(part), least), greatest)
            _append(buckets, index, (least, mean, greatest), end - start)
        start = end
    return buckets


def regroup(buckets: Buckets, factor: int) -> Buckets:
    """Return wider buckets, each of `factor` of the old ones."""
    if factor == 1:
        return buckets
    wide = Buckets()
    start, size = 0, len(buckets.index)
    while start < size:
        index = buckets.index[start] // factor
        end = bisect_left(buckets.index, (index + 1) * factor, start)
        counts = buckets.count[start:end]
        total = sum(counts)
        least, greatest = min(buckets.least[start:end]), max(buckets.greatest[start:end])
        mean = sum(map(mul, buckets.mean[start:end], counts)) / total
        _append(wide, index, (least, min(max(mean, least), greatest), greatest), total)
        start = end
    return wide


def replace_range(old: Buckets, new: Buckets, start: int, end: int) -> Buckets:
    """Return `old` with everything from index `start` up to `end` replaced by `new`."""
    left, right = bisect_left(old.index, start), bisect_left(old.index, end)
    return Buckets(
        old.index[:left] + new.index + old.index[right:],
        old.least[:left] + new.least + old.least[right:],
        old.mean[:left] + new.mean + old.mean[right:],
        old.greatest[:left] + new.greatest + old.greatest[right:],
        old.count[:left] + new.count + old.count[right:],
    )


def between(buckets: Buckets, start: int, end: int) -> Buckets:
    """Return the buckets from index `start` up to `end`."""
    left, right = bisect_left(buckets.index, start), bisect_left(buckets.index, end)
    if left == 0 and right == len(buckets.index):
        return buckets
    return Buckets(
        buckets.index[left:right],
        buckets.least[left:right],
        buckets.mean[left:right],
        buckets.greatest[left:right],
        buckets.count[left:right],
    )


def is_worth_it(samples: int, buckets: int) -> bool:
    """Tell whether a tier of so many buckets saves anything over the samples themselves."""
    return samples > _WORTH * buckets


def _mean(values: Sequence[float]) -> float:
    total = sum(values)
    if total in (float("inf"), float("-inf")):
        # The sum of numbers near the limit overflows, their mean does not.
        return sum(value / len(values) for value in values)
    return total / len(values)


def _append(buckets: Buckets, index: int, numbers: tuple[float, float, float], count: int) -> None:
    buckets.index.append(index)
    buckets.least.append(numbers[0])
    buckets.mean.append(numbers[1])
    buckets.greatest.append(numbers[2])
    buckets.count.append(count)
