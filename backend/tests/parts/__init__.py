"""The real parts that tests run against: programs of this machine that may be missing.

`@pytest.mark.needs("fish")` names a part. Outside CI a missing part skips the test with the line
that installs it. With CI=true it fails instead, except for the parts that not every CI has.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.parts import postgres


@dataclass(frozen=True, slots=True)
class Part:
    """Something to run against, and how to come by it."""

    is_there: Callable[[], bool]
    install: str
    may_be_missing_in_ci: bool = False


def _program(name: str, package: str) -> Part:
    # The system folders are not always in the path of a plain account.
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return Part(lambda: shutil.which(name, path=path) is not None, f"apt-get install {package}")


def _has_browser() -> bool:
    return Path(os.environ.get("UNITY_TEST_BROWSER", "/usr/bin/chromium")).exists()


# Servers that no package brings are built once, outside of the checkout.
BUILT = Path(os.environ.get("UNITY_TEST_PARTS", Path.home() / ".cache" / "unity-test-parts"))
PARTS: Mapping[str, Part] = {
    "busybox": _program("busybox", "busybox-static"),
    "chromium": Part(_has_browser, "apt-get install chromium, or set UNITY_TEST_BROWSER"),
    "corpora": Part(
        lambda: "UNITY_CORPORA" in os.environ,
        "set UNITY_CORPORA to the folder of the corpora",
        may_be_missing_in_ci=True,
    ),
    "csh": Part(
        lambda: shutil.which("csh") is not None,
        "apt-get install csh",
        may_be_missing_in_ci=True,
    ),
    "debootstrap": _program("debootstrap", "debootstrap"),
    "ferretdb": Part(
        (BUILT / "ferretdb").exists,
        "make test-parts",
        may_be_missing_in_ci=True,
    ),
    "fish": _program("fish", "fish"),
    "go": Part(
        lambda: shutil.which("go") is not None,
        "apt-get install golang",
        may_be_missing_in_ci=True,
    ),
    "minio": Part(
        (BUILT / "minio").exists,
        "make test-parts",
        may_be_missing_in_ci=True,
    ),
    "node-exporter": _program("prometheus-node-exporter", "prometheus-node-exporter"),
    "nsd": _program("nsd", "nsd"),
    "ping": _program("ping", "iputils-ping"),
    "mariadb": _program("mariadbd", "mariadb-server"),
    "postgres": Part(lambda: postgres.programs() is not None, postgres.INSTALL),
    "prometheus": _program("prometheus", "prometheus"),
    "restic": _program("restic", "restic"),
    "redis": _program("redis-server", "redis-server"),
    "root": Part(lambda: os.geteuid() == 0, "run the tests as root, in a container for instance"),
    "sshd": _program("sshd", "openssh-server"),
    "sudo": _program("sudo", "sudo"),
    "upsd": _program("upsd", "nut-server"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail in CI, what needs a part that is not there."""
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            part = PARTS[name]
            if part.is_there():
                continue
            message = f"{name} is missing: {part.install}"
            if os.environ.get("CI") == "true" and not part.may_be_missing_in_ci:
                pytest.fail(message)
            pytest.skip(message)
