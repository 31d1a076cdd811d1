"""Watches a Pi-hole: whether it blocks, how much, and how old its lists are."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import Field
from unity_plugin import (
    AlertType,
    Card,
    Category,
    CellKind,
    Column,
    Condition,
    Fact,
    Manifest,
    Metric,
    Page,
    Plugin,
    Report,
    Run,
    Secret,
    Severity,
    Table,
    Url,
)

from unity_builtins.pihole.client import Client, Status
from unity_builtins.shared.forms import Trusting
from unity_builtins.shared.quality import OWN_TRUST, quality

BLOCKING = Metric(name="pihole_blocking", about="1 while it blocks.", unit="yes/no")
QUERIES = Metric(
    name="pihole_queries",
    about="Queries: of 24 hours in version 6, since midnight in version 5.",
    unit="queries",
)
BLOCKED = Metric(name="pihole_queries_blocked", about="Blocked queries, as above.", unit="queries")
PERCENT = Metric(name="pihole_blocked_percent", about="Share of blocked queries.", unit="percent")
CACHED = Metric(name="pihole_queries_cached", about="Queries answered from memory.", unit="queries")
FORWARDED = Metric(
    name="pihole_queries_forwarded", about="Queries passed on to other servers.", unit="queries"
)
CLIENTS = Metric(name="pihole_clients_active", about="Machines that ask.", unit="machines")
DOMAINS = Metric(name="pihole_domains_blocked", about="Names on its lists.", unit="names")
AGE = Metric(name="pihole_lists_age_seconds", about="Since its lists were renewed.", unit="s")
MESSAGES = Metric(
    name="pihole_messages", about="Messages of its diagnosis (version 6).", unit="messages"
)
OFF = AlertType(
    key="blocking_off",
    title="{name} blocks nothing",
    over="{name} blocks again",
    about="Blocking is switched off for longer than a short pause.",
    for_seconds=1800,
)
OLD = AlertType(
    key="old_lists",
    title="The lists of {name} are old",
    over="The lists of {name} were renewed",
    about="The lists were last renewed longer ago than the form allows.",
)
BEHIND = AlertType(
    key="update",
    title="{name} can be updated",
    over="{name} is up to date",
    about="There is a newer version of one of its programs.",
    severity=Severity.INFO,
)
COMPLAINS = AlertType(
    key="messages",
    title="{name} has messages about itself",
    over="{name} has no messages any more",
    about="Its own diagnosis found something (version 6).",
    severity=Severity.INFO,
)
_DAY = 86_400


class PiHoleConfig(Trusting):
    """The form of a Pi-hole."""

    url: Url = Field(
        title="Address",
        description="Of its web interface, without /admin.",
        examples=["http://pi.hole"],
    )
    password: Secret = Field(
        Secret(""),
        title="Password or token",
        description="Version 6: an app password. Version 5: the API token. Empty: it has none.",
    )
    list_days: int = Field(
        14,
        title="Lists are old from",
        description="They renew themselves once a week.",
        ge=1,
        le=365,
        json_schema_extra={"unit": "days"},
    )


class PiHole(Plugin[PiHoleConfig]):
    """Watches a Pi-hole."""

    manifest = Manifest(
        name="pihole",
        version="1.0.0",
        title="Pi-hole",
        summary="Whether it blocks, how much, how old its lists are, and updates.",
        description=(
            "For version 6 make an app password (Settings, Web interface and API): it keeps"
            " working with two-factor login. Each run logs in and out again, since a Pi-hole has"
            " few seats for sessions. For version 5 copy the API token.\n\nIt only reads."
        ),
        category=Category.NETWORK,
        quality=quality(allowed_network=OWN_TRUST),
    )
    config = PiHoleConfig
    metrics = (
        BLOCKING,
        QUERIES,
        BLOCKED,
        PERCENT,
        CACHED,
        FORWARDED,
        CLIENTS,
        DOMAINS,
        AGE,
        MESSAGES,
    )
    alerts = (OFF, OLD, BEHIND, COMPLAINS)

    async def check(self, run: Run[PiHoleConfig]) -> str:
        return _summary(await _status(run))

    async def collect(self, run: Run[PiHoleConfig]) -> Report:
        status = await _status(run)
        age = None if not status.gravity_at else run.now.timestamp() - status.gravity_at
        values = (
            (BLOCKING, None if status.is_blocking is None else float(status.is_blocking)),
            (QUERIES, status.queries),
            (BLOCKED, status.blocked),
            (PERCENT, status.percent),
            (CACHED, status.cached),
            (FORWARDED, status.forwarded),
            (CLIENTS, status.clients),
            (DOMAINS, status.domains),
            (AGE, age),
            (MESSAGES, status.messages),
        )
        return Report(
            samples=[metric.sample(value) for metric, value in values if value is not None],
            facts=[
                Fact(key=one.name.lower(), label=one.name, value=one.installed)
                for one in status.components
                if one.installed
            ],
            conditions=_conditions(run.config, status, age),
            unjudged=_unjudged(status, age),
            pages=[_page(status)],
            summary=_summary(status),
        )


async def _status(run: Run[PiHoleConfig]) -> Status:
    config = run.config
    client = Client(
        network=run.network,
        base=config.url.rstrip("/").removesuffix("/admin"),
        secret=config.password.get_secret_value(),
        trust=config.trust,
        seconds=config.seconds,
    )
    return await client.status()


def _conditions(config: PiHoleConfig, status: Status, age: float | None) -> list[Condition]:
    found: list[Condition] = []
    if status.is_blocking is False:
        found.append(
            OFF.condition("Blocking is switched off.", fix="Switch it on in its web interface.")
        )
    if age is not None and age > config.list_days * _DAY:
        found.append(
            OLD.condition(f"The lists are {age / _DAY:.0f} days old.", fix="Run pihole -g on it.")
        )
    found += [
        BEHIND.condition(
            f"{one.name} {one.installed} can become {one.newest}.",
            subject=one.name,
            fix="Run pihole -up on it, or take the newer image.",
        )
        for one in status.components
        if one.is_behind
    ]
    if status.messages:
        found.append(
            COMPLAINS.condition(
                f"Its diagnosis has {status.messages:.0f} messages.",
                fix="Read them in its web interface under Tools, Pi-hole diagnosis.",
            )
        )
    return found


def _unjudged(status: Status, age: float | None) -> Sequence[str]:
    missing = {
        OFF.key: status.is_blocking is None,
        OLD.key: age is None,
        COMPLAINS.key: status.messages is None,
    }
    return [key for key, is_missing in missing.items() if is_missing]


def _summary(status: Status) -> str:
    state = {True: "Blocks", False: "Blocks nothing", None: "Does not say whether it blocks"}
    words = state[status.is_blocking]
    if status.percent is not None and status.queries is not None:
        words += f": {status.percent:.1f} % of {status.queries:,.0f} queries"
    return f"{words} (version {status.major})"


def _page(status: Status) -> Page:
    renewed = datetime.fromtimestamp(status.gravity_at, UTC) if status.gravity_at else None
    cards = (
        Card(
            title="Blocking",
            value={True: "on", False: "off", None: "unknown"}[status.is_blocking],
            status={True: "ok", False: "warning", None: "unknown"}[status.is_blocking],
        ),
        Card(title="Queries", value=status.queries, kind=CellKind.NUMBER),
        Card(title="Blocked", value=status.percent, kind=CellKind.PERCENT),
        Card(title="Names on its lists", value=status.domains, kind=CellKind.NUMBER),
        Card(title="Lists renewed", value=renewed, kind=CellKind.TIME),
    )
    columns = (
        Column(key="name", title="Program"),
        Column(key="installed", title="Installed"),
        Column(key="newest", title="Newest"),
        Column(key="state", title="State", kind=CellKind.STATUS),
    )
    rows = tuple(
        (one.name, one.installed, one.newest, "warning" if one.is_behind else "ok")
        for one in status.components
        if one.installed
    )
    table = Table(
        title="Versions", columns=columns, rows=rows, empty="It does not tell its versions."
    )
    return Page(key="overview", title="Overview", cards=cards, tables=(table,))
