"""Watches a restic repository: how old its newest backups are, and whether it is sound."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import Field, JsonValue
from unity_plugin import (
    AlertType,
    Card,
    Category,
    CellKind,
    Column,
    Condition,
    Config,
    Fact,
    Manifest,
    Metric,
    NotReachable,
    Page,
    Plugin,
    Report,
    Run,
    Sample,
    Secret,
    Severity,
    Table,
    exempt,
)

from unity_builtins.restic.repository import Group, Repository, grouped, with_login
from unity_builtins.shared.quality import quality
from unity_builtins.shared.shapes import number, text

SNAPSHOTS = Metric(name="restic_snapshots", about="Backups by host and paths.", unit="backups")
AGE = Metric(
    name="restic_newest_age_seconds", about="Age of the newest backup by host and paths.", unit="s"
)
SIZE = Metric(
    name="restic_repository_bytes", about="What the data take, as of the last check.", unit="bytes"
)
SOUND = Metric(
    name="restic_check_ok", about="1 when the last check found nothing wrong.", unit="yes/no"
)
OLD = AlertType(
    key="old_backup",
    title="The backup of {subject} is old",
    over="{subject} was backed up again",
    about="The newest backup of a host and its paths is older than the form allows.",
)
NONE = AlertType(
    key="no_backup",
    title="{name} holds no backup",
    over="{name} holds backups again",
    about="The repository is empty.",
    severity=Severity.CRITICAL,
)
UNSOUND = AlertType(
    key="check_failed",
    title="The repository {name} is damaged",
    over="The repository {name} is sound again",
    about="restic check found something wrong, two times in a row.",
    severity=Severity.CRITICAL,
    for_runs=2,
)
_DAY, _HOUR = 86_400, 3600
_MOST_GROUPS = 500


class ResticConfig(Config):
    """The form of a restic repository."""

    repository: str = Field(
        title="Repository",
        description="As restic takes it. sftp uses the ssh of the account of Unity.",
        examples=["/srv/backup, rest:https://backup.home.arpa/, s3:https://s3.home.arpa/backup"],
        min_length=1,
        max_length=1000,
    )
    password: Secret = Field(
        title="Password of the repository",
        description="It opens the backups: keep it apart from them.",
    )
    login: str = Field(
        "",
        title="Login of its store",
        description="User name of a REST server, or key id of S3. Empty: none.",
        max_length=200,
    )
    login_secret: Secret | None = Field(
        None,
        title="Password of its store",
        description="Password of the REST server, or secret key of S3.",
    )
    age_hours: int = Field(
        26,
        title="Old from",
        description="A little more than the time between two backups.",
        ge=1,
        le=8784,
        json_schema_extra={"unit": "hours"},
    )
    retired_days: int = Field(
        60,
        title="Given up after",
        description="Who was not backed up for so long is not missed any more.",
        ge=1,
        le=3660,
        json_schema_extra={"unit": "days", "advanced": True},
    )
    check_days: int = Field(
        7,
        title="Check every",
        description="Reads the structure, not the contents. 0 never checks.",
        ge=0,
        le=365,
        json_schema_extra={"unit": "days"},
    )

    check_seconds: int = Field(
        180,
        title="A check may take",
        description="What it has found until then counts.",
        ge=5,
        le=200,
        json_schema_extra={"unit": "s", "advanced": True},
    )

    def store(self) -> tuple[str, Mapping[str, str]]:
        """Return the repository's address, and what opens its store."""
        secret = self.login_secret.get_secret_value() if self.login_secret else ""
        if self.repository.startswith("s3:") and self.login:
            return self.repository, {
                "AWS_ACCESS_KEY_ID": self.login,
                "AWS_SECRET_ACCESS_KEY": secret,
            }
        return with_login(self.repository, self.login, secret), {}


@dataclass(frozen=True, slots=True)
class _Checked:
    """How the last check ended; `at` is 0 before the first."""

    at: float = 0.0
    fault: str = ""
    size: float | None = None
    is_known: bool = False

    @classmethod
    def read(cls, state: Mapping[str, JsonValue]) -> "_Checked":
        return cls(
            at=number(state, "checked_at") or 0.0,
            fault=text(state, "fault"),
            size=number(state, "size"),
            is_known=state.get("is_known") is True,
        )

    def written(self) -> Mapping[str, JsonValue]:
        return {
            "checked_at": self.at,
            "fault": self.fault,
            "size": self.size,
            "is_known": self.is_known,
        }


class Restic(Plugin[ResticConfig]):
    """Watches a restic repository."""

    manifest = Manifest(
        name="restic",
        version="1.0.0",
        title="Restic repository",
        summary="How old the newest backup of each host is, and whether the repository is sound.",
        description=(
            "It runs the program restic on the machine that Unity runs on, and needs the password"
            " of the repository: only that shows whose backup is how old. It never locks, writes"
            " or removes. Who holds this password can read the backups; with a REST server, use"
            " one that only appends for the machines that are backed up.\n\nThe check has three"
            " minutes: a large repository that needs longer is not judged. Contents are not read"
            " (restic check --read-data), and no restore is tried."
        ),
        category=Category.BACKUP,
        every_seconds=1800,
        timeout_seconds=300,
        quality=quality(two_versions=exempt("Debian has one version of restic.")),
    )
    config = ResticConfig
    metrics = (SNAPSHOTS, AGE, SIZE, SOUND)
    alerts = (OLD, NONE, UNSOUND)

    async def check(self, run: Run[ResticConfig]) -> str:
        groups = grouped(await _repository(run).snapshots())
        return _summary(run.now, groups, _Checked())

    async def collect(self, run: Run[ResticConfig]) -> Report:
        repository = _repository(run)
        groups = grouped(await repository.snapshots())
        checked = await _checked(run, repository)
        return Report(
            samples=list(_samples(run.now, groups, checked)),
            facts=[Fact(key="version", label="restic", value=await repository.version())],
            conditions=list(_conditions(run, groups, checked)),
            unjudged=() if checked.is_known else (UNSOUND.key,),
            pages=[_page(run.now, groups, checked)],
            state=checked.written(),
            summary=_summary(run.now, groups, checked),
        )


