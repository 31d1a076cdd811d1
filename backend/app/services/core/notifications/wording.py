"""The words of a message: Unity's own, or a template's; a template that fails changes nothing.

Templates come from people and see data from machines, so they run in Jinja's immutable sandbox,
with a list of allowed filters, no methods that grow text, a limit of size, and a limit of time
that the interpreter itself keeps: between two lines of a template it looks at the clock.
"""

import html
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType
from typing import Any, TypeAlias, TypeVar, cast

from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.kernel.errors import JsonValue
from app.kernel.text import printable
from app.models.core.notification_delivery import DeliveryKind
from app.models.core.notification_thread import NoticeKind
from app.services.core.notifications.facts import AlertFacts

SECONDS = 0.5
_TITLE, _TEXT = 300, 20_000
_MOST_ALERTS = 50  # in the words of one message; the rest is counted
_FILTERS = frozenset(
    {
        *("abs", "capitalize", "count", "default", "d", "e", "escape", "first", "float", "int"),
        *("items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject"),
        *("rejectattr", "round", "select", "selectattr", "sort", "string", "striptags", "sum"),
        *("title", "tojson", "trim", "truncate", "unique", "upper", "wordcount", "groupby"),
    }
)
_GROWING = frozenset(
    {"center", "ljust", "rjust", "zfill", "format", "format_map", "expandtabs", "replace", "join"}
)
_MOST_NUMBER = 10**6
Parts: TypeAlias = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Item:
    """One alert in a message, and what is said of it."""

    kind: NoticeKind
    alert: AlertFacts
    also_fired: bool = False  # it is over before anybody was told that it began

    @property
    def is_over(self) -> bool:
        """Whether it is good news."""
        return self.kind is NoticeKind.RESOLVED


@dataclass(frozen=True, slots=True)
class Words:
    """A message as it goes out."""

    title: str
    text: str
    html: str = ""
    body: str = ""
    errors: tuple[str, ...] = field(default=())


class TemplateFailed(Exception):
    """A template does not give a text; the reason is for its author."""


def plain(kind: DeliveryKind, items: Sequence[Item], link: str) -> Words:
    """Word a message as Unity does."""
    title = _title(kind, items)
    lines = [_line(item) for item in items[:_MOST_ALERTS]]
    if len(items) > _MOST_ALERTS:
        lines.append(f"… and {len(items) - _MOST_ALERTS} more.")
    text = "\n\n".join(lines) + (f"\n\n{link}" if link else "")
    return Words(title[:_TITLE], text[:_TEXT], _html(title, items, link))


def _title(kind: DeliveryKind, items: Sequence[Item]) -> str:
    begun = [item for item in items if not item.is_over]
    if kind is DeliveryKind.DIGEST:
        over = len(items) - len(begun)
        return f"Unity: {_count(len(begun), 'alert')}, {over} over"
    if len(items) == 1:
        item = items[0]
        if item.is_over:
            return item.alert.title  # it says that it is over
        again = {NoticeKind.REPEATED: "Still: ", NoticeKind.ESCALATED: "Nobody reacts: "}
        return f"[{item.alert.severity}] {again.get(item.kind, '')}{item.alert.title}"
    places = {item.alert.server_name or item.alert.resource_name for item in items}
    where = f" at {places.pop()}" if len(places) == 1 else ""
    if not begun:
        return f"Over: {_count(len(items), 'alert')}{where}"
    worst = worst_of(items)
    over = len(items) - len(begun)
    rest = f", {over} over" if over else ""
    return f"[{worst}] {_count(len(begun), 'alert')}{where}: {begun[0].alert.title}{rest}"


def worst_of(items: Sequence[Item]) -> str:
    """Return the worst severity of what still goes on; that of the first when all is over."""
    order = ("critical", "warning", "info")
    going_on = {item.alert.severity for item in items if not item.is_over}
    return next((one for one in order if one in going_on), items[0].alert.severity)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _line(item: Item) -> str:
    alert = item.alert
    if item.is_over:
        lasted = _spoken(alert.at - alert.began_at)
        return f"{alert.title}, after {lasted}\n{alert.message}".rstrip()
    parts = [f"{alert.severity}: {alert.title}", alert.message]
    if alert.fix:
        parts.append(f"What to do: {alert.fix}")
    if alert.runbook:
        parts.append(f"Runbook: {alert.runbook}")
    parts.append(f"Since {alert.began_at:%Y-%m-%d %H:%M} UTC")
    return "\n".join(part for part in parts if part)


def _spoken(length: timedelta) -> str:
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "a minute"


def _html(title: str, items: Sequence[Item], link: str) -> str:
    def paragraph(item: Item) -> str:
        return "<p>" + "<br>".join(html.escape(line) for line in _line(item).split("\n")) + "</p>"

    shown = "".join(paragraph(item) for item in items[:_MOST_ALERTS])
    more = f'<p><a href="{html.escape(link)}">Open Unity</a></p>' if link else ""
    return (
        '<html><body style="font-family: sans-serif">'
        f"<h2>{html.escape(title)}</h2>{shown}{more}</body></html>"
    )[: 2 * _TEXT]


