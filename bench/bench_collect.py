"""One collection cycle over N real sshd, beside Ansible and beside a bare asyncssh loop.

Unity asks the standard group with all its sections, parses it, judges the status and stores facts,
runs, alerts and metrics in a real SQLite file, by the code that `unity serve` runs. The bare loop
sends the same script over the same connections and throws the answer away. Ansible gathers its
facts with N forks over connections that it keeps. CPU is that of the collecting side: user and
system time of this process, or of Ansible's children.

Most rounds of a day ask for less: what a machine has none of is looked for every half hour. They
are printed as "later", and not judged. LVM is in neither: where there is none it is looked for once
a day, and only after the slow round has told that no disk sleeps.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

from sqlalchemy import func, make_url, select, update
from sshd_farm import Farm, farm

from app.adapters.live_memory import MemoryLiveBus
from app.adapters.ssh import SshShells
from app.kernel import migrations
from app.kernel.clock import SystemClock
from app.kernel.config import CollectPart, Settings
from app.kernel.crypto import Ref, Vault
from app.kernel.database import Database
from app.kernel.ids import uuid7
from app.kernel.imports import settle
from app.models.core.resource import Resource, ResourceKind
from app.models.credentials.ssh_key import SSHKey
from app.models.infrastructure.collection import FactState
from app.models.infrastructure.monitored_server import (
    HostKeyPin,
    HostKeyState,
    MonitoredServer,
    ServerStatus,
)
from app.ports.script import PRELUDE, compose, new_token
from app.services.core.facts import Rate
from app.services.infrastructure.collection import CollectionParts, build_collector
from app.services.infrastructure.collector import Collector
from app.services.infrastructure.facts.table import group_of
from app.services.infrastructure.result_writer import SERVERS_TOPIC


@dataclass(frozen=True)
class Cost:
    """Seconds of one round."""

    wall: float
    cpu: float


def main() -> None:
    """Run the peers one after the other, and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--n", type=int, default=50)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--ansible", type=Path, help="bin folder of the venv that has Ansible")
    options.add_argument("--profile", action="store_true", help="print where Unity's CPU goes")
    chosen = options.parse_args()
    with farm(chosen.n) as machines, tempfile.TemporaryDirectory() as folder:
        unity, bare, later, delay = asyncio.run(
            measure(machines, Path(folder), rounds=chosen.rounds, profile=chosen.profile)
        )
        ansible = gather_facts(machines, chosen.ansible, chosen.rounds) if chosen.ansible else None
    print(f"later   median wall {median(later).wall:.3f} s, cpu {median(later).cpu:.3f} s")
    report(chosen.n, unity, bare, ansible, delay)


def report(
    count: int,
    unity: list[Cost],
    bare: list[Cost],
    ansible: list[Cost] | None,
    delay: float,
) -> None:
    """Print the medians, and the line of ratios last."""
    for name, costs in (("unity", unity), ("bare", bare)):
        for cost in costs:
            print(f"  {name:8} wall {cost.wall:7.3f} s   cpu {cost.cpu:7.3f} s")
    ours, theirs = median(unity), median(bare)
    print(f"unity   median wall {ours.wall:.3f} s, cpu {ours.cpu:.3f} s, {count} servers")
    print(f"bare    median wall {theirs.wall:.3f} s, cpu {theirs.cpu:.3f} s")
    print(f"one unreachable, one hanging, one flooding delay the others by {delay:+.3f} s")
    figures = {"bare_cpu": ours.cpu / theirs.cpu, "wall": ours.wall, "delay": delay}
    if ansible:
        peer = median(ansible)
        print(f"ansible median wall {peer.wall:.3f} s, cpu {peer.cpu:.3f} s")
        figures = {
            "ansible_wall": peer.wall / ours.wall,
            "ansible_cpu": peer.cpu / ours.cpu,
            **figures,
        }
    print("RATIO " + " ".join(f"{name}={value:.2f}" for name, value in figures.items()))


def median(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
    )


# Unity and the bare loop, in one event loop on the same connections.


