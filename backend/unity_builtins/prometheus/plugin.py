"""Scrapes an exporter, or anything that speaks Prometheus' text format."""

from collections import Counter

from pydantic import Field
from unity_plugin import (
    AlertType,
    Card,
    Category,
    CellKind,
    Column,
    Fact,
    Manifest,
    Metric,
    Page,
    Plugin,
    Report,
    Run,
    Sample,
    Table,
    Unsupported,
    Url,
    exempt,
)

from unity_builtins.prometheus.exposition import Found, Line, NotExposition, Wanted, sift
from unity_builtins.shared.forms import LoggingIn
from unity_builtins.shared.quality import OWN_TRUST, quality
from unity_builtins.shared.web import Answer, fetch
from unity_builtins.shared.web import Wanted as Asked

DURATION = Metric(name="scrape_duration_seconds", about="How long the scrape took.", unit="s")
SCRAPED = Metric(name="scrape_samples_scraped", about="Values that were shown.", unit="values")
KEPT = Metric(
    name="scrape_samples_post_metric_relabeling", about="Values that were kept.", unit="values"
)
TOO_MANY = AlertType(
    key="too_many",
    title="{name} shows more values than are kept",
    over="All wanted values of {name} are kept",
    about="The limit of the form cuts some of the wanted values off.",
    for_runs=2,
)
_ACCEPT = "text/plain;version=0.0.4;q=1,*/*;q=0.1"
_UNITS = (
    ("_seconds", "s"),
    ("_bytes", "bytes"),
    ("_celsius", "celsius"),
    ("_percent", "percent"),
    ("_volts", "V"),
    ("_watts", "W"),
    ("_amperes", "A"),
    ("_hertz", "Hz"),
)


class PrometheusConfig(LoggingIn):
    """The form of a scrape."""

    url: Url = Field(
        title="Address",
        description="With its path.",
        examples=["http://nas.home.arpa:9100/metrics"],
    )
    include: list[str] = Field(
        title="Metrics to keep",
        description="Names; * stands for anything.",
        examples=["node_hwmon_*"],
        min_length=1,
        max_length=100,
    )
    exclude: list[str] = Field(
        [],
        title="Metrics to leave out",
        description="Of those to keep; * stands for anything.",
        examples=["go_*"],
        max_length=100,
    )
    without_labels: list[str] = Field(
        [],
        title="Labels to leave out",
        description="For labels that change at each start and make new series.",
        examples=["instance_id"],
        max_length=50,
        json_schema_extra={"advanced": True},
    )
    most: int = Field(
        500,
        title="At most so many values",
        description="Each is a series that is kept. What comes after is left out, and told.",
        ge=1,
        le=4900,
    )


class Prometheus(Plugin[PrometheusConfig]):
    """Scrapes an exporter."""

    manifest = Manifest(
        name="prometheus",
        version="1.0.0",
        title="Prometheus scrape",
        summary="Reads the metrics of an exporter, and keeps the ones that you name.",
        description=(
            "It reads Prometheus' text format over HTTP. Name what to keep: an exporter shows"
            " hundreds of series, and each is kept for years. Counters are stored as rates. Buckets"
            " of histograms are left out; their sums and counts are kept.\n\nNot supported:"
            " protobuf, native histograms, time stamps of the exporter."
        ),
        category=Category.MONITORING,
        every_seconds=60,
        timeout_seconds=70,
        memory_mib=768,
        quality=quality(
            allowed_network=OWN_TRUST,
            metrics_declared=exempt("What an exporter shows is known only when it is asked."),
        ),
    )
    config = PrometheusConfig
    metrics = (DURATION, SCRAPED, KEPT)
    alerts = (TOO_MANY,)
    has_open_metrics = True

    async def check(self, run: Run[PrometheusConfig]) -> str:
        _, found = await _scrape(run)
        if not found.lines:
            raise Unsupported(
                f"It shows {found.seen} values, and none is one to keep.",
                fix="Change the names to keep; * alone keeps all.",
            )
        return _summary(found)

    async def collect(self, run: Run[PrometheusConfig]) -> Report:
        answer, found = await _scrape(run)
        for reason, count in _left_out(found):
            if count:
                run.log.info("%s values left out: %s.", count, reason)
        conditions = []
        if found.over_limit:
            conditions.append(
                TOO_MANY.condition(
                    f"{found.over_limit} wanted values are over the limit of {run.config.most}.",
                    fix="Name fewer metrics, or raise the limit.",
                )
            )
        own = [
            DURATION.sample(answer.phases.total),
            SCRAPED.sample(found.seen),
            KEPT.sample(len(found.lines)),
        ]
        names = {one.name for one in self.metrics}
        return Report(
            samples=[*own, *(_sample(one) for one in found.lines if one.name not in names)],
            facts=_facts(found),
            conditions=conditions,
            pages=[_page(found)],
            summary=_summary(found),
        )


