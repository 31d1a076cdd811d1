"""Secrets are taken out of logs wherever they stand, in linear time."""

import time

from app.kernel.logging import MASK, clean_text, redact

TOKEN = "unity_8sKq2LmZ_" + "x9Y-" * 12
PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n-----END OPENSSH PRIVATE KEY-----"


def test_fields_are_masked_by_name() -> None:
    event = redact(None, "info", {"password": "a", "new_password": "b", "api_token": "c", "n": 1})
    assert event == {"password": MASK, "new_password": MASK, "api_token": MASK, "n": 1}


def test_ids_of_secrets_are_kept() -> None:
    assert redact(None, "info", {"token_id": "7"}) == {"token_id": "7"}


def test_tokens_and_keys_are_masked_inside_texts_and_lists() -> None:
    event = redact(None, "info", {"a": f"used {TOKEN}", "b": [f"x {PEM} y"], "c": {"secret": "s"}})
    assert event == {"a": f"used {MASK}", "b": [f"x {MASK} y"], "c": {"secret": MASK}}


def test_a_key_cut_in_the_middle_is_masked_to_its_end() -> None:
    assert clean_text(f"before {PEM[:50]}") == f"before {MASK}"


def test_a_long_text_full_of_keys_costs_little() -> None:
    started = time.perf_counter()
    assert clean_text(f"{PEM} and " * 20_000) == f"{MASK} and " * 20_000
    assert time.perf_counter() - started < 1


def test_keys_of_plugins_are_masked_as_tokens_are() -> None:
    key = f"unitypush_{'a1B2' * 3}_{'x' * 43}"
    assert clean_text(f"Bearer {key}, twice: {key}") == f"Bearer {MASK}, twice: {MASK}"


def test_a_long_text_full_of_half_markers_costs_little() -> None:
    text = "-----BEGIN " * 50_000
    started = time.perf_counter()
    assert PEM[:10] not in clean_text(text)
    assert time.perf_counter() - started < 1
