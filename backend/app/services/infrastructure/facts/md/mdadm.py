"""`mdadm --detail` and `mdadm --examine`: what the superblocks say, in the tool's own table."""

import re

from pydantic import BaseModel

from app.kernel.text import printable
from app.services.core.facts import Unparsable

_FACT = "md_detail"
_FIELD = re.compile(r"\s*([A-Za-z][A-Za-z0-9 /()\[\]-]*?) : (.*)\Z")
_FLAGS = re.compile(r"\s*([A-Za-z][A-Za-z ]*?) :\Z")
_ROW = re.compile(
    r"\s*(?P<this>this\s+)?(?P<number>-|\d+)\s+(?:(?P=number)\s+)?"
    r"(?P<major>\d+)\s+(?P<minor>\d+)\s+(?P<slot>-|\d+)(?:\s+(?P<rest>.*))?\Z"
)
_HEADER = re.compile(r"\s*Number\s+Major\s+Minor\s+RaidDevice")
_PHYSICAL = re.compile(r"\s*Number\s+RefNo\s+Size\s+Device\s+Type/State")
_PHYSICAL_ROW = re.compile(
    r"\s*(?P<number>\d+)\s+(?P<ref>\S+)\s+(?P<size>\S+)(?:\s+(?P<device>/\S+))?\s+(?P<state>\S+)\s*\Z"
)
_MOST = 1024


class MdadmDevice(BaseModel):
    """A line of the table of devices."""

    number: int | None
    major: int | None = None
    minor: int | None = None
    slot: int | None = None
    states: list[str]
    device: str = ""
    reference: str = ""  # DDF: its number in the container
    size: str = ""


class MdadmReport(BaseModel):
    """One array or member: the fields under the tool's own names, and the table."""

    device: str
    fields: dict[str, str]
    table: list[MdadmDevice]

    def number(self, field: str) -> int | None:
        """Return the number that a field begins with."""
        found = re.match(r"\d+", self.fields.get(field, ""))
        return int(found[0]) if found and len(found[0]) < 20 else None  # noqa: PLR2004 - digits of 2**64

    @property
    def uuid(self) -> str:
        """The array's UUID, without the remark about its home."""
        text = self.fields.get("UUID") or self.fields.get("Array UUID", "")
        return text.split(" ")[0]


def read_mdadm(text: str) -> MdadmReport:
    """Return what one call told, or raise `Unparsable`."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith("/dev/") or not lines[0].rstrip().endswith(":"):
        raise Unparsable(_FACT, "it names no device")
    report = MdadmReport(device=printable(lines[0].strip().removesuffix(":")), fields={}, table=[])
    table = ""
    for line in lines[1:]:
        if not line.strip():
            continue
        if _HEADER.match(line):
            table = "members"
        elif _PHYSICAL.match(line):
            table = "physical"
        elif table:
            _read_row(report, table, line)
        else:
            _read_field(report, line)
        if len(report.table) > _MOST:
            raise Unparsable(_FACT, "more members than an array has")
    if not report.fields:
        raise Unparsable(_FACT, "a device without fields")
    return report


def _read_field(report: MdadmReport, line: str) -> None:
    found = _FIELD.match(line)
    if found is not None:
        report.fields[found[1]] = printable(found[2]).strip()
        return
    if _FLAGS.match(line) is None and not line.strip().startswith("("):
        raise Unparsable(_FACT, f"a line in unknown words: {printable(line)[:80]}")


def _read_row(report: MdadmReport, table: str, line: str) -> None:
    if table == "physical":
        found = _PHYSICAL_ROW.match(line)
        if found is not None:
            report.table.append(
                MdadmDevice(
                    number=int(found["number"]),
                    reference=found["ref"],
                    size=found["size"],
                    device=printable(found["device"] or ""),
                    states=found["state"].split("/"),
                )
            )
            return
    else:
        found = _ROW.match(line)
        if found is not None:
            # Of a superblock 0.90 the member itself stands there once more, marked "this".
            if not found["this"]:
                report.table.append(_member(found))
            return
    raise Unparsable(_FACT, f"a line in unknown words: {printable(line)[:80]}")


def _member(found: re.Match[str]) -> MdadmDevice:
    words = (found["rest"] or "").split()
    device = words.pop() if words and words[-1].startswith("/") else ""
    return MdadmDevice(
        number=_whole(found["number"]),
        major=_whole(found["major"]),
        minor=_whole(found["minor"]),
        slot=_whole(found["slot"]),
        states=[printable(word) for word in words],
        device=printable(device),
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 20 else None  # noqa: PLR2004 - digits of 2**64
