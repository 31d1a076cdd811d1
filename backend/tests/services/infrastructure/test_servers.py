import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import event, func, select

from app.kernel.database import Database
from app.models.core.audit_entry import AuditEntry
from app.models.core.resource import Resource, ResourceEdge
from app.models.infrastructure.monitored_server import HostKeyState, MonitoredServer
from app.ports.shell import PasswordLogin, PrivateKeyLogin, Target
from app.schemas.core.resource import LabelEdit
from app.schemas.credentials.server_credential import ServerCredentialCreate, ServerCredentialEdit
from app.schemas.credentials.ssh_key import SSHKeyGenerate
from app.schemas.infrastructure.server import ServerCreate, ServerEdit, ServerQuery
from app.services.core.labels import LabelService
from app.services.credentials.key_maker import made
from app.services.credentials.server_credentials import CredentialInUse
from app.services.credentials.ssh_keys import SSHKeyInUse
from app.services.infrastructure.host_keys import HostKeyNotFound
from app.services.infrastructure.local_server import ensure_local_server
from app.services.infrastructure.server_errors import (
    HostKeyMismatch,
    LocalServerFixed,
    ServerAlreadyEntered,
    ServerEditedMeanwhile,
    ServerInUse,
    ServerNameTaken,
    UnknownReference,
)
from app.services.infrastructure.server_list import ServerList
from app.services.infrastructure.targets import JumpLoop, TargetBuilder, TargetUnusable
from tests.fixtures.infrastructure import ALICE, HOST_KEY, OTHER_HOST_KEY, Rooms, server


async def enter(database: Database, rooms: Rooms, **fields: object) -> MonitoredServer:
    async with database.transaction() as session:
        return await rooms.servers(session).create(ALICE, server(**fields))


async def target_of(database: Database, rooms: Rooms, entered: MonitoredServer) -> Target:
    async with database.snapshot() as session:
        row = await session.get_one(MonitoredServer, entered.id)
        return await TargetBuilder(rooms.vault).build(session, row)


async def test_a_server_has_a_resource_of_the_same_id_and_an_audit_entry(
    database: Database, rooms: Rooms
) -> None:
    entered = await enter(database, rooms, tags=["home"], groups=["Storage"])
    async with database.snapshot() as session:
        resource = await session.get_one(Resource, entered.id)
        actions = (await session.scalars(select(AuditEntry.action))).all()
        read = await ServerList(session, rooms.clock, 300).get(entered.id)
    assert (resource.kind, resource.name) == ("server", "nas")
    assert actions == ["server.created"]
    assert (read.tags, read.groups) == (["home"], ["Storage"])


async def test_the_local_machine_enters_itself_once(database: Database, rooms: Rooms) -> None:
    for _ in range(2):
        async with database.transaction() as session:
            local = await ensure_local_server(rooms.servers(session))
    async with database.snapshot() as session:
        count = await session.scalar(select(func.count(MonitoredServer.id)))
    target = await target_of(database, rooms, local)
    assert count == 1
    assert target.is_local


async def test_the_local_machine_may_be_entered_by_ssh_too(
    database: Database, rooms: Rooms
) -> None:
    async with database.transaction() as session:
        await ensure_local_server(rooms.servers(session))
    entered = await enter(database, rooms, host="localhost")
    assert not entered.is_local


async def test_the_login_of_the_local_machine_is_fixed(database: Database, rooms: Rooms) -> None:
    async with database.transaction() as session:
        local = await ensure_local_server(rooms.servers(session))
    async with database.transaction() as session:
        await rooms.servers(session).edit(ALICE, local.id, ServerEdit(name="this one"))
        with pytest.raises(LocalServerFixed):
            await rooms.servers(session).edit(ALICE, local.id, ServerEdit(host="nas.lan"))


async def test_the_same_login_twice_names_the_first(database: Database, rooms: Rooms) -> None:
    await enter(database, rooms, name="nas", host="NAS.lan")
    with pytest.raises(ServerAlreadyEntered, match="as 'nas'"):
        await enter(database, rooms, name="other", host="nas.lan.")
    with pytest.raises(ServerNameTaken):
        await enter(database, rooms, name="nas", host="192.0.2.99")


async def test_an_unknown_key_is_refused_by_its_field(database: Database, rooms: Rooms) -> None:
    with pytest.raises(UnknownReference) as caught:
        await enter(database, rooms, ssh_key_id="018f0000-0000-7000-8000-000000000000")
    assert caught.value.context["field"] == "ssh_key_id"


