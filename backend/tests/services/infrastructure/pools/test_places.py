"""The members of pools are found among the drives by any of the names that udev gives them."""

import time
import uuid

import pytest

from app.models.infrastructure.storage_device import StorageDevice
from app.models.infrastructure.storage_pool import PoolKind
from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import read
from app.services.infrastructure.facts.block_devices import BlockDevice, BlockDevices
from app.services.infrastructure.facts.zfs.pools import STATUS, ZfsPoolsFact
from app.services.infrastructure.pools.places import DriveFinder
from app.services.infrastructure.pools.view import views_of


def drive(name: str, serial: str = "", wwn: str = "") -> StorageDevice:
    return StorageDevice(
        id=uuid.uuid5(uuid.NAMESPACE_OID, name),
        name=name,
        path=f"/dev/{name}",
        serial=serial,
        wwn=wwn,
    )


DRIVES = [
    drive("sda", "WD-WCC7K1234567", "0x50014ee2b1234567"),
    drive("sdb", "Z1F 123 45", "0x5000c50012345678"),
    drive("nvme0n1", "S5GXNX0R123456", "eui.0025385b71b12345"),
    drive("sdc", "7"),
]
FINDER = DriveFinder(DRIVES)


@pytest.mark.parametrize(
    ("name", "path", "found"),
    [
        ("sda", "/dev/sda1", "sda"),
        ("sda1", "", "sda"),
        ("ata-WDC_WD40EFRX-68N32N0_WD-WCC7K1234567", "", "sda"),
        ("ata-WDC_WD40EFRX-68N32N0_WD-WCC7K1234567-part1", "", "sda"),
        ("wwn-0x50014ee2b1234567-part1", "", "sda"),
        ("scsi-35000c50012345678", "", "sdb"),
        ("scsi-SATA_ST4000_Z1F_123_45", "", "sdb"),
        ("nvme-Samsung_SSD_980_PRO_1TB_S5GXNX0R123456", "", "nvme0n1"),
        ("nvme-Samsung_SSD_980_PRO_1TB_S5GXNX0R123456_1", "", "nvme0n1"),
        ("nvme-Samsung_SSD_980_PRO_1TB_S5GXNX0R123456_1-part3", "", "nvme0n1"),
        ("nvme-eui.0025385b71b12345-part1", "", "nvme0n1"),
        ("slot one", "/dev/disk/by-id/wwn-0x5000c50012345678-part1", "sdb"),
        ("ata-WDC_WD-WCC7K1234567", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1", "sda"),
        ("ata-MODEL_7", "", None),  # one character is no proof
        ("ata-MODEL_WD-WCC7K1234568", "", None),
        ("9876543210", "", None),
    ],
)
def test_a_member_is_found_by_its_name(name: str, path: str, found: str | None) -> None:
    expected = next((one.id for one in DRIVES if one.name == found), None)
    assert FINDER.find(name, path) == expected


def test_five_hundred_members_are_found_among_five_hundred_drives_at_once() -> None:
    drives = [drive(f"disk{index}", f"WD-WCC{index:07d}") for index in range(500)]
    began = time.process_time()
    finder = DriveFinder(drives)
    found = [finder.find(f"ata-WDC_{one.serial}-part1", "") for one in drives]
    spent = time.process_time() - began
    assert found == [one.id for one in drives]
    assert spent < 0.1


TEXT = """== status ==
  pool: tank
 state: ONLINE
config:

\tNAME                                      STATE     READ WRITE CKSUM
\ttank                                      ONLINE       0     0     0
\t  mirror-0                                ONLINE       0     0     0
\t    {first}  ONLINE       0     0     0
\t    {second}  ONLINE       0     0     0

errors: No known data errors
"""


@pytest.mark.parametrize("folder", ["", "gptid/", "/dev/disk/by-partuuid/"])
def test_members_that_are_named_by_the_number_of_a_partition_are_found(folder: str) -> None:
    first, second = "5f3c8d1e-0b7a-4c59-9d3e-0a1b2c3d4e5f", "6a4d9e2f-1c8b-4d6a-8e4f-1b2c3d4e5f60"
    listed = [
        BlockDevice(name=name, kname=name, type="part", partuuid=number, mountpoints=[], parents=[])
        for name, number in (("sda2", first), ("nvme0n1p2", second.upper()))
    ]
    text = TEXT.format(first=folder + first, second=folder + second)
    answer = CommandResult(STATUS.argv, Outcome.RAN, 0, text, "")
    pools = read(ZfsPoolsFact(), (answer,)).value
    assert pools is not None

    (view,) = views_of({"zfs_pools": pools, "block_devices": BlockDevices(devices=listed)})[
        PoolKind.ZFS
    ]

    found = [FINDER.find(one.name, one.path) for one in view.members if one.is_leaf]
    assert found == [DRIVES[0].id, DRIVES[2].id]
