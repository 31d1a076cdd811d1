"""Fixtures of all tests live in tests/fixtures and tests/parts; this file only names them."""

import pytest

pytest_plugins = [
    "tests.fixtures.cast",
    "tests.fixtures.database",
    "tests.fixtures.infrastructure",
    "tests.fixtures.two_groups",
    "tests.parts",
    "tests.parts.ai_server",
    "tests.parts.databases",
    "tests.parts.s3",
    "tests.parts.oidc",
    "tests.parts.sshd",
    "tests.parts.postgres",
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests marked `both_engines` on SQLite and on PostgreSQL."""
    if "database_url" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("both_engines"):
        engines = [
            pytest.param("sqlite"),
            pytest.param("postgresql", marks=pytest.mark.needs("postgres")),
        ]
        metafunc.parametrize("database_url", engines, indirect=True)
