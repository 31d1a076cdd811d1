"""The forms of Apprise's services, from its own templates, and the URL that a filled form means."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import quote, urlencode

from app.ports.notifier import AddressNotValid, FieldKind, FormField, PushService

Detail: TypeAlias = Mapping[str, object]

# Services that need no network: they speak to this machine itself, which nobody reads.
_LOCAL = frozenset({"syslog", "dbus", "glib", "gnome", "kde", "macosx", "qt", "windows"})
# Unity has its own time-outs, retries and formats; these would only fight with them.
_OURS = frozenset(
    {
        "rto",
        "cto",
        "retry",
        "wait",
        "optional",
        "store",
        "tz",
        "overflow",
        "emojis",
        "tts",
        "format",
    }
)
_KINDS = {
    "string": FieldKind.TEXT,
    "email": FieldKind.TEXT,
    "int": FieldKind.NUMBER,
    "float": FieldKind.DECIMAL,
    "bool": FieldKind.SWITCH,
    "list": FieldKind.LIST,
    "choice": FieldKind.TEXT,
}
_PLACE = re.compile(r"{(\w+)}")
_SEPARATORS = re.compile(r"[\n,]")


def read(schemas: Iterable[Detail]) -> dict[str, PushService]:
    """Return the services by id, which is the scheme that their URLs begin with."""
    found = {}
    for schema in schemas:
        protocols = [*_texts(schema.get("secure_protocols")), *_texts(schema.get("protocols"))]
        if not protocols or _LOCAL.intersection(protocols):
            continue
        service = _service(protocols[0], schema)
        found[service.id] = service
    return dict(sorted(found.items(), key=lambda item: item[1].name.casefold()))


def _service(scheme: str, schema: Detail) -> PushService:
    details = _mapping(schema.get("details"))
    tokens, args = _mapping(details.get("tokens")), _mapping(details.get("args"))
    used = {name for text in _texts(details.get("templates")) for name in _PLACE.findall(text)}
    fields = [
        _field(name, _mapping(token))
        for name, token in sorted(tokens.items())
        if name in used and not _has_one_value(name, _mapping(token))
    ]
    fields += [
        _field(name, _mapping(arg), is_advanced=True)
        for name, arg in sorted(args.items())
        if name not in _OURS and name not in used and "alias_of" not in _mapping(arg)
    ]
    fields.sort(key=lambda one: (one.is_advanced, not one.is_required, one.name != "schema"))
    return PushService(
        id=scheme,
        name=str(schema.get("service_name") or scheme),
        home=str(schema.get("service_url") or ""),
        manual=str(schema.get("setup_url") or ""),
        fields=tuple(fields),
    )


def _has_one_value(name: str, token: Detail) -> bool:
    """Tell whether there is nothing to choose: most services have one schema, which is their id."""
    return name == "schema" and len([*_sequence(token.get("values"))]) == 1


def _field(name: str, token: Detail, *, is_advanced: bool = False) -> FormField:
    kind, _, _ = str(token.get("type") or "string").partition(":")
    regex = token.get("regex")
    default = token.get("default")
    return FormField(
        name=name,
        label=str(token.get("name") or name),
        kind=_KINDS.get(kind, FieldKind.TEXT),
        is_required=bool(token.get("required")) and not is_advanced,
        is_secret=bool(token.get("private")),
        is_advanced=is_advanced,
        default=default if isinstance(default, str | int | float | bool) else None,
        choices=tuple(sorted(str(one) for one in _sequence(token.get("values")))),
        pattern=str(regex[0]) if isinstance(regex, tuple | list) and regex else "",
        minimum=_number(token.get("min")),
        maximum=_number(token.get("max")),
    )


def url_of(templates: Sequence[str], service: PushService, values: Mapping[str, str]) -> str:
    """Return the URL of a filled form: the template that uses the most of what was entered."""
    fields = {one.name: one for one in service.fields}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise AddressNotValid(f"{service.name} has no such field.", field=unknown[0])
    given = {name: text for name, text in values.items() if text.strip()}
    given.setdefault("schema", service.id)
    for one in service.fields:
        if one.is_required and one.name not in given and not _is_optional(one, templates):
            raise AddressNotValid(f"{one.label} is missing.", field=one.name)
    fitting = [text for text in templates if set(_PLACE.findall(text)) <= set(given)]
    if not fitting:
        missing = _nearest(templates, set(given))
        label = fields[missing].label if missing in fields else missing
        raise AddressNotValid(f"{label} is missing.", field=missing)
    best = max(fitting, key=lambda text: len(_PLACE.findall(text)))
    url = _PLACE.sub(lambda place: _part(fields.get(place[1]), given[place[1]]), best)
    rest = {
        name: ",".join(_pieces(text)) if fields[name].kind is FieldKind.LIST else text
        for name, text in given.items()
        if name not in _PLACE.findall(best) and name in fields and name != "schema"
    }
    left = [name for name in rest if not fields[name].is_advanced]
    if left:
        raise AddressNotValid(
            f"{fields[left[0]].label} cannot be combined with the other fields.", field=left[0]
        )
    return f"{url}?{urlencode(rest)}" if rest else url


def _is_optional(one: FormField, templates: Sequence[str]) -> bool:
    """Tell whether a template does without: Apprise calls a group of targets required as well."""
    return any(one.name not in _PLACE.findall(text) for text in templates)


def _nearest(templates: Sequence[str], given: set[str]) -> str:
    missing = [sorted(set(_PLACE.findall(text)) - given) for text in templates]
    return min(missing, key=len)[0] if missing else ""


def _part(one: FormField | None, text: str) -> str:
    if one is not None and one.kind is FieldKind.LIST:
        return "/".join(quote(piece, safe="") for piece in _pieces(text))
    return quote(text.strip(), safe="" if one is None or one.name != "host" else "[]:")


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in _SEPARATORS.split(text) if piece.strip()]


def _mapping(value: object) -> Detail:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple | set | frozenset) else ()


def _texts(value: object) -> list[str]:
    return [str(one) for one in _sequence(value)]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
