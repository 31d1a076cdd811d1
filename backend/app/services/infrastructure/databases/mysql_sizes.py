"""How large the databases of MySQL and MariaDB are: asked less often, as it costs more."""

import re
from collections.abc import Mapping

from app.ports.database_driver import Question, Row, Value
from app.services.infrastructure.databases.answers import Answers, lower, of, total, word
from app.services.infrastructure.databases.figures import Column, Figure, Reading, Table
from app.services.infrastructure.databases.mysql import is_mariadb, version_of

_MOST_LABELS = 50
_CODED = re.compile(r"@([0-9a-f]{4})")
_SIZES = Question(
    "sizes",
    "SELECT table_schema AS datname, SUM(data_length + index_length) AS size"
    " FROM information_schema.tables WHERE table_schema NOT IN"
    " ('information_schema', 'performance_schema', 'sys') GROUP BY table_schema ORDER BY 2 DESC",
    seconds=10,
)
# The files of InnoDB show to whom has PROCESS, without any right to the data in them.
_SPACES = Question(
    "spaces",
    "SELECT SUBSTRING_INDEX(name, '/', 1) AS datname, SUM(file_size) AS size"
    " FROM information_schema.{view} WHERE name LIKE '%/%' GROUP BY 1 ORDER BY 2 DESC",
    seconds=10,
)
_FILES = Question(
    "files",
    "SELECT SUBSTRING_INDEX(name, '/', 1) AS table_schema,"
    " SUBSTRING_INDEX(SUBSTRING_INDEX(SUBSTRING(name, LOCATE('/', name) + 1), '#P#', 1), '#p#', 1)"
    " AS table_name, 'InnoDB' AS engine, SUM(file_size) AS size"
    " FROM information_schema.{view} WHERE name LIKE '%/%' GROUP BY 1, 2 ORDER BY 4 DESC LIMIT 25",
    seconds=10,
)
_TABLES = Question(
    "tables",
    "SELECT table_schema, table_name, engine, table_rows, data_length + index_length AS size,"
    " data_free FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    " AND table_schema NOT IN ('information_schema', 'performance_schema', 'sys')"
    " ORDER BY data_length + index_length DESC LIMIT 25",
    seconds=10,
)


def questions(answers: Answers) -> tuple[Question, ...]:
    """Return what costs more, and is asked less often."""
    is_new = not is_mariadb(answers) and version_of(answers) >= (8,)
    view = "innodb_tablespaces" if is_new else "innodb_sys_tablespaces"
    files = [
        Question(one.key, one.text.format(view=view), seconds=one.seconds)
        for one in (_SPACES, _FILES)
    ]
    return (_SIZES, _TABLES, *files)


def read(answers: Answers) -> Reading:
    """Read the sizes."""
    sizes = _sizes(answers)
    none = "No database shows to this user: the right PROCESS opens the sizes of InnoDB."
    whole = total(sizes.values())
    figures = [answers.figure("size_bytes", whole, "spaces", "sizes", why=none)]
    for name, size in list(sizes.items())[:_MOST_LABELS]:
        labels = (("database", name[:60]),)
        figures.append(Figure(key="size_bytes", value=size, labels=labels))
    databases = Table(
        key="databases",
        title="Databases",
        why="" if sizes else answers.why("spaces", "sizes") or none,
        columns=[Column(key="database", title="Database"), _size_column()],
        rows=[[name, size] for name, size in list(sizes.items())[:100]],
    )
    seen = [lower(row) for row in answers.rows("tables")]
    told = {(word(row, "table_schema"), word(row, "table_name")) for row in seen}
    # Of those that it may not read, the files show.
    hidden = [_decoded(row) for row in map(lower, answers.rows("files"))]
    seen += [row for row in hidden if (row["table_schema"], row["table_name"]) not in told]
    seen.sort(key=lambda row: -(of(row, "size") or 0))
    tables = Table(
        key="tables",
        title="Largest tables",
        why=answers.why("tables") if not seen else "",
        columns=[
            Column(key="database", title="Database"),
            Column(key="table", title="Table"),
            Column(key="engine", title="Engine"),
            _size_column(),
            Column(key="rows", title="Rows, estimated", unit="count"),
            Column(key="free", title="Free inside", unit="bytes"),
        ],
        rows=[
            [word(row, "table_schema"), word(row, "table_name"), word(row, "engine"),
             of(row, "size"), of(row, "table_rows"), of(row, "data_free")]
            for row in seen[:25]
        ],
    )  # fmt: skip
    return Reading(figures=figures, tables=[databases, tables])


def _sizes(answers: Answers) -> Mapping[str, float]:
    """Return the size of each database, the largest first.

    The tables tell of all engines, but only those that it may read, and late; the files tell of
    InnoDB alone.
    """
    found: dict[str, float] = {}
    told = [(word(row, "datname"), of(row, "size")) for row in answers.rows("sizes")]
    files = [(_plain_name(row, "datname"), of(row, "size")) for row in answers.rows("spaces")]
    for name, size in [*told, *files]:
        if name and size is not None:
            found[name] = max(size, found.get(name, 0.0))
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _decoded(row: Row) -> dict[str, Value]:
    names = {name: _plain_name(row, name) for name in ("table_schema", "table_name")}
    return {**row, **names}


def _plain_name(row: Row, name: str) -> str:
    """Undo how the names of files write what no file may be called: my@002dshop."""
    return _CODED.sub(lambda found: chr(int(found[1], 16)), word(row, name))


def _size_column() -> Column:
    return Column(key="size", title="Size", unit="bytes")
