"""Every alert that Unity brings leads to a page that says what to do."""

from pathlib import Path

from tests.fixtures.cast import Cast

RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"


async def test_every_built_in_rule_has_its_runbook(cast: Cast) -> None:
    rules = cast.platform.built_in_rules.values()

    named = {rule.key: rule.runbook for rule in rules if "://" not in rule.runbook}

    assert {key for key, slug in named.items() if not slug} == set()
    assert {slug for slug in named.values() if not (RUNBOOKS / f"{slug}.md").is_file()} == set()
