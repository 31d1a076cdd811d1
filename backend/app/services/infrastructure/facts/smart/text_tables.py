"""The tables in smartctl's text: attributes, error counters, logs of self-tests."""

import re

from app.kernel.text import printable
from app.services.infrastructure.facts.smart.report import (
    Attribute,
    ErrorCounters,
    SelfTest,
    SelfTestOutcome,
)

_HEAD = re.compile(r"^ID# ATTRIBUTE_NAME .*$", re.MULTILINE)
# The long form of `-A`, and the brief one that `-x` prints.
_LONG = re.compile(
    r"^ *(\d{1,3}) (\S+) +0x[0-9a-fA-F]+ +(\d+|-+) +(\d+|-+) +(\d+|-+)"
    r" +(Pre-fail|Old_age) +(?:Always|Offline) +(\S+) +(.+)$"
)
_BRIEF = re.compile(
    r"^ *(\d{1,3}) (\S+) +([PO.+SRCK-]{6,7}) +(\d+|-+) +(\d+|-+) +(\d+|-+) +(\S+) +(.+)$"
)
_COUNTERS = re.compile(r"^(read|write|verify):((?: +[\d.,]+){7}) *$", re.MULTILINE)
_TEST = re.compile(r"^(?:# *\d+| *\d+) +(.*)$")
_MOST_ROWS = 256
_MOST_TESTS = 32
_LONGEST = 120
# How tests end, in the words of ATA, SCSI and NVMe; the first that is found counts.
_ENDS: tuple[tuple[str, SelfTestOutcome], ...] = (
    ("Completed without error", SelfTestOutcome.PASSED),
    ("Completed: unknown failure", SelfTestOutcome.FAILED),
    ("Completed: electrical failure", SelfTestOutcome.FAILED),
    ("Completed: servo/seek failure", SelfTestOutcome.FAILED),
    ("Completed: read failure", SelfTestOutcome.FAILED),
    ("Completed: handling damage", SelfTestOutcome.FAILED),
    ("Completed: failed segment", SelfTestOutcome.FAILED),
    ("Completed, segment failed", SelfTestOutcome.FAILED),
    ("Fatal or unknown error", SelfTestOutcome.FAILED),
    ("Fatal or unknown test error", SelfTestOutcome.FAILED),
    ("Failed in segment", SelfTestOutcome.FAILED),
    ("Unknown error, incomplete", SelfTestOutcome.FAILED),
    ("Aborted", SelfTestOutcome.ABORTED),
    ("Interrupted", SelfTestOutcome.INTERRUPTED),
    ("Self-test routine in progress", SelfTestOutcome.RUNNING),
    ("Self test in progress", SelfTestOutcome.RUNNING),
    ("Completed", SelfTestOutcome.PASSED),
)
_TEST_HEADS = ("Test_Description", "Num  Test", "Num Test")


def attributes(text: str) -> list[Attribute] | None:
    """Return the rows of the vendor's table, or None where there is no table."""
    head = _HEAD.search(text)
    if head is None:
        return None
    found: list[Attribute] = []
    for line in text[head.end() + 1 :].splitlines()[:_MOST_ROWS]:
        row = _row(line)
        if row is None:
            break
        found.append(row)
    return found


def _row(line: str) -> Attribute | None:
    if match := _LONG.match(line):
        number, name, value, worst, threshold, kind, failed, raw = match.groups()
        is_prefailure = kind == "Pre-fail"
    elif match := _BRIEF.match(line):
        number, name, flags, value, worst, threshold, failed, raw = match.groups()
        is_prefailure = flags.startswith("P")
    else:
        return None
    leading = re.match(r"(\d{1,39})(?![\d/:])", raw)
    words = raw.split()
    is_packed = len(words) > 1 and all(word.isdecimal() for word in words)
    return Attribute(
        id=min(int(number), 255),
        name=printable(name),
        value=_whole(value),
        worst=_whole(worst),
        threshold=_whole(threshold),
        raw=int(leading[1]) if leading and not is_packed else None,
        raw_text=printable(raw.strip()[:_LONGEST]),
        when_failed=_when_failed(failed),
        is_prefailure=is_prefailure,
    )


def _when_failed(word: str) -> str:
    lower = word.lower()
    return "now" if "now" in lower else "past" if "past" in lower else ""


def _whole(text: str) -> int | None:
    return int(text[:39]) if text.isdecimal() and text.isascii() else None


def error_counters(text: str) -> list[ErrorCounters]:
    """Return the rows of the SCSI error counter log."""
    found = []
    for operation, row in _COUNTERS.findall(text)[:3]:
        words = row.split()
        counts = [
            int(digits[:39]) if (digits := re.sub(r"\D", "", word)) else None for word in words
        ]
        found.append(
            ErrorCounters(
                operation=operation,
                corrected_fast=counts[0],
                corrected_delayed=counts[1],
                corrected_by_retries=counts[2],
                corrected=counts[3],
                invocations=counts[4],
                gigabytes=_decimal(words[5]),
                uncorrected=counts[6],
            )
        )
    return found


def _decimal(word: str) -> float | None:
    """Return a number whose last separator is the decimal one."""
    whole, _, fraction = word.replace(",", ".").rpartition(".")
    try:
        return float(f"{whole.replace('.', '') or fraction}.{fraction if whole else 0}"[:60])
    except ValueError:
        return None


def self_tests(text: str) -> list[SelfTest] | None:
    """Return the log, the newest first; an empty list where the drive says that it is empty."""
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if line.startswith(_TEST_HEADS):
            return _tests(lines[index + 1 : index + 2 + _MOST_TESTS])
        if line.startswith(("No self-tests have been logged", "No Self-tests have been logged")):
            return []
    return None


def _tests(lines: list[str]) -> list[SelfTest]:
    found: list[SelfTest] = []
    for line in lines:
        match = _TEST.match(line)
        if match is None:
            if found:
                break
            continue  # the second line of SCSI's head
        end = next((one for one in _ENDS if one[0] in match[1]), None)
        if end is not None:
            found.append(_test(match[1], *end))
    return found


def _test(row: str, words: str, outcome: SelfTestOutcome) -> SelfTest:
    kind, _, rest = row.partition(words)
    numbers = re.findall(r"(?<![\d%])(\d{1,18})(?![\d%])", rest)
    return SelfTest(
        kind=printable(kind.strip()[:_LONGEST]),
        outcome=outcome,
        detail=words,
        at_hours=int(numbers[0]) if numbers else None,
        lba=int(numbers[1]) if len(numbers) > 1 else None,
    )
