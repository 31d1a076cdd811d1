"""The program `ping`, where this process may open no ICMP socket itself."""

import re

from unity_plugin import Network, Unsupported

from unity_builtins.ping.echo import Echoes, NotAllowed, Plan

_TRIP = re.compile(r"seq=(\d+).*?time[=<]([0-9.]+) ms")
_NOTHING_CAME = 1
_ROOM_FOR_THE_PROGRAM = 5.0


async def ping(network: Network, address: str, plan: Plan) -> Echoes:
    """Run it: iputils and busybox write the round trips alike."""
    wait = max(1, round(plan.wait))
    try:
        done = await network.tool(
            ["ping", "-n", "-c", str(plan.count), "-W", str(wait), address],
            seconds=plan.count * (1 + wait) + _ROOM_FOR_THE_PROGRAM,
        )
    except Unsupported as error:
        raise NotAllowed from error
    if done.exit_status > _NOTHING_CAME:
        if "permi" in done.complaint.lower():
            raise NotAllowed
        raise Unsupported(f"The program ping failed: {done.complaint or 'without a word'}.")
    return read(done.text, plan.count)


def read(said: str, count: int) -> Echoes:
    """Read the round trips, in seconds; a reply that came twice counts once."""
    trips = {int(number): float(text) / 1000 for number, text in _TRIP.findall(said)}
    return Echoes(count, tuple(trips.values()))
