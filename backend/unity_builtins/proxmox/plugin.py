"""Watches a Proxmox VE: nodes, guests, storages, quorum, backups."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from pydantic import Field
from unity_plugin import (
    AlertType,
    Category,
    CellKind,
    Column,
    Condition,
    Fact,
    Manifest,
    Metric,
    Page,
    Plugin,
    Report,
    Run,
    Sample,
    Secret,
    Severity,
    Table,
    Url,
)

from unity_builtins.proxmox.client import Backup, Client, Cluster, Guest
from unity_builtins.shared.forms import Trusting
from unity_builtins.shared.quality import OWN_TRUST, quality

NODE_UP = Metric(name="pve_node_online", about="1 while the node is online.", unit="yes/no")
NODE_CPU = Metric(name="pve_node_cpu_percent", about="Use of the CPU of a node.", unit="percent")
NODE_MEMORY = Metric(
    name="pve_node_memory_percent", about="Use of the memory of a node.", unit="percent"
)
GUESTS = Metric(name="pve_guests", about="Guests by kind and state.", unit="guests")
GUEST_UP = Metric(name="pve_guest_running", about="1 while the guest runs.", unit="yes/no")
GUEST_CPU = Metric(
    name="pve_guest_cpu_percent", about="Use of the CPUs that a guest has.", unit="percent"
)
GUEST_MEMORY = Metric(
    name="pve_guest_memory_percent", about="Use of the memory that a guest has.", unit="percent"
)
STORAGE = Metric(name="pve_storage_percent", about="How full a storage is.", unit="percent")
STORAGE_BYTES = Metric(name="pve_storage_used_bytes", about="What lies on a storage.", unit="bytes")
NODE_DOWN = AlertType(
    key="node_offline",
    title="The node {subject} is offline",
    over="The node {subject} is online again",
    about="The cluster does not see a node.",
    severity=Severity.CRITICAL,
    for_runs=2,
)
NO_QUORUM = AlertType(
    key="no_quorum",
    title="{name} has no quorum",
    over="{name} has quorum again",
    about="Too few nodes are there: nothing can be started or changed.",
    severity=Severity.CRITICAL,
)
STORAGE_FULL = AlertType(
    key="storage_full",
    title="The storage {subject} is nearly full",
    over="The storage {subject} has room again",
    about="A storage is fuller than the form allows.",
)
STORAGE_GONE = AlertType(
    key="storage_gone",
    title="The storage {subject} cannot be reached",
    over="The storage {subject} is there again",
    about="A storage is not available.",
    for_runs=2,
)
GUEST_DOWN = AlertType(
    key="guest_stopped",
    title="The guest {subject} does not run",
    over="The guest {subject} runs again",
    about="A guest that the form wants to run is stopped.",
    for_runs=2,
)
BACKUP_FAILED = AlertType(
    key="backup_failed",
    title="The backup of {subject} failed",
    over="The backup of {subject} went well",
    about="The last backup of a node or guest ended with an error.",
)
UNPROTECTED = AlertType(
    key="no_backup",
    title="{name} has guests without a backup job",
    over="All guests of {name} have a backup job",
    about="A guest is in no backup job.",
    severity=Severity.INFO,
)
_MOST_GUESTS = 500


class ProxmoxConfig(Trusting):
    """The form of a Proxmox VE."""

    url: Url = Field(
        title="Address",
        description="Of any node.",
        examples=["https://pve.home.arpa:8006"],
    )
    token: Secret = Field(
        title="API token",
        description="The whole of it: user@realm!name=secret.",
        examples=["unity@pve!monitor=00000000-0000-…"],
    )
    running: list[str] = Field(
        [],
        title="Guests that must run",
        description="Numbers or names. Empty: none is missed.",
        examples=["100"],
        max_length=200,
    )
    storage_percent: int = Field(
        90,
        title="Storage is full from",
        description="Backups and snapshots fail when it is full.",
        ge=1,
        le=100,
        json_schema_extra={"unit": "percent"},
    )
    wants_backups: bool = Field(
        default=True,
        title="Tell of guests without a backup job",
        description="Needs the right to see the jobs.",
    )


class Proxmox(Plugin[ProxmoxConfig]):
    """Watches a Proxmox VE."""

    manifest = Manifest(
        name="proxmox",
        version="1.0.0",
        title="Proxmox VE",
        summary="Nodes, guests, storages, quorum and backups of a cluster or a single node.",
        description=(
            "Make a user and a token under Datacenter, Permissions, and give the token the role"
            " PVEAuditor on /: that only reads. A fresh node shows a certificate of its own: enter"
            " its fingerprint (Node, Certificates), which is better than switching the check off."
            "\n\nVersions 7 to 9. It starts, stops and changes nothing."
        ),
        category=Category.VIRTUALISATION,
        timeout_seconds=90,
        quality=quality(allowed_network=OWN_TRUST),
    )
    config = ProxmoxConfig
    metrics = (
        NODE_UP,
        NODE_CPU,
        NODE_MEMORY,
        GUESTS,
        GUEST_UP,
        GUEST_CPU,
        GUEST_MEMORY,
        STORAGE,
        STORAGE_BYTES,
    )
    alerts = (
        NODE_DOWN,
        NO_QUORUM,
        STORAGE_FULL,
        STORAGE_GONE,
        GUEST_DOWN,
        BACKUP_FAILED,
        UNPROTECTED,
    )

    async def check(self, run: Run[ProxmoxConfig]) -> str:
        return _summary(await _look(run))

    async def collect(self, run: Run[ProxmoxConfig]) -> Report:
        cluster = await _look(run)
        if len(cluster.guests) > _MOST_GUESTS:
            run.log.warning(
                "%s guests: the first %s are measured.", len(cluster.guests), _MOST_GUESTS
            )
        unjudged = [] if cluster.backups is not None else [BACKUP_FAILED.key]
        if cluster.without_backup is None:
            unjudged.append(UNPROTECTED.key)
        return Report(
            samples=list(_samples(cluster)),
            facts=_facts(cluster),
            conditions=list(_conditions(run.config, cluster)),
            unjudged=unjudged,
            pages=[_guest_page(cluster), _storage_page(cluster)],
            summary=_summary(cluster),
        )


async def _look(run: Run[ProxmoxConfig]) -> Cluster:
    config = run.config
    client = Client(
        network=run.network,
        base=config.url,
        token=config.token.get_secret_value(),
        trust=config.trust,
        seconds=config.seconds,
    )
    return await client.look()


def _share(part: float | None, whole: float | None) -> float | None:
    return 100 * part / whole if part is not None and whole else None


def _samples(cluster: Cluster) -> Iterator[Sample]:
    for node in cluster.nodes:
        yield NODE_UP.sample(float(node.is_online), node=node.name)
        if node.is_online and node.cpu is not None:
            yield NODE_CPU.sample(100 * node.cpu, node=node.name)
        if node.is_online and (share := _share(node.memory, node.memory_size)) is not None:
            yield NODE_MEMORY.sample(share, node=node.name)
    counts: dict[tuple[str, str], int] = {}
    for guest in cluster.guests:
        counts[guest.kind, guest.status] = counts.get((guest.kind, guest.status), 0) + 1
    for (kind, status), count in counts.items():
        yield GUESTS.sample(count, kind=kind, state=status)
    for guest in cluster.guests[:_MOST_GUESTS]:
        yield from _guest_samples(guest)
    for storage in cluster.storages:
        labels = {"storage": storage.name, "node": storage.node}
        if storage.is_available and storage.percent is not None:
            yield STORAGE.sample(storage.percent, **labels)
        if storage.is_available and storage.used is not None:
            yield STORAGE_BYTES.sample(storage.used, **labels)


def _guest_samples(guest: Guest) -> Iterator[Sample]:
    labels = {"guest": guest.number, "name": guest.name}
    runs = guest.status == "running"
    yield GUEST_UP.sample(float(runs), **labels)
    if runs and guest.cpu is not None:
        yield GUEST_CPU.sample(100 * guest.cpu, **labels)
    if runs and (share := _share(guest.memory, guest.memory_size)) is not None:
        yield GUEST_MEMORY.sample(share, **labels)


def _conditions(config: ProxmoxConfig, cluster: Cluster) -> Iterator[Condition]:
    for node in cluster.nodes:
        if not node.is_online:
            yield NODE_DOWN.condition(f"{node.name} is offline.", subject=node.name)
    if cluster.is_quorate is False:
        yield NO_QUORUM.condition(
            "The cluster has no quorum.", fix="Bring nodes back; pvecm status shows which."
        )
    yield from _storage_conditions(config, cluster)
    yield from _guest_conditions(config, cluster)
    for backup in cluster.backups or ():
        if not backup.went_well:
            subject = backup.subject or f"the node {backup.node}"
            yield BACKUP_FAILED.condition(
                f"It ended with: {backup.status}"[:300],
                subject=subject,
                fix=f"Read its log on {backup.node} under Task History.",
            )
    if config.wants_backups and cluster.without_backup:
        guests = ", ".join(cluster.without_backup[:20])
        yield UNPROTECTED.condition(
            f"In no backup job: {guests}."[:500], fix="Add them under Datacenter, Backup."
        )


def _storage_conditions(config: ProxmoxConfig, cluster: Cluster) -> Iterator[Condition]:
    online = {node.name for node in cluster.nodes if node.is_online}
    for storage in cluster.storages:
        subject = f"{storage.name} on {storage.node}" if storage.node else storage.name
        if not storage.is_available:
            # That an offline node shows no storage is the same trouble once more.
            if not storage.node or storage.node in online:
                yield STORAGE_GONE.condition(f"{subject} is not available.", subject=subject)
        elif storage.percent is not None and storage.percent >= config.storage_percent:
            yield STORAGE_FULL.condition(
                f"{subject} is {storage.percent:.0f} % full.", subject=subject
            )


def _guest_conditions(config: ProxmoxConfig, cluster: Cluster) -> Iterator[Condition]:
    known = {guest.number: guest for guest in cluster.guests}
    named = {guest.name: guest for guest in cluster.guests}
    for wanted in config.running:
        guest = known.get(wanted) or named.get(wanted)
        if guest is None:
            yield GUEST_DOWN.condition(f"There is no guest {wanted}."[:300], subject=wanted[:200])
        elif guest.status != "running" and guest.lock not in {"backup", "migrate"}:
            yield GUEST_DOWN.condition(
                f"{guest.name} ({guest.number}) is {guest.status}.", subject=guest.name
            )


def _summary(cluster: Cluster) -> str:
    running = sum(guest.status == "running" for guest in cluster.guests)
    online = sum(node.is_online for node in cluster.nodes)
    return (
        f"{online} of {len(cluster.nodes)} nodes online,"
        f" {running} of {len(cluster.guests)} guests running"
    )


def _facts(cluster: Cluster) -> list[Fact]:
    found = [Fact(key="version", label="Version", value=cluster.version)]
    if cluster.name:
        found.append(Fact(key="cluster", label="Cluster", value=cluster.name))
        found.append(Fact(key="quorate", label="Quorum", value=cluster.is_quorate))
    return found


def _guest_page(cluster: Cluster) -> Page:
    columns = (
        Column(key="number", title="Number"),
        Column(key="name", title="Guest"),
        Column(key="kind", title="Kind"),
        Column(key="node", title="Node"),
        Column(key="status", title="State"),
        Column(key="cpu", title="CPU", kind=CellKind.PERCENT),
        Column(key="memory", title="Memory", kind=CellKind.BYTES),
        Column(key="uptime", title="Runs for", kind=CellKind.SECONDS),
    )
    rows = tuple(
        (
            guest.number,
            guest.name,
            "container" if guest.kind == "lxc" else "virtual machine",
            guest.node,
            f"{guest.status} ({guest.lock})" if guest.lock else guest.status,
            None if guest.cpu is None else 100 * guest.cpu,
            guest.memory,
            guest.uptime or None,
        )
        for guest in cluster.guests[:1000]
    )
    table = Table(columns=columns, rows=rows, empty="There are no guests, or none are shown to it.")
    return Page(key="guests", title="Guests", tables=(table,))


def _storage_page(cluster: Cluster) -> Page:
    columns = (
        Column(key="storage", title="Storage"),
        Column(key="node", title="Node"),
        Column(key="used", title="Used", kind=CellKind.BYTES),
        Column(key="size", title="Size", kind=CellKind.BYTES),
        Column(key="percent", title="Full", kind=CellKind.PERCENT),
    )
    rows = tuple(
        (one.name, one.node or "shared", one.used, one.size, one.percent)
        for one in cluster.storages
    )
    backups = tuple(
        (one.subject or "all", one.node, one.status, datetime.fromtimestamp(one.ended_at, UTC))
        for one in _recent(cluster)
    )
    return Page(
        key="storages",
        title="Storages and backups",
        tables=(
            Table(title="Storages", columns=columns, rows=rows),
            Table(
                title="Last backups",
                columns=(
                    Column(key="subject", title="Of"),
                    Column(key="node", title="Node"),
                    Column(key="status", title="End"),
                    Column(key="at", title="When", kind=CellKind.TIME),
                ),
                rows=backups,
                empty="No backup is among the last tasks, or the token may not see them.",
            ),
        ),
    )


def _recent(cluster: Cluster) -> Sequence[Backup]:
    return sorted(cluster.backups or (), key=lambda one: -one.ended_at)[:100]
