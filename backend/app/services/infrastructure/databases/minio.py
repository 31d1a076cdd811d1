"""MinIO: what it is asked, and what its answers mean.

Its metrics were renamed more than once, so each number has the names that it had: the first one
that is there counts, and a number without any says so instead of staying at zero.
"""

import re
from collections.abc import Iterator, Sequence

from app.ports.database_driver import Question
from app.services.infrastructure.databases.answers import Answers, number, total
from app.services.infrastructure.databases.figures import (
    Column,
    Figure,
    Problem,
    Reading,
    Table,
    percent,
)

SERVER = (
    Question("live", "/minio/health/live"),
    Question("write", "/minio/health/cluster"),
    Question("read", "/minio/health/cluster/read"),
    Question("metrics", "/minio/v2/metrics/cluster"),
    Question("node", "/minio/v2/metrics/node"),
    Question("buckets", "/minio/v2/metrics/bucket"),
)
_LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_MOST_LINES = 50_000
_MOST_BUCKETS = 50
_WELL = "200"
Samples = dict[str, list[tuple[dict[str, str], float]]]


def read(answers: Answers) -> Reading:
    """Read a round."""
    cluster = read_metrics(answers.text("metrics"))
    node = read_metrics(answers.text("node"))
    buckets = read_metrics(answers.text("buckets"))
    every = {**node, **cluster}
    info = every.get("minio_software_version_info", [])
    return Reading(
        version=info[0][0].get("version", "")[:120] if info else "",
        role="distributed" if (_first(every, _NODES) or 0) > 1 else "standalone",
        figures=[
            *_storage(answers, every),
            *_health(answers, every),
            answers.figure("uptime_seconds", _first(every, _UPTIME), "node"),
        ],
        tables=[_bucket_table(answers, buckets), _drive_table(answers, every)],
        problems=list(_problems(answers)),
    )


def read_metrics(text: str) -> Samples:
    """Read the text form of Prometheus; lines that are none are left out."""
    found: Samples = {}
    for line in text.splitlines()[:_MOST_LINES]:
        match = None if line.startswith("#") else _LINE.match(line)
        value = number(match[3]) if match is not None else None
        if match is not None and value is not None:
            found.setdefault(match[1], []).append((dict(_LABEL.findall(match[2] or "")), value))
    return found


_NODES = ("minio_cluster_nodes_online_total", "minio_cluster_health_nodes_online_count")
_UPTIME = ("minio_node_process_uptime_seconds",)
_DRIVES_OFF = ("minio_cluster_drive_offline_total", "minio_cluster_disk_offline_total")
_DRIVES_ON = ("minio_cluster_drive_online_total", "minio_cluster_disk_online_total")
_NODES_OFF = ("minio_cluster_nodes_offline_total",)
_CAPACITY = ("minio_cluster_capacity_usable_total_bytes",)
_FREE = ("minio_cluster_capacity_usable_free_bytes",)
_USED = ("minio_cluster_usage_total_bytes",)
_OBJECTS = ("minio_cluster_usage_object_total",)
_HEALING = ("minio_cluster_health_erasure_set_healing_drives", "minio_heal_drives_total")
_BUCKET_SIZE = ("minio_bucket_usage_total_bytes",)
_BUCKET_OBJECTS = ("minio_bucket_usage_object_total",)
_DRIVE_TOTAL = ("minio_node_drive_total_bytes", "minio_node_disk_total_bytes")
_DRIVE_FREE = ("minio_node_drive_free_bytes", "minio_node_disk_free_bytes")


def _all(samples: Samples, names: Sequence[str]) -> list[tuple[dict[str, str], float]]:
    return next((samples[name] for name in names if name in samples), [])


def _first(samples: Samples, names: Sequence[str]) -> float | None:
    found = _all(samples, names)
    return found[0][1] if found else None


def _storage(answers: Answers, every: Samples) -> Iterator[Figure]:
    capacity, free = _first(every, _CAPACITY), _first(every, _FREE)
    used = None if capacity is None or free is None else capacity - free
    late = "It counts what is stored some minutes after its start."
    yield answers.figure("capacity_bytes", capacity, "metrics")
    yield answers.figure("free_bytes", free, "metrics")
    yield answers.figure("used_percent", percent(used, capacity), "metrics")
    yield answers.figure("size_bytes", _first(every, _USED), "metrics", why=late)
    yield answers.figure("objects", _first(every, _OBJECTS), "metrics", why=late)


def _health(answers: Answers, every: Samples) -> Iterator[Figure]:
    yield answers.figure("drives_offline", _first(every, _DRIVES_OFF), "metrics")
    yield answers.figure("drives_online", _first(every, _DRIVES_ON), "metrics")
    yield answers.figure("nodes_offline", _first(every, _NODES_OFF), "metrics")
    healing = total(value for _, value in _all(every, _HEALING))
    yield answers.figure("healing_drives", healing, "metrics")
    status = answers.text("write")
    quorum = float(status != _WELL) if status else None
    yield answers.figure("quorum_missing", quorum, "write")


def _problems(answers: Answers) -> Iterator[Problem]:
    if answers.text("read") not in ("", _WELL):
        yield Problem(
            code="read_quorum_lost",
            message="Too few of its drives are there to read.",
            fix="Bring the drives or nodes back that are offline: `mc admin info`.",
        )
    elif answers.text("write") not in ("", _WELL):
        yield Problem(
            code="write_quorum_lost",
            message="Too few of its drives are there to write.",
            fix="Bring the drives or nodes back that are offline: `mc admin info`.",
        )


def _bucket_table(answers: Answers, buckets: Samples) -> Table:
    counts = {row.get("bucket"): value for row, value in _all(buckets, _BUCKET_OBJECTS)}
    rows: list[list[str | float | int | bool | None]] = [
        [row.get("bucket", ""), value, counts.get(row.get("bucket"))]
        for row, value in _all(buckets, _BUCKET_SIZE)
    ]
    none = "There are no buckets, or they were not counted yet."
    return Table(
        key="databases",
        title="Buckets",
        why=answers.why("buckets") or ("" if rows else none),
        columns=[
            Column(key="bucket", title="Bucket"),
            Column(key="size", title="Size", unit="bytes"),
            Column(key="objects", title="Objects", unit="count"),
        ],
        rows=sorted(rows, key=lambda row: -(number(row[1]) or 0))[:_MOST_BUCKETS],
    )


def _drive_table(answers: Answers, every: Samples) -> Table:
    free = {_place(row): value for row, value in _all(every, _DRIVE_FREE)}
    return Table(
        key="drives",
        title="Drives",
        why=answers.why("node"),
        columns=[
            Column(key="drive", title="Drive"),
            Column(key="size", title="Size", unit="bytes"),
            Column(key="free", title="Free", unit="bytes"),
        ],
        rows=[
            [_place(row), value, free.get(_place(row))] for row, value in _all(every, _DRIVE_TOTAL)
        ],
    )


def _place(row: dict[str, str]) -> str:
    return f"{row.get('server', '')} {row.get('drive', row.get('disk', ''))}".strip()
