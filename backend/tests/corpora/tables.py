"""Turns the tables that database clients print into rows, without any of Unity's own code."""

from pathlib import Path

from app.ports.database_driver import Row


def psql_rows(path: Path) -> list[Row]:
    """Read what psql prints: columns between bars, a line of dashes below the head."""
    head, _, *lines = [line for line in path.read_text().splitlines() if line.strip()]
    names = [name.strip() for name in head.split("|")]
    rows: list[Row] = []
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == len(names):
            rows.append(dict(zip(names, (cell or None for cell in cells), strict=True)))
    return rows


def mysql_rows(path: Path) -> list[Row]:
    """Read what the mysql client prints: a frame of plus signs, columns between bars."""
    lines = [line for line in path.read_text().splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    names = table[0] if table else []
    return [
        dict(zip(names, (None if cell == "NULL" else cell for cell in row), strict=True))
        for row in table[1:]
        if len(row) == len(names)
    ]


def info_pairs(path: Path) -> dict[str, str]:
    """Read what INFO prints."""
    found = {}
    for line in path.read_text().replace("\r", "").split("\n"):
        if ":" in line and not line.startswith("#"):
            name, value = line.split(":", 1)
            found[name] = value
    return found