def _repository(run: Run[ResticConfig]) -> Repository:
    place, secrets = run.config.store()
    return Repository(
        network=run.network,
        place=place,
        secrets=secrets,
        password=run.config.password.get_secret_value(),
        scratch=run.scratch,
        seconds=30,
    )


async def _checked(run: Run[ResticConfig], repository: Repository) -> _Checked:
    """Check when it is due, and at each run while something is wrong."""
    last, now = _Checked.read(run.state), run.now.timestamp()
    is_due = bool(last.fault) or now >= last.at + run.config.check_days * _DAY
    if not run.config.check_days or not is_due:
        return last
    fault = await repository.fault(seconds=run.config.check_seconds)
    if fault is None:
        run.log.warning("The check did not come to an end in %s s.", run.config.check_seconds)
        return _Checked(at=now)
    run.log.info("The repository was checked: %s.", fault or "sound")
    size = None if fault else await _size(run, repository)
    return _Checked(at=now, fault=fault, size=size, is_known=True)


async def _size(run: Run[ResticConfig], repository: Repository) -> float | None:
    try:
        return await repository.size(seconds=30)
    except NotReachable as error:
        run.log.info("The size is not known: %s", error.detail)
        return None


def _is_retired(run: Run[ResticConfig], group: Group) -> bool:
    return (run.now - group.newest).total_seconds() > run.config.retired_days * _DAY


def _subject(group: Group) -> str:
    return f"{group.host} ({group.paths})"[:200]


def _samples(now: datetime, groups: Sequence[Group], checked: _Checked) -> Iterator[Sample]:
    for group in groups[:_MOST_GROUPS]:
        labels = {"host": group.host[:300], "paths": group.paths}
        yield SNAPSHOTS.sample(group.count, **labels)
        yield AGE.sample((now - group.newest).total_seconds(), **labels)
    if checked.is_known:
        yield SOUND.sample(float(not checked.fault))
        if checked.size is not None:
            yield SIZE.sample(checked.size)


def _conditions(
    run: Run[ResticConfig], groups: Sequence[Group], checked: _Checked
) -> Iterator[Condition]:
    if not groups:
        yield NONE.condition("There is no backup in it.", fix="Run restic backup.")
    for group in groups[:_MOST_GROUPS]:
        hours = (run.now - group.newest).total_seconds() / _HOUR
        if hours > run.config.age_hours and not _is_retired(run, group):
            yield OLD.condition(
                f"The newest is {hours:.0f} hours old; up to {run.config.age_hours} are well.",
                subject=_subject(group),
                fix=f"Look why the backup of {group.host} does not run."[:500],
            )
    if checked.is_known and checked.fault:
        yield UNSOUND.condition(
            f"restic check says: {checked.fault}"[:500],
            fix="Stop forgetting and pruning, and follow restic's page on troubleshooting.",
        )


def _summary(now: datetime, groups: Sequence[Group], checked: _Checked) -> str:
    if not groups:
        return "No backup"
    newest = max(group.newest for group in groups)
    hours = (now - newest).total_seconds() / _HOUR
    total = sum(group.count for group in groups)
    sound = ", damaged" if checked.fault else ", sound" if checked.is_known else ""
    return f"{total} backups of {len(groups)} sets, the newest {hours:.0f} hours old{sound}"


def _page(now: datetime, groups: Sequence[Group], checked: _Checked) -> Page:
    at = datetime.fromtimestamp(checked.at, UTC) if checked.at else None
    words = ("damaged" if checked.fault else "sound") if checked.is_known else "not checked"
    status = ("critical" if checked.fault else "ok") if checked.is_known else "unknown"
    cards = (
        Card(title="Check", value=words, status=status, note=checked.fault[:200]),
        Card(title="Last check", value=at, kind=CellKind.TIME),
        Card(title="Size", value=checked.size, kind=CellKind.BYTES),
    )
    columns = (
        Column(key="host", title="Host"),
        Column(key="paths", title="Paths"),
        Column(key="count", title="Backups", kind=CellKind.NUMBER),
        Column(key="newest", title="Newest", kind=CellKind.TIME),
        Column(key="age", title="Age", kind=CellKind.SECONDS),
        Column(key="oldest", title="Oldest", kind=CellKind.TIME),
    )
    rows = tuple(
        (
            group.host,
            group.paths,
            group.count,
            group.newest,
            (now - group.newest).total_seconds(),
            group.oldest,
        )
        for group in groups[:_MOST_GROUPS]
    )
    table = Table(columns=columns, rows=rows, empty="There is no backup in it.")
    return Page(key="backups", title="Backups", cards=cards, tables=(table,))
