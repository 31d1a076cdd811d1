"""What counts as an address of the web; which ones are refused is tested where they are asked."""

import pytest

from app.kernel.addresses import is_web_address


@pytest.mark.parametrize(
    "text",
    ["http://nas", "https://nas.example:8443/v1", "http://[::1]:11434/v1", "https://192.0.2.1/"],
)
def test_an_address_of_the_web_has_a_host_and_maybe_a_port(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "nas", "ftp://nas", "http://", "http://[", "http://[fe80", "http://nas:99999", "//nas"],
)
def test_anything_else_is_none_and_no_error(text: str) -> None:
    assert not is_web_address(text)
