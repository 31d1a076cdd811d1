"""Looks at the certificates that a server shows."""

import asyncio

from pydantic import Field
from unity_plugin import (
    AlertType,
    Category,
    CellKind,
    Column,
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
    Sample,
    Severity,
    Table,
)

from unity_builtins.shared.certificates import Certificate, earliest
from unity_builtins.shared.dialing import Family, Unanswered, endpoint
from unity_builtins.shared.forms import Timed
from unity_builtins.shared.probes import DAY, DOWN, ENDING, SUCCESS, failed
from unity_builtins.shared.quality import NO_LOGIN, OWN_TRUST, quality
from unity_builtins.tls_expiry.handshake import Shown, StartTls, Target, look

DAYS = Metric(
    name="probe_ssl_days_left",
    about="Until the first certificate of the chain ends; negative when it did.",
    unit="days",
)
TRUSTED = Metric(
    name="probe_ssl_trusted", about="1 when the chain leads to a trusted authority.", unit="yes/no"
)
FITS = Metric(
    name="probe_ssl_name_fits", about="1 when the certificate is for this name.", unit="yes/no"
)
HANDSHAKE = Metric(name="probe_ssl_handshake_seconds", about="The handshake of TLS.", unit="s")
ENDED = AlertType(
    key="ended",
    title="The certificate of {name} has ended",
    over="The certificate of {name} is valid again",
    about="A certificate of the chain is past its end.",
    severity=Severity.CRITICAL,
)
DISTRUSTED = AlertType(
    key="distrusted",
    title="The certificate of {name} is not trusted",
    over="The certificate of {name} is trusted again",
    about="The chain does not lead to an authority that this machine, or the form, trusts.",
)
MISNAMED = AlertType(
    key="misnamed",
    title="The certificate of {name} is for another name",
    over="The certificate of {name} fits again",
    about="The name that was asked for is not among those of the certificate.",
    severity=Severity.CRITICAL,
)


class TlsExpiryConfig(Timed):
    """The form of a certificate check."""

    host: Host = Field(title="Host", examples=["mail.home.arpa"])
    port: Port = Field(443, title="Port", examples=[443])
    name: str = Field(
        "",
        title="Name to ask for",
        description="Where one address serves several names. Empty: the host.",
        max_length=253,
    )
    start_tls: StartTls = Field(
        StartTls.NONE,
        title="Turn to TLS by",
        description="For protocols that begin in the clear.",
    )
    days: int = Field(
        21,
        title="Tell from",
        description="Days before the end.",
        ge=1,
        le=365,
        json_schema_extra={"unit": "days"},
    )
    judges_trust: bool = Field(
        default=True,
        title="Judge the chain",
        description="Off for a self-signed certificate whose end alone matters.",
    )
    authority: str = Field(
        "",
        title="Own authority",
        description="The certificate of your own authority, as PEM text.",
        max_length=20_000,
        json_schema_extra={"advanced": True},
    )
    family: Family = Field(Family.ANY, title="Addresses", json_schema_extra={"advanced": True})

    def target(self) -> Target:
        """Return where to knock."""
        return Target(
            host=self.host,
            port=self.port,
            name=self.name or self.host,
            family=self.family,
            start_tls=self.start_tls,
            authority=self.authority,
        )


class TlsExpiry(Plugin[TlsExpiryConfig]):
    """Watches the certificates of a server."""

    manifest = Manifest(
        name="tls_expiry",
        version="1.0.0",
        title="Certificate check",
        summary="Looks at the certificates that a server shows: end, chain, name.",
        description=(
            "It shakes hands twice for each run: once to read whatever is shown, also when it is"
            " wrong, and once to judge it. Mail servers and PostgreSQL are asked to turn to TLS"
            " first.\n\nNot supported: revocation (OCSP and lists), client certificates."
        ),
        category=Category.CHECK,
        every_seconds=3600,
        timeout_seconds=70,
        quality=quality(login_refused=NO_LOGIN, allowed_network=OWN_TRUST),
    )
    config = TlsExpiryConfig
    metrics = (SUCCESS, DAYS, TRUSTED, FITS, HANDSHAKE)
    alerts = (DOWN, ENDING, ENDED, DISTRUSTED, MISNAMED)

    async def check(self, run: Run[TlsExpiryConfig]) -> str:
        shown = await _look(run)
        wrong = _conditions(run, shown)
        return wrong[0].message if wrong else _summary(run, shown)

    async def collect(self, run: Run[TlsExpiryConfig]) -> Report:
        try:
            shown = await _look(run)
        except NotReachable as error:
            run.log.warning(error.detail)
            return failed(error, ENDING, ENDED, DISTRUSTED, MISNAMED)
        wrong = _conditions(run, shown)
        return Report(
            samples=_samples(run, shown),
            facts=_facts(shown),
            conditions=wrong,
            pages=[_page(run, shown)],
            summary=(wrong[0].message if wrong else _summary(run, shown))[:200],
        )


