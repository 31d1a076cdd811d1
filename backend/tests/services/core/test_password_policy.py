"""What a new password needs, told in words at its field."""

import pytest

from app.kernel.config import LoginPart
from app.services.core.breached_passwords import is_breached
from app.services.core.devices import device_name
from app.services.core.passwords import WeakPassword, check_strength
from tests.fixtures.cast import PASSWORD, Cast


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elevenchars", "11 characters; at least 12"),
        ("x" * 201, "more than 200"),
        ("my friend Bob is nice", "contains the user name bob"),
        ("the Unity of all things", "contains the word unity"),
        ("Password2024!!", "tried first"),
        ("P@ssw0rd1234", "tried first"),
        ("iloveyouiloveyou", "tried first"),
        ("qwertyuiopas", "tried first"),
        ("123456789012", "tried first"),
        ("dragon!!!!!!!", "tried first"),
        ("abababababab", "tried first"),
    ],
)
def test_what_would_be_guessed_is_refused_in_words_at_the_field(password: str, words: str) -> None:
    with pytest.raises(WeakPassword) as caught:
        check_strength(password, name="bob")
    assert words in caught.value.detail
    (told,) = list(caught.value.context["errors"])  # type: ignore[arg-type]  # a list, see there
    assert told["pointer"] == "/body/password"  # type: ignore[index, call-overload]  # an object
    assert password not in caught.value.detail


@pytest.mark.parametrize(
    "password",
    [
        "four words and more",
        "only small letters",
        "ein Satz, der lang ist",
        "\u6f22\u5b57\u3092\u8aad\u3080\u306e\u304c\u597d\u304d\u306a\u4eba\u3068\u732b",
    ],
)
def test_no_kinds_of_characters_are_demanded(password: str) -> None:
    check_strength(password, name="bob")


def test_the_filter_knows_breached_ones_and_no_others() -> None:
    assert is_breached("trustno1")
    assert is_breached("letmein123456")
    assert not is_breached("four otters read a map")


def test_the_length_is_a_setting() -> None:
    with pytest.raises(WeakPassword, match="at least 16"):
        check_strength("four more words", name="bob", shortest=16)


async def test_setup_change_reset_and_create_all_ask(cast: Cast) -> None:
    login = LoginPart(password_length=16)
    cast.platform.settings = cast.platform.settings.model_copy(update={"login": login})
    alice = await cast.logged_in("alice")
    assert (await alice.get("/api/auth/session")).json()["password_length"] == 16
    users = (await alice.get("/api/users?q=bob")).json()["items"]
    short = "fifteen letters"
    for path, body in (
        ("/api/users", {"name": "dora", "password": short}),
        (f"/api/users/{users[0]['id']}/password", {"password": short}),
        ("/api/auth/password", {"current": PASSWORD.format("alice"), "password": short}),
    ):
        answer = await alice.post(path, body)
        assert answer.json()["type"] == "/problems/weak-password", path
        assert answer.json()["errors"][0]["pointer"] == "/body/password"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
            "Firefox on Linux",
        ),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
            ),
            "Edge on Windows",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome on Android",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("", "an unknown program"),
    ],
)
def test_a_device_is_named_as_people_call_it(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
