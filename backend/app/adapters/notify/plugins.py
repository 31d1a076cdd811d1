"""Channels that plugins bring: their forms, and the delivery in their workers."""

from collections.abc import Mapping, Sequence

from app.kernel.errors import JsonValue
from app.ports.notifier import (
    AddressNotValid,
    FieldKind,
    FormField,
    Message,
    NotDelivered,
    PluginAddress,
    PushService,
    Receipt,
)
from app.ports.plugin_host import (
    CallFailed,
    PluginCall,
    PluginHost,
    PluginMessage,
    Sender,
    SenderField,
)


class PluginChannels:
    """Speaks to plugins that deliver messages."""

    def __init__(self, host: PluginHost) -> None:
        self._host = host

    def services(self) -> Sequence[PushService]:
        """Return those that are installed and well."""
        return [_service(one) for one in self._host.senders().values()]

    def check(self, address: PluginAddress) -> None:
        """Judge the configuration by the form.

        A channel is saved in one transaction, in which no worker is asked: what only the plugin's
        own model knows, the test of the channel tells.
        """
        sender = self._host.senders().get(address.plugin)
        if sender is None:
            raise AddressNotValid(f"The plugin {address.plugin} is not installed, or broken.")
        values = {**address.settings, **address.secrets}
        for each in sender.fields:
            why = _fault(each, values.get(each.name))
            if why:
                raise AddressNotValid(why, field=each.name)

    async def deliver(self, address: PluginAddress, message: Message) -> Receipt:
        """Deliver; a wrong configuration is final, everything else is tried again."""
        sender = self._host.senders().get(address.plugin)
        if sender is None:
            raise NotDelivered(f"The plugin {address.plugin} is not installed, or broken.")
        told = PluginMessage(
            key=message.key,
            at=message.at,
            severity=message.severity,
            title=message.title,
            text=message.text,
            is_over=message.is_over,
            link=message.link,
        )
        try:
            receipt = await self._host.send(_call(sender, address), told)
        except CallFailed as error:
            words = f"{sender.title}: {error.detail} {error.fix}".strip()
            raise NotDelivered(words, is_final=error.kind == "misconfigured") from None
        return Receipt(receipt.detail)


def _call(sender: Sender, address: PluginAddress) -> PluginCall:
    return PluginCall(
        origin=sender.origin,
        values={**address.settings, **address.secrets},
        secrets=sender.secrets,
        instance="Notifications",
        seconds=sender.seconds,
        memory_mib=sender.memory_mib,
    )


def _fault(field: SenderField, value: JsonValue) -> str:
    """Return what is wrong with a value, or nothing."""
    if value is None or value == "":
        return "It is required." if field.is_required else ""
    kinds = _TYPES[field.kind]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        return f"It must be of the kind {field.kind}."
    if field.choices and isinstance(value, str) and value not in field.choices:
        return f"It must be one of {', '.join(field.choices)}."
    if isinstance(value, int | float) and field.minimum is not None and value < field.minimum:
        return f"It must be {field.minimum:g} or more."
    if isinstance(value, int | float) and field.maximum is not None and value > field.maximum:
        return f"It must be {field.maximum:g} or less."
    return ""


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
}


def _service(one: Sender) -> PushService:
    fields = tuple(_field(each) for each in one.fields)
    return PushService(one.name, one.title, one.home, "", fields, maker="plugin")


def _field(one: SenderField) -> FormField:
    return FormField(
        name=one.name,
        label=one.label,
        kind=FieldKind(one.kind),
        is_required=one.is_required,
        is_secret=one.is_secret,
        is_advanced=one.is_advanced,
        default=one.default,
        choices=one.choices,
        pattern=one.pattern,
        minimum=one.minimum,
        maximum=one.maximum,
        description=one.description,
        example=one.example,
    )
