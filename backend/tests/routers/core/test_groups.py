"""Groups of resources: made, renamed, and deleted by people who know what goes with them."""

import uuid

from app.models.core.alert import Severity
from app.models.core.alert_rule import AlertRule
from app.models.core.resource import Resource, ResourceKind
from app.services.core.permissions import Role
from tests.fixtures.cast import Cast


async def add_server(cast: Cast, name: str) -> str:
    server_id = uuid.uuid4()
    async with cast.platform.database.transaction() as session:
        now = cast.clock.now()
        session.add(
            Resource(
                id=server_id, kind=ResourceKind.SERVER, name=name, created_at=now, updated_at=now
            )
        )
    return str(server_id)


async def add_rule(cast: Cast, name: str, group_id: str) -> None:
    """Add a rule as it is stored; which metrics there are does not matter here."""
    async with cast.platform.database.transaction() as session:
        session.add(
            AlertRule(
                name=name,
                kind="test.heat",
                domain="infrastructure",
                severity=Severity.WARNING,
                definition={},
                scope={"groups": [group_id]},
                is_enabled=False,
                created_at=cast.clock.now(),
                updated_at=cast.clock.now(),
            )
        )


async def test_a_group_tells_what_goes_with_it_before_it_is_deleted(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    group = (await alice.post("/api/resources/groups", {"name": "cellar"})).json()
    nas = await add_server(cast, "nas")
    await alice.post("/api/resources/labels", {"ids": [nas], "add_groups": ["cellar"]})
    await cast.add("bernd", Role.NONE)
    (bernd,) = (await alice.get("/api/users?q=bernd")).json()["items"]
    await alice.call("PUT", f"/api/users/{bernd['id']}/grants/{group['id']}", {"role": "viewer"})
    limited = {"name": "prober", "scopes": ["servers:read"], "groups": ["cellar"]}
    assert (await alice.post("/api/tokens", limited)).status_code == 201
    await add_rule(cast, "of the cellar", group["id"])
    await add_rule(cast, "of nobody", str(uuid.uuid4()))
    where = f"/api/resources/groups/{group['id']}"
    assert (await alice.get(f"{where}/removal")).json() == {
        "members": 1,
        "people": ["bernd"],
        "tokens": ["prober"],
        "rules": ["of the cellar"],
        "routes": [],
    }
    (member,) = (await alice.get("/api/resources?group=cellar")).json()["items"]
    assert (member["name"], member["path"]) == ("nas", f"/servers/{nas}")
    assert (await alice.delete(where)).status_code == 204
    assert (await alice.get(f"{where}/removal")).status_code == 404
    (member,) = (await alice.get("/api/resources?q=nas")).json()["items"]
    assert member["groups"] == [], "what it held stays"
    assert (await alice.get(f"/api/users/{bernd['id']}/grants")).json() == []
    (token,) = (await alice.get("/api/tokens?all=true")).json()["items"]
    assert (token["is_limited"], token["groups"]) == (True, []), "it never reaches more than before"


async def test_a_renamed_group_keeps_what_it_holds_and_the_log_knows_both_names(cast: Cast) -> None:
    alice = await cast.logged_in("alice")
    group = (await alice.post("/api/resources/groups", {"name": "cellar"})).json()
    await alice.post("/api/resources/groups", {"name": "attic"})
    where = f"/api/resources/groups/{group['id']}"
    taken = await alice.call("PUT", where, {"name": "attic"})
    assert (taken.status_code, "already" in taken.json()["detail"]) == (409, True)
    renamed = await alice.call("PUT", where, {"name": "basement", "description": "below"})
    assert renamed.json()["name"] == "basement"
    entry = (await alice.get("/api/audit?action=group.edited")).json()["items"][0]
    assert entry["details"] == {
        "before": {"name": "cellar", "description": ""},
        "after": {"name": "basement", "description": "below"},
    }
