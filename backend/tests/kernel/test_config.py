"""Settings: typed, from the environment and a file, and refused in one line when wrong."""

from pathlib import Path

import pytest

from app.kernel import config
from app.kernel.errors import StartRefused


def test_the_defaults_need_nothing() -> None:
    settings = config.load({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8484)
    assert settings.keys_folder == Path("data/keys")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "unity.toml"
    file.write_text('[collect]\nstandard_seconds = 60\nat_once = 3\n[log]\nlevel = "DEBUG"\n')
    settings = config.load({"UNITY_CONFIG": str(file), "UNITY_COLLECT__AT_ONCE": "5"})
    assert settings.collect.standard_seconds == 60
    assert settings.collect.at_once == 5
    assert settings.log.level == "DEBUG"


def test_lists_are_written_with_commas() -> None:
    settings = config.load({"UNITY_SERVER__TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16"})
    assert settings.server.trusted_proxies == ("10.0.0.1", "10.1.0.0/16")


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"UNITY_COLECT__AT_ONCE": "5"}, "UNITY_COLECT__AT_ONCE is no setting"),
        ({"UNITY_COLLECT__AT_ONCE": "many"}, "UNITY_COLLECT__AT_ONCE is not valid"),
        ({"UNITY_COLLECT__AT_ONCE": "0"}, "UNITY_COLLECT__AT_ONCE is not valid"),
        ({"UNITY_SERVER__LISTEN": "localhost"}, "has no port"),
        ({"UNITY_SERVER__LISTEN": "localhost:99999"}, "has no port"),
        ({"UNITY_SERVER__TLS_CERT": "/a.pem"}, "go together"),
        ({"UNITY_DATABASE__URL": "mysql://x"}, "postgresql://"),
        ({"UNITY_SERVER__BASE_PATH": "unity/"}, "write it as /unity"),
        ({"UNITY_SERVER__PUBLIC_URL": "unity.lan"}, "does not start with https://"),
        ({"UNITY_LOG__LEVEL": "LOUD"}, "UNITY_LOG__LEVEL is not valid"),
        ({"UNITY_CONFIG": "/no/such/file"}, "cannot be read"),
    ],
)
def test_a_wrong_setting_stops_the_start_in_one_line(
    environment: dict[str, str], says: str
) -> None:
    with pytest.raises(StartRefused, match=says) as refusal:
        config.load(environment)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [("[collect\n", "not valid TOML"), ("[collect]\nspeed = 1\n", "UNITY_COLLECT__SPEED")],
)
def test_a_wrong_file_stops_the_start_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "unity.toml"
    file.write_text(text)
    with pytest.raises(StartRefused, match=says):
        config.load({"UNITY_CONFIG": str(file)})


def test_the_url_with_its_password_is_not_printed() -> None:
    settings = config.load({"UNITY_DATABASE__URL": "postgresql://u:hunter2@h/d"})
    assert "hunter2" not in repr(settings)


def test_every_setting_has_its_description() -> None:
    assert all(description for _, description, _ in config.walk(config.Settings))
