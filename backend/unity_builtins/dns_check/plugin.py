"""Asks a name server, and compares what it answers."""

from pydantic import Field
from unity_plugin import (
    AlertType,
    Category,
    CellKind,
    Column,
    Condition,
    Fact,
    Manifest,
    Metric,
    Misconfigured,
    NotReachable,
    Page,
    Plugin,
    Port,
    Report,
    Run,
    Table,
    Unsupported,
)

from unity_builtins.dns_check.resolver import Answer, Question, Transport, ask, system_server
from unity_builtins.dns_check.wire import BadName, Record, RecordType, reverse
from unity_builtins.shared.forms import Timed
from unity_builtins.shared.probes import DOWN, DURATION, SLOW, SUCCESS, failed, insist
from unity_builtins.shared.quality import NO_LOGIN, ONE_PROTOCOL, quality

RECORDS = Metric(name="probe_dns_answer_rrs", about="Records in the answer.", unit="records")
LEAST_TTL = Metric(
    name="probe_dns_least_ttl_seconds", about="How long the answer may be kept.", unit="s"
)
CHANGED = AlertType(
    key="changed",
    title="{name} answers something else",
    over="{name} answers as before",
    about="The records differ from the ones that the form expects.",
)


class DnsCheckConfig(Timed):
    """The form of a DNS check."""

    name: str = Field(
        title="Name",
        description="An address is asked for its name, by PTR.",
        examples=["nas.home.arpa"],
        min_length=1,
        max_length=253,
    )
    kind: RecordType = Field(RecordType.A, title="Record")
    server: str = Field(
        "",
        title="Name server",
        description="Empty: the one that this machine asks.",
        examples=["192.168.1.1"],
        max_length=253,
        pattern=r"^[^\s/@]*$",
    )
    expected: list[str] = Field(
        [],
        title="Expected records",
        description="All of them, in any order. Empty: any record is well.",
        examples=["192.168.1.20"],
        max_length=50,
    )
    must_be_absent: bool = Field(
        default=False,
        title="Must not exist",
        description="For a name that a filter has to block: NXDOMAIN, no record, or 0.0.0.0.",
    )
    slow_milliseconds: int = Field(
        0,
        title="Slow from",
        description="Tells when an answer takes longer; 0 never tells.",
        ge=0,
        le=60_000,
        json_schema_extra={"unit": "ms"},
    )
    transport: Transport = Field(
        Transport.UDP,
        title="Ask over",
        description="UDP turns to TCP by itself when an answer is too long.",
        json_schema_extra={"advanced": True},
    )
    port: Port = Field(53, title="Port", examples=[53], json_schema_extra={"advanced": True})

    def question(self) -> Question:
        """Return what to ask, and whom."""
        pointer = self.kind is RecordType.PTR
        return Question(
            server=self.server or system_server(),
            port=self.port,
            name=reverse(self.name) if pointer else self.name,
            kind=self.kind,
            transport=self.transport,
            seconds=self.seconds,
        )


class DnsCheck(Plugin[DnsCheckConfig]):
    """Watches a name server."""

    manifest = Manifest(
        name="dns_check",
        version="1.0.0",
        title="DNS check",
        summary="Asks a name server for a record, and compares the answer.",
        description=(
            "It asks the server itself, not this machine's resolver, over UDP or TCP. Expect"
            " records to notice a change, or expect none to know that a filter blocks.\n\n"
            "Not supported: DNS over TLS or HTTPS, and the validation of DNSSEC (what the server"
            " says of it is shown)."
        ),
        category=Category.CHECK,
        every_seconds=60,
        timeout_seconds=130,
        quality=quality(login_refused=NO_LOGIN, two_versions=ONE_PROTOCOL),
    )
    config = DnsCheckConfig
    metrics = (SUCCESS, DURATION, RECORDS, LEAST_TTL)
    alerts = (DOWN, CHANGED, SLOW)

    async def check(self, run: Run[DnsCheckConfig]) -> str:
        answer = await _ask(run)
        insist(fault(run.config, answer) or difference(run.config, answer))
        return _summary(answer)

    async def collect(self, run: Run[DnsCheckConfig]) -> Report:
        try:
            answer = await _ask(run)
        except (NotReachable, Unsupported) as error:
            run.log.warning(error.detail)
            return failed(error, CHANGED, SLOW)
        wrong, changed = fault(run.config, answer), difference(run.config, answer)
        samples = [
            SUCCESS.sample(float(not (wrong or changed))),
            DURATION.sample(answer.seconds),
            RECORDS.sample(len(answer.reply.records)),
        ]
        if answer.reply.records:
            samples.append(LEAST_TTL.sample(min(one.ttl for one in answer.reply.records)))
        return Report(
            samples=samples,
            facts=_facts(answer),
            conditions=_conditions(run.config, answer, wrong, changed),
            unjudged=(CHANGED.key,) if wrong else (),
            pages=[_page(answer)],
            summary=f"It answered, but {wrong or changed}."[:200]
            if wrong or changed
            else _summary(answer),
        )