async def measure(
    machines: Farm, folder: Path, *, rounds: int, profile: bool
) -> tuple[list[Cost], list[Cost], list[Cost], float]:
    """Return the costs of the rounds, and by how much three bad hosts delay the others.

    The rounds are Unity's whole ones, the bare loop's, and Unity's later ones.
    """
    url = make_url(f"sqlite:///{folder / 'unity.db'}")
    await migrations.upgrade(url)
    database, vault = Database(url), Vault(b"b" * 32)
    # The budget is short, so that the round with the hanging host ends soon.
    part = CollectPart(budget_seconds=12, login_seconds=12)
    settings = Settings(data=folder, collect=part)
    shells, live = SshShells(), MemoryLiveBus()
    unity = build_collector(CollectionParts(settings, database, SystemClock(), vault, shells, live))
    settle()  # as `unity serve` does once it has started
    try:
        await enter(database, vault, machines, machines.ports)
        cold = await timed(lambda: collect(unity, database))
        print(
            f"cold cycle (logins and the standard group): wall {cold.wall:.3f} s, "
            f"cpu {cold.cpu:.3f} s"
        )
        await check(database, len(machines.ports))
        await timed(lambda: collect(unity, database))
        ours: list[Cost] = []
        bare: list[Cost] = []
        later: list[Cost] = []
        profiler = cProfile.Profile(time.thread_time)
        for _ in range(rounds):
            bare.append(await timed(lambda: ask_bare(shells)))
            await make_due(database)
            later.append(await timed(unity.collect_due))
            await forget_absences(unity, database)
            await make_due(database)
            if profile:
                profiler.enable()
            ours.append(await timed(unity.collect_due))
            profiler.disable()
        if profile:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
        delay = await delay_by_bad_hosts(unity, database, vault, machines, live)
        await check(database, len(machines.ports))
    finally:
        await shells.close()
        await database.dispose()
    return ours, bare, later, delay


async def collect(unity: Collector, database: Database) -> None:
    """Run one cycle over all servers."""
    await make_due(database)
    await unity.collect_due()


async def make_due(database: Database) -> None:
    """Let every server be due now."""
    async with database.transaction() as session:
        await session.execute(update(MonitoredServer).values(next_due_at=None))


async def forget_absences(unity: Collector, database: Database) -> None:
    """Let the next round ask every server for everything."""
    async with database.snapshot() as session:
        for server_id in await session.scalars(select(MonitoredServer.id)):
            unity._absences.forget(server_id)  # noqa: SLF001 - nobody else wants that


async def ask_bare(shells: SshShells) -> None:
    """Send the script of the standard group over every kept connection; keep nothing."""
    # The very connections that Unity keeps, which only its pool knows.
    places = shells._places.values()  # noqa: SLF001 - see above
    links = [place.link for place in places if place.link is not None]
    commands = group_of(Rate.STANDARD, as_root=False).commands  # that is without LVM; see the top

    async def ask(index: int) -> None:
        dialect = links[index]._conversation.dialect  # noqa: SLF001 - as above
        script = compose(new_token(), commands, dialect)
        text = PRELUDE.encode() + script
        await links[index].connection.run("exec /bin/sh", input=text, encoding=None)

    await asyncio.gather(*(ask(index) for index in range(len(links))))


async def delay_by_bad_hosts(
    unity: Collector,
    database: Database,
    vault: Vault,
    machines: Farm,
    live: MemoryLiveBus,
) -> float:
    """Return how much later the last healthy server is stored when three bad ones are due too."""
    count = len(machines.ports)
    before = statistics.median([await last_healthy(unity, database, live, count) for _ in range(3)])
    bad = (machines.unreachable_port, machines.hanging_port, machines.flooding_port)
    await enter(database, vault, machines, bad, first=True)
    after = [await last_healthy(unity, database, live, count)]
    async with database.snapshot() as session:
        rows = await session.execute(
            select(MonitoredServer.name, MonitoredServer.status, MonitoredServer.reason).where(
                MonitoredServer.port.in_(bad)
            )
        )
        for name, status, reason in rows:
            print(f"  {name}: {status}: {reason}")
    return max(after) - before


async def last_healthy(
    unity: Collector, database: Database, live: MemoryLiveBus, count: int
) -> float:
    """Run a cycle; return after how many seconds the last healthy server was stored."""
    async with database.snapshot() as session:
        names = await session.scalars(
            select(MonitoredServer.id).where(MonitoredServer.name.like("good-%"))
        )
        waiting = {str(server_id) for server_id in names}
    assert len(waiting) == count
    await make_due(database)
    async with live.subscribe([SERVERS_TOPIC]) as events, asyncio.TaskGroup() as group:
        began = time.perf_counter()
        cycle = group.create_task(unity.collect_due())
        async for event in events:
            ids = event.payload.get("ids")
            waiting -= {str(one) for one in ids} if isinstance(ids, list) else set()
            if not waiting:
                break
        seconds = time.perf_counter() - began
        await cycle
    return seconds


