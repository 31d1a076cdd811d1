"""What an import costs, kept out of the start."""

import gc
import subprocess
import sys

import pytest

from app.kernel import migrations
from app.kernel.imports import hidden, settle, uncollected

# Each is slow to load and needed by few homes, or only after something was asked for.
_LATER = ("alembic", "apprise", "obstore", "procrastinate", "prometheus_client", "psycopg", "rich")


def test_a_hidden_library_is_missing_inside_and_there_afterwards() -> None:
    with hidden("tabnanny"), pytest.raises(ImportError):
        import tabnanny  # noqa: PLC0415 - it is the import that is tried
    import tabnanny  # noqa: PLC0415 - as above

    assert tabnanny.check is not None


def test_nothing_is_collected_inside_and_what_was_made_is_left_out_afterwards() -> None:
    try:
        with uncollected():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_what_the_start_made_is_left_alone_and_the_young_are_looked_at_more_seldom() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == (10_000, *before[1:])
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_the_names_of_the_scripts_tell_the_revision_that_alembic_finds() -> None:
    assert migrations.newest_by_name() == migrations.head_revision()


def test_serving_does_not_wait_for_libraries_that_it_may_never_need() -> None:
    asked = f"import sys, app.cli.serve; print([name for name in {_LATER} if name in sys.modules])"

    said = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)

    assert said.stdout.strip() == "[]"
