"""The assistant's settings, its test, its budgets and its record, against a real server process."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.kernel.clock import ManualClock
from app.models.core.assistant import AssistantSetting
from app.models.core.audit_entry import AuditEntry
from app.services.core.assistant.books import ledger_of
from tests.fixtures.assistant import ask, settings, switch_on
from tests.fixtures.cast import Cast
from tests.parts.ai_server import KEY, ModelServer

PATH = "/api/assistant/settings"


async def test_it_is_off_until_an_admin_switches_it_on(cast: Cast, models: ModelServer) -> None:
    charlie, alice = await cast.logged_in("charlie"), await cast.logged_in("alice")
    state = (await charlie.get("/api/assistant")).json()
    assert state == {
        "explains_alerts": False,
        "answers_questions": False,
        "host": "",
        "model": "",
    }
    refused = await charlie.post("/api/assistant/questions", {"question": "Hello?"})
    assert (refused.status_code, refused.json()["title"]) == (409, "AI is switched off")
    assert (await alice.get(PATH)).json()["is_enabled"] is False
    await switch_on(alice, models, answers_questions=False)
    state = (await charlie.get("/api/assistant")).json()
    assert (state["explains_alerts"], state["answers_questions"]) == (True, False)
    assert state["host"] == f"127.0.0.1:{models.port}"
    refused = await charlie.post("/api/assistant/questions", {"question": "Hello?"})
    assert refused.status_code == 409, "each use has its own switch"


async def test_the_key_is_sealed_kept_and_never_shown(cast: Cast, models: ModelServer) -> None:
    alice = await cast.logged_in("alice")
    await switch_on(alice, models)
    await switch_on(alice, models, api_key=None, model="script")
    shown = await alice.get(PATH)
    assert shown.json()["has_api_key"] is True
    assert KEY not in shown.text
    async with cast.platform.database.snapshot() as session:
        row = (await session.scalars(select(AssistantSetting))).one()
        assert row.api_key is not None
        assert KEY.encode() not in row.api_key.blob
        entries = (await session.scalars(select(AuditEntry.entry))).all()
    assert not any(KEY in entry for entry in entries)
    await switch_on(alice, models, api_key=None, base_url="http://192.0.2.7:11434/v1")
    assert (await alice.get(PATH)).json()["has_api_key"] is False, "never sent to another server"
    await switch_on(alice, models, api_key="")
    assert (await alice.get(PATH)).json()["has_api_key"] is False


async def test_settings_that_cannot_be_say_where(cast: Cast, models: ModelServer) -> None:
    alice = await cast.logged_in("alice")
    wrong: tuple[tuple[str, dict[str, object]], ...] = (
        ("/body/base_url", {"base_url": "http://me:secret@x/v1"}),
        ("/body/base_url", {"base_url": "http://[fe80/v1"}),
        ("/body/base_url", {"base_url": "http://x:99999/v1"}),
        ("/body/protocol", {"protocol": "smoke"}),
        ("/body/most_input_characters", {"most_input_characters": 10}),
        ("/body/keep_days", {"keep_days": 0}),
        ("/body", {"cost_per_day": 1.0}),
    )
    for where, wish in wrong:
        answer = await alice.call("PUT", PATH, settings(models, **wish))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == where
    answer = await alice.call("PUT", PATH, settings(models, model=""))
    assert "Choose a model" in answer.json()["detail"]


@pytest.mark.parametrize("protocol", ["openai", "anthropic"])
async def test_a_test_really_asks_and_saves_nothing(
    cast: Cast, models: ModelServer, protocol: str
) -> None:
    alice = await cast.logged_in("alice")
    found = (await alice.post(f"{PATH}/test", settings(models, protocol=protocol))).json()
    assert found["is_fine"], found
    assert [one["what"] for one in found["checks"]] == [
        "The provider answers",
        "The model answers, piece by piece",
        "It keeps to a form",
        "It calls tools",
    ]
    assert "plain" in found["models"]
    assert (await alice.get(PATH)).json()["updated_at"] is None
    (record,) = (await alice.get("/api/assistant/exchanges")).json()["items"]
    assert (record["feature"], record["requests"], record["state"]) == ("test", 3, "answered")


async def test_a_test_says_what_is_wrong(cast: Cast, models: ModelServer) -> None:
    alice = await cast.logged_in("alice")
    wishes: dict[str, dict[str, object]] = {
        "could not be reached": {"base_url": "http://127.0.0.1:1/v1"},
        "metadata address": {"base_url": "http://169.254.169.254/v1"},
        "Enter the API key anew": {"model": "needs-key", "api_key": "sk-wrong"},
        "said nothing for 1 s": {"model": "hang", "silence_seconds": 1},
        "also after 2 repairs": {"model": "form-never"},
        "declined to answer": {"model": "refuse"},
    }
    for says, wish in wishes.items():
        found = (await alice.post(f"{PATH}/test", settings(models, **wish))).json()
        assert not found["is_fine"]
        assert says in " ".join(one["detail"] for one in found["checks"] if not one["is_fine"])


async def test_a_form_is_mended_at_most_twice(cast: Cast, models: ModelServer) -> None:
    alice = await cast.logged_in("alice")
    found = (await alice.post(f"{PATH}/test", settings(models, model="form-late"))).json()
    assert "It keeps to a form" in {one["what"] for one in found["checks"] if one["is_fine"]}
    (record,) = (await alice.get("/api/assistant/exchanges")).json()["items"]
    assert record["requests"] == 5, "a stream, a form with two repairs, and a tool"


async def test_a_test_with_another_address_is_not_given_the_stored_key(
    cast: Cast, models: ModelServer
) -> None:
    alice = await cast.logged_in("alice")
    await switch_on(alice, models, base_url="http://192.0.2.7/v1")
    models.says()
    await alice.post(f"{PATH}/test", settings(models, api_key=None))
    assert models.heard
    assert not any(KEY in json.dumps(one["headers"]) for one in models.heard)


async def test_a_model_that_is_not_chosen_yet_only_lists_the_models(
    cast: Cast, models: ModelServer
) -> None:
    alice = await cast.logged_in("alice")
    wish = settings(models, model="", is_enabled=False)
    found = (await alice.post(f"{PATH}/test", wish)).json()
    assert (len(found["checks"]), found["is_fine"]) == (1, False)
    assert found["models"]


def _answer(text: str = "Nothing.") -> dict[str, object]:
    return {"calls": [["give_answer", {"answer": text}]]}


async def test_the_requests_of_a_day_and_a_month_are_counted(
    cast: Cast, models: ModelServer, clock: ManualClock
) -> None:
    alice = await cast.logged_in("alice")
    models.says(*[_answer()] * 4)
    await switch_on(alice, models, model="script", requests_per_day=1, requests_per_month=2)
    assert (await ask(alice)).names == ["answered", "finished"]
    spent = await alice.post("/api/assistant/questions", {"question": "Again?"})
    assert (spent.status_code, spent.json()["detail"]) == (
        429,
        "The 1 requests of today are used up.",
    )
    clock.advance(timedelta(days=1))
    alice = await cast.logged_in("alice")
    assert (await ask(alice)).names == ["answered", "finished"]
    clock.advance(timedelta(days=1))
    alice = await cast.logged_in("alice")
    spent = await alice.post("/api/assistant/questions", {"question": "Again?"})
    assert "this month" in spent.json()["detail"]


async def test_a_question_that_runs_into_the_budget_ends_in_a_problem(
    cast: Cast, models: ModelServer
) -> None:
    alice = await cast.logged_in("alice")
    models.says({"calls": [["find_servers", {}]]}, _answer())
    await switch_on(alice, models, model="script", requests_per_day=1)
    found = await ask(alice)
    assert found.names == ["looking", "problem"]
    assert found.the("problem")["type"] == "/problems/assistant-budget-spent"
    (record,) = (await alice.get("/api/assistant/exchanges")).json()["items"]
    assert (record["state"], record["requests"]) == ("failed", 1)


async def test_the_most_that_an_answer_can_cost_is_held_back(
    cast: Cast, models: ModelServer
) -> None:
    alice = await cast.logged_in("alice")
    prices = {"input_price": 2.0, "output_price": 8.0, "cost_per_month": 0.04}
    models.says(*[_answer()] * 3)
    # At most 12,000 tokens of input and 1,000 of output: 0.024 and 0.008.
    await switch_on(alice, models, model="script", most_output_tokens=1000, **prices)
    await ask(alice)
    usage = (await alice.get("/api/assistant/usage")).json()
    assert usage["day"]["cost"] == usage["month"]["cost"] == 0.000078
    assert (usage["day"]["input_tokens"], usage["day"]["output_tokens"]) == (11, 7)
    assert usage["days"][-1]["requests"] == 1
    assert usage["features"][0]["cost"] == 0.000078
    await switch_on(alice, models, model="script", **prices | {"cost_per_month": 0.03})
    refused = await alice.post("/api/assistant/questions", {"question": "Again?"})
    assert "less than this may cost" in refused.json()["detail"]


async def test_the_record_holds_all_that_was_sent_and_is_dropped_in_time(
    cast: Cast, models: ModelServer, clock: ManualClock
) -> None:
    alice = await cast.logged_in("alice")
    models.says({"calls": [["find_servers", {"text": "nas"}]]}, _answer("There are none."))
    await switch_on(alice, models, model="script", keep_days=30)
    await ask(alice, "Is there a nas? The password=hunter22 helps.")
    (row,) = (await alice.get("/api/assistant/exchanges?feature=ask")).json()["items"]
    assert (row["actor_name"], row["requests"], row["input_tokens"]) == ("alice", 2, 22)
    found = (await alice.get(f"/api/assistant/exchanges/{row['id']}")).json()
    assert [part["role"] for part in found["sent"]] == ["system", "tools", "user", "model", "tool"]
    assert "hunter22" not in json.dumps(found)
    assert "password=***" in found["sent"][2]["text"]
    assert found["received"] == "There are none."
    assert not any("hunter22" in json.dumps(one) for one in models.heard)
    entries = (await alice.get("/api/audit?q=assistant.asked")).json()["items"]
    assert entries[0]["details"]["host"] == f"127.0.0.1:{models.port}"
    clock.advance(timedelta(days=31))
    assert await ledger_of(cast.platform).forget_old() == 1


async def test_only_admins_see_settings_and_record(cast: Cast) -> None:
    bob = await cast.logged_in("bob")
    for path in ("settings", "usage", "exchanges"):
        assert (await bob.get(f"/api/assistant/{path}")).status_code == 403
