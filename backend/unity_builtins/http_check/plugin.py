"""Asks a web address, and judges what comes back."""

import asyncio

from unity_plugin import (
    Card,
    Category,
    CellKind,
    Condition,
    Fact,
    LoginRefused,
    Manifest,
    Metric,
    NotReachable,
    Page,
    Plugin,
    Report,
    Run,
    Sample,
)

from unity_builtins.http_check.form import HttpCheckConfig
from unity_builtins.http_check.judge import faults
from unity_builtins.shared.certificates import Certificate
from unity_builtins.shared.dialing import Unanswered
from unity_builtins.shared.probes import DAY, DOWN, DURATION, ENDING, SLOW, SUCCESS, failed, insist
from unity_builtins.shared.quality import NO_LOGIN, ONE_PROTOCOL, OWN_TRUST, quality
from unity_builtins.shared.web import Answer, Wanted, fetch

PHASES = Metric(
    name="probe_http_duration_seconds",
    about="Each step of the request: resolve, connect, tls, wait, transfer.",
    unit="s",
)
STATUS = Metric(name="probe_http_status_code", about="The status of the last answer.", unit="code")
REDIRECTS = Metric(
    name="probe_http_redirects", about="Redirects that were followed.", unit="redirects"
)
LENGTH = Metric(
    name="probe_http_uncompressed_body_length", about="The length of the answer.", unit="bytes"
)
CERTIFICATE = Metric(name="probe_ssl_days_left", about="Until the certificate ends.", unit="days")


class HttpCheck(Plugin[HttpCheckConfig]):
    """Watches a web address."""

    manifest = Manifest(
        name="http_check",
        version="1.0.0",
        title="HTTP check",
        summary="Asks a web address and looks at status, content, time and certificate.",
        description=(
            "One request over HTTP/1.1 for each run, with redirects. It can look for a text or for"
            " a value in JSON, and measures each step: name, connection, TLS, first byte, rest.\n\n"
            "Not supported: HTTP/2 and HTTP/3, proxies, cookies."
        ),
        category=Category.CHECK,
        every_seconds=60,
        timeout_seconds=70,
        quality=quality(
            login_refused=NO_LOGIN, allowed_network=OWN_TRUST, two_versions=ONE_PROTOCOL
        ),
    )
    config = HttpCheckConfig
    metrics = (SUCCESS, DURATION, PHASES, STATUS, REDIRECTS, LENGTH, CERTIFICATE)
    alerts = (DOWN, SLOW, ENDING)

    async def check(self, run: Run[HttpCheckConfig]) -> str:
        answer = await _ask(run)
        insist("; ".join(faults(run.config, answer)))
        return _summary(answer)

    async def collect(self, run: Run[HttpCheckConfig]) -> Report:
        try:
            answer = await _ask(run)
        except (NotReachable, LoginRefused) as error:
            run.log.warning(error.detail)
            return failed(error, SLOW, ENDING)
        wrong = "; ".join(faults(run.config, answer))
        return Report(
            samples=_samples(run, answer, is_right=not wrong),
            conditions=_conditions(run, answer, wrong),
            unjudged=() if answer.certificate else (ENDING.key,),
            facts=_facts(answer),
            pages=[_page(answer)],
            summary=f"It answered, but {wrong}."[:200] if wrong else _summary(answer),
        )


async def _ask(run: Run[HttpCheckConfig]) -> Answer:
    config = run.config
    wanted = Wanted(
        url=config.url,
        method=config.method,
        headers=config.sent_headers(),
        secrets=config.login(),
        body=config.body.encode(),
        family=config.family,
        redirects=config.redirects,
        trust=config.trust,
        seconds=config.seconds,
        most_bytes=1 << 20,
    )
    try:
        async with asyncio.timeout(config.seconds):
            return await fetch(run.network, wanted)
    except TimeoutError:
        raise Unanswered(
            "all", f"{config.url} did not answer within {config.seconds:g} s."
        ) from None


def _samples(run: Run[HttpCheckConfig], answer: Answer, *, is_right: bool) -> list[Sample]:
    phases = answer.phases
    found = [
        SUCCESS.sample(float(is_right)),
        DURATION.sample(phases.total),
        STATUS.sample(answer.status),
        REDIRECTS.sample(len(answer.hops)),
        LENGTH.sample(len(answer.body)),
        PHASES.sample(phases.resolve, phase="resolve"),
        PHASES.sample(phases.connect, phase="connect"),
        PHASES.sample(phases.wait, phase="wait"),
        PHASES.sample(phases.transfer, phase="transfer"),
    ]
    if answer.certificate:
        found.append(PHASES.sample(phases.tls, phase="tls"))
        found.append(CERTIFICATE.sample(_days(run, answer.certificate)))
    return found


def _conditions(run: Run[HttpCheckConfig], answer: Answer, wrong: str) -> list[Condition]:
    config, found = run.config, list[Condition]()
    if wrong:
        found.append(DOWN.condition(f"It answered, but {wrong}."[:500]))
    took = answer.phases.total
    if config.slow_seconds and took > config.slow_seconds:
        found.append(
            SLOW.condition(
                f"The answer took {took:.2f} s; up to {config.slow_seconds:g} s is well."
            )
        )
    if answer.certificate and config.certificate_days:
        days = _days(run, answer.certificate)
        if days < config.certificate_days:
            found.append(
                ENDING.condition(
                    f"The certificate of {answer.place} ends in {days:.0f} days.",
                    fix="Renew it, and check what renews it by itself.",
                )
            )
    return found


def _days(run: Run[HttpCheckConfig], certificate: Certificate) -> float:
    return certificate.left(run.now).total_seconds() / DAY


def _summary(answer: Answer) -> str:
    hops = f" after {len(answer.hops)} redirects" if answer.hops else ""
    return f"Status {answer.status} in {answer.phases.total * 1000:.0f} ms{hops}"


def _facts(answer: Answer) -> list[Fact]:
    found = [
        Fact(key="status", label="Status", value=answer.status),
        Fact(key="protocol", label="Protocol", value=answer.version),
    ]
    if server := answer.headers.get("server"):
        found.append(Fact(key="server", label="Server", value=server[:200]))
    return found


def _page(answer: Answer) -> Page:
    cards = [
        Card(title="Status", value=answer.status),
        Card(title="Time", value=answer.phases.total, kind=CellKind.SECONDS),
        Card(title="Length", value=len(answer.body), kind=CellKind.BYTES),
        Card(title="Answered by", value=answer.url[:300], note=f"{len(answer.hops)} redirects"),
    ]
    if answer.certificate:
        cards.append(
            Card(
                title="Certificate ends",
                value=answer.certificate.ends,
                kind=CellKind.TIME,
                note=f"Issued by {answer.certificate.issuer}"[:200],
            )
        )
    return Page(key="answer", title="Last answer", cards=tuple(cards))
