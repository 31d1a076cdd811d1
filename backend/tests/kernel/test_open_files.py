"""The limit of open files is raised, and never lowered, in a process of its own."""

import subprocess
import sys

import pytest

_ASK = (
    "import resource; from app.kernel import open_files; open_files.allow_many();"
    " print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
)


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [(256, 4096, 4096), (4096, 4096, 4096), (1024, 0, None)],
    ids=["as-far-as-allowed", "nothing-to-raise", "as-systemd-starts-it"],
)
def test_a_process_may_open_as_many_files_as_it_is_allowed_to(
    soft: int, hard: int, then: int | None
) -> None:
    limits = f"ulimit -Sn {soft}; {f'ulimit -Hn {hard};' if hard else ''}"
    ran = subprocess.run(
        ["/bin/sh", "-c", f'{limits} exec "$@"', "sh", sys.executable, "-c", _ASK],
        capture_output=True,
        check=True,
        text=True,
    )
    now, most = (int(word) for word in ran.stdout.split())
    assert now == (then if then is not None else min(most, 65_536))
    assert most == (hard or most)
    assert now > 1024
