"""What only root may ask of arrays and btrfs: read as printed, judged, and kept."""

import pytest

from app.kernel.clock import ManualClock
from app.kernel.crypto import Vault
from app.kernel.database import Database
from app.services.core.facts import Unparsable
from app.services.infrastructure.facts.btrfs_status import read_balance, read_scrub
from app.services.infrastructure.facts.filesystems import FilesystemsFact
from tests.services.infrastructure.collecting import Site
from tests.services.infrastructure.pools.test_ledger import rows, shows

# Printed by btrfs-progs 6.2 on Debian 12, in a virtual machine.
FINISHED = """UUID:             945b666a-4a38-4798-9506-66351170efc2
Scrub started:    Mon Nov 23 06:48:15 2026
Status:           finished
Duration:         0:00:01
\tdata_extents_scrubbed: 0
\tread_errors: 0
\tcsum_errors: {errors}
\tverify_errors: 0
\tsuper_errors: 0
\tuncorrectable_errors: {lost}
\tcorrected_errors: 0
"""
# As btrfs-progs 4.20 put it (cmds-scrub.c).
OLD = """scrub status for 945b666a-4a38-4798-9506-66351170efc2
\tscrub started at Mon Nov 23 06:48:15 2026 and finished after 00:00:01
\tdata_extents_scrubbed: 0
"""


def test_a_scrub_is_read_in_both_forms() -> None:
    new, old = read_scrub(FINISHED.format(errors=3, lost=1)), read_scrub(OLD)
    assert (new.status, new.seconds, new.errors) == ("finished", 1, 3)
    assert new.started_at == old.started_at == 1795416495
    assert old.status == "finished"
    assert read_scrub("UUID: x\n\tno stats available\n").status == ""
    with pytest.raises(Unparsable):
        read_scrub("ERROR: not a btrfs filesystem")


def test_a_balance_is_read() -> None:
    assert read_balance("No balance found on '/srv/b'\n").status == ""
    running = read_balance(
        "Balance on '/srv/b' is running\n"
        "3 out of about 12 chunks balanced (4 considered),  75% left\n"
    )
    assert (running.status, running.percent) == ("running", 25.0)
    with pytest.raises(Unparsable):
        read_balance("ERROR: cannot access")


async def test_what_root_is_told_is_kept_judged_and_shown(
    database: Database, clock: ManualClock, vault: Vault
) -> None:
    site = Site(database, clock, vault)
    server_id = await site.enter("nas", username="root")
    machine = site.machine(server_id)
    shows(machine, "btrfs", "debian-12-raid1")
    table = (
        "Filesystem Type 1K-blocks Used Avail Inodes IFree Mounted on\n"
        "/dev/sda1 ext4 1000000 400000 600000 1000 900 /\n"
    )
    devices = ["sda", "sdb", "sdc", "sdd", "vdb", "vdc", "loop0", "loop1"]
    table += "".join(f"/dev/{one} btrfs 1000000 4000 600000 - - /srv/{one}\n" for one in devices)
    machine.answers(*FilesystemsFact.commands[0].argv, stdout=table)
    await site.collector().collect_due()
    (pool,) = await rows(site)
    mount = pool.detail.partition('"mount":"')[2].partition('"')[0]
    assert mount.startswith("/srv/")
    scrub = FINISHED.format(errors=3, lost=1)
    machine.answers("btrfs", "scrub", "status", "-R", mount, stdout=scrub)
    machine.answers("btrfs", "balance", "status", mount, stdout=f"No balance found on '{mount}'\n")
    await site.collector().collect_server(server_id)
    (pool,) = await rows(site)
    assert (pool.level, pool.last_scrub_errors) == ("failing", 3)
    assert pool.last_scrub_at is not None
    assert "1 could not be mended" in pool.reasons[0]["message"]
