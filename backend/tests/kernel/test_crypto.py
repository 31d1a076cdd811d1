"""What the vault promises: a secret opens in its own cell only, and nowhere else."""

import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import crypto
from app.kernel.crypto import CannotOpen, Ref, Sealed, Vault
from app.kernel.errors import StartRefused

CELL = Ref("ssh_key", uuid.UUID(int=7), "private_key", 1)
VAULT = Vault(b"k" * 32)


@given(st.binary(max_size=4096))
def test_what_is_sealed_opens_again(plain: bytes) -> None:
    assert VAULT.open_bytes(VAULT.seal(plain, CELL), CELL, "test") == plain


@pytest.mark.parametrize(
    "other",
    [
        Ref("server_credential", CELL.id, CELL.column, CELL.version),
        Ref(CELL.table, uuid.UUID(int=8), CELL.column, CELL.version),
        Ref(CELL.table, CELL.id, "passphrase", CELL.version),
        Ref(CELL.table, CELL.id, CELL.column, 2),
        # The lengths are part of the binding: moving a letter over the border changes it.
        Ref("ssh_keyp", CELL.id, "rivate_key", CELL.version),
    ],
)
def test_a_secret_moved_to_another_cell_does_not_open(other: Ref) -> None:
    sealed = VAULT.seal("secret", CELL)
    with pytest.raises(CannotOpen):
        VAULT.open(sealed, other, "test")


def test_no_byte_of_a_blob_can_be_changed() -> None:
    blob = VAULT.seal("secret", CELL).blob
    for position in range(len(blob)):
        changed = blob[:position] + bytes([blob[position] ^ 1]) + blob[position + 1 :]
        with pytest.raises(CannotOpen):
            VAULT.open(Sealed(changed), CELL, "test")


@pytest.mark.parametrize("length", [0, 1, 50, 82, 98])
def test_a_blob_cut_short_does_not_open(length: int) -> None:
    blob = VAULT.seal("secret", CELL).blob
    with pytest.raises(CannotOpen):
        VAULT.open(Sealed(blob[:length]), CELL, "test")


def test_another_root_key_does_not_open_it() -> None:
    with pytest.raises(CannotOpen, match="another root key"):
        Vault(b"x" * 32).open(VAULT.seal("secret", CELL), CELL, "test")


def test_two_seals_of_one_secret_share_nothing() -> None:
    first, second = (VAULT.seal("secret", CELL).blob for _ in range(2))
    assert first[11:] != second[11:]


def test_neither_secret_nor_key_is_printed() -> None:
    sealed = VAULT.seal("secret", CELL)
    assert f"{sealed} {sealed!r}" == "*** ***"
    assert "kkkk" not in repr(VAULT)


def test_subkeys_differ_by_use() -> None:
    assert VAULT.subkey(b"audit") != VAULT.subkey(b"token-pepper")
    assert len(VAULT.subkey(b"audit")) == 32


def test_the_root_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert crypto.read_root_key(folder) is None
    key = crypto.create_root_key(folder)
    assert crypto.read_root_key(folder) == key
    assert (folder / "root.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StartRefused, match="cannot be written"):
        crypto.create_root_key(folder)


def test_a_root_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    crypto.create_root_key(tmp_path)
    (tmp_path / "root.key").chmod(0o644)
    with pytest.raises(StartRefused, match="chmod 600"):
        crypto.read_root_key(tmp_path)


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ="])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "root.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(StartRefused, match="no root key"):
        crypto.read_root_key(tmp_path)


def test_a_folder_in_place_of_the_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root.key").mkdir(mode=0o700)
    with pytest.raises(StartRefused, match="cannot be read"):
        crypto.read_root_key(tmp_path)
