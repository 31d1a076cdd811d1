"""Every alert that Unity brings leads to a page that says what to do, with commands that fit."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.infrastructure.database_instance import DatabaseKind
from app.models.infrastructure.storage_pool import PoolKind
from tests.fixtures.cast import Cast

ROOT = Path(__file__).parents[3]
RUNBOOKS = ROOT / "docs" / "runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
WORDS = ROOT / "backend" / "app" / "services" / "infrastructure" / "topology"
HEADING = re.compile(r"^(#{1,3}) (.*?)(?:\s*<!--(.*)-->)?$")
PLACE = re.compile(r"\{([a-z]+(?:_[a-z]+)*)\}")
# Whatever the machine has that commands differ by.
POOLS = {one.value for one in PoolKind}
KINDS = (
    POOLS
    | {one.value for one in DatabaseKind}
    | {"container", "alone", "hdd", "ssd", "nvme", "drive", "pool", "database", "machine"}
    | {"apt", "dnf", "apk", "pacman", "zypper", "chrony", "timesyncd"}
)
# What a drive, a pool or a database is called is known; nobody has to put it in.
LEFT_OPEN = re.compile(r"/dev/(?:DRIVE|mdN)|\b(?:POOL|MOUNTPOINT|CONTAINER)\b|zpool \w+ OLD")
# A command that changes or reads what only root may, at the beginning of a line.
FOR_ROOT = re.compile(
    r"^(?:smartctl|nvme|mdadm|lvs|vgs|pvs|lv\w+|vg\w+|pv\w+|btrfs|zpool (?!status|list|iostat)"
    r"|zfs (?!list|get)|systemctl (?:re)?start|journalctl|dmesg|docker|apt-get|dnf|fstrim)\b"
)


def conditions(text: str) -> Iterator[list[str]]:
    """Yield the words of every condition of every heading."""
    for line in text.splitlines():
        found = HEADING.match(line)
        if found is not None and found[3]:
            yield from (one.split() for one in found[3].split(","))


def commands(text: str) -> Iterator[str]:
    """Yield every block of commands."""
    yield from re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def sections(text: str) -> Iterator[tuple[set[str], set[str], str]]:
    """Yield alerts and kinds that a section is for, and what it says."""
    for piece in re.split(r"^(?=#{2,3} )", text, flags=re.MULTILINE):
        words = [set(one) for one in conditions(piece.partition("\n")[0])]
        alerts = next((one for one in words if any("_" in word for word in one)), set())
        kinds = next((one for one in words if not any("_" in word for word in one)), set())
        yield alerts, kinds, piece


async def test_every_built_in_rule_has_its_source_and_its_runbook(cast: Cast) -> None:
    rules = [rule for rule in cast.platform.built_in_rules.values() if "://" not in rule.runbook]

    assert {rule.key for rule in rules if not rule.runbook} == set()
    assert {rule.runbook for rule in rules} - {page.stem for page in PAGES} == set()
    ours = {rule.key for rule in rules if rule.domain == "infrastructure" and not rule.source}
    assert ours == set()


async def test_sections_are_for_alerts_and_things_that_there_are(cast: Cast) -> None:
    rules = cast.platform.built_in_rules
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        own = {rule.key for rule in rules.values() if rule.runbook == page.stem}
        for words in conditions(text):
            are_alerts = any("_" in word for word in words)
            assert set(words) <= (own if are_alerts else KINDS), (page.name, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_runbook_uses_only_what_the_page_can_show_and_fill_in(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = "".join(path.read_text(encoding="utf-8") for path in WORDS.glob("command*.py"))
    assert [found[2] for line in text.splitlines() if (found := HEADING.match(line))][1:2] == [
        "What it means"
    ]
    assert not re.search(r"^\|", text, re.MULTILINE), "tables are not shown"
    assert not re.search(r"^```\w", text, re.MULTILINE)
    assert "## What to do" in text
    for name in PLACE.findall(text):
        assert name in {"subject", "server"} or f'"{name}"' in known, name
    assert LEFT_OPEN.findall(text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_is_one_that_a_shell_understands(page: Path) -> None:
    blocks = list(commands(page.read_text(encoding="utf-8")))
    for block in blocks:
        filled = PLACE.sub("'a name'", block)
        said = subprocess.run(
            ["sh", "-n"], input=filled, text=True, capture_output=True, check=False
        )
        assert said.stderr == "", block
        for line in block.splitlines():
            assert not FOR_ROOT.match(line), line


@pytest.mark.parametrize(
    ("page", "alert", "kinds"),
    [
        ("pools", "pool_degraded", POOLS),
        ("pools", "pool_errors", POOLS),
        ("pools", "pool_scrub", POOLS),
        ("pools", "pool_missing", POOLS),
        ("pools", "zfs_pool_full", {"zfs"}),
        ("drives", "drive_health", POOLS | {"alone"}),
        ("drives", "drive_gone", POOLS),
        ("drives", "drive_worn", POOLS | {"alone"}),
        ("databases", "database_offline", {"container", "alone"}),
    ],
)
def test_each_kind_of_thing_has_its_own_commands(page: str, alert: str, kinds: set[str]) -> None:
    text = (RUNBOOKS / f"{page}.md").read_text(encoding="utf-8").partition("## What to do")[2]
    found = {
        kind
        for alerts, of_kinds, said in sections(text)
        if alert in alerts and list(commands(said))
        for kind in of_kinds
    }
    assert kinds <= found


async def test_every_alert_of_a_page_with_several_has_a_part_of_its_own(cast: Cast) -> None:
    for page in ("drives", "pools", "databases"):
        rules = cast.platform.built_in_rules.values()
        own = {rule.key for rule in rules if rule.runbook == page}
        text = (RUNBOOKS / f"{page}.md").read_text(encoding="utf-8")
        means, _, do = text.partition("## What to do")
        for part in (means, do):
            assert own <= {one for alerts, _, _ in sections(part) for one in alerts}
