"""LVM: volume groups, their physical volumes, thin pools and RAID volumes."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from pydantic import BaseModel

from app.ports.shell import Command, CommandResult, Outcome
from app.services.core.facts import Fact, NoRight, Sample, Trouble, Unparsable
from app.services.infrastructure.facts.document import Node, find_document

# One process reads the labels of all disks once, where vgs, pvs and lvs do it three times.
# Reports in JSON, and this one, came with LVM 2.02.158 (2016). Thin use is known to the kernel
# only, so it cannot run with --readonly; it takes shared locks, as any lvs does.
REPORT = Command(
    (
        *("lvm", "fullreport", "-a", "--reportformat", "json", "--units", "b", "--nosuffix"),
        *("--configreport", "vg", "-o"),
        "vg_name,vg_uuid,vg_attr,vg_size,vg_free,pv_count,vg_missing_pv_count",
        *("--configreport", "pv", "-o"),
        "pv_name,pv_uuid,vg_name,pv_attr,pv_size,pv_free,pv_missing",
        *("--configreport", "lv", "-o"),
        (
            "vg_name,lv_name,lv_uuid,lv_attr,lv_size,pool_lv,origin,data_percent,metadata_percent,"
            "copy_percent,raid_mismatch_count,raid_sync_action,lv_health_status"
        ),
        # The type of a volume is that of its segments, which the report keeps apart.
        *("--configreport", "seg", "-o", "lv_uuid,segtype"),
        *("--configreport", "pvseg", "-o", "pvseg_start"),
    ),
    seconds=20,
    sudo=True,
)
_MOST = 4096


class VolumeGroup(BaseModel):
    """A volume group; `missing` physical volumes mean that data may be gone."""

    name: str
    uuid: str = ""
    size_bytes: int | None = None
    free_bytes: int | None = None
    volumes: int | None = None
    missing: int | None = None
    is_partial: bool = False
    is_exported: bool = False


class PhysicalVolume(BaseModel):
    """A disk or partition under LVM."""

    name: str
    group: str
    uuid: str = ""
    size_bytes: int | None = None
    free_bytes: int | None = None
    is_missing: bool = False


class LogicalVolume(BaseModel):
    """A logical volume; the percentages are of thin pools, snapshots, caches and RAID."""

    name: str
    group: str
    uuid: str = ""
    segment: str = ""
    size_bytes: int | None = None
    pool: str = ""
    origin: str = ""
    data_percent: float | None = None
    metadata_percent: float | None = None
    sync_percent: float | None = None
    mismatches: int | None = None
    sync_action: str = ""
    health: str = ""  # "", partial, refresh needed, mismatches exist, failed, out_of_data …
    is_active: bool = False
    is_hidden: bool = False  # a part of another, shown in brackets

    @property
    def is_thin_pool(self) -> bool:
        """Say whether other volumes take their space out of it."""
        return self.segment == "thin-pool"

    @property
    def can_overflow(self) -> bool:
        """Say whether something is lost when it is full: pools, and snapshots that are no thin."""
        is_old_snapshot = bool(self.origin) and self.segment in ("linear", "striped", "snapshot")
        return self.is_thin_pool or self.segment == "vdo-pool" or is_old_snapshot


class Lvm(BaseModel):
    """All of LVM on a machine."""

    groups: list[VolumeGroup]
    physical: list[PhysicalVolume]
    logical: list[LogicalVolume]


class LvmFact(Fact[Lvm]):
    is_rare = True
    reads_disks = True
    name = "lvm"
    title = "LVM"
    commands = (REPORT,)
    programs = ("lvm",)
    value = Lvm
    fixes = MappingProxyType(
        {Trouble.NO_RIGHT: "Only root may read LVM: allow the lines that Access shows with sudo."}
    )

    def parse(self, results: tuple[CommandResult, ...]) -> Lvm | None:
        result = results[0]
        if result.outcome is not Outcome.RAN:
            return None
        _refuse(result)
        reports = _reports(result)
        segments = {
            row.at("lv_uuid").word(): row.at("segtype").word() for row in _rows(reports, "seg")
        }
        return Lvm(
            groups=[_group(node) for node in _rows(reports, "vg")],
            physical=[_physical(node) for node in _rows(reports, "pv")],
            logical=[_logical(node, segments) for node in _rows(reports, "lv")],
        )

    def samples(self, value: Lvm) -> list[Sample]:
        samples = []
        for group in value.groups:
            labels = (("vg", group.name),)
            if group.size_bytes is not None and group.free_bytes is not None:
                size, free = float(group.size_bytes), float(group.free_bytes)
                samples.append(Sample("unity_lvm_vg_size_bytes", size, labels, "bytes"))
                samples.append(Sample("unity_lvm_vg_free_bytes", free, labels, "bytes"))
        for volume in value.logical:
            samples.extend(_volume_samples(volume))
        return samples


def _volume_samples(volume: LogicalVolume) -> Iterator[Sample]:
    """Yield how full a volume is, where being full is bad.

    A thin volume that was written everywhere and a cache that is warm are full, too, and well.
    """
    if volume.is_hidden or not volume.can_overflow:
        return
    place = f"{volume.group}/{volume.name}"  # as the tools take it, and people know it
    labels = (("vg", volume.group), ("lv", volume.name), ("pool", place))
    if volume.data_percent is not None:
        yield Sample("unity_lvm_data_percent", volume.data_percent, labels, "percent")
    if volume.metadata_percent is not None and volume.is_thin_pool:
        yield Sample("unity_lvm_metadata_percent", volume.metadata_percent, labels, "percent")


def _refuse(result: CommandResult) -> None:
    if "non-root user" in result.stderr or "Permission denied" in result.stderr:
        raise NoRight("lvm", "Only root may read LVM.")


def _reports(result: CommandResult) -> list[Node]:
    if not result.stdout.strip() and result.exit_status == 0:
        return []
    document = find_document("lvm", result.stdout)
    if not document.has("report"):
        raise Unparsable("lvm", "a document without a report")
    return list(document.at("report").items())


def _rows(reports: Sequence[Node], kind: str) -> list[Node]:
    """Return the rows of one kind: each group has its report, and so have disks without one."""
    rows = [row for report in reports for row in report.at(kind).items()]
    if len(rows) > _MOST:
        raise Unparsable("lvm", "more volumes than are read")
    return rows


def _group(node: Node) -> VolumeGroup:
    name, attributes = _name(node, "vg_name"), node.at("vg_attr").word()
    return VolumeGroup(
        name=name,
        uuid=node.at("vg_uuid").word(),
        size_bytes=node.at("vg_size").count(),
        free_bytes=node.at("vg_free").count(),
        volumes=node.at("pv_count").count(),
        missing=node.at("vg_missing_pv_count").count(),
        # vgs(8): the third letter is x for exported, the fourth p for partial.
        is_exported=attributes[2:3] == "x",
        is_partial=attributes[3:4] == "p",
    )


def _physical(node: Node) -> PhysicalVolume:
    return PhysicalVolume(
        name=_name(node, "pv_name"),
        group=node.at("vg_name").word(),
        uuid=node.at("pv_uuid").word(),
        size_bytes=node.at("pv_size").count(),
        free_bytes=node.at("pv_free").count(),
        # pvs(8): the third letter of the attributes is m for missing.
        is_missing=node.at("pv_missing").word() not in ("", "0")
        or node.at("pv_attr").word()[2:3] == "m",
    )


def _logical(node: Node, segments: Mapping[str, str]) -> LogicalVolume:
    name, attributes = _name(node, "lv_name"), node.at("lv_attr").word()
    uuid = node.at("lv_uuid").word()
    return LogicalVolume(
        name=name.strip("[]"),
        group=node.at("vg_name").word(),
        uuid=uuid,
        # lvs(8): the first letter is t for a thin pool.
        segment=segments.get(uuid) or ("thin-pool" if attributes[:1] == "t" else ""),
        size_bytes=node.at("lv_size").count(),
        pool=node.at("pool_lv").word().strip("[]"),
        origin=node.at("origin").word().strip("[]"),
        data_percent=_percent(node.at("data_percent")),
        metadata_percent=_percent(node.at("metadata_percent")),
        sync_percent=_percent(node.at("copy_percent")),
        mismatches=node.at("raid_mismatch_count").count(),
        sync_action=node.at("raid_sync_action").word(),
        health=node.at("lv_health_status").word(),
        is_active=attributes[4:5] == "a",
        is_hidden=name.startswith("["),
    )


def _name(node: Node, field: str) -> str:
    name = node.at(field).word()
    if not name:
        raise Unparsable("lvm", "a volume without its name")
    return name


def _percent(node: Node) -> float | None:
    number = node.number()
    return number if number is not None and 0 <= number <= 100 else None  # noqa: PLR2004 - a percentage
