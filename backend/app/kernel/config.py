"""Every setting, where it is declared, with its description; the docs are generated from here.

Read once at start from the environment (`UNITY_…`, `__` between levels) and from a TOML file
(`UNITY_CONFIG`); the environment wins. Unknown or malformed settings stop the start.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from app.kernel.errors import StartRefused

PREFIX = "UNITY_"
# Read by the command line client and by the test tools, not by the server.
OTHER_NAMES = frozenset({"UNITY_CONFIG", "UNITY_URL", "UNITY_TOKEN", "UNITY_CORPORA"})
OTHER_PREFIXES = ("UNITY_TEST_", "UNITY_BENCH_")

Seconds = Annotated[float, Field(gt=0)]


class Part(BaseModel):
    """A group of settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerPart(Part):
    """How Unity listens."""

    listen: str = Field("127.0.0.1:8484", description="Address and port to listen on.")
    public_url: str = Field("", description="The address people type, when a proxy is in front.")
    base_path: str = Field("", description="Path prefix below which Unity is served: /unity.")
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks whose X-Forwarded-… headers are believed."
    )
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM) to serve TLS with.")
    tls_key: Path | None = Field(None, description="Private key (PEM) of the certificate.")
    tls_self_signed: bool = Field(
        default=False, description="Serve TLS with a certificate that Unity makes for itself."
    )

    @property
    def link(self) -> str:
        """The address of Unity, without a slash; empty when nobody has said what people type."""
        return f"{self.public_url.rstrip('/')}{self.base_path}" if self.public_url else ""

    @property
    def alerts_link(self) -> str:
        """The address of the inbox of alerts; empty as well without that."""
        return f"{self.link}/alerts" if self.link else ""


class DatabasePart(Part):
    """Where the data lies."""

    url: SecretStr = Field(
        SecretStr(""),
        description="postgresql://user@host/name; empty means SQLite in the data folder.",
    )
    password_file: Path | None = Field(
        None, description="File that holds the password of the PostgreSQL user."
    )
    pool_size: int = Field(10, ge=1, le=200, description="PostgreSQL connections a process keeps.")


class LogPart(Part):
    """What is logged, and how."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="The least severity that is logged."
    )
    style: Literal["console", "json"] = Field("console", description="For people, or a line each.")


class SessionPart(Part):
    """How long a login lasts."""

    idle_seconds: Seconds = Field(86_400, description="A session ends after so long unused.")
    absolute_seconds: Seconds = Field(30 * 86_400, description="A session ends after so long.")
    step_up_seconds: Seconds = Field(
        300, description="How long a repeated password allows dangerous actions."
    )


class LoginPart(Part):
    """What a login takes."""

    password_length: int = Field(12, ge=8, le=128, description="Characters a new password needs.")
    second_factor: Literal["optional", "admins", "everybody"] = Field(
        "optional",
        description="Who must have a second factor; who has none sets one up at the next login.",
    )


class CollectPart(Part):
    """How often, how many and how long machines are asked."""

    live_seconds: Seconds = Field(10, description="Interval of the live group.")
    standard_seconds: Seconds = Field(300, description="Interval of the standard group.")
    slow_seconds: Seconds = Field(6 * 3600, description="Interval of the slow group.")
    at_once: int = Field(64, ge=1, le=1000, description="Servers that are asked at the same time.")
    budget_seconds: Seconds = Field(30, description="The longest that one server may take.")
    drives_seconds: Seconds = Field(
        120, description="The longest that reading a server's drives may take, every slow round."
    )
    connect_seconds: Seconds = Field(10, description="Time-out of the TCP connection.")
    login_seconds: Seconds = Field(20, description="Time-out of the SSH login.")
    sessions_per_host: int = Field(4, ge=1, le=10, description="SSH sessions per machine at once.")
    add_local: bool = Field(
        default=True,
        description="Enter the machine that Unity runs on by itself; off in the container image.",
    )


class MetricsPart(Part):
    """How long measurements are kept."""

    raw_days: int = Field(7, ge=1, description="Days that raw samples are kept.")
    five_minute_days: int = Field(30, ge=1, description="Days that 5-minute values are kept.")
    hour_days: int = Field(400, ge=1, description="Days that hourly values are kept.")
    day_days: int = Field(1826, ge=1, description="Days that daily values are kept.")


class JobsPart(Part):
    """How background work is run."""

    workers: int = Field(8, ge=1, le=100, description="Jobs that one process runs at once.")
    history_days: int = Field(30, ge=1, description="Days that finished runs are kept.")
    zone: str = Field(
        "", description="Time zone of scheduled times: Europe/Berlin. Empty: the machine's."
    )


class EventsPart(Part):
    """What happened, as the activity page shows it."""

    keep_days: int = Field(180, ge=1, description="Days that events are kept.")


class AuditPart(Part):
    """How the audit log is attested."""

    checkpoint_entries: int = Field(
        1000, ge=1, description="A checkpoint is signed after so many entries."
    )
    checkpoint_seconds: Seconds = Field(
        3600, description="And after this time, when there was any entry."
    )


class NotificationsPart(Part):
    """How messages are sent."""

    allow: tuple[str, ...] = Field(
        (),
        description="Loopback addresses that channels may reach: 127.0.0.1 for an own ntfy.",
    )
    look_seconds: Seconds = Field(5, description="How often waiting messages are looked for.")
    send_seconds: Seconds = Field(15, description="The longest that one receiver may take.")
    first_retry_seconds: Seconds = Field(
        10, description="Pause after the first failure; it doubles up to an hour."
    )
    lease_seconds: Seconds = Field(
        60, description="A sender that says nothing for so long counts as dead."
    )
    round_seconds: Seconds = Field(60, description="The longest that one round of sending takes.")
    keep_days: int = Field(90, ge=1, description="Days that the ledger of deliveries is kept.")


class Settings(Part):
    """All settings of a Unity process."""

    data: Path = Field(Path("./data"), description="The data folder.")
    keys: Path | None = Field(
        None, description="The folder of the root key; keep it apart from the data: DATA/keys."
    )
    server: ServerPart = Field(ServerPart(), description="How Unity listens.")
    database: DatabasePart = Field(DatabasePart(), description="Where the data lies.")
    log: LogPart = Field(LogPart(), description="What is logged, and how.")
    session: SessionPart = Field(SessionPart(), description="How long a login lasts.")
    login: LoginPart = Field(LoginPart(), description="What a login takes.")
    collect: CollectPart = Field(CollectPart(), description="How machines are asked.")
    metrics: MetricsPart = Field(MetricsPart(), description="How long measurements are kept.")
    jobs: JobsPart = Field(JobsPart(), description="How background work is run.")
    notifications: NotificationsPart = Field(
        NotificationsPart(), description="How messages are sent."
    )
    events: EventsPart = Field(EventsPart(), description="How long the activity is kept.")
    audit: AuditPart = Field(AuditPart(), description="How the audit log is attested.")

    @property
    def keys_folder(self) -> Path:
        """The folder of the root key."""
        return self.keys or self.data / "keys"

    @property
    def host(self) -> str:
        """The address part of `server.listen`."""
        return self.server.listen.rpartition(":")[0].strip("[]") or "127.0.0.1"

    @property
    def port(self) -> int:
        """The port part of `server.listen`."""
        return int(self.server.listen.rpartition(":")[2])


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, or raise `StartRefused` with one line that names the first fault."""
    environment = os.environ if environment is None else environment
    known = {PREFIX + "__".join(path).upper() for path, _, _ in walk(Settings)}
    for name in environment:
        is_ours = name.startswith(PREFIX) and not name.startswith(OTHER_PREFIXES)
        if is_ours and name not in known | OTHER_NAMES:
            raise StartRefused(f"{name} is no setting of Unity; see `unity settings`.")
    from_file = _read_file(environment.get("UNITY_CONFIG"))
    try:
        settings = Settings.model_validate(_merge(from_file, environment))
    except ValidationError as error:
        first = error.errors()[0]
        where = PREFIX + "__".join(str(part) for part in first["loc"]).upper()
        raise StartRefused(f"{where} is not valid: {first['msg']}.") from None
    _check(settings)
    return settings


