"""The forms of the services: Unity's own from their models, the others from their library."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from pydantic import BaseModel, SecretStr, ValidationError

from app.kernel.addresses import web_parts
from app.kernel.errors import InvalidInput, JsonValue, NotFound
from app.models.core.notification_channel import ChannelKind
from app.ports.notifier import (
    Address,
    AddressNotValid,
    AppriseAddress,
    EmailAddress,
    FieldKind,
    FormField,
    Notifier,
    NtfyAddress,
    PluginAddress,
    PushService,
    WebhookAddress,
)
from app.schemas.core.notification_channel import (
    AnyAppriseForm,
    EmailForm,
    FormFieldRead,
    FormRead,
    NtfyForm,
    ServiceRead,
    WebhookForm,
)

APPRISE = "apprise"
_PREFIX = f"{APPRISE}:"
_PLUGIN = "plugin:"
_OWN: Mapping[str, tuple[type[BaseModel], str, str]] = {
    "email": (EmailForm, "E-mail", ""),
    "ntfy": (NtfyForm, "ntfy", "https://docs.ntfy.sh/"),
    "webhook": (WebhookForm, "Web hook", ""),
    APPRISE: (AnyAppriseForm, "Any Apprise URL", "https://appriseit.com/services/"),
}
_KINDS = {
    "string": FieldKind.TEXT,
    "integer": FieldKind.NUMBER,
    "number": FieldKind.DECIMAL,
    "boolean": FieldKind.SWITCH,
    "array": FieldKind.LIST,
}


class ChannelNotValid(InvalidInput):
    """The form of the channel is not filled rightly; `errors` names the fields."""

    title = "The channel is not valid"


class ServiceNotFound(NotFound):
    """No service of this name."""


class Forms:
    """Knows all services and their forms."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    async def services(self) -> list[ServiceRead]:
        """Return all services: Unity's own first."""
        own = [
            ServiceRead(id=name, name=title, home="", manual=manual)
            for name, (_, title, manual) in _OWN.items()
        ]
        return own + [_service(one) for one in await self._notifier.services()]

    async def form(self, service: str) -> FormRead:
        """Return the form of one service."""
        for one in await self.services():
            if one.id == service:
                fields = await self.fields(service)
                return FormRead(service=one, fields=fields)
        raise _unknown(service)

    async def fields(self, service: str) -> list[FormFieldRead]:
        """Return the fields of one service."""
        if service in _OWN:
            return list(_of_model(_OWN[service][0]))
        return [_field(one) for one in (await self._push_service(service)).fields]

    async def name(self, service: str) -> str:
        """Return what people call the service."""
        if service in _OWN:
            return _OWN[service][1]
        return (await self._push_service(service)).name

    async def _push_service(self, service: str) -> PushService:
        for one in await self._notifier.services():
            if service == f"{one.maker}:{one.id}":
                return one
        raise _unknown(service)

    async def address(
        self, service: str, settings: Mapping[str, JsonValue], secrets: Mapping[str, str]
    ) -> Address:
        """Return the address that a filled form means, or raise `ChannelNotValid`."""
        fields = {one.name: one for one in await self.fields(service)}
        errors = [
            (f"settings/{name}", "This is a secret: send it with the secrets.")
            for name in settings
            if name in fields and fields[name].is_secret
        ]
        errors += [
            (f"settings/{name}", "There is no such field.") for name in {*settings} - {*fields}
        ]
        errors += [
            (f"secrets/{name}", "There is no such secret field.")
            for name in secrets
            if name not in fields or not fields[name].is_secret
        ]
        if errors:
            refuse(errors)
        address = open_address(service, settings, secrets)
        try:
            await self._notifier.check(address)
        except AddressNotValid as error:
            refuse([(_where(error.field, fields), error.detail)])
        return address


def refuse(errors: Sequence[tuple[str, str]]) -> NoReturn:
    """Raise the problem with its fields; values are never repeated."""
    listed: list[JsonValue] = [
        {"pointer": f"/body/{where}", "detail": detail} for where, detail in errors
    ]
    raise ChannelNotValid(errors[0][1], fix="Mend the named fields and save again.", errors=listed)


def open_address(
    service: str, settings: Mapping[str, JsonValue], secrets: Mapping[str, str]
) -> Address:
    """Return the address of a stored form, or raise `ChannelNotValid`."""
    if service.startswith(_PREFIX):
        values = {name: _text(value) for name, value in settings.items()}
        return AppriseAddress(service.removeprefix(_PREFIX), {**values, **secrets})
    if service.startswith(_PLUGIN):
        return PluginAddress(service.removeprefix(_PLUGIN), settings, secrets)
    model = _OWN[service][0]
    filled = {**settings, **{name: SecretStr(text) for name, text in secrets.items() if text}}
    try:
        form = model.model_validate(filled)
    except ValidationError as error:
        refuse([_mistake(model, one["loc"], one["msg"]) for one in error.errors()])
    return _opened(form)


def _mistake(model: type[BaseModel], where: tuple[int | str, ...], message: str) -> tuple[str, str]:
    text = message.removeprefix("Value error, ")
    name = str(where[0]) if where else text.partition(":")[0]
    place = "secrets" if _is_secret(model, name) else "settings"
    path = "/".join(str(part) for part in (where or (name,)))
    return f"{place}/{path}", text