async def test_an_edit_changes_only_the_fields_that_it_names(
    database: Database, rooms: Rooms
) -> None:
    entered = await enter(database, rooms, notes="in the cellar", tags=["home"])
    async with database.transaction() as session:
        edit = ServerEdit.model_validate({"name": "attic", "port": 2222})
        await rooms.servers(session).edit(ALICE, entered.id, edit)
    async with database.snapshot() as session:
        read = await ServerList(session, rooms.clock, 300).get(entered.id)
        resource = await session.get_one(Resource, entered.id)
    assert (read.name, read.port, read.notes, read.tags) == (
        "attic",
        2222,
        "in the cellar",
        ["home"],
    )
    assert resource.name == "attic"


async def test_a_form_opened_before_another_edit_is_refused(
    database: Database, rooms: Rooms
) -> None:
    entered = await enter(database, rooms)
    async with database.transaction() as session:
        await rooms.servers(session).edit(ALICE, entered.id, ServerEdit(notes="first"))
    async with database.transaction() as session:
        with pytest.raises(ServerEditedMeanwhile):
            await rooms.servers(session).edit(
                ALICE, entered.id, ServerEdit(notes="second", row_version=1)
            )


async def test_disabling_is_a_state_and_enabling_asks_again(
    database: Database, rooms: Rooms
) -> None:
    entered = await enter(database, rooms)
    async with database.transaction() as session:
        off = await rooms.servers(session).set_enabled(ALICE, entered.id, is_enabled=False)
        assert (off.status, off.is_enabled) == ("disabled", False)
        on = await rooms.servers(session).set_enabled(ALICE, entered.id, is_enabled=True)
        assert (on.status, on.next_due_at) == ("unknown", rooms.clock.now())


async def test_a_target_opens_the_key_and_the_password(database: Database, rooms: Rooms) -> None:
    async with database.transaction() as session:
        key = await rooms.keys(session).store(ALICE, made(SSHKeyGenerate(name="fleet")))
        login = await rooms.credentials(session).create(
            ALICE,
            ServerCredentialCreate(name="root", username="root", password=SecretStr("hunter2")),
        )
    entered = await enter(
        database, rooms, ssh_key_id=key.id, credential_id=login.id, sudo="password"
    )
    target = await target_of(database, rooms, entered)
    private, password = target.logins
    assert isinstance(private, PrivateKeyLogin)
    assert private.private_key.startswith("-----BEGIN OPENSSH")
    assert password == PasswordLogin("hunter2")
    assert target.sudo_password == "hunter2"
    assert "hunter2" not in repr(target)


async def test_a_new_password_makes_a_new_version_of_the_target(
    database: Database, rooms: Rooms
) -> None:
    async with database.transaction() as session:
        login = await rooms.credentials(session).create(
            ALICE,
            ServerCredentialCreate(name="root", username="root", password=SecretStr("first")),
        )
    entered = await enter(database, rooms, credential_id=login.id)
    before = await target_of(database, rooms, entered)
    async with database.transaction() as session:
        (await session.get_one(MonitoredServer, entered.id)).reason = "a cycle wrote this"
    unchanged = await target_of(database, rooms, entered)
    async with database.transaction() as session:
        edit = ServerCredentialEdit(password=SecretStr("second"))
        await rooms.credentials(session).edit(ALICE, login.id, edit)
    after = await target_of(database, rooms, entered)
    assert before.version == unchanged.version != after.version
    assert after.logins == (PasswordLogin("second"),)


async def test_a_jump_chain_becomes_targets_and_a_circle_is_refused(
    database: Database, rooms: Rooms
) -> None:
    outer = await enter(database, rooms, name="gate", host="192.0.2.1")
    inner = await enter(database, rooms, name="inner", jump_server_id=outer.id)
    target = await target_of(database, rooms, inner)
    assert target.jump is not None
    assert target.jump.host == "192.0.2.1"
    edit = ServerEdit(jump_server_id=inner.id)
    async with database.transaction() as session:
        with pytest.raises(JumpLoop):
            await rooms.servers(session).edit(ALICE, outer.id, edit)


