"""What a plugin's form says of a field that is filled wrongly: words for people."""

from enum import StrEnum

import pytest
from pydantic import Field, field_validator
from unity_plugin import Config, Host, Port, Secret, Url
from unity_plugin.config import NotValid, configured


class Shade(StrEnum):
    """See the test."""

    LIGHT = "light"
    DARK = "dark"


class Lamp(Config):
    """A form with one field of each kind."""

    url: Url = Field("http://lamp", examples=["http://lamp.home.arpa/api"])
    host: Host = "lamp"
    port: Port = 80
    path: str = Field("", pattern="^(/.*)?$", max_length=5, examples=["/on"])
    level: float = Field(1, gt=0, lt=10)
    shade: Shade = Shade.DARK
    is_on: bool = True
    colours: list[str] = Field([], max_length=1)
    token: Secret = Secret("")

    @field_validator("host")
    @classmethod
    def _known(cls, host: str) -> str:
        if host == "candle":
            raise ValueError("A candle has no plug.")
        return host


class Strict(Config):
    """A form with a field that must be filled."""

    url: Url


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (
            "url",
            "lamp",
            (
                "It must begin with http:// or https://, and hold neither spaces nor a password."
                " An example: http://lamp.home.arpa/api"
            ),
        ),
        (
            "host",
            "http://lamp",
            "It must be a name or an address alone, without http:// and without a path.",
        ),
        ("host", "candle", "A candle has no plug."),
        ("port", "ten", "It must be a whole number."),
        ("port", 1.5, "It must be a whole number."),
        ("port", 0, "It must be at least 1."),
        ("port", 70000, "It must be at most 65535."),
        ("path", "on", "It is not written as it must be. An example: /on"),
        ("path", "/longer", "It must have at most 5 characters."),
        ("path", 7, "It must be a text."),
        ("level", "high", "It must be a number."),
        ("level", 0, "It must be more than 0.0."),
        ("level", 10, "It must be less than 10.0."),
        ("shade", "red", "It must be one of 'light' or 'dark'."),
        ("is_on", "perhaps", "It must be yes or no."),
        ("colours", "red", "It must be a list."),
        ("colours", ["red", "blue"], "It must have at most 1 entries."),
        ("lumen", 5, "There is no such field."),
    ],
)
def test_a_field_that_is_filled_wrongly_says_what_is_wanted(
    field: str, value: object, words: str
) -> None:
    with pytest.raises(NotValid) as caught:
        configured(Lamp, {field: value})
    assert caught.value.faults == [(field, words)]


def test_a_field_that_is_left_empty_says_so() -> None:
    with pytest.raises(NotValid) as caught:
        configured(Strict, {})
    assert caught.value.faults == [("url", "It must be filled.")]


def test_a_secret_of_the_wrong_kind_is_not_repeated() -> None:
    with pytest.raises(NotValid) as caught:
        configured(Lamp, {"token": ["geheim", "geheimer"]})
    assert "geheim" not in str(caught.value)
