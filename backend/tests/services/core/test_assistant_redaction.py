"""What is taken out of a text before it leaves, and what is put back for the person."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import JsonValue
from app.services.core.assistant.briefing import Section, fitted
from app.services.core.assistant.redaction import Redaction, Restoring
from app.services.core.assistant.structured import NotOfTheForm, Shape
from app.services.core.assistant.tools import shortened
from app.services.core.assistant.trial import Colour

SECRET = "h0nter2-h0nter2"


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET}",
        f"DB_PASSWORD: '{SECRET}'",
        f'"api_key": "{SECRET}"',
        f"mysqldump --password {SECRET} -u root",
        f"postgres://root:{SECRET}@db/x",
        f"Authorization: Bearer {SECRET}",
        f"restic -r s3:x secret_token={SECRET}",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_h0nter2h0nter2h0nter2",
        "sk-proj-h0nter2h0nter2h0nter2",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
        "root:$6$saltsalt$h0nter2h0nter2h0nter2:19000:0:::",
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n-----END OPENSSH PRIVATE KEY-----",
        f"unity_abcdef_{SECRET}{SECRET}",
        "AGE-SECRET-KEY-1H0NTER2H0NTER2H0NTER2",
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    shown = Redaction(hides_addresses=False).text(f"before {text} after")
    for part in ("h0nter2", "H0NTER2", "IOSFODNN7", "dozjgNryP4"):
        assert part not in shown
    assert "***" in shown
    assert "before" in shown


def test_a_field_whose_name_says_secret_is_masked_whatever_it_holds() -> None:
    value: JsonValue = {"password": "x y z", "items": [{"wifi_passphrase": 12345, "name": "nas"}]}
    assert Redaction(hides_addresses=False).value(value) == {
        "password": "***",
        "items": [{"wifi_passphrase": "***", "name": "nas"}],
    }


@pytest.mark.parametrize(
    "text",
    [
        "The pool tank on nas is 91 % full since 12:30:45.",
        "serial WD-WCC4N0123456, wwn 0x50014ee2b5a1c3d4",
        "kernel 6.1.0-18-amd64, zfs 2.1.11",
        "SHA256:uNiVztksCsDhcc0u9e8BrqFXFt9vUhbGGJWqHrkjfvM",
        "2026-11-23T07:47:23.792840+00:00",
        '{"step_seconds": 300, "means": [1.0, 2.5, null]}',
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert Redaction(hides_addresses=True).text(text) == text


def test_addresses_have_the_same_placeholder_everywhere_and_come_back() -> None:
    redaction = Redaction(hides_addresses=True)
    text = "192.0.2.7 and fe80::1 and 52:54:00:ab:cd:ef and me@example.org, 192.0.2.7 again"
    hidden = redaction.text(text)
    assert hidden == (
        "[address-3] and [address-4] and [address-2] and [address-1], [address-3] again"
    )
    assert redaction.text("at 192.0.2.7:8080") == "at [address-3]:8080"
    assert redaction.restored(hidden) == text
    assert Redaction(hides_addresses=False).text(text) == text


@given(st.lists(st.integers(1, 30), max_size=12))
def test_a_placeholder_that_is_cut_in_two_comes_back_whole(cuts: list[int]) -> None:
    redaction = Redaction(hides_addresses=True)
    redaction.text("192.0.2.7 fe80::1")
    text = "See [address-1], [the docs](x) and [address-2] [ and [address-1"
    restoring, shown = Restoring(redaction), ""
    for cut in cuts:
        shown, text = shown + restoring.take(text[:cut]), text[cut:]
    shown += restoring.take(text) + "".join(restoring.rest())
    assert shown == "See 192.0.2.7, [the docs](x) and fe80::1 [ and [address-1"


@pytest.mark.parametrize("text", ["a" * 100_000, "pass-" * 20_000, "1:" * 50_000, "=" * 100_000])
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    Redaction(hides_addresses=True).text(text)
    assert time.perf_counter() - began < 5


def test_an_answer_is_read_in_its_form_or_not_at_all() -> None:
    shape = Shape("colour", Colour)
    assert shape.read('```json\n{"colour": "red", "letters": 3}\n```').colour == "red"
    for wrong in ("", "red", "[]", '{"colour": "mauve", "letters": 3}', '{"colour": "red"}'):
        with pytest.raises(NotOfTheForm) as caught:
            shape.read(wrong)
        assert "mauve" not in str(caught.value)
    assert shape.form.schema["additionalProperties"] is False
    assert shape.form.schema["required"] == ["colour", "letters"]


def test_what_is_too_long_loses_rows_and_then_its_end() -> None:
    rows: JsonValue = {"total": 50, "items": [{"name": "x" * 20}] * 50}
    text = shortened(rows, 500)
    assert len(text) <= 500
    assert '"total": 50' in text
    assert "Rows were left out" in text
    assert shortened("y" * 900, 500).endswith("(cut: ask for less)")
    sections = [Section("a", "x" * 300), Section("b", []), Section("c", "y" * 2000)]
    told = fitted(sections, 1500)
    assert list(told) == ["a", "c"]
    assert str(told["c"]).endswith("(cut)")
