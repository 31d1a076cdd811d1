"""Which share of its packets a network interface drops, judged over ten minutes.

The kernel counts packets and drops since boot, of which a share says nothing of today. One round
is too short a time and may carry too few packets, so the counts at its begin are remembered until
ten minutes have passed.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.services.core.facts import Sample
from app.services.infrastructure.facts.network import Network

_WINDOW = timedelta(minutes=10)
_ENOUGH = 10_000  # of fewer packets a share says nothing, and none of them counts as dropped
_Series = tuple[str, str]  # the metric and the device


@dataclass(frozen=True, slots=True)
class _Counts:
    packets: int
    dropped: int


@dataclass(frozen=True, slots=True)
class _Window:
    begin: datetime
    counts: Mapping[_Series, _Counts]
    shares: tuple[Sample, ...]  # of the window before, told until this one is over


class PacketDrops:
    """Remembers where windows begin. One for a process; a restart forgets, and waits again."""

    def __init__(self) -> None:
        self._windows: dict[uuid.UUID, _Window] = {}

    def samples(self, server_id: uuid.UUID, at: datetime, network: Network) -> tuple[Sample, ...]:
        """Return the shares of the last whole window; none before the first has passed."""
        window = self._windows.get(server_id)
        if window is None or at - window.begin >= _WINDOW:
            counts = dict(_counts(network))
            before = window.counts if window is not None else {}
            window = _Window(at, counts, tuple(_shares(before, counts)))
            self._windows[server_id] = window
        # A round that began before the window was stored late, and the shares are none of its.
        return window.shares if at >= window.begin else ()


def _counts(network: Network) -> Iterator[tuple[_Series, _Counts]]:
    for one in network.interfaces:
        # As for its other series: a plug without a cable has none.
        if one.received_bytes or one.sent_bytes:
            yield (
                ("unity_network_receive_drop_percent", one.name),
                _Counts(one.received_packets, one.received_dropped),
            )
            yield (
                ("unity_network_transmit_drop_percent", one.name),
                _Counts(one.sent_packets, one.sent_dropped),
            )


def _shares(
    before: Mapping[_Series, _Counts], after: Mapping[_Series, _Counts]
) -> Iterator[Sample]:
    for (metric, device), now in after.items():
        earlier = before.get((metric, device))
        if earlier is None:
            continue
        packets, dropped = now.packets - earlier.packets, now.dropped - earlier.dropped
        if packets < 0 or dropped < 0:
            continue  # the machine, or the interface, began to count anew
        # Drivers differ in whether a dropped packet counts as received, too. With both in the
        # whole, a share is never above 100 %.
        whole = packets + dropped
        share = 100 * dropped / whole if whole >= _ENOUGH else 0.0
        yield Sample(metric, round(share, 2), (("device", device),), unit="percent")
