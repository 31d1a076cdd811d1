import asyncio
import base64
import struct
import subprocess
import textwrap
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.kernel.database import Database
from app.schemas.credentials.server_credential import ServerCredentialCreate
from app.schemas.credentials.ssh_key import SSHKeyImport
from app.services.core.key_cost import KeyTakesTooLong, refuse_laborious
from app.services.credentials.key_maker import KeyMaker, read
from tests.fixtures.infrastructure import ALICE, Rooms

PBES2, PBKDF2 = bytes.fromhex("06092a864886f70d01050d"), bytes.fromhex("06092a864886f70d01050c")
SCRYPT, AES = bytes.fromhex("06092b06010401da47040b"), bytes.fromhex("060960864801650304012a")


def keygen(folder: Path, *options: str) -> str:
    path = folder / "key"
    subprocess.run(["ssh-keygen", "-q", *options, "-f", str(path)], check=True)
    return path.read_text()


def file_of(title: str, content: bytes) -> str:
    body = textwrap.fill(base64.b64encode(content).decode(), 70)
    return f"-----BEGIN {title}-----\n{body}\n-----END {title}-----\n"


def with_rounds(text: str, rounds: int) -> str:
    """Let an encrypted file of ssh-keygen say that its passphrase is hashed so often."""
    content = base64.b64decode("".join(text.splitlines()[1:-1]))
    head, name, rest = content.partition(b"bcrypt")
    length = int.from_bytes(rest[:4], "big")
    options = rest[4 : length + 4 - 4] + struct.pack(">I", rounds)
    changed = head + name + rest[:4] + options + rest[4 + length :]
    return file_of("OPENSSH PRIVATE KEY", changed)


def der(kind: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes((kind, 0x82)) + struct.pack(">H", len(content)) + content


def number(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def locked(function: bytes, *numbers: int) -> str:
    """Return a file in the form of PKCS #8 that is locked by this function."""
    options = der(0x30, der(0x04, b"saltsalt"), *(number(one) for one in numbers))
    cipher = der(0x30, AES, der(0x04, bytes(16)))
    algorithm = der(0x30, PBES2, der(0x30, der(0x30, function, options), cipher))
    return file_of("ENCRYPTED PRIVATE KEY", der(0x30, algorithm, der(0x04, bytes(64))))


@pytest.mark.parametrize("rounds", [201, 4_000_000_000])
def test_a_passphrase_that_is_hashed_for_hours_is_refused_at_once(
    tmp_path: Path, rounds: int
) -> None:
    text = with_rounds(keygen(tmp_path, "-t", "ed25519", "-N", "phrase"), rounds)
    wish = SSHKeyImport(name="k", private_key=SecretStr(text), passphrase=SecretStr("phrase"))
    with pytest.raises(KeyTakesTooLong, match=f"hashed {rounds} times") as caught:
        read(wish)
    assert "ssh-keygen -p -a 16" in caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        locked(PBKDF2, 1_000_001),
        locked(PBKDF2, 2_000_000_000, 32),
        locked(SCRYPT, 2**20, 8, 16),
        "-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 9_000,
    ],
)
def test_other_files_that_keep_unity_busy_are_refused(text: str) -> None:
    with pytest.raises(KeyTakesTooLong):
        refuse_laborious(text)


@pytest.mark.parametrize(
    "text",
    [
        locked(PBKDF2, 600_000, 32),
        locked(SCRYPT, 16_384, 8, 1),
        file_of("ENCRYPTED PRIVATE KEY", b"\x30\x80" * 2_000),
        file_of("ENCRYPTED PRIVATE KEY", b"\x30"),
        file_of("OPENSSH PRIVATE KEY", b"openssh-key-v1\0\xff\xff\xff\xff"),
        "-----BEGIN OPENSSH PRIVATE KEY-----\n(",
    ],
)
def test_usual_files_and_broken_ones_are_left_to_the_reader(text: str) -> None:
    refuse_laborious(text)


@pytest.mark.parametrize(
    "form", [("ed25519",), ("rsa", "-b", "2048"), ("rsa", "-b", "2048", "-m", "PKCS8")]
)
def test_what_ssh_keygen_makes_is_taken(tmp_path: Path, form: tuple[str, ...]) -> None:
    refuse_laborious(keygen(tmp_path, "-N", "phrase", "-a", "100", "-t", *form))


async def test_others_write_while_a_key_is_read(
    database: Database, rooms: Rooms, tmp_path: Path
) -> None:
    text = keygen(tmp_path, "-t", "ed25519", "-N", "phrase", "-a", "150")
    maker = KeyMaker(database, rooms.clock, rooms.vault)
    # With so many rounds it takes more than a second, and always the same.
    wish = SSHKeyImport(name="slow", private_key=SecretStr(text), passphrase=SecretStr("phrase"))
    login = ServerCredentialCreate(name="l", username="root", password=SecretStr("something"))
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(maker.take_over(ALICE, wish))
        await asyncio.sleep(0)
        async with database.transaction() as session:
            await rooms.credentials(session).create(ALICE, login)
        assert not reading.done()
    assert reading.result().algorithm == "ssh-ed25519"
