"""The zone of scheduled times."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.kernel.errors import StartRefused
from app.kernel.zones import time_zone


def test_a_named_zone_is_taken() -> None:
    assert time_zone("Europe/Berlin").key == "Europe/Berlin"


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", "/etc/localtime", "\0"])
def test_an_unknown_zone_stops_the_start_with_one_line(name: str) -> None:
    with pytest.raises(StartRefused, match="UNITY_JOBS__ZONE"):
        time_zone(name)


def test_the_machine_s_own_zone_knows_summer_time(tmp_path: Path) -> None:
    machine = Path("/usr/share/zoneinfo/Europe/Berlin")
    if not machine.exists():
        pytest.skip("tzdata is missing: apt-get install tzdata")
    zone = time_zone("", machine)
    offsets = [
        datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)
    ]
    assert offsets == [timedelta(hours=1), timedelta(hours=2)]
    assert time_zone("", tmp_path / "absent").key == "UTC"
