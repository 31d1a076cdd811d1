"""Write docs/facts.md from the table of the facts: `python -m tests.facts.docs`, in `backend/`."""

import shlex
from pathlib import Path

from app.services.core.facts import Rate
from app.services.infrastructure.facts.table import FACTS, GROUPS

PAGE = Path(__file__).parents[3] / "docs" / "facts.md"
_HEAD = """# What Unity asks of a machine

Unity reads a machine's health by the commands below and by nothing else. They run as the login
that you gave the server, in one shell, with `LC_ALL=C`. None of them needs root, changes anything
or writes a file. A command that is missing, refused or too slow costs only its own fact. Drives are
read by root: [their page](drives.md) shows those commands.

Each group is one round trip, in which a command that several facts share runs once. What a machine
has none of (ZFS, LVM, md, btrfs, databases) is looked for when you ask, and else every 20 to 40
minutes only: looking for everything costs a machine more than all that it has. LVM is looked for
once a day, because that reads the disks, which could never fall asleep.

| Group | When | Commands |
| --- | --- | --- |
"""
_WHEN = {
    Rate.LIVE: "every 10 s on this machine, elsewhere only while somebody watches",
    Rate.STANDARD: "every 5 minutes; it brings the live facts too, except the processes",
    Rate.SLOW: "every 6 hours",
}


def page() -> str:
    lines = [_HEAD]
    lines.extend(
        f"| {rate} | {_WHEN[rate]} | {len(group.commands)} |\n" for rate, group in GROUPS.items()
    )
    for fact in FACTS:
        lines.append(f"\n## {fact.title} (`{fact.name}`, {fact.rate})\n\n```sh\n")
        for command in fact.commands:
            limit = "" if command.instant else f"  # at most {command.seconds:g} s"
            lines.append(f"{shlex.join(command.argv)}{limit}\n")
        lines.append("```\n")
        lines.extend(f"\n- *{trouble}*: {fix}\n" for trouble, fix in fact.fixes.items())
    return "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
