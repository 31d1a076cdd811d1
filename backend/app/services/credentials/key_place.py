"""Where a public key goes on a machine, and whether it can be put there at all.

Read-only. Everything that would make an installation fail half-way is asked before it begins.
"""

import posixpath
from dataclasses import dataclass

from app.kernel.errors import UpstreamFailed
from app.kernel.text import printable
from app.ports.shell import Command, CommandResult, Files, FileStat, Outcome, Shell

_DEFAULT = ".ssh/authorized_keys"
_SSHD = "/usr/sbin/sshd"
_HOME_FIELD = 5
_PASSWD_FIELDS = 7
_LOCKED_FLAGS = {"i": "immutable", "a": "append-only"}


class KeyPlaceUnusable(UpstreamFailed):
    """The key cannot be put where this machine looks for it; nothing was changed."""

    title = "The key cannot be installed there"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """The file that the machine's sshd reads for an account, and its folder."""

    path: str
    folder: str
    folder_exists: bool
    before: FileStat | None  # None: there is no such file yet
    has_selinux: bool


async def find_key_place(
    shell: Shell, files: Files, account: str, given_path: str = ""
) -> KeyPlace:
    """Ask sshd, the account database and the file system; raise `KeyPlaceUnusable` if it won't do.

    `given_path` overrides what sshd's own configuration says, for an sshd with another one.
    """
    home = await _home(shell, account)
    path = given_path or await _configured_path(shell, account, home)
    path = await _resolve(shell, files, path, home)
    folder = posixpath.dirname(path)
    folder_stat = await files.stat(folder)
    place = KeyPlace(
        path=path,
        folder=folder,
        folder_exists=folder_stat is not None,
        before=await files.stat(path),
        has_selinux=await _has_selinux(shell),
    )
    await _check_writable(shell, place)
    await _check_flags(shell, place)
    return place


async def _home(shell: Shell, account: str) -> str:
    passwd, own = await shell.run_many(
        [Command(("getent", "passwd", account)), Command(("sh", "-c", "cd && pwd"))]
    )
    fields = passwd.stdout.strip().split(":")
    if passwd.exit_status == 0 and len(fields) >= _PASSWD_FIELDS:
        home = fields[_HOME_FIELD]
    else:
        home = own.stdout.strip()  # no getent (BusyBox): the shell knows where it began
    if not home.startswith("/"):
        raise KeyPlaceUnusable(
            f"The home folder of {account} is not known there.",
            fix="Give the account a home folder, or name the path of its authorized_keys.",
        )
    return home


async def _configured_path(shell: Shell, account: str, home: str) -> str:
    settings = await _sshd_settings(shell, account)
    command = settings.get("authorizedkeyscommand", "none")
    if command.lower() != "none":
        raise KeyPlaceUnusable(
            f"sshd there asks a program for the keys: {printable(command)}.",
            fix="Add the public key where that program reads it (often LDAP or SSSD).",
        )
    names = settings.get("authorizedkeysfile", _DEFAULT).split()
    if not names or names[0].lower() == "none":
        raise KeyPlaceUnusable(
            "sshd there reads no authorized_keys (AuthorizedKeysFile none).",
            fix="Set AuthorizedKeysFile in sshd_config, or log in by password.",
        )
    path = _expand(names[0], account, home)
    return path if path.startswith("/") else posixpath.join(home, path)


async def _sshd_settings(shell: Shell, account: str) -> dict[str, str]:
    """Return sshd's effective settings; empty when the login may not read them."""
    spec = f"user={account},host=localhost,addr=127.0.0.1"
    answer = await shell.run(Command((_SSHD, "-T", "-C", spec), sudo=True))
    if answer.outcome is not Outcome.RAN or answer.exit_status != 0:
        return {}
    pairs = (line.partition(" ") for line in answer.stdout.splitlines())
    return {name.lower(): value.strip() for name, _, value in pairs}


def _expand(name: str, account: str, home: str) -> str:
    """Fill in the tokens of sshd_config(5) for AuthorizedKeysFile."""
    parts = name.split("%%")
    return "%".join(part.replace("%h", home).replace("%u", account) for part in parts)


async def _resolve(shell: Shell, files: Files, path: str, home: str) -> str:
    """Follow symbolic links inside of the home folder, refuse one that leads out of it."""
    links = [one for one in (posixpath.dirname(path), path) if await _is_link(files, one)]
    if not links:
        return path
    real, real_home = await shell.run_many(
        [Command(("readlink", "-f", path)), Command(("readlink", "-f", home))]
    )
    target, inside = real.stdout.strip(), real_home.stdout.strip() or home
    if not target.startswith(inside.rstrip("/") + "/"):
        raise KeyPlaceUnusable(
            f"{links[0]} is a symbolic link that leads out of the home folder"
            f" ({printable(target) or 'to nowhere'}).",
            fix="Replace the link by a real folder and file, or add the key by hand.",
        )
    return target


async def _is_link(files: Files, path: str) -> bool:
    found = await files.stat(path)
    return found is not None and found.is_symlink


async def _has_selinux(shell: Shell) -> bool:
    answer = await shell.run(Command(("getenforce",)))
    return answer.exit_status == 0 and answer.stdout.strip() in ("Enforcing", "Permissive")


async def _check_writable(shell: Shell, place: KeyPlace) -> None:
    """Refuse a folder, too, that cannot be written: the new file is made beside the old one."""
    folder = place.folder if place.folder_exists else posixpath.dirname(place.folder)
    wanted = [folder] if place.before is None else [folder, place.path]
    answers = await shell.run_many([Command(("test", "-w", path)) for path in wanted])
    for path, answer in zip(wanted, answers, strict=True):
        if answer.exit_status != 0:
            raise KeyPlaceUnusable(
                f"The login may not write {path}.",
                fix="Check its owner and mode, and whether the file system is read-only.",
            )


async def _check_flags(shell: Shell, place: KeyPlace) -> None:
    """Refuse locked files, which refuse even root and say only that it was not permitted."""
    paths = [place.folder] if place.folder_exists else []
    paths += [] if place.before is None else [place.path]
    if not paths:
        return
    answer = await shell.run(Command(("lsattr", "-d", "--", *paths)))
    for path, flags in _flags(answer):
        for flag, word in _LOCKED_FLAGS.items():
            if flag in flags:
                raise KeyPlaceUnusable(
                    f"{path} is set {word}.", fix=f"Run as root there: chattr -{flag} {path}"
                )


def _flags(answer: CommandResult) -> list[tuple[str, str]]:
    """Read lsattr; machines without it, and file systems without flags, answer nothing."""
    if answer.outcome is not Outcome.RAN:
        return []
    pairs = (line.partition(" ") for line in answer.stdout.splitlines())
    return [(path.strip(), flags) for flags, _, path in pairs]
