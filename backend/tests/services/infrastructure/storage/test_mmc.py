"""An eMMC is judged by what the kernel tells of it, also where there is no smartctl."""

from datetime import UTC, datetime

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.services.infrastructure.facts.smart.mmc_health import MMC_HEALTH, read_mmc
from app.services.infrastructure.facts.smart.report import SmartReport
from app.services.infrastructure.storage.rules import MMC, RANK, Level
from app.services.infrastructure.storage.verdicts import judge_drive
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.storage.reports import ata
from tests.services.infrastructure.storage.test_ledger import disk, drives, lists, reads, slow

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FOLDER = "/sys/block/mmcblk0/device"
WELL = f"{FOLDER}/life_time:0x01 0x02\n{FOLDER}/pre_eol_info:0x01\n"


def report(life: str, pre_eol: str) -> SmartReport:
    return read_mmc(f"{FOLDER}/life_time:{life}\n{FOLDER}/pre_eol_info:{pre_eol}\n")["mmcblk0"]


@pytest.mark.parametrize(
    ("life", "pre_eol", "level", "codes"),
    [
        ("0x01 0x02", "0x01", Level.OK, []),
        ("0x08 0x01", "0x01", Level.WATCH, ["worn"]),
        ("0x01 0x0b", "0x01", Level.WARNING, ["worn"]),
        ("0x01 0x01", "0x02", Level.WARNING, ["spare_blocks"]),
        ("0x0b 0x0b", "0x03", Level.FAILING, ["spare_blocks", "worn"]),
        ("0x00 0x00", "0x00", Level.UNKNOWN, []),
        ("0x02 0x02", "0x00", Level.UNKNOWN, []),
        ("0x00 0x00", "0x03", Level.FAILING, ["spare_blocks"]),
        ("0xff 0xff", "0xff", Level.UNKNOWN, []),
    ],
)
def test_an_emmc_is_judged_by_its_life_and_its_spare_blocks(
    life: str, pre_eol: str, level: Level, codes: list[str]
) -> None:
    verdict = judge_drive(report(life, pre_eol), NOW)

    assert (verdict.level, [one.code for one in verdict.reasons]) == (level, codes)
    assert all(MMC in one.source for one in verdict.reasons)


def test_more_wear_never_makes_the_verdict_of_an_emmc_better() -> None:
    levels = [judge_drive(report(f"0x{n:02x} 0x01", "0x01"), NOW).level for n in range(1, 12)]
    assert levels == sorted(levels, key=RANK.__getitem__)


def test_what_is_no_answer_of_an_emmc_is_none() -> None:
    for text in ("", "garbage", f"{FOLDER}/life_time:\n", f"{FOLDER}/pre_eol_info:one\n"):
        assert read_mmc(text) == {}


@pytest.fixture
def site(database: Database, clock: ManualClock, vault: Vault) -> Site:
    return Site(database, clock, vault)


async def test_an_emmc_is_known_to_be_well_where_no_program_can_ask_the_drives(site: Site) -> None:
    server_id = await site.enter("pi")
    machine = site.machine(server_id)
    lists(machine, disk("mmcblk0", rota=False), disk("sda", "WD-1"))
    machine.answers(*MMC_HEALTH.argv, stdout=WELL)

    await slow(site, server_id)

    board, other = await drives(site)
    assert (board.level, board.wear_percent, board.temperature_celsius) == ("ok", 20, None)
    assert (board.smart_type, board.read_state) == ("", "read")
    assert (other.level, other.wear_percent) == ("unknown", None)
    assert other.read_detail == "smartctl is not installed there."


async def test_an_emmc_is_read_beside_the_drives_that_smartctl_reads(site: Site) -> None:
    server_id = await site.enter("pi")
    machine = site.machine(server_id)
    lists(machine, disk("mmcblk0", rota=False), disk("mmcblk1", rota=False), disk("sda", "WD-1"))
    reads(machine, ("/dev/sda", "sat", ata()))
    machine.answers(*MMC_HEALTH.argv, stdout=WELL)

    await slow(site, server_id)

    assert [(one.name, one.level, one.wear_percent) for one in await drives(site)] == [
        ("mmcblk0", "ok", 20),
        ("mmcblk1", "unknown", None),
        ("sda", "ok", None),
    ]
