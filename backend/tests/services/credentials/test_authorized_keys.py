import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.credentials.authorized_keys import (
    OwnLine,
    append,
    holds,
    holds_own,
    without_own,
)

OWN = OwnLine("ssh-ed25519 AAAAOWN", uuid.UUID(int=7), 1)
FOREIGN = b'from="10.0.0.1",command="echo hi" ssh-rsa AAAAFOREIGN bob@home'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"%s\n"),
        (b"a\n", b"a\n%s\n"),
        (b"a", b"a\n%s\n"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n%s\r\n"),
        (b"a\r\nb", b"a\r\nb\r\n%s\r\n"),
        (b"a\nb\r\nc\n", b"a\nb\r\nc\n%s\n"),
    ],
)
def test_the_line_ends_as_the_lines_of_the_file_do(before: bytes, after: bytes) -> None:
    assert append(before, OWN) == after.replace(b"%s", OWN.text)


def test_the_same_key_put_there_by_a_person_lets_in_but_is_not_ours() -> None:
    content = b"restrict ssh-ed25519 AAAAOWN alice@laptop\n"
    assert holds(content, OWN)
    assert not holds_own(content, OWN)
    assert without_own(content, OWN) == content


def test_a_comment_with_the_key_lets_nobody_in() -> None:
    assert not holds(b"# ssh-ed25519 AAAAOWN\n", OWN)


def test_an_own_line_of_an_older_version_is_ours() -> None:
    older = OwnLine(OWN.public_key, OWN.key_id, 9)
    assert without_own(append(FOREIGN, older), OWN) == FOREIGN + b"\n"


@given(st.binary(max_size=400))
def test_foreign_bytes_survive_adding_and_removing(foreign: bytes) -> None:
    added = append(foreign, OWN)
    assert added.startswith(foreign)
    assert holds_own(added, OWN)
    kept = without_own(added, OWN)
    assert kept in (foreign, foreign + b"\n", foreign + b"\r\n")
