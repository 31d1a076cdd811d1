"""The kinds of destinations: which fields each has, what it needs, and the place it names."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from app.kernel.errors import JsonValue
from app.models.core.backup_destination import DestinationKind
from app.ports.archive_store import FolderPlace, Place, S3Place, SftpPlace
from app.ports.shell import HostKey, Login, PasswordLogin, PrivateKeyLogin, Target
from app.services.core.backup.errors import DestinationNotComplete
from app.services.core.key_cost import refuse_laborious

K = DestinationKind
FIELDS: Mapping[DestinationKind, tuple[str, ...]] = {
    K.FOLDER: ("folder",),
    K.SFTP: ("host", "port", "username", "folder", "host_key"),
    K.S3: ("endpoint", "region", "bucket", "prefix", "access_key_id", "uses_path_style"),
}
SECRETS: Mapping[DestinationKind, tuple[str, ...]] = {
    K.FOLDER: (),
    K.SFTP: ("password", "private_key", "private_key_passphrase"),
    K.S3: ("secret_access_key",),
}
_NEEDED: Mapping[DestinationKind, Mapping[str, str]] = {
    K.FOLDER: {"folder": "a folder"},
    K.SFTP: {"host": "a host", "username": "a user name", "folder": "a folder"},
    K.S3: {"bucket": "a bucket", "access_key_id": "an access key"},
}


def reached(kind: DestinationKind) -> tuple[str, ...]:
    """Return the fields that say with whom one speaks."""
    return {K.FOLDER: (), K.SFTP: ("host", "port"), K.S3: ("endpoint",)}[kind]


def check(
    kind: DestinationKind, place: Mapping[str, JsonValue], secrets: Mapping[str, str]
) -> None:
    """Raise `DestinationNotComplete` with the first thing that is missing or wrong."""
    for name, words in _NEEDED[kind].items():
        if not place.get(name):
            raise DestinationNotComplete(f"A destination of this kind needs {words}.", field=name)
    match kind:
        case DestinationKind.FOLDER:
            _check_folder(str(place["folder"]))
        case DestinationKind.SFTP:
            _check_sftp(place, secrets)
        case DestinationKind.S3:
            _check_s3(place, secrets)


def _check_folder(folder: str) -> None:
    path = PurePosixPath(folder)
    if not path.is_absolute() or ".." in path.parts:
        raise DestinationNotComplete(
            f"{folder} is no absolute path.", fix="Write it as /mnt/backup.", field="folder"
        )


def _check_sftp(place: Mapping[str, JsonValue], secrets: Mapping[str, str]) -> None:
    if not secrets.get("password") and not secrets.get("private_key"):
        raise DestinationNotComplete(
            "The login needs a password or a private key.",
            fix="Enter one; for another host it has to be entered again.",
            field="password",
        )
    refuse_laborious(secrets.get("private_key", ""))
    if place.get("host_key"):
        read_host_key(str(place["host_key"]))


def _check_s3(place: Mapping[str, JsonValue], secrets: Mapping[str, str]) -> None:
    if not secrets.get("secret_access_key"):
        raise DestinationNotComplete(
            "The bucket needs a secret key.",
            fix="Enter it; for another endpoint it has to be entered again.",
            field="secret_access_key",
        )
    endpoint = str(place["endpoint"])
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise DestinationNotComplete(
            "The endpoint is no web address.",
            fix="Write it as https://s3.example.org.",
            field="endpoint",
        )


def read_host_key(line: str) -> HostKey:
    """Read `algorithm base64`, with its fingerprint as ssh-keygen prints it."""
    words = line.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error, ValueError):
        blob = b""
    if not blob:
        raise DestinationNotComplete(
            "The host key cannot be read.", fix="Write it as ssh-ed25519 AAAA….", field="host_key"
        )
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return HostKey(words[0], f"{words[0]} {words[1]}", f"SHA256:{digest}")


def place_of(
    kind: DestinationKind, fields: Mapping[str, JsonValue], secrets: Mapping[str, str], key: str
) -> Place:
    """Return the place that an adapter opens."""
    text = {name: str(value) for name, value in fields.items()}
    match kind:
        case DestinationKind.FOLDER:
            return FolderPlace(Path(text["folder"]))
        case DestinationKind.SFTP:
            line = text.get("host_key", "")
            target = Target(
                key=f"backup-{key}",
                host=text["host"],
                port=int(text["port"]),
                username=text["username"],
                logins=_logins(secrets),
                pinned=(read_host_key(line),) if line else (),
            )
            return SftpPlace(target, text["folder"])
        case DestinationKind.S3:
            return S3Place(
                bucket=text["bucket"],
                prefix=text["prefix"],
                endpoint=text["endpoint"],
                region=text["region"],
                access_key_id=text["access_key_id"],
                secret_access_key=secrets.get("secret_access_key", ""),
                uses_path_style=bool(fields["uses_path_style"]),
            )


def _logins(secrets: Mapping[str, str]) -> tuple[Login, ...]:
    logins: list[Login] = []
    if secrets.get("private_key"):
        phrase = secrets.get("private_key_passphrase") or None
        logins.append(PrivateKeyLogin(secrets["private_key"], phrase))
    if secrets.get("password"):
        logins.append(PasswordLogin(secrets["password"]))
    return tuple(logins)


def address_of(kind: DestinationKind, fields: Mapping[str, JsonValue]) -> str:
    """Name the place in one line, for people."""
    text = {name: str(value) for name, value in fields.items()}
    match kind:
        case DestinationKind.FOLDER:
            return text["folder"]
        case DestinationKind.SFTP:
            port = "" if text["port"] == "22" else f":{text['port']}"
            return f"sftp://{text['username']}@{text['host']}{port}{text['folder']}"
        case DestinationKind.S3:
            path = "/".join(part for part in (text["bucket"], text["prefix"].strip("/")) if part)
            return f"s3://{path}" + (f" at {text['endpoint']}" if text["endpoint"] else "")
