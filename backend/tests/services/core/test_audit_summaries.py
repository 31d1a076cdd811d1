"""What the search for text may leave out: never an entry that holds the text."""

import hashlib
import itertools

import pytest

from app.kernel.clock import ManualClock
from app.kernel.database import Database
from app.schemas.core.audit import AuditQuery
from app.services.core import audit_search, audit_summaries
from app.services.core.audit import AuditLog
from app.services.core.audit_chain import canonical
from app.services.core.audit_search import AuditSearch
from app.services.core.audit_summaries import AuditSummaries, marks_of, wanted_marks
from app.services.core.permissions import system

NAMES = ('nas "cellar" \\ 1', "größe/ÄÖÜ", "Server-0042", "10.0.0.1", "日本 host", "x")


def is_set(marks: bytes, mark: int) -> bool:
    return bool(marks[mark >> 3] >> (mark & 7) & 1)


def test_whatever_part_of_a_name_is_searched_its_block_is_never_left_out() -> None:
    marks = marks_of(canonical({"name": name}) for name in NAMES)
    for name in NAMES:
        for start, end in itertools.combinations(range(len(name) + 1), 2):
            text = name[start:end]
            for spelled in (text, text.upper() if text.isascii() else text):
                assert all(is_set(marks, mark) for mark in wanted_marks(spelled)), spelled


def test_a_text_that_is_nowhere_rules_out_nearly_every_block() -> None:
    left = 0
    for block in range(20):
        noise = (hashlib.sha256(f"{block}:{n}".encode()).hexdigest() for n in range(1000))
        marks = marks_of(canonical({"id": one}) for one in noise)
        left += all(is_set(marks, mark) for mark in wanted_marks("nosuchthing"))
    assert left == 0


def test_a_text_without_three_plain_letters_in_a_row_rules_out_nothing() -> None:
    assert [*map(wanted_marks, ("", "ab", 'a"b\\c', "äöüß"))] == [[], [], [], []]


async def write(database: Database, clock: ManualClock, names: list[str]) -> None:
    async with database.transaction() as session:
        audit = AuditLog(session, clock, b"k" * 32)
        for name in names:
            await audit.record(
                system("robot"), "thing.done", kind="thing", object_id=None, name=name
            )


async def found(database: Database, text: str) -> list[str]:
    """Return what all pages of a search show."""
    names: list[str] = []
    before = None
    for _ in range(100):
        async with database.snapshot() as session:
            query = AuditQuery(q=text, before=before, limit=3)
            page = await AuditSearch(session).page(query)
        names += [item.object_name for item in page.items]
        before = page.next
        if before is None:
            return names
    raise AssertionError("The search does not end.")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a block be ten entries, so that a test has some of them."""
    for module in (audit_summaries, audit_search):
        monkeypatch.setattr(module, "BLOCK", 10)
    monkeypatch.setattr(audit_search, "WINDOW", 40)
    monkeypatch.setattr(audit_search, "MOST_BLOCKS", 7)


@pytest.mark.both_engines
@pytest.mark.usefixtures("small")
async def test_a_search_finds_the_same_with_and_without_summaries(
    database: Database, clock: ManualClock
) -> None:
    names = [NAMES[n // 9 % len(NAMES)] if n % 9 == 0 else f"hay {n}" for n in range(147)]
    await write(database, clock, names)
    texts = (*NAMES, "hay 14", "HAY 14", "ay", "größe", "ROBOT", "nowhere", "%", "_")
    plain = {text: await found(database, text) for text in texts}
    for text in (*NAMES, "hay 14", "nowhere", "%"):
        assert plain[text] == [name for name in reversed(names) if text in name], text
    assert plain["HAY 14"] == plain["hay 14"]
    assert len(plain["ROBOT"]) == len(names)
    assert [await AuditSummaries(database).build(most=4) for _ in range(5)] == [4, 4, 4, 2, 0]
    assert {text: await found(database, text) for text in texts} == plain


@pytest.mark.usefixtures("small")
async def test_a_rare_text_is_found_in_one_page_however_old_it_is(
    database: Database, clock: ManualClock
) -> None:
    await write(database, clock, ["needle", *(f"hay {n}" for n in range(59))])
    async with database.snapshot() as session:
        before = await AuditSearch(session).page(AuditQuery(q="needle"))
    assert (before.items, before.next) == ([], 21), "without summaries: forty entries, no more"
    await AuditSummaries(database).build()
    async with database.snapshot() as session:
        after = await AuditSearch(session).page(AuditQuery(q="needle"))
    assert ([item.object_name for item in after.items], after.next) == (["needle"], None)


@pytest.mark.usefixtures("small")
async def test_a_search_says_where_it_ended(database: Database, clock: ManualClock) -> None:
    await write(database, clock, [f"hay {n}" for n in range(95)])
    await AuditSummaries(database).build()
    async with database.snapshot() as session:
        page = await AuditSearch(session).page(AuditQuery(q="nowhere"))
    assert (page.items, page.next, page.searched_to) == ([], 31, 31)
    async with database.snapshot() as session:
        page = await AuditSearch(session).page(AuditQuery(q="nowhere", before=31))
    assert (page.items, page.next, page.searched_to) == ([], None, 0)
