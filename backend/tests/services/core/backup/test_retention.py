"""The retention keeps the newest of each period, and never nothing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.services.core.backup.naming import made_at, name_of
from app.services.core.backup.retention import Retention, kept

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
KEK = "0a1b2c3d4e5f6071"


def nights(count: int) -> dict[str, datetime]:
    """Return one archive for each of the last nights, by how many nights ago."""
    return {str(n): NOW - timedelta(days=n) for n in range(count)}


def test_days_weeks_and_months_each_keep_their_newest() -> None:
    stay = kept(nights(400), Retention(1, 3, 2, 3), BERLIN)
    # 29 March 2026 is a Sunday; months end with the last day that has an archive.
    assert stay == {"0", "1", "2", "7", "29", "57"}


def test_the_day_is_that_of_the_zone() -> None:
    late = {
        "a": datetime(2026, 3, 1, 22, 30, tzinfo=UTC),
        "b": datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
    }
    assert kept(late, Retention(1, 2, 0, 0), BERLIN) == {"a", "b"}
    assert kept(late, Retention(1, 2, 0, 0), ZoneInfo("UTC")) == {"b"}


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.datetimes(timezones=st.just(UTC))),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_the_newest_always_stays_and_no_more_than_was_asked(
    archives: dict[str, datetime], last: int, daily: int, weekly: int, monthly: int
) -> None:
    stay = kept(archives, Retention(last, daily, weekly, monthly), ZoneInfo("UTC"))
    assert stay <= set(archives)
    assert len(stay) <= max(last, 1) + daily + weekly + monthly
    if archives:
        assert max(archives, key=lambda name: (archives[name], name)) in stay


def test_only_our_own_names_are_ours() -> None:
    name = name_of(KEK, NOW)
    assert name == "unity-0a1b2c3d-20260329T120000Z.unitybackup"
    assert made_at(name, KEK) == NOW
    for other in (name.replace("0a1b", "ffff"), name + "x", "x" + name, "holiday.jpg"):
        assert made_at(other, KEK) is None
    assert made_at("unity-0a1b2c3d-20269929T120000Z.unitybackup", KEK) is None