def settings_file(environment: Mapping[str, str] | None = None) -> Path | None:
    """Return the TOML file that the settings are read from; None when there is none."""
    path = (os.environ if environment is None else environment).get("UNITY_CONFIG")
    return Path(path) if path else None


def _check(settings: Settings) -> None:
    """Refuse what the types alone cannot."""
    port = settings.server.listen.rpartition(":")[2]
    if not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the largest TCP port
        raise StartRefused(
            f"UNITY_SERVER__LISTEN is not valid: {settings.server.listen!r} has no port"
            " between 0 and 65535; write it as 127.0.0.1:8484."
        )
    if (settings.server.tls_cert is None) != (settings.server.tls_key is None):
        raise StartRefused(
            "UNITY_SERVER__TLS_CERT and UNITY_SERVER__TLS_KEY go together; set both."
        )
    base = settings.server.base_path
    if base and (not base.startswith("/") or base.endswith("/")):
        raise StartRefused(
            f"UNITY_SERVER__BASE_PATH is not valid: {base!r} is no path; write it as /unity."
        )
    public = settings.server.public_url
    if public and not public.startswith(("http://", "https://")):
        raise StartRefused(
            f"UNITY_SERVER__PUBLIC_URL is not valid: {public!r} does not start with https://."
        )
    for proxy in settings.server.trusted_proxies:
        _check_network("SERVER__TRUSTED_PROXIES", proxy)
    for address in settings.notifications.allow:
        _check_network("NOTIFICATIONS__ALLOW", address)
    url = settings.database.url.get_secret_value()
    if url and not url.startswith(("postgresql://", "postgres://", "sqlite://")):
        raise StartRefused("UNITY_DATABASE__URL is not valid: it starts with postgresql://.")


def _check_network(name: str, text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise StartRefused(
            f"UNITY_{name} is not valid: {text!r} is no address or network;"
            " write it as 192.0.2.7 or 192.0.2.0/24."
        ) from None


def _read_file(path: str | None) -> dict[str, object]:
    if not path:
        return {}
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise StartRefused(f"UNITY_CONFIG: {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartRefused(f"UNITY_CONFIG: {path} is not valid TOML: {error}.") from error


def _merge(from_file: dict[str, object], environment: Mapping[str, str]) -> dict[str, object]:
    """Lay the environment over the file, level by level."""
    merged: dict[str, object] = {
        name: dict(value) if isinstance(value, dict) else value for name, value in from_file.items()
    }
    for path, _, is_tuple in walk(Settings):
        text = environment.get(PREFIX + "__".join(path).upper())
        if text is None:
            continue
        value = tuple(filter(None, (p.strip() for p in text.split(",")))) if is_tuple else text
        if len(path) == 1:
            merged[path[0]] = value
            continue
        part = merged.setdefault(path[0], {})
        if isinstance(part, dict):
            part[path[1]] = value
    return merged


def walk(
    model: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """Yield each setting: its path, its description, and whether it is a list."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Part):
            yield from walk(kind, (*above, name))
        else:
            yield (*above, name), field.description or "", "tuple" in str(kind)