async def test_one_server_without_a_target_does_not_stop_the_others(
    database: Database, rooms: Rooms
) -> None:
    good = await enter(database, rooms)
    bad = await enter(database, rooms, name="bad", host="192.0.2.11")
    async with database.transaction() as session:
        (await session.get_one(MonitoredServer, bad.id)).jump_server_id = bad.id
    async with database.snapshot() as session:
        rows = (await session.scalars(select(MonitoredServer))).all()
        targets = await TargetBuilder(rooms.vault).build_many(session, rows)
    assert isinstance(targets[good.id], Target)
    assert isinstance(targets[bad.id], TargetUnusable)


async def test_a_key_in_use_is_not_deleted(database: Database, rooms: Rooms) -> None:
    async with database.transaction() as session:
        key = await rooms.keys(session).store(ALICE, made(SSHKeyGenerate(name="fleet")))
        login = await rooms.credentials(session).create(
            ALICE, ServerCredentialCreate(name="su", username="su", password=SecretStr("x"))
        )
    entered = await enter(database, rooms, ssh_key_id=key.id, sudo_credential_id=login.id)
    async with database.transaction() as session:
        with pytest.raises(SSHKeyInUse, match="nas"):
            await rooms.keys(session).delete(ALICE, key.id)
        with pytest.raises(CredentialInUse, match="nas"):
            await rooms.credentials(session).delete(ALICE, login.id)
    async with database.transaction() as session:
        edit = ServerEdit.model_validate({"ssh_key_id": None, "sudo_credential_id": None})
        await rooms.servers(session).edit(ALICE, entered.id, edit)
        await rooms.keys(session).delete(ALICE, key.id)
        await rooms.credentials(session).delete(ALICE, login.id)
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count(ResourceEdge.id))) == 0


async def test_a_host_key_is_pinned_only_by_its_exact_fingerprint(
    database: Database, rooms: Rooms
) -> None:
    approved = {"public": HOST_KEY.public, "fingerprint": HOST_KEY.fingerprint}
    entered = await enter(database, rooms, host_key=approved)
    assert (await target_of(database, rooms, entered)).pinned == (HOST_KEY,)
    wrong = {"public": HOST_KEY.public, "fingerprint": OTHER_HOST_KEY.fingerprint}
    with pytest.raises(HostKeyMismatch):
        await enter(database, rooms, name="other", host="192.0.2.9", host_key=wrong)


async def test_a_changed_host_key_waits_in_quarantine_until_it_is_approved(
    database: Database, rooms: Rooms
) -> None:
    entered = await enter(database, rooms)
    async with database.transaction() as session:
        first = await rooms.host_keys(session).offered(entered.id, HOST_KEY)
        assert first.state == HostKeyState.OFFERED
        with pytest.raises(HostKeyNotFound):
            await rooms.host_keys(session).approve(ALICE, entered.id, OTHER_HOST_KEY.fingerprint)
        await rooms.host_keys(session).approve(ALICE, entered.id, HOST_KEY.fingerprint)
    before = await target_of(database, rooms, entered)
    async with database.transaction() as session:
        second = await rooms.host_keys(session).offered(entered.id, OTHER_HOST_KEY)
        assert second.state == HostKeyState.QUARANTINED
    assert (await target_of(database, rooms, entered)).pinned == (HOST_KEY,)
    async with database.transaction() as session:
        await rooms.host_keys(session).approve(ALICE, entered.id, OTHER_HOST_KEY.fingerprint)
    after = await target_of(database, rooms, entered)
    assert after.pinned == (OTHER_HOST_KEY,)
    assert after.version != before.version


async def test_the_replaced_host_key_is_a_change_when_it_comes_back(
    database: Database, rooms: Rooms
) -> None:
    entered = await enter(database, rooms)
    async with database.transaction() as session:
        keys = rooms.host_keys(session)
        for key in (HOST_KEY, OTHER_HOST_KEY):
            await keys.offered(entered.id, key)
            await keys.approve(ALICE, entered.id, key.fingerprint)
        back = await keys.offered(entered.id, HOST_KEY)
    assert back.state == HostKeyState.QUARANTINED


async def test_a_server_shows_only_so_many_unapproved_keys(
    database: Database, rooms: Rooms
) -> None:
    entered = await enter(database, rooms)
    async with database.transaction() as session:
        keys = rooms.host_keys(session)
        for number in range(30):
            await keys.offered(entered.id, HOST_KEY.__class__("x", "x y", f"SHA256:{number}"))
        assert len(await keys.list(entered.id)) == 10


