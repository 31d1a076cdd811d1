"""The report as HTML that mail programs show: tables, colours of cells, no image and no script.

Most mail programs load no image from elsewhere and many show none at all, so every chart is a
table whose cells are as wide or as high as their numbers, with the number beside it. Style sheets
are left out by some: each element carries its light colours itself, and the sheet, which only
those read that know dark screens, changes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from app.services.infrastructure.reports import words
from app.services.infrastructure.reports.model import DayCount, Health, Line, Section, Tone
from app.services.infrastructure.reports.text import lead_of, title_of

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_INK, _SOFT, _PAPER, _DESK, _EDGE = "#1f2328", "#57606a", "#ffffff", "#f0f2f5", "#e1e4e8"
_RED, _AMBER, _BLUE, _GREEN, _GREY = "#cf222e", "#d4810b", "#3b82c4", "#2f9e4f", "#8c959f"
_TONES = {Tone.CRITICAL: _RED, Tone.WARNING: _AMBER, Tone.GOOD: _GREEN, Tone.PLAIN: _BLUE}
_STATES = {
    "online": _GREEN,
    "degraded": _AMBER,
    "offline": _RED,
    "unknown": _GREY,
    "disabled": "#c4cad0",
    "ok": _GREEN,
    "watch": "#e3b341",
    "warning": _AMBER,
    "failing": _RED,
}
_COLUMN = 72  # the height of the highest one, in pixels
# The classes exist for this sheet alone. Dark inks on dark paper are what it prevents.
_SHEET = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.desk{background:#0d1117!important}.paper{background:#161b22!important}
.ink,.ink a{color:#e6edf3!important}.soft,.soft a{color:#9aa4af!important}
.rest{background:#30363d!important}.line{border-color:#30363d!important}}
@media (max-width:480px){.pad{padding-left:16px!important;padding-right:16px!important}}
"""


def html_of(health: Health, link: str) -> str:
    """Return the whole report as a page."""
    title = escape(title_of(health))
    body = "".join(
        (
            _head(health, link),
            _row(_totals("Servers", health.servers) + _totals("Drives", health.drives)),
            _row(_days(health.alerts.days)),
            *(_row(_section(one, link)) for one in health.sections),
            _row(_foot(health, link)),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark">'
        f'<base target="_blank"><title>{title}</title><style>{_SHEET}</style></head>'
        f'<body class="desk" style="margin:0;padding:0;background:{_DESK}">'
        f'<table role="presentation" class="desk" width="100%" cellpadding="0" cellspacing="0" '
        f'style="background:{_DESK}"><tr><td align="center" style="padding:16px 8px">'
        f'<table role="presentation" class="paper" width="100%" cellpadding="0" cellspacing="0" '
        f'style="max-width:640px;background:{_PAPER};{_FONT};border-radius:8px">{body}</table>'
        "</td></tr></table></body></html>"
    )


def _row(content: str) -> str:
    if not content:
        return ""
    return f'<tr><td class="pad" style="padding:14px 28px">{content}</td></tr>'


def _head(health: Health, link: str) -> str:
    name = escape(health.name) + (f" of {escape(health.group)}" if health.group else "")
    shown = f'<a href="{escape(link)}/" style="color:{_INK};text-decoration:none">{name}</a>'
    return (
        '<tr><td class="pad" style="padding:24px 28px 6px">'
        f'<h1 class="ink" style="margin:0 0 6px;font-size:22px;line-height:28px;color:{_INK}">'
        f"{shown if link else name}</h1>{_soft(lead_of(health))}</td></tr>"
    )


def _foot(health: Health, link: str) -> str:
    made = f"Made {words.minute(health.week.ended, health.week.zone)}."
    where = f' <a href="{escape(link)}/alerts/reports" style="color:{_SOFT}">Reports</a>'
    return _soft(
        f"{made} Dates are foreseen from what was measured, and may move.",
        more=f" When it comes and to whom:{where}." if link else "",
    )


def _soft(text: str, *, more: str = "") -> str:
    style = f"margin:0;font-size:13px;line-height:19px;color:{_SOFT}"
    return f'<p class="soft" style="{style}">{escape(text)}{more}</p>'


def _caption(text: str) -> str:
    style = f"margin:0 0 8px;font-size:16px;line-height:22px;color:{_INK}"
    return f'<h2 class="ink" style="{style}">{escape(text)}</h2>'


def _cell(width: float, colour: str, height: int = 12, extra: str = "") -> str:
    return (
        f'<td width="{width:.1f}%" height="{height}" bgcolor="{colour}"{extra} style="height:'
        f'{height}px;font-size:0;line-height:0;background:{colour}">&nbsp;</td>'
    )


def _bar(parts: Sequence[tuple[float, str]], label: str) -> str:
    """Return a bar of shares in percent with their colours; what is left stays pale."""
    rest = 100 - sum(share for share, _ in parts)
    cells = "".join(_cell(share, colour) for share, colour in parts if share > 0)
    if rest > 0.05:  # noqa: PLR2004 - less is rounding
        cells += _cell(rest, _EDGE, extra=' class="rest"')
    return (
        f'<table role="img" aria-label="{escape(label)}" width="100%" cellpadding="0" '
        f'cellspacing="0" style="table-layout:fixed;border-radius:3px"><tr>{cells}</tr></table>'
    )


def _measure(percent: float, colour: str, *, is_share: bool) -> str:
    """Return the bar of a line, with its number beside it."""
    # What is not nothing is seen.
    share = max(0.5, min(percent, 100.0)) if percent > 0 else 0.0
    bar = _bar([(share, colour)], words.share(percent))
    number = (
        f'<td class="ink" width="56" align="right" style="font-size:12px;color:{_INK}">'
        f"{words.share(percent)}</td>"
        if is_share
        else ""
    )
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
        f'style="margin:4px 0 2px"><tr><td>{bar}</td>{number}</tr></table>'
    )


