"""What the network interfaces carry, their errors and their links."""

from collections.abc import Iterator

from pydantic import BaseModel

from app.kernel.text import printable
from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Rate, Sample, Unparsable
from app.services.infrastructure.facts.reading import (
    FILES,
    NET_DEV,
    SYS,
    class_files,
    count,
    section,
)

# The loopback, and the ends that container engines and the kernel make by the dozen.
_UNSHOWN = (
    "lo", "veth", "ifb", "dummy", "sit", "gre", "erspan", "ip6tnl", "ip6_vti", "ip_vti", "tunl",
    "cali", "lxc", "fwbr", "fwln", "fwpr", "vnet", "tap", "teql",
)  # fmt: skip
_MBIT = 125_000  # bytes per second


class Interface(BaseModel):
    """One interface since boot. `state` is the kernel's ("up", "down", "unknown")."""

    name: str
    received_bytes: int
    received_packets: int
    received_errors: int
    received_dropped: int
    sent_bytes: int
    sent_packets: int
    sent_errors: int
    sent_dropped: int
    state: str = ""
    speed_mbit: int | None = None
    mac: str = ""
    duplex: str = ""
    carrier_changes: int | None = None  # how often the link came or went


class Network(BaseModel):
    interfaces: list[Interface]


class NetworkFact(Fact[Network]):
    name = "network"
    title = "Network interfaces"
    rate = Rate.LIVE
    commands = (FILES, SYS)
    value = Network

    def parse(self, results: tuple[CommandResult, ...]) -> Network | None:
        files, classes = results
        text = section(files, NET_DEV, self.name)
        if text is None:
            return None
        links = class_files(classes, "net")
        try:
            return Network(interfaces=list(_interfaces(text, links)))
        except (IndexError, ValueError) as error:
            raise Unparsable(self.name, "not the lines of net/dev") from error

    def samples(self, value: Network) -> list[Sample]:
        return [
            sample
            for one in value.interfaces
            # A plug without a cable is worth a line on the page, but no series.
            if one.received_bytes or one.sent_bytes
            for sample in _samples(one)
        ]


def _interfaces(text: str, links: dict[str, dict[str, str]]) -> Iterator[Interface]:
    lines = text.splitlines()
    if len(lines) < 2 or "bytes" not in lines[1]:  # noqa: PLR2004 - the table has two head lines
        raise ValueError("The table has no head.")
    seen: set[str] = set()
    for line in lines[2:]:
        raw, colon, numbers = line.rpartition(":")
        name = printable(raw).strip()
        if not colon or name in seen or not _is_shown(name):
            continue
        seen.add(name)
        link = links.get(raw.strip(), {})
        words = numbers.split()
        yield Interface(
            name=name,
            received_bytes=count(words[0]),
            received_packets=count(words[1]),
            received_errors=count(words[2]),
            received_dropped=count(words[3]),
            sent_bytes=count(words[8]),
            sent_packets=count(words[9]),
            sent_errors=count(words[10]),
            sent_dropped=count(words[11]),
            state=printable(link.get("operstate", "")),
            speed_mbit=_speed(link.get("speed", "")),
            mac=printable(link.get("address", "")),
            duplex=printable(link.get("duplex", "")),
            carrier_changes=count(link["carrier_changes"]) if "carrier_changes" in link else None,
        )


def _is_shown(name: str) -> bool:
    # Docker names its bridges br- and twelve digits; br-lan is a router's own.
    is_dockers = name.startswith("br-") and len(name) == 15  # noqa: PLR2004 - br- and twelve
    return not (is_dockers or name == "docker0" or name.startswith(_UNSHOWN))


def _speed(text: str) -> int | None:
    """Return Mbit/s; drivers say -1 or 65535 * 65537 where they do not know."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 else None  # noqa: PLR2004 - up to 9999 Gbit/s


def _samples(one: Interface) -> Iterator[Sample]:
    labels = (("device", one.name),)
    for metric, value, unit in (
        ("node_network_receive_bytes_total", one.received_bytes, "bytes"),
        ("node_network_transmit_bytes_total", one.sent_bytes, "bytes"),
        ("node_network_receive_errs_total", one.received_errors, ""),
        ("node_network_transmit_errs_total", one.sent_errors, ""),
        ("node_network_receive_drop_total", one.received_dropped, ""),
        ("node_network_transmit_drop_total", one.sent_dropped, ""),
    ):
        yield Sample(metric, value, labels, unit=unit, is_counter=True)
    if one.carrier_changes is not None:
        metric = "node_network_carrier_changes_total"
        yield Sample(metric, one.carrier_changes, labels, is_counter=True)
    # While there is no link there is no speed, and the one from before it stays the last.
    if one.speed_mbit is not None and one.state == "up":
        metric = "node_network_speed_bytes"
        yield Sample(metric, one.speed_mbit * _MBIT, labels, unit="bytes")
