"""Reads CSV with a header, as spreadsheets write it: comma, semicolon or tab."""

import csv
import io
from collections.abc import Mapping

from app.services.infrastructure.import_entry import ImportEntry, faulty

_NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "alias", "label"),
    "host": ("host", "hostname", "address", "ip", "ansible_host"),
    "port": ("port", "ssh_port", "ansible_port"),
    "username": ("username", "user", "login", "ansible_user"),
    "jump": ("jump", "proxyjump", "jump_host"),
    "groups": ("groups", "group"),
    "tags": ("tags", "tag"),
}
_LIST_MARKS = (";", "|", " ")


def read_csv(text: str) -> list[ImportEntry]:
    """Return one entry for each row under the header."""
    plain = text.removeprefix("\ufeff").replace("\0", "")
    header = next((line for line in plain.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(plain), delimiter=_delimiter(header))
    columns: dict[str, int] | None = None
    entries: list[ImportEntry] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _columns(row)
                if "host" not in columns and "name" not in columns:
                    note = "The first line has to name the columns: name, host, port, user, tags."
                    return [faulty(reader.line_num, row[0][:120], note)]
            else:
                entries.append(_entry(reader.line_num, row, columns))
    except csv.Error as error:
        entries.append(faulty(reader.line_num, "", f"Not readable as CSV: {error}."))
    return entries


def _delimiter(header: str) -> str:
    return max((",", ";", "\t"), key=header.count)


def _columns(header: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, cell in enumerate(header):
        word = cell.strip().lower().replace(" ", "_")
        for name, aliases in _NAMES.items():
            if word in aliases:
                found.setdefault(name, position)
    return found


def _entry(line: int, row: list[str], columns: Mapping[str, int]) -> ImportEntry:
    def cell(name: str) -> str:
        position = columns.get(name)
        return row[position].strip() if position is not None and position < len(row) else ""

    host = cell("host") or cell("name")
    return ImportEntry(
        line=line,
        name=cell("name") or host,
        host=host,
        port=cell("port"),
        username=cell("username"),
        jump=cell("jump"),
        groups=_list(cell("groups")),
        tags=_list(cell("tags")),
    )


def _list(cell: str) -> list[str]:
    for mark in (",", *_LIST_MARKS):
        if mark in cell:
            return [word.strip() for word in cell.split(mark) if word.strip()]
    return [cell] if cell else []
