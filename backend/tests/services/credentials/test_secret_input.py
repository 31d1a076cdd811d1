"""Spaces at the ends of a password are part of it: stripping them would store another one."""

import uuid

from pydantic import SecretStr

from app.schemas.credentials.server_credential import ServerCredentialCreate, ServerCredentialEdit
from app.schemas.credentials.ssh_key import SSHKeyImport
from app.schemas.infrastructure.connection import KeyInstallRequest

SPACED = SecretStr(" four words and more ")


def test_a_secret_arrives_as_it_was_typed_and_a_name_without_its_spaces() -> None:
    new = ServerCredentialCreate(name=" nas ", username=" unity ", password=SPACED)
    assert (new.name, new.username, new.password) == ("nas", "unity", SPACED)
    assert ServerCredentialEdit(password=SPACED).password == SPACED
    key = SSHKeyImport(name="key", private_key=SecretStr("-----BEGIN"), passphrase=SPACED)
    assert key.passphrase == SPACED
    wish = KeyInstallRequest(ssh_key_id=uuid.uuid4(), one_time_password=SPACED)
    assert wish.one_time_password == SPACED