async def _ask(run: Run[DnsCheckConfig]) -> Answer:
    try:
        return await ask(run.network, run.config.question())
    except BadName as error:
        raise Misconfigured(str(error), field="name") from error


def fault(config: DnsCheckConfig, answer: Answer) -> str:
    """Say why the answer is none, or nothing."""
    reply = answer.reply
    if config.must_be_absent:
        return "" if _is_blocked(answer) else f"there is {_said(reply.records)}"
    if reply.rcode:
        return f"the server says {reply.verdict}"
    if not _of_kind(config, answer):
        return f"there is no record {config.kind}"
    return ""


def difference(config: DnsCheckConfig, answer: Answer) -> str:
    """Say in what the records differ from the expected ones, or nothing."""
    if not config.expected or config.must_be_absent:
        return ""
    wanted = {_plain(one) for one in config.expected}
    found = {_plain(one.value) for one in _of_kind(config, answer)}
    missing, other = sorted(wanted - found), sorted(found - wanted)
    words = [f"{', '.join(missing)} is missing"] if missing else []
    words += [f"{', '.join(other)} is new"] if other else []
    return " and ".join(words)[:300]


def _is_blocked(answer: Answer) -> bool:
    reply = answer.reply
    nothing = {"0.0.0.0", "::"}  # noqa: S104 - what a filter answers, nothing is bound to it
    return reply.verdict in {"NOERROR", "NXDOMAIN"} and all(
        one.value in nothing for one in reply.records
    )


def _of_kind(config: DnsCheckConfig, answer: Answer) -> list[Record]:
    return [one for one in answer.reply.records if one.kind is config.kind]


def _plain(value: str) -> str:
    return value.strip().rstrip(".").lower()


def _said(records: tuple[Record, ...]) -> str:
    return ", ".join(one.value for one in records[:5]) or "no record"


def _conditions(
    config: DnsCheckConfig, answer: Answer, wrong: str, changed: str
) -> list[Condition]:
    found: list[Condition] = []
    if wrong:
        found.append(DOWN.condition(f"{config.name}: {wrong}."[:500]))
    elif changed:
        found.append(
            CHANGED.condition(
                f"{config.name}: {changed}."[:500],
                fix="If it was changed on purpose, enter the new records.",
            )
        )
    took = answer.seconds * 1000
    if config.slow_milliseconds and took > config.slow_milliseconds:
        found.append(
            SLOW.condition(
                f"The answer took {took:.0f} ms; up to {config.slow_milliseconds} ms is well."
            )
        )
    return found


def _summary(answer: Answer) -> str:
    words = _said(answer.reply.records) if not answer.reply.rcode else answer.reply.verdict
    return f"{words} in {answer.seconds * 1000:.0f} ms"[:200]


def _facts(answer: Answer) -> list[Fact]:
    reply = answer.reply
    return [
        Fact(key="verdict", label="Answer", value=reply.verdict),
        Fact(key="transport", label="Asked over", value=answer.transport.upper()),
        Fact(key="authoritative", label="From its own zone", value=reply.is_authoritative),
        Fact(key="validated", label="Validated by the server", value=reply.is_validated),
    ]


def _page(answer: Answer) -> Page:
    columns = (
        Column(key="kind", title="Record"),
        Column(key="value", title="Value"),
        Column(key="ttl", title="May be kept for", kind=CellKind.SECONDS),
    )
    rows = tuple((one.kind.value, one.value[:500], one.ttl) for one in answer.reply.records)
    return Page(
        key="records",
        title="Records",
        tables=(Table(columns=columns, rows=rows, empty="The answer holds no records."),),
    )