def _opened(form: BaseModel) -> Address:
    match form:
        case EmailForm():
            return EmailAddress(
                host=form.host,
                port=form.port,
                security=form.security,
                sender=form.sender,
                recipients=tuple(form.recipients),
                username=form.username,
                password=_open(form.password),
                verifies_tls=form.verifies_tls,
            )
        case WebhookForm():
            url = form.url.get_secret_value()
            _host(url, "secrets/url")
            return WebhookAddress(url, _open(form.secret), _open(form.token), form.content_type)
        case NtfyForm():
            return NtfyAddress(form.server, form.topic.get_secret_value(), _open(form.token))
        case AnyAppriseForm():
            return AppriseAddress(APPRISE, url=form.url.get_secret_value())
        case _:
            raise TypeError(f"{type(form).__name__} is no form of a channel.")


def _open(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()


def _host(url: str, where: str) -> str:
    """Return scheme and host of an address for people."""
    parts = web_parts(url)
    if parts is None:
        refuse([(where, "Enter an address such as https://host/path.")])
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


def hint_of(address: Address, name: str) -> str:
    """Return where an address leads, without its secrets."""
    match address:
        case EmailAddress():
            count = len(address.recipients)
            whom = address.recipients[0] if count == 1 else f"{count} people"
            return f"{whom} by {address.host}:{address.port}"[:300]
        case WebhookAddress():
            return f"{_host(address.url, 'secrets/url')}/…"[:300]
        case NtfyAddress():
            return f"{_host(address.server, 'settings/server')}/…"[:300]
        case AppriseAddress():
            return f"{name} by Apprise"[:300]
        case PluginAddress():
            return f"{name} by a plugin"[:300]


def target_of(address: Address) -> str:
    """Return what a stored secret was entered for: it never goes to another place."""
    match address:
        case EmailAddress():
            return f"{address.host}:{address.port}:{address.security}:{address.verifies_tls}"
        case WebhookAddress():
            return _host(address.url, "secrets/url")
        case NtfyAddress():
            return _host(address.server, "settings/server")
        case AppriseAddress():
            plain = ("schema", "host", "port", "fullpath", "verify", "redirect")
            return f"{address.service}:" + ":".join(address.values.get(one, "") for one in plain)
        case PluginAddress():
            # Which field names the place only the plugin knows: every one of them counts.
            return f"{address.plugin}:{sorted(address.settings.items())}"


def kind_of(service: str) -> ChannelKind:
    """Return who speaks to the service."""
    if service.startswith(_PLUGIN):
        return ChannelKind.PLUGIN
    return ChannelKind.APPRISE if service.startswith(APPRISE) else ChannelKind(service)


def _service(one: PushService) -> ServiceRead:
    return ServiceRead(id=f"{one.maker}:{one.id}", name=one.name, home=one.home, manual=one.manual)


def _unknown(service: str) -> ServiceNotFound:
    return ServiceNotFound(
        f"There is no service {service[:80]!r}.", fix="GET /api/notifications/services lists them."
    )


def _field(one: FormField) -> FormFieldRead:
    return FormFieldRead(
        name=one.name,
        label=one.label,
        kind=one.kind,
        description=one.description,
        example=one.example,
        default=one.default,
        choices=list(one.choices),
        pattern=one.pattern,
        minimum=one.minimum,
        maximum=one.maximum,
        is_required=one.is_required,
        is_secret=one.is_secret,
        is_advanced=one.is_advanced,
    )


def _of_model(model: type[BaseModel]) -> Iterator[FormFieldRead]:
    """Read the form from the JSON schema of its model."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    for name, shape in schema["properties"].items():
        inner: dict[str, Any] = next(
            (one for one in shape.get("anyOf", []) if one.get("type") != "null"), {}
        )
        reference = definitions.get(str(shape.get("$ref", "")).rpartition("/")[2], {})
        whole = {**reference, **inner, **shape}
        examples = whole.get("examples") or [""]
        default = whole.get("default")
        yield FormFieldRead(
            name=name,
            label=whole.get("title", name),
            kind=_KINDS[whole.get("type", "string")],
            description=whole.get("description", ""),
            example=str(examples[0]),
            default=default if isinstance(default, str | int | float | bool) else None,
            choices=[str(one) for one in whole.get("enum", [])],
            pattern="",
            minimum=whole.get("minimum"),
            maximum=whole.get("maximum"),
            is_required=name in schema.get("required", []),
            is_secret=whole.get("format") == "password",
            is_advanced=False,
        )


def _is_secret(model: type[BaseModel], name: str) -> bool:
    return any(one.name == name and one.is_secret for one in _of_model(model))


def _where(name: str, fields: Mapping[str, FormFieldRead]) -> str:
    if not name:
        return "settings"
    is_secret = name in fields and fields[name].is_secret
    return f"{'secrets' if is_secret else 'settings'}/{name}"


def _text(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return "\n".join(_text(one) for one in value)
        case _:
            return str(value)
