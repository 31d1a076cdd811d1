"""What machines say is safe to show."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.text import headers_as_sent, in_command, printable, size_words


@given(st.text())
def test_printable_text_is_printable(text: str) -> None:
    assert printable(text).isprintable()


@given(st.text())
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S"))))
def test_letters_digits_and_signs_are_kept(text: str) -> None:
    assert printable(text) == text


@given(st.text(alphabet="\x1b\x9b\x9d\x07[]0;31mA\\"))
def test_no_sequence_however_nested_leaves_an_escape(text: str) -> None:
    assert not set(printable(text)) & {"\x1b", "\x9b", "\x9d", "\x07"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07name", "name"),
        ("\x1b]8;;http://example.org\x1b\\link", "link"),
        ("\x9b2Jhost", "host"),
        ("tab\there\nnext", "tab here next"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("cut\x1b[", "cut"),
        ("Zürich \u2013 東京", "Zürich \u2013 東京"),
    ],
)
def test_sequences_and_invisible_characters_are_taken_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1023.6 * 1024, "1 MiB"),
        (1010 * 1024**3, "1010 GiB"),
        (4000787030016, "3.64 TiB"),
        (2.0**64, "16384 PiB"),
        (-2048, "-2 KiB"),
    ],
)
def test_sizes_have_three_digits_and_never_an_exponent(number: float, words: str) -> None:
    assert size_words(number) == words


@pytest.mark.parametrize(
    ("text", "sent"),
    [("plain", b"plain"), (" pasted\r\n", b"pasted"), ("schlüssel", "schlüssel".encode())],
)
def test_a_header_carries_what_was_meant(text: str, sent: bytes) -> None:
    assert headers_as_sent({"X-Token": text}) == {b"X-Token": sent}


@given(st.sampled_from("\r\n\0\x7f\x1b"))
def test_a_header_carries_no_second_one_and_an_error_no_secret(character: str) -> None:
    with pytest.raises(ValueError, match="control character") as caught:
        headers_as_sent({"X-Token": f"canary{character}canary"})
    assert "canary" not in str(caught.value)


@given(st.text(min_size=1))
def test_a_name_in_a_command_is_one_word_of_a_shell(name: str) -> None:
    assert shlex.split(in_command(name)) == [printable(name)]


def test_a_name_in_a_command_is_quoted_only_where_it_has_to_be() -> None:
    assert (in_command("/srv/a-b"), in_command("tank/a b"), in_command("")) == (
        "/srv/a-b",
        "'tank/a b'",
        "",
    )
