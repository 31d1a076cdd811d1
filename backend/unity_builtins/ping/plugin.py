"""Sends echo requests, and counts what comes back."""

from pydantic import Field
from unity_plugin import (
    AlertType,
    Category,
    CellKind,
    Column,
    Condition,
    Config,
    Fact,
    Host,
    Manifest,
    Metric,
    NotReachable,
    Page,
    Plugin,
    Report,
    Run,
    Sample,
    Table,
    Unsupported,
    exempt,
)

from unity_builtins.ping import echo, program
from unity_builtins.ping.echo import Echoes, NotAllowed, Plan
from unity_builtins.shared.dialing import Family, resolve
from unity_builtins.shared.probes import DOWN, SLOW, SUCCESS, failed, insist
from unity_builtins.shared.quality import NO_LOGIN, ONE_PROTOCOL, quality

TRIP = Metric(
    name="probe_icmp_round_trip_seconds",
    about="The round trip: shortest, average, longest.",
    unit="s",
)
LOSS = Metric(name="probe_icmp_loss_percent", about="Requests without a reply.", unit="percent")
JITTER = Metric(
    name="probe_icmp_jitter_seconds",
    about="By how much one round trip differs from the next.",
    unit="s",
)
LOSSY = AlertType(
    key="loss",
    title="{name} loses packets",
    over="{name} loses no packets any more",
    about="More requests stayed without a reply than the form allows, three runs in a row.",
    for_runs=3,
)


class PingConfig(Config):
    """The form of a ping."""

    host: Host = Field(title="Host", examples=["192.168.1.1"])
    count: int = Field(4, title="Requests", ge=1, le=20, description="For each run.")
    loss_percent: int = Field(
        25,
        title="Loss from",
        description="Tells when more are lost. When all are, the host is down.",
        ge=0,
        le=99,
        json_schema_extra={"unit": "percent"},
    )
    slow_milliseconds: int = Field(
        0,
        title="Slow from",
        description="Tells when the average round trip takes longer; 0 never tells.",
        ge=0,
        le=60_000,
        json_schema_extra={"unit": "ms"},
    )
    seconds: float = Field(
        2,
        title="Wait for a reply",
        description="A reply that comes later counts as lost.",
        gt=0,
        le=10,
        json_schema_extra={"unit": "s", "advanced": True},
    )
    family: Family = Field(Family.ANY, title="Addresses", json_schema_extra={"advanced": True})


class Ping(Plugin[PingConfig]):
    """Watches whether a host answers."""

    manifest = Manifest(
        name="ping",
        version="1.0.0",
        title="Ping",
        summary="Sends echo requests, and measures loss and round trip.",
        description=(
            "It uses an ICMP socket of its own where the system allows that (the setting"
            " net.ipv4.ping_group_range, or the right CAP_NET_RAW), and the program ping where"
            " not.\n\nNot supported: other sizes of packets, and routes."
        ),
        category=Category.CHECK,
        every_seconds=60,
        timeout_seconds=240,
        quality=quality(
            login_refused=NO_LOGIN,
            allowed_network=exempt("ICMP needs a socket of its own; the address is run.network's."),
            two_versions=ONE_PROTOCOL,
        ),
    )
    config = PingConfig
    metrics = (SUCCESS, TRIP, LOSS, JITTER)
    alerts = (DOWN, LOSSY, SLOW)

    async def check(self, run: Run[PingConfig]) -> str:
        address, echoes = await _ping(run)
        insist("" if echoes.trips else "no reply came back")
        return _summary(address, echoes)

    async def collect(self, run: Run[PingConfig]) -> Report:
        try:
            address, echoes = await _ping(run)
        except NotReachable as error:
            run.log.warning(error.detail)
            return failed(error, LOSSY, SLOW)
        return Report(
            samples=_samples(echoes),
            facts=[Fact(key="address", label="Address", value=address)],
            conditions=conditions(run.config, address, echoes),
            unjudged=() if echoes.trips else (SLOW.key,),
            pages=[_page(echoes)],
            summary=_summary(address, echoes),
        )


async def _ping(run: Run[PingConfig]) -> tuple[str, Echoes]:
    config = run.config
    address = (await resolve(run.network, config.host, config.family)).found[0]
    plan = Plan(count=config.count, wait=config.seconds)
    try:
        return address, await echo.ping(address, plan)
    except NotAllowed:
        run.log.info("No ICMP socket is allowed here: the program ping is asked.")
    try:
        return address, await program.ping(run.network, address, plan)
    except NotAllowed as error:
        raise Unsupported(
            "This machine allows Unity neither an ICMP socket nor the program ping.",
            fix=(
                'Install iputils-ping, or run: sysctl -w net.ipv4.ping_group_range="0 2147483647"'
            ),
        ) from error


def _samples(echoes: Echoes) -> list[Sample]:
    found = [SUCCESS.sample(float(bool(echoes.trips))), LOSS.sample(echoes.loss)]
    if trips := echoes.trips:
        found += [
            TRIP.sample(min(trips), stat="min"),
            TRIP.sample(sum(trips) / len(trips), stat="avg"),
            TRIP.sample(max(trips), stat="max"),
            JITTER.sample(echoes.jitter),
        ]
    return found


def conditions(config: PingConfig, address: str, echoes: Echoes) -> list[Condition]:
    """Say what is wrong with what came back."""
    if not echoes.trips:
        return [
            DOWN.condition(
                f"{address} answered none of {echoes.sent} requests.",
                fix="Check that it runs. Some firewalls drop ICMP: then watch a port instead.",
            )
        ]
    found: list[Condition] = []
    if echoes.loss > config.loss_percent:
        found.append(
            LOSSY.condition(
                f"{echoes.loss:.0f} % of {echoes.sent} requests to {address} were lost."
            )
        )
    average = 1000 * sum(echoes.trips) / len(echoes.trips)
    if config.slow_milliseconds and average > config.slow_milliseconds:
        found.append(
            SLOW.condition(
                f"The round trip to {address} takes {average:.0f} ms;"
                f" up to {config.slow_milliseconds} ms is well."
            )
        )
    return found


def _summary(address: str, echoes: Echoes) -> str:
    if not echoes.trips:
        return f"{address} did not answer"
    average = 1000 * sum(echoes.trips) / len(echoes.trips)
    return f"{address}: {average:.1f} ms, {echoes.loss:.0f} % lost"


def _page(echoes: Echoes) -> Page:
    columns = (
        Column(key="number", title="Reply", kind=CellKind.NUMBER),
        Column(key="trip", title="Round trip", kind=CellKind.SECONDS),
    )
    rows = tuple((number, trip) for number, trip in enumerate(echoes.trips, 1))
    table = Table(columns=columns, rows=rows, empty="No reply came back.")
    return Page(key="replies", title="Last replies", tables=(table,))