def _totals(what: str, numbers: Mapping[str, int]) -> str:
    total = sum(numbers.values())
    if not total:
        return ""
    said = ", ".join(f"{number} {name}" for name, number in numbers.items() if number)
    parts = [(100 * number / total, _STATES[name]) for name, number in numbers.items()]
    style = f"margin:6px 0 4px;font-size:14px;line-height:20px;color:{_INK}"
    return (
        f'<p class="ink" style="{style}"><b>{what}</b> {said}</p>{_bar(parts, f"{what}: {said}")}'
    )


def _days(days: Sequence[DayCount]) -> str:
    most = max((day.total for day in days), default=0)
    if not most:
        return ""
    columns = "".join(_column(day, most) for day in days)
    names = "".join(
        f'<td class="soft" align="center" style="padding-top:4px;font-size:12px;color:{_SOFT}">'
        f"{day.day:%a}<br>{day.day.day}</td>"
        for day in days
    )
    said = ", ".join(f"{day.day:%a} {day.total}" for day in days)
    legend = " &nbsp; ".join(
        f'<span style="color:{colour}">&#9632;</span> {word}'
        for word, colour in (("critical", _RED), ("warning", _AMBER), ("info", _BLUE))
    )
    return (
        f"{_caption('Alerts by day')}"
        f'<table role="img" aria-label="{said}" width="100%" cellpadding="0" cellspacing="0" '
        f'style="table-layout:fixed"><tr>{columns}</tr><tr>{names}</tr></table>'
        f'<p class="soft" style="margin:6px 0 0;font-size:12px;color:{_SOFT}">{legend}</p>'
    )


def _column(day: DayCount, most: int) -> str:
    parts = ((day.critical, _RED), (day.warning, _AMBER), (day.info, _BLUE))
    blocks = "".join(
        f"<tr>{_cell(100, colour, max(2, round(_COLUMN * number / most)))}</tr>"
        for number, colour in parts
        if number
    )
    style = f"font-size:12px;line-height:16px;color:{_INK}"
    stack = (
        f'<table role="presentation" width="60%" align="center" cellpadding="0" cellspacing="0">'
        f'<tr><td class="ink" align="center" style="{style}">{day.total}</td></tr>{blocks}</table>'
    )
    return f'<td valign="bottom" align="center" style="vertical-align:bottom">{stack}</td>'


def _section(one: Section, link: str) -> str:
    number = f" ({one.total})" if one.total else ""
    return _caption(one.title + number) + "".join(_of_section(one, link))


def _of_section(one: Section, link: str) -> Iterator[str]:
    if not one.lines:
        yield _soft(f"✓ {one.calm}")
    for line in one.lines:
        yield _line(line, link)
    left = one.total - len(one.lines)
    if left > 0:
        all_of_them = f' <a href="{escape(link + one.path)}" style="color:{_SOFT}">Show all</a>'
        yield _soft(f"… and {left} more.", more=all_of_them if link and one.path else "")
    if one.remark:
        yield _soft(one.remark)


def _line(line: Line, link: str) -> str:
    colour = _TONES[line.tone]
    what = escape(line.what)
    if link and line.path:
        what = f'<a href="{escape(link + line.path)}" style="color:{_INK}">{what}</a>'
    where = f' <span class="soft" style="color:{_SOFT}">on {escape(line.where)}</span>'
    drawn = "" if line.percent is None else _measure(line.percent, colour, is_share=line.is_share)
    mark = {Tone.CRITICAL: "critical", Tone.WARNING: "warning"}.get(line.tone, "")
    title = f' title="{mark}"' if mark else ""
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
        f'style="table-layout:fixed;margin:0 0 8px"><tr><td width="4" bgcolor="{colour}"{title} '
        f'style="background:{colour};font-size:0">&nbsp;</td>'
        '<td style="padding:0 0 2px 10px;overflow-wrap:anywhere">'
        f'<div class="ink" style="font-size:14px;line-height:20px;color:{_INK}"><b>{what}</b>'
        f"{where if line.where else ''}</div>{drawn}"
        f'<div class="soft" style="font-size:13px;line-height:18px;color:{_SOFT}">'
        f"{escape(line.note)}</div></td></tr></table>"
    )
