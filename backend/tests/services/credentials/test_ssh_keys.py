import re
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.kernel.database import Database
from app.models.core.audit_entry import AuditEntry
from app.models.credentials.ssh_key import SSHKey
from app.schemas.credentials.server_credential import ServerCredentialCreate
from app.schemas.credentials.ssh_key import KeyKind, SSHKeyGenerate, SSHKeyImport, SSHKeyQuery
from app.services.credentials.key_maker import made, read
from app.services.credentials.key_material import (
    KeyNotReadable,
    PassphraseMissing,
    PassphraseNotNeeded,
    PassphraseWrong,
    read_private_key,
)
from app.services.credentials.one_time_secrets import (
    LIFETIME,
    OneTimeSecretGone,
    OneTimeSecrets,
)
from app.services.credentials.ssh_keys import SSHKeyAlreadyStored, SSHKeyNameTaken
from app.services.infrastructure.targets import open_private_key
from tests.fixtures.infrastructure import ALICE, Rooms

FORMS = {
    "openssh-ed25519": ("-t", "ed25519"),
    "openssh-ecdsa": ("-t", "ecdsa"),
    "openssh-rsa": ("-t", "rsa", "-b", "2048"),
    "pem-rsa": ("-t", "rsa", "-b", "2048", "-m", "PEM"),
    "pkcs8-rsa": ("-t", "rsa", "-b", "2048", "-m", "PKCS8"),
}


def keygen(folder: Path, *options: str, phrase: str = "") -> tuple[str, str]:
    path = folder / "key"
    subprocess.run(["ssh-keygen", "-q", *options, "-N", phrase, "-f", str(path)], check=True)
    listed = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(path) + ".pub"], capture_output=True, text=True, check=True
    )
    return path.read_text(), listed.stdout.split()[1]


def public_half(path: Path, private: str) -> str:
    path.write_text(private)
    path.chmod(0o600)
    derived = subprocess.run(
        ["ssh-keygen", "-y", "-f", str(path)], capture_output=True, text=True, check=True
    )
    return " ".join(derived.stdout.split()[:2])


def stored_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("unity.db*"))


@pytest.mark.parametrize("kind", list(KeyKind))
async def test_a_generated_key_is_one_that_openssh_knows(
    database: Database, rooms: Rooms, tmp_path: Path, kind: KeyKind
) -> None:
    async with database.transaction() as session:
        stored = await rooms.keys(session).store(ALICE, made(SSHKeyGenerate(name="k", kind=kind)))
        row = await session.get_one(SSHKey, stored.id)
    private = open_private_key(rooms.vault, row, "test").private_key
    assert public_half(tmp_path / "private", private) == stored.public_key


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("phrase", ["", "open sesame"])
def test_a_pasted_key_has_the_fingerprint_that_openssh_shows(
    tmp_path: Path, form: str, phrase: str
) -> None:
    text, fingerprint = keygen(tmp_path, *FORMS[form], phrase=phrase)
    pasted = "\r\n  " + text.replace("\n", " \r\n").rstrip()
    assert read_private_key(pasted, phrase or None).public.fingerprint == fingerprint


@pytest.mark.parametrize("form", ["openssh-ed25519", "pem-rsa", "pkcs8-rsa"])
def test_each_mistake_with_a_passphrase_has_its_own_message(tmp_path: Path, form: str) -> None:
    text, _ = keygen(tmp_path, *FORMS[form], phrase="right")
    with pytest.raises(PassphraseMissing):
        read_private_key(text, None)
    with pytest.raises(PassphraseWrong):
        read_private_key(text, "wrong")
    (tmp_path / "key").unlink()
    plain, _ = keygen(tmp_path, *FORMS[form])
    with pytest.raises(PassphraseNotNeeded):
        read_private_key(plain, "right")


def test_a_wrong_passphrase_that_decrypts_by_chance_is_still_wrong(tmp_path: Path) -> None:
    text, _ = keygen(tmp_path, *FORMS["pem-rsa"], phrase="right")
    for number in range(3000):
        with pytest.raises(PassphraseWrong):
            read_private_key(text, f"wrong {number}")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("ssh-ed25519 AAAA comment", r"without \.pub"),
        ("PuTTY-User-Key-File-3: ssh-ed25519", "puttygen"),
        ("hello", "-----BEGIN"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", "Check"),
        ("-----BEGIN RSA PRIVATE KEY-----\nnonsense\n-----END RSA PRIVATE KEY-----", "Check"),
        ("-----BEGIN PRIVATE KEY-----\n\x00\xff\n", "Check"),
    ],
)
def test_a_text_that_is_no_private_key_says_what_to_do(text: str, fix: str) -> None:
    with pytest.raises(KeyNotReadable) as caught:
        read_private_key(text, None)
    assert caught.match("This is|cannot be read")
    assert re.search(fix, caught.value.fix)


def test_a_weak_rsa_key_is_refused(tmp_path: Path) -> None:
    text, _ = keygen(tmp_path, "-t", "rsa", "-b", "1024")
    with pytest.raises(KeyNotReadable, match="1024 bits"):
        read_private_key(text, None)


async def test_the_same_key_or_name_twice_names_the_first(
    database: Database, rooms: Rooms, tmp_path: Path
) -> None:
    text, _ = keygen(tmp_path, "-t", "ed25519")
    async with database.transaction() as session:
        keys = rooms.keys(session)
        await keys.store(ALICE, read(SSHKeyImport(name="one", private_key=SecretStr(text))))
        with pytest.raises(SSHKeyAlreadyStored, match="'one'"):
            await keys.store(ALICE, read(SSHKeyImport(name="two", private_key=SecretStr(text))))
        with pytest.raises(SSHKeyNameTaken):
            await keys.store(ALICE, made(SSHKeyGenerate(name="one")))
        assert (await keys.list(SSHKeyQuery(q="ON"))).total == 1


async def test_nothing_secret_stands_in_the_database_file(
    database: Database, rooms: Rooms, tmp_path: Path
) -> None:
    text, _ = keygen(tmp_path, "-t", "ed25519", phrase="canary-phrase")
    async with database.transaction() as session:
        wish = SSHKeyImport(
            name="k", private_key=SecretStr(text), passphrase=SecretStr("canary-phrase")
        )
        await rooms.keys(session).store(ALICE, read(wish))
        await rooms.credentials(session).create(
            ALICE,
            ServerCredentialCreate(
                name="l", username="root", password=SecretStr("canary-password")
            ),
        )
        secrets = OneTimeSecrets(session, rooms.clock, rooms.vault)
        await secrets.put("canary-once", "install_key")
    async with database.snapshot() as session:
        entries = " ".join(await session.scalars(select(AuditEntry.entry)))
    await database.dispose()
    stored = stored_bytes(tmp_path)
    body = text.splitlines()[2].encode()
    for canary in (b"canary-phrase", b"canary-password", b"canary-once", body):
        assert canary not in stored
        assert canary.decode() not in entries


async def test_a_one_time_secret_ends_with_its_time_and_its_purpose(
    database: Database, rooms: Rooms
) -> None:
    async with database.transaction() as session:
        secrets = OneTimeSecrets(session, rooms.clock, rooms.vault)
        identifier = await secrets.put("once", "install_key")
        assert await secrets.open(identifier, "install_key") == "once"
        with pytest.raises(OneTimeSecretGone):
            await secrets.open(identifier, "other")
        rooms.clock.advance(LIFETIME)
        with pytest.raises(OneTimeSecretGone):
            await secrets.open(identifier, "install_key")