async def test_the_plan_of_a_deletion_names_what_goes_and_what_stands_in_the_way(
    database: Database, rooms: Rooms
) -> None:
    gate = await enter(database, rooms, name="gate", host="192.0.2.1")
    inner = await enter(database, rooms, jump_server_id=gate.id)
    async with database.transaction() as session:
        await rooms.host_keys(session).offered(inner.id, HOST_KEY)
        blocked = await rooms.removal(session).plan(gate.id)
        plan = await rooms.removal(session).plan(inner.id)
        with pytest.raises(ServerInUse, match="nas"):
            await rooms.removal(session).delete(ALICE, gate.id)
        await rooms.removal(session).delete(ALICE, inner.id)
        await rooms.removal(session).delete(ALICE, gate.id)
    assert not blocked.can_delete
    assert [(loss.what, loss.count) for loss in plan.goes] == [
        ("approved and offered host keys", 1)
    ]
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count(Resource.id))) == 0


async def test_the_queries_of_the_list_do_not_grow_with_the_rows(
    database: Database, rooms: Rooms
) -> None:
    counts = []
    for size in (2, 20):
        async with database.transaction() as session:
            for number in range(size):
                name = f"s-{size}-{number}"
                new = server(name=name, host=f"{name}.lan", tags=["t"], groups=["g"])
                await rooms.servers(session).create(ALICE, new)
        async with database.snapshot() as session:
            seen: list[str] = []
            engine = database.read_engine.sync_engine
            event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))  # noqa: B023 - called inside of the loop
            page = await ServerList(session, rooms.clock, 300).page(
                ServerQuery(tag="t", group="g", q="lan")
            )
            rows = (await session.scalars(select(MonitoredServer))).all()
            await TargetBuilder(rooms.vault).build_many(session, rows)
            counts.append(len(seen))
            assert page.total == len(rows)
    assert counts[0] <= 9
    assert counts[1] <= counts[0] * 2  # the second loop is heard by both listeners


async def test_labels_are_edited_on_many_at_once_or_on_none(
    database: Database, rooms: Rooms
) -> None:
    one = await enter(database, rooms, name="one", host="one.lan", tags=["old"])
    two = await enter(database, rooms, name="two", host="two.lan", tags=["old", "new"])
    async with database.transaction() as session:
        labels = LabelService(session, rooms.clock, rooms.audit(session))
        edit = LabelEdit(
            ids=[one.id, two.id], add_tags=["new"], remove_tags=["old"], add_groups=["Fleet"]
        )
        assert await labels.edit(ALICE, edit) == 2
        assert [(tag.tag, tag.count) for tag in await labels.tags()] == [("new", 2)]
        assert [(group.name, group.count) for group in await labels.groups()] == [("Fleet", 2)]


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ('na"s', "quotes"),
        ("na's.lan", "quotes"),
        ("na s", "spaces"),
        ("na\x1b[31ms", "control characters"),
        ("nas\nlan", "line breaks"),
        ("-oProxyCommand=id", "begin with '-'"),
        ("ssh://nas", "without ssh://"),
        ("root@nas", "user name has its own field"),
        ("nas:22", "no IPv6 address"),
        ("999.1.1.1", "no IPv4 address"),
        ("a" * 64 + ".lan", "between the dots"),
        ("", "Give a host name"),
        ("$(reboot)", "has others"),
    ],
)
def test_a_host_that_cannot_be_is_refused_with_its_reason(host: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ServerCreate.model_validate({"name": "x", "host": host, "username": "root"})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("NAS.Lan.", "nas.lan"),
        ("127.0.0.1", "127.0.0.1"),
        ("[2001:DB8::0:1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("bücher.example", "xn--bcher-kva.example"),
        (" my_host ", "my_host"),
    ],
)
def test_a_host_is_kept_in_its_plain_form(given: str, kept: str) -> None:
    new = ServerCreate.model_validate({"name": "x", "host": given, "username": "root"})
    assert new.host == kept


@pytest.mark.parametrize("username", ["", "-l", "ro ot", 'r"t', "a;b", "a\nb", "x" * 65, "$x"])
def test_a_user_name_that_cannot_be_is_refused(username: str) -> None:
    with pytest.raises(ValidationError):
        ServerCreate.model_validate({"name": "x", "host": "nas", "username": username})


@pytest.mark.parametrize("port", [0, -1, 65536, "ssh"])
def test_a_port_that_cannot_be_is_refused(port: object) -> None:
    with pytest.raises(ValidationError):
        ServerCreate.model_validate({"name": "x", "host": "nas", "username": "root", "port": port})