async def check(database: Database, count: int) -> None:
    """Refuse to measure a cycle that did not do the whole work."""
    async with database.snapshot() as session:
        fine = await session.scalar(
            select(func.count())
            .select_from(MonitoredServer)
            .where(MonitoredServer.status.in_([ServerStatus.ONLINE, ServerStatus.DEGRADED]))
        )
        facts = await session.scalar(select(func.count()).select_from(FactState))
        reasons = await session.execute(
            select(MonitoredServer.status, MonitoredServer.reason, func.count()).group_by(
                MonitoredServer.status, MonitoredServer.reason
            )
        )
        for status, reason, many in reasons:
            print(f"  {many} servers {status}: {reason}")
    if (fine or 0) < count or (facts or 0) < 2 * count:
        raise SystemExit(f"Only {fine} of {count} servers answered: nothing was measured.")


async def timed(work: Callable[[], Awaitable[object]]) -> Cost:
    """Return what the work cost this process."""
    usage, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    await work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    return Cost(time.perf_counter() - began, cpu)


async def enter(
    database: Database,
    vault: Vault,
    machines: Farm,
    ports: tuple[int, ...],
    *,
    first: bool = False,
) -> None:
    """Enter servers with their key and their approved host key."""
    now, key_id = SystemClock().now(), uuid7()
    name = "bad" if first else "good"
    sealed = vault.seal(machines.client_key, Ref("ssh_key", key_id, "private_key", 1))
    async with database.transaction() as session:
        session.add(
            SSHKey(
                id=key_id,
                name=f"bench-{name}",
                algorithm="ssh-ed25519",
                public_key=machines.client_public,
                fingerprint=f"SHA256:{name}",
                private_key=sealed,
                created_at=now,
                updated_at=now,
            )
        )
        await session.flush()
        for port in ports:
            # Lower ids are taken first, so the bad hosts stand in front of the queue.
            server_id = uuid.UUID(int=uuid7().int & ((1 << 120) - 1)) if first else uuid7()
            label = f"{name}-{port}"
            session.add(
                Resource(
                    id=server_id,
                    kind=ResourceKind.SERVER,
                    name=label,
                    created_at=now,
                    updated_at=now,
                )
            )
            await session.flush()
            session.add(
                MonitoredServer(
                    id=server_id,
                    name=label,
                    host="127.0.0.1",
                    port=port,
                    username=machines.username,
                    ssh_key_id=key_id,
                    slow_due_at=now + timedelta(hours=6),
                    created_at=now,
                    updated_at=now,
                )
            )
            await session.flush()
            session.add(
                HostKeyPin(
                    server_id=server_id,
                    algorithm="ssh-ed25519",
                    public=machines.host_public,
                    fingerprint="SHA256:bench",
                    state=HostKeyState.APPROVED,
                    created_at=now,
                    updated_at=now,
                )
            )


# Ansible


def gather_facts(machines: Farm, folder: Path, rounds: int) -> list[Cost]:
    """Let Ansible gather facts of all machines, once to warm up and then for the figures."""
    inventory = machines.folder / "inventory"
    inventory.write_text(
        "".join(f"m{port} ansible_host=127.0.0.1 ansible_port={port}\n" for port in machines.ports)
        + "[all:vars]\n"
        + f"ansible_user={machines.username}\n"
        + f"ansible_ssh_private_key_file={machines.client_key_path}\n"
        + "ansible_python_interpreter=/usr/bin/python3\n"
    )
    environment = os.environ | {
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_HOME": str(machines.folder / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(machines.folder / "ansible-local"),
        "ANSIBLE_REMOTE_TEMP": str(machines.folder / "ansible-remote"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(machines.folder / "cp"),
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=300s"
        " -o UserKnownHostsFile=/dev/null",
        "LC_ALL": "C.UTF-8",
    }
    argv = [str(folder / "ansible"), "all", "-i", str(inventory), "-m", "setup"]
    argv += ["-f", str(len(machines.ports)), "-o"]
    try:
        return [run_ansible(argv, environment, len(machines.ports)) for _ in range(rounds + 1)][1:]
    finally:
        for control in (machines.folder / "cp").glob("*"):
            subprocess.run(
                ["ssh", "-o", f"ControlPath={control}", "-O", "exit", "none"],
                capture_output=True,
                check=False,
            )


def run_ansible(argv: list[str], environment: dict[str, str], count: int) -> Cost:
    """Return the cost of one round; every machine must have answered."""
    usage, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ran = subprocess.run(argv, env=environment, capture_output=True, check=False)
    wall, after = (
        time.perf_counter() - began,
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    answered = ran.stdout.count(b"SUCCESS")
    if answered < count:
        said = ran.stderr.decode()[-500:] + ran.stdout.decode()[-500:]
        raise SystemExit(f"Ansible reached only {answered} machines: {said}")
    cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
    cost = Cost(wall, cpu)
    print(f"  ansible  wall {wall:7.3f} s   cpu {cpu:7.3f} s", flush=True)
    return cost


if __name__ == "__main__":
    main()
