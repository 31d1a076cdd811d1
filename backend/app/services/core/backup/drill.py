"""A restore drill of one archive: restore it into a scratch database, and see whether it lives.

The passphrase opens the archive, its own key opens a secret of the restored database, and every
row that was saved is there. Nothing of the running Unity is read or written.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.engine import URL

from app.kernel import migrations
from app.kernel.crypto import Sealed, Vault
from app.kernel.errors import StartRefused, UnityError
from app.models.core.audit_entry import AuditEntry
from app.models.core.vault_canary import VaultCanary
from app.services.core import vault_canary
from app.services.core.audit_verify import ChainCheck, ChainRow
from app.services.core.backup import archive, fill, restore
from app.services.core.backup.archive import Verified
from app.services.core.backup.errors import BackupDamaged, BackupKeyMissing
from app.services.core.backup.rows import TableEntry

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried."""

    name: str
    has_passed: bool
    detail: str


@dataclass(slots=True)
class DrillReport:
    """What came of a drill: green only when each check has passed."""

    checks: list[Check] = field(default_factory=list)
    rows: int = 0
    tables: int = 0

    @property
    def is_green(self) -> bool:
        """Tell whether the archive can be restored."""
        return bool(self.checks) and all(check.has_passed for check in self.checks)

    @property
    def reason(self) -> str:
        """Why it is red; empty when it is green."""
        return next((check.detail for check in self.checks if not check.has_passed), "")

    def fail(self, name: str, detail: str) -> None:
        """Note what stopped the drill."""
        self.checks.append(Check(name, has_passed=False, detail=detail))


def drill(source: Path, passphrase: str, folder: Path) -> DrillReport:
    """Restore below the folder, and leave nothing there. Blocks: call it in a thread."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="drill-") as place:
        work = _Drill(source, passphrase, Path(place))
        try:
            work.run()
        except _Stopped:
            """The report tells why."""
        return work.report


class _Stopped(Exception):
    """A check has failed, and those after it stand on it."""


class _Drill:
    def __init__(self, source: Path, passphrase: str, folder: Path) -> None:
        self._source = source
        self._passphrase = passphrase
        self._url = URL.create("sqlite", database=str(folder / "scratch.db"))
        self.report = DrillReport()

    def run(self) -> None:
        """Go from check to check; the first that fails ends it."""
        verified = self._step("Open and read the archive", self._read)
        vault = self._step("Find the root key in it", lambda: self._vault(verified))
        tables = self._step("Restore it into a scratch database", lambda: self._fill(verified))
        self.report.tables = len(tables)
        self.report.rows = sum(entry.rows for entry in tables.values())
        self._step("Decrypt a secret with the archived key", lambda: self._decrypt(vault))
        self._step("Bring it to this version", lambda: migrations.upgrade_now(self._url))
        self._step("Check the audit log", self._check_audit)

    def _step(self, name: str, work: Callable[[], T]) -> T:
        try:
            result = work()
        except UnityError as error:
            self.report.fail(name, f"{error.detail} {error.fix}".strip())
            raise _Stopped from error
        except StartRefused as error:
            self.report.fail(name, str(error))
            raise _Stopped from error
        self.report.checks.append(Check(name, has_passed=True, detail=""))
        return result

    def _read(self) -> Verified:
        verified = archive.verify(self._source, self._passphrase)
        restore.refuse_newer(verified, self._source.name)
        return verified

    def _vault(self, verified: Verified) -> Vault:
        if verified.vault is None:
            raise BackupKeyMissing(
                f"{self._source.name} was made without its root key.",
                fix="After a loss of this machine, nobody could open its secrets.",
            )
        return verified.vault

    def _fill(self, verified: Verified) -> dict[str, TableEntry]:
        return restore.fill_from(self._url, self._source, self._passphrase, verified)

    def _decrypt(self, vault: Vault) -> None:
        with fill.opened(self._url) as connection:
            sealed = connection.scalar(
                select(VaultCanary.sealed).where(VaultCanary.id == vault_canary.ROW)
            )
        archive.check_canary(
            vault, sealed if isinstance(sealed, Sealed) else None, self._source.name
        )

    def _check_audit(self) -> None:
        check = ChainCheck()
        query = select(AuditEntry.seq, AuditEntry.prev, AuditEntry.h, AuditEntry.entry)
        with fill.opened(self._url) as connection:
            rows = connection.execute(query.order_by(AuditEntry.seq))
            check.feed(ChainRow(row.seq, row.prev, row.h, row.entry) for row in rows)
        faults = check.report().faults
        if faults:
            raise BackupDamaged(
                f"The audit log inside does not hold: entry {faults[0].seq}, {faults[0].problem}"
            )
