"""Opens a TCP connection, and listens for a greeting where one is wished."""

import asyncio
from dataclasses import dataclass
from time import perf_counter

from pydantic import Field
from unity_plugin import (
    Card,
    Category,
    CellKind,
    Condition,
    Fact,
    Host,
    Manifest,
    Metric,
    NotReachable,
    Page,
    Plugin,
    Port,
    Report,
    Run,
)

from unity_builtins.shared.dialing import Family, Unanswered, dial, endpoint, said
from unity_builtins.shared.forms import Timed
from unity_builtins.shared.probes import DOWN, DURATION, SLOW, SUCCESS, failed, insist
from unity_builtins.shared.quality import NO_LOGIN, ONE_PROTOCOL, OWN_TRUST, quality

STEPS = Metric(
    name="probe_tcp_duration_seconds",
    about="Each step: resolve, connect, greeting.",
    unit="s",
)
_GREETING_LIMIT = 4096


class TcpCheckConfig(Timed):
    """The form of a TCP check."""

    host: Host = Field(title="Host", examples=["nas.home.arpa"])
    port: Port = Field(title="Port", examples=[22])
    send: str = Field(
        "",
        title="Send",
        description="A line that is sent first; some services only then say something.",
        max_length=500,
        json_schema_extra={"advanced": True},
    )
    expect: str = Field(
        "",
        title="Greeting contains",
        description="Waits for this text. Empty: an open port is enough.",
        examples=["SSH-2.0"],
        max_length=500,
    )
    slow_seconds: float = Field(
        0,
        title="Slow from",
        description="Tells when it takes longer; 0 never tells.",
        ge=0,
        le=60,
        json_schema_extra={"unit": "s"},
    )
    family: Family = Field(Family.ANY, title="Addresses", json_schema_extra={"advanced": True})


@dataclass(frozen=True, slots=True)
class _Met:
    """What the port did."""

    address: str
    resolve: float
    connect: float
    greeting: float
    heard: str
    wrong: str

    @property
    def total(self) -> float:
        return self.resolve + self.connect + self.greeting


class TcpCheck(Plugin[TcpCheckConfig]):
    """Watches a port."""

    manifest = Manifest(
        name="tcp_check",
        version="1.0.0",
        title="TCP check",
        summary="Connects to a port, and looks at the greeting.",
        description=(
            "An open port only says that something listens. Enter a part of the greeting to know"
            " that it is the right thing.\n\nNot supported: TLS (see Certificate check), UDP."
        ),
        category=Category.CHECK,
        every_seconds=60,
        timeout_seconds=70,
        quality=quality(
            login_refused=NO_LOGIN, allowed_network=OWN_TRUST, two_versions=ONE_PROTOCOL
        ),
    )
    config = TcpCheckConfig
    metrics = (SUCCESS, DURATION, STEPS)
    alerts = (DOWN, SLOW)

    async def check(self, run: Run[TcpCheckConfig]) -> str:
        met = await _meet(run)
        insist(met.wrong)
        return _summary(met)

    async def collect(self, run: Run[TcpCheckConfig]) -> Report:
        try:
            met = await _meet(run)
        except NotReachable as error:
            run.log.warning(error.detail)
            return failed(error, SLOW)
        samples = [
            SUCCESS.sample(float(not met.wrong)),
            DURATION.sample(met.total),
            STEPS.sample(met.resolve, phase="resolve"),
            STEPS.sample(met.connect, phase="connect"),
        ]
        if run.config.expect:
            samples.append(STEPS.sample(met.greeting, phase="greeting"))
        return Report(
            samples=samples,
            facts=[Fact(key="address", label="Address", value=met.address)],
            conditions=_conditions(run.config, met),
            pages=[_page(met)],
            summary=f"It answered, but {met.wrong}."[:200] if met.wrong else _summary(met),
        )


async def _meet(run: Run[TcpCheckConfig]) -> _Met:
    config = run.config
    where = endpoint(config.host, config.port)
    try:
        async with asyncio.timeout(config.seconds):
            connection = await dial(run.network, config.host, config.port, config.family)
            begun = perf_counter()
            try:
                if config.send:
                    connection.writer.write(f"{config.send}\r\n".encode())
                heard = await _hear(connection.reader, config) if config.expect else ""
            except OSError as error:
                raise Unanswered("greeting", f"{where} {said(error)}.") from error
            finally:
                connection.close()
    except TimeoutError:
        step = "greeting" if config.expect else "connect"
        raise Unanswered(step, f"{where} did not answer within {config.seconds:g} s.") from None
    wrong = ""
    if config.expect not in heard:
        wrong = f"with “{heard[:80].strip()}” instead of “{config.expect}”"
    return _Met(
        address=connection.address,
        resolve=connection.resolve_seconds,
        connect=connection.connect_seconds,
        greeting=perf_counter() - begun,
        heard=heard,
        wrong=wrong,
    )


async def _hear(reader: asyncio.StreamReader, config: TcpCheckConfig) -> str:
    """Read until the text came, the other side hung up, or it said enough."""
    heard = b""
    while config.expect.encode() not in heard and len(heard) < _GREETING_LIMIT:
        piece = await reader.read(_GREETING_LIMIT)
        if not piece:
            break
        heard += piece
        if b"\n" in heard and not config.send:
            break
    return heard.decode("utf-8", "replace")


def _conditions(config: TcpCheckConfig, met: _Met) -> list[Condition]:
    found: list[Condition] = []
    if met.wrong:
        found.append(DOWN.condition(f"It answered, but {met.wrong}."[:500]))
    if config.slow_seconds and met.total > config.slow_seconds:
        found.append(
            SLOW.condition(f"It took {met.total:.2f} s; up to {config.slow_seconds:g} s is well.")
        )
    return found


def _summary(met: _Met) -> str:
    return f"{met.address} answered in {met.total * 1000:.0f} ms"


def _page(met: _Met) -> Page:
    cards = (
        Card(title="Address", value=met.address),
        Card(title="Name looked up in", value=met.resolve, kind=CellKind.SECONDS),
        Card(title="Connected in", value=met.connect, kind=CellKind.SECONDS),
        Card(title="Greeting", value=met.heard[:200].strip() or "not asked for"),
    )
    return Page(key="contact", title="Last contact", cards=cards)