def document(
    kind: DeliveryKind, words: Words, items: Sequence[Item], at: datetime, link: str
) -> dict[str, JsonValue]:
    """Return what a web hook gets when no template writes its body."""
    return {
        "event": kind.value,
        "title": words.title,
        "text": words.text,
        "at": at.isoformat(),
        "link": link,
        "alerts": [_described(item) for item in items[:_MOST_ALERTS]],
        "count": len(items),
    }


def _described(item: Item) -> dict[str, JsonValue]:
    alert = item.alert
    return {
        "id": str(alert.alert_id),
        "event": item.kind.value,
        "type": alert.alert_type,
        "domain": alert.domain,
        "severity": alert.severity,
        "title": alert.title,
        "message": alert.message,
        "fix": alert.fix,
        "runbook": alert.runbook,
        "subject": alert.subject,
        "resource": alert.resource_name,
        "server": alert.server_name,
        "tags": list(alert.tags),
        "began_at": alert.began_at.isoformat(),
        "at": alert.at.isoformat(),
    }


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _GROWING and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Let `format` be judged like any attribute: a width in it takes memory at will."""

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        for side in (left, right):
            if not isinstance(side, int | float) or abs(side) > _MOST_NUMBER or operator == "**":
                raise SecurityError(f"{operator} is for small numbers only.")
        return super().call_binop(context, operator, left, right)


def _sandbox() -> _Sandbox:
    sandbox = _Sandbox(undefined=StrictUndefined, autoescape=False)
    sandbox.filters = {name: sandbox.filters[name] for name in _FILTERS}
    sandbox.globals = {"range": sandbox.globals["range"]}
    return sandbox


_PLAIN = _sandbox()
_MARKUP = _sandbox()
_MARKUP.autoescape = True


def check(parts: Parts) -> list[str]:
    """Return what is wrong with the language of a template, before it is ever used."""
    wrong = []
    for name, source in parts.items():
        try:
            _PLAIN.compile(source)
        except TemplateError as error:
            wrong.append(f"{name}: {_why(error)}")
    return wrong


def worded(
    parts: Parts, words: Words, kind: DeliveryKind, items: Sequence[Item], link: str
) -> Words:
    """Word a message by a template; parts that fail keep Unity's own words. Blocks for a moment."""
    begun = [item for item in items if not item.is_over]
    seen = {
        "title": words.title,
        "text": words.text,
        "link": link,
        "kind": kind.value,
        "severity": worst_of(items),
        "is_over": not begun,
        "alerts": [_described(item) for item in items[:_MOST_ALERTS]],
        "count": len(items),
    }
    errors: list[str] = []

    def part(name: str, otherwise: str, limit: int) -> str:
        if not parts.get(name):
            return otherwise
        try:
            return _render(parts[name], seen, limit, is_markup=name == "html")
        except TemplateFailed as error:
            errors.append(f"{name}: {error}")
            return otherwise

    title = printable(part("title", words.title, 4 * _TITLE))[:_TITLE]
    return Words(
        title=title or words.title,
        text=part("text", words.text, _TEXT),
        html=part("html", words.html, 2 * _TEXT),
        body=part("body", "", 2 * _TEXT),
        errors=tuple(errors),
    )


def _render(source: str, seen: Mapping[str, object], limit: int, *, is_markup: bool) -> str:
    def work() -> str:
        template = (_MARKUP if is_markup else _PLAIN).from_string(source)
        pieces: list[str] = []
        length = 0
        generated = cast("Generator[str, None, None]", template.generate(seen))
        # Closed here, where it is caught when the time runs out even as it ends.
        with closing(generated):
            for piece in generated:
                length += len(piece)
                if length > limit:
                    raise TemplateFailed(f"It grows beyond {limit} characters.")
                pieces.append(piece)
        return "".join(pieces)

    try:
        return _within(SECONDS, work)
    except _FAILURES as error:
        raise TemplateFailed(_why(error)) from None


class _TooSlow(BaseException):
    """Raised between two lines of a template; nothing that a template calls catches it."""


# What an expression of a template can raise.
_FAILURES = (
    TemplateError,
    *(TypeError, ValueError, ArithmeticError, LookupError),
    *(AttributeError, RecursionError, MemoryError),
)


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Run in a thread of its own whose interpreter looks at the clock at each line."""
    results: list[T] = []
    failures: list[BaseException] = []

    def look(_frame: FrameType, _event: str, _arg: object) -> Any:
        if time.monotonic() > end:
            raise _TooSlow
        return look

    def run() -> None:
        sys.settrace(look)
        try:
            results.append(work())
        except (*_FAILURES, TemplateFailed, _TooSlow) as error:
            failures.append(error)
        finally:
            sys.settrace(None)

    end = time.monotonic() + seconds
    thread = threading.Thread(target=run, name="template", daemon=True)
    thread.start()
    thread.join(seconds + 5)
    if not failures and not results:
        raise TemplateFailed(f"It takes longer than {seconds:g} s.")
    if failures and isinstance(failures[0], _TooSlow):
        raise TemplateFailed(f"It takes longer than {seconds:g} s.")
    if failures:
        raise failures[0]
    return results[0]


def _why(error: BaseException) -> str:
    line = getattr(error, "lineno", None)
    text = printable(str(error))[:200] or type(error).__name__
    return f"line {line}: {text}" if line else text