async def _look(run: Run[TlsExpiryConfig]) -> Shown:
    config = run.config
    try:
        async with asyncio.timeout(config.seconds):
            return await look(run.network, config.target())
    except TimeoutError:
        where = endpoint(config.host, config.port)
        raise Unanswered(
            "tls",
            f"{where} did not answer within {config.seconds:g} s.",
            fix="Check that it runs, speaks TLS here, and that no firewall is between.",
        ) from None


def _days(run: Run[TlsExpiryConfig], certificate: Certificate) -> float:
    return certificate.left(run.now).total_seconds() / DAY


def _samples(run: Run[TlsExpiryConfig], shown: Shown) -> list[Sample]:
    return [
        SUCCESS.sample(1),
        DAYS.sample(_days(run, earliest(shown.chain))),
        TRUSTED.sample(float(not shown.distrust)),
        FITS.sample(float(shown.chain[0].covers(run.config.target().name))),
        HANDSHAKE.sample(shown.handshake_seconds),
    ]


def _conditions(run: Run[TlsExpiryConfig], shown: Shown) -> list[Condition]:
    """Say what is wrong, the worst first."""
    config, name = run.config, run.config.target().name
    found: list[Condition] = []
    first = earliest(shown.chain)
    days = _days(run, first)
    if days <= 0:
        found.append(
            ENDED.condition(
                f"The certificate of {first.subject} ended {-days:.0f} days ago.",
                fix="Renew it; clients refuse it already.",
            )
        )
    elif days < config.days:
        found.append(
            ENDING.condition(
                f"The certificate of {first.subject} ends in {days:.0f} days.",
                fix="Renew it, and check what renews it by itself.",
            )
        )
    if not shown.chain[0].covers(name):
        names = ", ".join(shown.chain[0].names[:5]) or "no name at all"
        found.append(
            MISNAMED.condition(
                f"The certificate is for {names}, not for {name}."[:500],
                fix="Serve the certificate of this name, or ask for another name.",
            )
        )
    if config.judges_trust and shown.distrust and days > 0:
        found.append(
            DISTRUSTED.condition(
                f"The chain is not trusted: {shown.distrust}."[:500],
                fix="Serve the certificates between, or enter your own authority.",
            )
        )
    return found


def _summary(run: Run[TlsExpiryConfig], shown: Shown) -> str:
    days = _days(run, earliest(shown.chain))
    return f"{days:.0f} days left, issued by {shown.chain[0].issuer}"[:200]


def _facts(shown: Shown) -> list[Fact]:
    leaf = shown.chain[0]
    return [
        Fact(key="subject", label="Issued for", value=leaf.subject[:300]),
        Fact(key="issuer", label="Issued by", value=leaf.issuer[:300]),
        Fact(key="ends", label="Ends", value=leaf.ends),
        Fact(key="protocol", label="Protocol", value=shown.protocol),
        Fact(key="fingerprint", label="SHA-256", value=leaf.fingerprint),
    ]


def _page(run: Run[TlsExpiryConfig], shown: Shown) -> Page:
    columns = (
        Column(key="subject", title="Issued for"),
        Column(key="issuer", title="Issued by"),
        Column(key="names", title="Names"),
        Column(key="ends", title="Ends", kind=CellKind.TIME),
        Column(key="days", title="Left", kind=CellKind.NUMBER, unit="days"),
    )
    rows = tuple(
        (one.subject, one.issuer, ", ".join(one.names[:10]), one.ends, round(_days(run, one)))
        for one in shown.chain
    )
    return Page(key="chain", title="Chain", tables=(Table(columns=columns, rows=rows),))
