"""The share of dropped packets is that of ten minutes, and only of enough packets."""

from datetime import UTC, datetime, timedelta

import pytest

from app.kernel.ids import uuid7
from app.services.infrastructure.facts.network import Interface, Network
from app.services.infrastructure.packet_drops import PacketDrops

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
SERVER = uuid7()


def network(packets: int, dropped: int, *, device: str = "eth0") -> Network:
    return Network(
        interfaces=[
            Interface(
                name=device,
                received_bytes=1,
                received_packets=packets,
                received_errors=0,
                received_dropped=dropped,
                sent_bytes=0,
                sent_packets=0,
                sent_errors=0,
                sent_dropped=0,
            )
        ]
    )


def told(drops: PacketDrops, minutes: float, seen: Network) -> list[float]:
    """Return the shares of received packets that a round so many minutes later tells."""
    samples = drops.samples(SERVER, BEGIN + timedelta(minutes=minutes), seen)
    return [one.value for one in samples if "receive" in one.metric]


def test_nothing_is_told_before_ten_minutes_have_passed() -> None:
    drops = PacketDrops()
    assert told(drops, 0, network(0, 0)) == []
    assert told(drops, 5, network(50_000, 50_000)) == []
    assert told(drops, 10, network(50_000, 50_000)) == [50]


def test_a_share_is_told_until_the_next_window_is_over() -> None:
    drops = PacketDrops()
    rounds = ((0, 0, 0), (10, 99_000, 1000), (15, 99_000, 9000), (20, 199_000, 9000))
    assert [told(drops, at, network(*seen)) for at, *seen in rounds] == [[], [1], [1], [7.41]]


@pytest.mark.parametrize(("packets", "dropped", "share"), [(5000, 4999, 0), (5000, 5000, 50)])
def test_a_share_of_few_packets_is_none(packets: int, dropped: int, share: float) -> None:
    drops = PacketDrops()
    told(drops, 0, network(0, 0))
    assert told(drops, 10, network(packets, dropped)) == [share]


@pytest.mark.parametrize("after", [(10_000, 500), (90_000, 0)])
def test_counts_that_begin_anew_are_no_drops(after: tuple[int, int]) -> None:
    drops = PacketDrops()
    told(drops, 0, network(50_000, 400))
    assert told(drops, 10, network(*after)) == []


def test_an_interface_that_is_new_has_no_share_yet() -> None:
    drops = PacketDrops()
    told(drops, 0, network(0, 0))
    assert told(drops, 10, network(50_000, 50_000, device="eth1")) == []
    assert told(drops, 20, network(100_000, 50_000, device="eth1")) == [0]


def test_a_round_that_was_stored_late_changes_nothing() -> None:
    drops = PacketDrops()
    told(drops, 10, network(0, 0))
    assert told(drops, 5, network(0, 0)) == []
    assert told(drops, 20, network(50_000, 50_000)) == [50]


def test_a_round_that_is_stored_again_tells_the_same() -> None:
    drops = PacketDrops()
    told(drops, 0, network(0, 0))
    assert told(drops, 10, network(50_000, 50_000)) == [50]
    assert told(drops, 10, network(50_000, 50_000)) == [50]


def test_each_server_has_windows_of_its_own() -> None:
    drops = PacketDrops()
    told(drops, 0, network(0, 0))
    later = BEGIN + timedelta(minutes=10)
    assert drops.samples(uuid7(), later, network(50_000, 50_000)) == ()
    assert told(drops, 10, network(50_000, 50_000)) == [50]


def test_sent_and_received_packets_are_told_by_device() -> None:
    drops = PacketDrops()
    drops.samples(SERVER, BEGIN, network(0, 0))
    samples = drops.samples(SERVER, BEGIN + timedelta(minutes=10), network(90_000, 10_000))
    assert [(one.metric, one.value) for one in samples] == [
        ("unity_network_receive_drop_percent", 10),
        ("unity_network_transmit_drop_percent", 0),
    ]
    assert {one.labels for one in samples} == {(("device", "eth0"),)}
    assert {(one.unit, one.is_counter) for one in samples} == {("percent", False)}
