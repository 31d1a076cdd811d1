"""What was found of a database before anybody logs in to it."""

from pydantic import BaseModel

from app.models.infrastructure.database_instance import DatabaseKind


class Door(BaseModel):
    """Where a database answers, as seen from its machine: a unix socket, or an address and port."""

    path: str = ""
    host: str = ""
    port: int = 0

    @property
    def words(self) -> str:
        """Return it as people write it."""
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class FoundDatabase(BaseModel):
    """One running database.

    `data_path` is the folder as the database names it, `host_path` the same folder as its machine
    does, which differs in a container. `mountpoint` and `device` say what it lies on. `engine` runs
    the container, and `owner_id` is the user whose engine that is, None where it is root's.
    """

    kind: DatabaseKind
    pid: int
    user_id: int | None = None
    version: str = ""
    port: int | None = None
    doors: list[Door] = []
    data_path: str = ""
    host_path: str = ""
    mountpoint: str = ""
    device: str = ""
    container: str = ""
    engine: str = ""
    owner_id: int | None = None
    notes: list[str] = []


class FoundDatabases(BaseModel):
    """All databases of a machine."""

    databases: list[FoundDatabase]