async def _scrape(run: Run[PrometheusConfig]) -> tuple[Answer, Found]:
    config = run.config
    answer = await fetch(
        run.network,
        Asked(
            url=config.url,
            headers={"Accept": _ACCEPT},
            secrets=config.login(),
            redirects=3,
            trust=config.trust,
            seconds=config.seconds,
            most_bytes=16 << 20,
        ),
    )
    wanted = Wanted(
        include=config.include,
        exclude=config.exclude,
        without_labels=frozenset(config.without_labels),
        most=config.most,
    )
    try:
        found = sift(answer.welcome().text, wanted)
    except NotExposition as error:
        raise Unsupported(
            f"Line {error} of the answer is none of Prometheus' text format.",
            fix="Check the path: most exporters show their metrics under /metrics.",
        ) from error
    if not found.seen:
        raise Unsupported(f"{answer.place} shows no metrics at this path.", fix="Check the path.")
    return answer, found


def _sample(line: Line) -> Sample:
    plain = line.name.removesuffix("_total").removesuffix("_sum")
    unit = next((unit for suffix, unit in _UNITS if plain.endswith(suffix)), "")
    return Sample(metric=line.name, value=line.value, unit=unit, kind=line.kind, labels=line.labels)


def _left_out(found: Found) -> list[tuple[str, int]]:
    return [
        ("not among those to keep", found.not_wanted),
        ("no number (NaN or infinite)", found.no_number),
        ("more or longer labels than allowed", found.odd_labels),
        ("the same metric and labels twice", found.repeated),
        ("over the limit", found.over_limit),
    ]


def _summary(found: Found) -> str:
    return f"{len(found.lines)} of {found.seen} values are kept"


def _facts(found: Found) -> list[Fact]:
    return [
        Fact(key="metrics", label="Metrics kept", value=len({one.name for one in found.lines})),
        Fact(key="values", label="Values kept", value=len(found.lines)),
    ]


def _page(found: Found) -> Page:
    counts = Counter(one.name for one in found.lines)
    kinds = {one.name: one.kind for one in found.lines}
    columns = (
        Column(key="name", title="Metric"),
        Column(key="kind", title="Kind"),
        Column(key="count", title="Series", kind=CellKind.NUMBER),
    )
    rows = tuple((name, kinds[name].value, count) for name, count in counts.most_common(1000))
    left = tuple((reason, count) for reason, count in _left_out(found) if count)
    return Page(
        key="metrics",
        title="Metrics",
        cards=(
            Card(title="Shown", value=found.seen, kind=CellKind.NUMBER),
            Card(title="Kept", value=len(found.lines), kind=CellKind.NUMBER),
        ),
        tables=(
            Table(title="Kept", columns=columns, rows=rows, empty="None is one to keep."),
            Table(
                title="Left out",
                columns=(
                    Column(key="reason", title="Why"),
                    Column(key="count", title="Values", kind=CellKind.NUMBER),
                ),
                rows=left,
                empty="Nothing is left out.",
            ),
        ),
    )
