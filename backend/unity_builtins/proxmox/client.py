"""Asks a Proxmox VE cluster, or a single node, by its API with a token; reading only."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue
from unity_plugin import LoginRefused, Network, Unsupported

from unity_builtins.shared.shapes import Object, an_object, number, objects, text, truth
from unity_builtins.shared.trust import Trust
from unity_builtins.shared.web import Wanted, fetch

OLDEST = 7  # tokens exist since 6.2; older ones than 7 get no fixes any more


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of the cluster."""

    name: str
    is_online: bool
    cpu: float | None  # of 1
    memory: float | None
    memory_size: float | None
    uptime: float | None


@dataclass(frozen=True, slots=True)
class Guest:
    """One virtual machine or container."""

    number: str
    name: str
    kind: str  # qemu or lxc
    node: str
    status: str
    cpu: float | None
    memory: float | None
    memory_size: float | None
    uptime: float | None
    lock: str


@dataclass(frozen=True, slots=True)
class Storage:
    """One storage, as a node sees it."""

    name: str
    node: str
    is_available: bool
    used: float | None
    size: float | None

    @property
    def percent(self) -> float | None:
        """How full it is."""
        if self.used is None or not self.size:
            return None
        return 100 * self.used / self.size


@dataclass(frozen=True, slots=True)
class Backup:
    """The end of one run of backups."""

    node: str
    subject: str
    status: str
    ended_at: float

    @property
    def went_well(self) -> bool:
        """Tell whether it went well; warnings do not spoil a backup."""
        return self.status == "OK" or self.status.startswith("WARNINGS")


@dataclass(frozen=True, slots=True)
class Cluster:
    """All that was told; None is what the token may not see."""

    version: str
    name: str
    is_quorate: bool | None
    nodes: tuple[Node, ...]
    guests: tuple[Guest, ...]
    storages: tuple[Storage, ...]
    without_backup: tuple[str, ...] | None
    backups: tuple[Backup, ...] | None


@dataclass(frozen=True, slots=True)
class Client:
    """One Proxmox VE."""

    network: Network
    base: str
    token: str = field(repr=False)
    trust: Trust
    seconds: float

    async def look(self) -> Cluster:
        """Ask for all that is watched."""
        version = text(an_object(await self._get("version"), self.base), "version")
        if not version:
            raise Unsupported(f"{self.base} is no Proxmox VE.", fix="The port is 8006.")
        major = version.partition(".")[0]
        if not major.isdecimal() or int(major) < OLDEST:
            raise Unsupported(f"Proxmox VE {version} is older than {OLDEST}.", fix="Upgrade it.")
        status = objects(await self._get("cluster/status"), self.base)
        resources = objects(await self._get("cluster/resources"), self.base)
        if not any(one.get("type") == "node" for one in resources):
            raise LoginRefused(
                "The token may see nothing.", fix="Give it the role PVEAuditor on the path /."
            )
        cluster = next((one for one in status if one.get("type") == "cluster"), None)
        return Cluster(
            version=version,
            name=text(cluster, "name") if cluster else "",
            is_quorate=truth(cluster, "quorate") if cluster else None,
            nodes=tuple(_node(one) for one in resources if one.get("type") == "node"),
            guests=tuple(_guest(one) for one in resources if _is_guest(one)),
            storages=_storages(resources),
            without_backup=await self._without_backup(),
            backups=await self._backups(),
        )

    async def _without_backup(self) -> tuple[str, ...] | None:
        found = await self._allowed("cluster/backup-info/not-backed-up")
        if found is None:
            return None
        return tuple(str(one.get("vmid", "")) for one in objects(found, self.base))

    async def _backups(self) -> tuple[Backup, ...] | None:
        found = await self._allowed("cluster/tasks")
        if found is None:
            return None
        tasks = [one for one in objects(found, self.base) if one.get("type") == "vzdump"]
        return _last_of_each([one for one in map(_backup, tasks) if one is not None])

    async def _allowed(self, path: str) -> JsonValue:
        """Return what the token may see; None where it may not, or where there is no such path."""
        try:
            return await self._get(path)
        except (LoginRefused, Unsupported):
            return None

    async def _get(self, path: str) -> JsonValue:
        wanted = Wanted(
            url=f"{self.base.rstrip('/')}/api2/json/{path}",
            secrets={"Authorization": f"PVEAPIToken={self.token}"},
            trust=self.trust,
            seconds=self.seconds,
        )
        answer = await fetch(self.network, wanted)
        if answer.status == 401:
            raise LoginRefused(
                f"{answer.place} refused the token.",
                fix="Enter it whole: user@realm!name=secret. Give it the role PVEAuditor on /.",
            )
        return an_object(answer.welcome().json(), answer.place).get("data")


def _node(one: Object) -> Node:
    return Node(
        name=text(one, "node"),
        is_online=text(one, "status") == "online",
        cpu=number(one, "cpu"),
        memory=number(one, "mem"),
        memory_size=number(one, "maxmem"),
        uptime=number(one, "uptime"),
    )


def _is_guest(one: Object) -> bool:
    return one.get("type") in {"qemu", "lxc"} and not truth(one, "template")


def _guest(one: Object) -> Guest:
    return Guest(
        number=text(one, "id").partition("/")[2],
        name=text(one, "name") or text(one, "id"),
        kind=text(one, "type"),
        node=text(one, "node"),
        status=text(one, "status") or "unknown",
        cpu=number(one, "cpu"),
        memory=number(one, "mem"),
        memory_size=number(one, "maxmem"),
        uptime=number(one, "uptime"),
        lock=text(one, "lock"),
    )


def _storages(resources: Sequence[Object]) -> tuple[Storage, ...]:
    """Return each storage of each node; a shared one once."""
    found: dict[tuple[str, str], Storage] = {}
    for one in resources:
        if one.get("type") != "storage":
            continue
        node = "" if truth(one, "shared") else text(one, "node")
        name = text(one, "storage")
        found.setdefault(
            (node, name),
            Storage(
                name=name,
                node=node,
                is_available=text(one, "status") == "available",
                used=number(one, "disk"),
                size=number(one, "maxdisk"),
            ),
        )
    return tuple(found.values())


def _backup(one: Object) -> Backup | None:
    """Read a task; None while it still runs."""
    ended = number(one, "endtime")
    if ended is None:
        return None
    return Backup(text(one, "node"), text(one, "id"), text(one, "status"), ended)


def _last_of_each(backups: Sequence[Backup]) -> tuple[Backup, ...]:
    last: dict[tuple[str, str], Backup] = {}
    for one in sorted(backups, key=lambda each: each.ended_at):
        last[one.node, one.subject] = one
    return tuple(last.values())
