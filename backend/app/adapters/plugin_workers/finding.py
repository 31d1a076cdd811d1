"""Finds plugins without loading them: entry points of installed packages, and files in a folder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from app.ports.plugin_host import FoundPlugin

GROUP = "unity.plugins.v1"
_OWN = "unity"  # the distribution that the built-in ones come with
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LARGEST = 1024 * 1024
_OTHERS_MAY_WRITE = 0o022


def find_plugins(folder: Path) -> Sequence[FoundPlugin]:
    """Return all, by name. Of two with one name the installed one counts; the other says so."""
    found: dict[str, FoundPlugin] = {}
    clashing: list[FoundPlugin] = []
    for one in (*_installed(), *_files(folder)):
        if one.name in found:
            clashing.append(one)
        else:
            found[one.name] = one
    for one in clashing:
        first = found[one.name]
        where = first.distribution or Path(first.origin).name
        name = f"{one.name}@{one.source}"[:40]
        why = f"There is another plugin {one.name}, in {where}: rename one of them."
        found[name] = replace(_refused(one, why), name=name)
    return [found[name] for name in sorted(found)]


def _installed() -> Iterator[FoundPlugin]:
    # The distribution's own name comes first, so that nobody takes the place of a built-in one.
    points = sorted(entry_points(group=GROUP), key=lambda each: (not _is_own(each), each.name))
    for each in points:
        name = each.dist.name if each.dist is not None else ""
        version = each.dist.version if each.dist is not None else ""
        one = FoundPlugin(
            name=each.name,
            source="built_in" if _is_own(each) else "package",
            origin=f"{each.module}:{each.attr}",
            distribution=f"{name} {version}".strip(),
            fingerprint=f"{each.value} {version} {_stamp(_file_of(each.module))}"[:200],
        )
        yield one if _NAME.fullmatch(each.name) else _refused(one, _ODD_NAME)


_ODD_NAME = "Its name must be 2 to 40 small letters, digits and underscores."


def _is_own(point: EntryPoint) -> bool:
    return point.dist is not None and point.dist.name == _OWN


def _file_of(module: str) -> Path | None:
    """Return the file of a module by looking at folders only; importing would run its package."""
    top, *rest = module.split(".")
    spec = PathFinder.find_spec(top)
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin else None
    for folder in spec.submodule_search_locations or ():
        place = Path(folder).joinpath(*rest)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


def _stamp(file: Path | None) -> str:
    if file is None:
        return ""
    # Of a plugin in several files, any may have changed.
    files = sorted(file.parent.glob("*.py")) if file.name == "__init__.py" else [file]
    stats = [each.stat() for each in files]
    newest = max(each.st_mtime_ns for each in stats)
    return f"{newest} {sum(each.st_size for each in stats)}"


def _files(folder: Path) -> Iterator[FoundPlugin]:
    try:
        paths = sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))
    except OSError:
        return
    for path in paths:
        one = FoundPlugin(
            name=path.stem, source="file", origin=str(path), distribution="", fingerprint=""
        )
        try:
            status = path.stat()
        except OSError as error:
            yield _refused(one, f"The file cannot be read: {error.strerror}.")
            continue
        one = FoundPlugin(
            name=path.stem,
            source="file",
            origin=str(path),
            distribution="",
            fingerprint=f"{status.st_mtime_ns} {status.st_size}",
        )
        if not _NAME.fullmatch(path.stem):
            yield _refused(one, _ODD_NAME)
        elif status.st_mode & _OTHERS_MAY_WRITE:
            yield _refused(
                one, f"Others may write to the file, and so into Unity: chmod go-w {path}"
            )
        elif status.st_size > _LARGEST:
            yield _refused(one, "The file is larger than 1 MiB.")
        else:
            yield one


def _refused(one: FoundPlugin, why: str) -> FoundPlugin:
    return FoundPlugin(
        name=one.name[:40] or "unnamed",
        source=one.source,
        origin=one.origin,
        distribution=one.distribution,
        fingerprint=one.fingerprint or "refused",
        problem=why,
    )
