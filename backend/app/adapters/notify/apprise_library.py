"""Apprise, in a thread: it blocks, tells only yes or no, and writes addresses into its log."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import apprise

from app.adapters.notify.apprise_forms import read, url_of
from app.adapters.notify.dialing import Dialing, guarded
from app.ports.notifier import (
    AddressNotValid,
    AddressRefused,
    AppriseAddress,
    Message,
    NotDelivered,
    PushService,
    Receipt,
)

# Its messages quote what the other side said and may hold the address; only the number is taken.
_STATUS = re.compile(r"error\s*=\s*(\d{3})")
_ANY = "apprise"  # the service that takes a whole URL
_FINAL = frozenset({400, 401, 403, 404, 410, 422})


class _Ear:
    """The status that Apprise's log tells of; no text is kept."""

    status: int | None = None


_ear: ContextVar[_Ear | None] = ContextVar("ear", default=None)


class _Ears(logging.Handler):
    """Picks status numbers out of what Apprise logs, for whoever listens in this context."""

    def emit(self, record: logging.LogRecord) -> None:
        ear = _ear.get()
        if ear is not None and (found := _STATUS.search(record.getMessage())):
            ear.status = int(found[1])


@contextmanager
def _listening() -> Iterator[_Ear]:
    ear = _Ear()
    mark = _ear.set(ear)
    try:
        yield ear
    finally:
        _ear.reset(mark)


@lru_cache(maxsize=1)
def _silent_logger() -> logging.Logger:
    """Return Apprise's logger, which from now on reaches no log of ours."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    logger.addHandler(_Ears(logging.WARNING))
    # The libraries below it write addresses at the level of debugging.
    for name in ("urllib3", "requests", "paho", "slixmpp"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return logger


@lru_cache(maxsize=1)
def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(
        app_id="Unity",
        app_desc="Unity",
        app_url="",
        async_mode=False,
        secure_logging=True,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )


@lru_cache(maxsize=1)
def _described() -> tuple[dict[str, PushService], dict[str, tuple[str, ...]]]:
    _silent_logger()
    details = apprise.Apprise(asset=_asset()).details()["schemas"]
    services = read(details)
    templates: dict[str, tuple[str, ...]] = {}
    for schema in details:
        texts = tuple(str(one) for one in schema["details"]["templates"])
        for scheme in (*(schema["secure_protocols"] or ()), *(schema["protocols"] or ())):
            templates[str(scheme)] = texts
    return services, templates


def services() -> Sequence[PushService]:
    """Return the services; blocks for half a second the first time."""
    return tuple(_described()[0].values())


def url(address: AppriseAddress) -> str:
    """Return the address as Apprise reads it, or raise `AddressNotValid`."""
    if address.service == _ANY:
        return address.url
    services_by_id, templates = _described()
    service = services_by_id.get(address.service)
    if service is None:
        raise AddressNotValid("This version of Apprise does not know the service.")
    return url_of(templates[service.id], service, address.values)


def check(address: AppriseAddress) -> None:
    """Raise `AddressNotValid` unless Apprise takes the address."""
    _opened(address)


def _opened(address: AppriseAddress) -> apprise.NotifyBase:
    text = url(address)
    scheme = text.partition("://")[0].casefold()
    field = "url" if address.service == _ANY else ""
    if scheme not in _described()[1]:
        known = "the manual of Apprise lists the services it knows"
        raise AddressNotValid(
            f"Apprise knows no service {scheme[:20]!r}: {known}."
            if re.fullmatch(r"[a-z][a-z0-9]{0,19}", scheme)
            else f"This is no Apprise URL, which begins with a service and ://; {known}.",
            field=field,
        )
    with _listening():
        try:
            found = apprise.Apprise.instantiate(text, asset=_asset(), suppress_exceptions=False)
        except TypeError:  # how its plug-ins say that a part is not valid
            found = None
    if not isinstance(found, apprise.NotifyBase):
        raise AddressNotValid(
            "Apprise does not accept this address: a part is missing or has another form than"
            " the service's manual says.",
            field=field,
        )
    return found


def deliver(dialing: Dialing, address: AppriseAddress, message: Message) -> Receipt:
    """Push the message; blocks."""
    try:
        plugin = _opened(address)
    except AddressNotValid as error:
        raise NotDelivered(error.detail, is_final=True) from None
    name = str(plugin.service_name)
    refused: list[AddressRefused] = []
    with _listening() as ear, guarded(dialing, refused.append):
        # What its plug-ins raise is theirs; they promise to return False instead.
        has_arrived = _push(plugin, message)
    if refused:
        raise refused[0]
    if not has_arrived:
        words = f"{name} did not take it" + (f" (status {ear.status})" if ear.status else "")
        raise NotDelivered(f"{words}.", is_final=ear.status in _FINAL)
    return Receipt(f"{name} took it.")


def _push(plugin: apprise.NotifyBase, message: Message) -> bool:
    kinds: Mapping[str, apprise.NotifyType] = {
        "critical": apprise.NotifyType.FAILURE,
        "warning": apprise.NotifyType.WARNING,
    }
    kind = kinds.get(message.severity, apprise.NotifyType.INFO)
    library = apprise.Apprise(asset=_asset())
    library.add(plugin)
    return bool(
        library.notify(
            title=message.title,
            body=f"{message.text}\n{message.link}".strip(),
            notify_type=apprise.NotifyType.SUCCESS if message.is_over else kind,
            body_format=apprise.NotifyFormat.TEXT,
        )
    )
