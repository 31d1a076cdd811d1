"""How full the kernel's tables of open files and of tracked connections are."""

from pydantic import BaseModel

from app.ports.shell import CommandResult
from app.services.core.facts import Fact, Sample, Unparsable
from app.services.infrastructure.facts.reading import (
    CONNECTIONS,
    FILE_NR,
    FILES,
    MOST_CONNECTIONS,
    count,
    section,
)

_NO_LIMIT = 2**63 - 1  # what systemd sets the limit of files to, to have none


class TableUse(BaseModel):
    """Entries in use, and how many there may be; a limit of 0 is none."""

    used: int
    limit: int

    def percent(self) -> float | None:
        """Return how full the table is; None where it has no limit."""
        return round(100 * self.used / self.limit, 2) if self.limit else None


class KernelTables(BaseModel):
    """Connections are tracked only where the firewall looks at them, or addresses are changed."""

    open_files: TableUse | None = None
    connections: TableUse | None = None


class KernelTablesFact(Fact[KernelTables]):
    name = "kernel_tables"
    title = "Open files and tracked connections"
    commands = (FILES,)
    value = KernelTables

    def parse(self, results: tuple[CommandResult, ...]) -> KernelTables | None:
        files, tracked, most = (
            section(results[0], path, self.name)
            for path in (FILE_NR, CONNECTIONS, MOST_CONNECTIONS)
        )
        try:
            open_files = None if files is None else _open_files(files)
            connections = None
            if tracked is not None and most is not None:
                connections = TableUse(used=count(tracked), limit=count(most))
        except ValueError as error:
            raise Unparsable(self.name, "a count is no number") from error
        if open_files is None and connections is None:
            return None
        return KernelTables(open_files=open_files, connections=connections)

    def samples(self, value: KernelTables) -> list[Sample]:
        found = []
        if value.open_files is not None:
            found.append(Sample("node_filefd_allocated", value.open_files.used))
        if value.connections is not None:
            found.append(Sample("node_nf_conntrack_entries", value.connections.used))
        return found


def _open_files(text: str) -> TableUse:
    """Read `allocated, allocated but unused, most`; since Linux 2.6 none is kept unused."""
    allocated, _, most = text.split()
    limit = count(most)
    return TableUse(used=count(allocated), limit=limit if limit < _NO_LIMIT else 0)
