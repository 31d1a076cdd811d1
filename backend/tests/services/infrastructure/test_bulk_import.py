import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.kernel.database import Database
from app.models.infrastructure.monitored_server import MonitoredServer
from app.schemas.infrastructure.bulk_import import (
    ImportFormat,
    ImportLine,
    ImportPlan,
    ImportRequest,
    Verdict,
)
from app.services.infrastructure.bulk_import import BulkImport
from app.services.infrastructure.import_ansible import (
    expand,
    read_ansible_ini,
    read_ansible_yaml,
)
from app.services.infrastructure.import_csv import read_csv
from app.services.infrastructure.import_ssh_config import read_ssh_config
from tests.fixtures.infrastructure import ALICE, Rooms, server

SSH_CONFIG = """
# my machines
User default
Host gate
    HostName gate.example.org
    Port 2222
Host nas "back up"
  HostName=192.0.2.7
  User unity
  ProxyJump root@gate:22
Host *.lan !printer.lan
  User lan
Host web.lan
Host *
  Port 22
  User nobody
Include ~/.ssh/more
Match host secret exec "rm -rf /"
  User evil
"""

INI = """
mail.example.com ansible_user=post
[web]
web[01:03].example.com
10.0.0.5:2200 ansible_host=203.0.113.5 # comment
[web:vars]
ansible_user=www
ansible_port=2022
[db]
db-[a:c:2] ansible_port=5
[prod:children]
web
db
[windows]
win1 ansible_connection=winrm
"""

YAML = """
all:
  vars:
    ansible_user: ops
  hosts:
    lone:
  children:
    web:
      hosts:
        web[1:2].lan:
        odd:
          ansible_host: 192.0.2.50
          ansible_port: 2200
          ansible_user: "{{ vault_user }}"
      children:
        canary:
          hosts:
            odd:
"""


async def plan(database: Database, rooms: Rooms, text: str, **fields: object) -> ImportPlan:
    request = ImportRequest.model_validate({"text": text, **fields})
    async with database.snapshot() as session:
        return await BulkImport(session, rooms.servers(session)).plan(request)


def by_name(plan: ImportPlan) -> dict[str, ImportLine]:
    return {line.name: line for line in plan.lines}


def address(line: ImportLine) -> str:
    return f"{line.username}@{line.host}:{line.port}"


async def test_an_ssh_config_is_read_as_openssh_reads_it(database: Database, rooms: Rooms) -> None:
    found = await plan(database, rooms, SSH_CONFIG)
    lines = by_name(found)
    assert found.format is ImportFormat.SSH_CONFIG
    # The first value of a keyword counts, and what stands before all blocks is the first.
    assert address(lines["gate"]) == "default@gate.example.org:2222"
    assert address(lines["nas"]) == "default@192.0.2.7:22"
    assert lines["nas"].jump == "gate"
    assert lines["back up"].verdict is Verdict.EXISTS  # the same login as nas
    assert lines["*.lan"].verdict is Verdict.SKIPPED
    assert "not followed" in lines["Include ~/.ssh/more"].note
    assert all("evil" not in line.username for line in found.lines)


async def test_an_ini_inventory_has_ranges_groups_and_variables(
    database: Database, rooms: Rooms
) -> None:
    found = await plan(database, rooms, INI)
    lines = by_name(found)
    assert found.format is ImportFormat.ANSIBLE_INI
    assert address(lines["mail.example.com"]) == "post@mail.example.com:22"
    assert address(lines["web02.example.com"]) == "www@web02.example.com:2022"
    assert address(lines["10.0.0.5"]) == "www@203.0.113.5:2200"
    assert lines["web02.example.com"].groups == ["web", "prod"]
    assert {"db-a", "db-c"} <= lines.keys()
    assert "db-b" not in lines
    assert lines["win1"].verdict is Verdict.SKIPPED


async def test_a_yaml_inventory_is_read_with_its_groups(database: Database, rooms: Rooms) -> None:
    found = await plan(database, rooms, YAML)
    lines = by_name(found)
    assert found.format is ImportFormat.ANSIBLE_YAML
    assert address(lines["lone"]) == "ops@lone:22"
    assert address(lines["web2.lan"]) == "ops@web2.lan:22"
    assert address(lines["odd"]) == "root@192.0.2.50:2200"
    assert set(lines["odd"].groups) == {"web", "canary"}


async def test_csv_is_read_with_any_usual_delimiter(database: Database, rooms: Rooms) -> None:
    for text in (
        "name,host,port,user,tags\nnas,192.0.2.1,2222,unity,a;b\n",
        "\ufeffName;Hostname;SSH Port;Login;Tag\r\nnas;192.0.2.1;2222;unity;a|b\r\n",
        "user\tip\tlabel\tport\ttags\nunity\t192.0.2.1\tnas\t2222\ta b\n",
    ):
        found = await plan(database, rooms, text)
        assert found.format is ImportFormat.CSV
        assert address(found.lines[0]) == "unity@192.0.2.1:2222"
        assert found.lines[0].tags == ["a", "b"]


async def test_a_bad_line_costs_itself_only(database: Database, rooms: Rooms) -> None:
    async with database.transaction() as session:
        await rooms.servers(session).create(ALICE, server())
    text = (
        "name,host,port,user\n"
        'quote,"na""s",22,root\n'
        "port,h.lan,99999,root\n"
        "user,h.lan,22,ro ot\n"
        "escape\x1b[31m,h.lan,22,root\n"
        "nas2,192.0.2.10,22,unity\n"
        "nas,other.lan,22,unity\n"
        "short\n"
        "good,good.lan,,\n"
        "twin,GOOD.lan.,22,root\n"
    )
    request = ImportRequest(text=text, tags=["imported"])
    async with database.transaction() as session:
        result = await BulkImport(session, rooms.servers(session)).apply(ALICE, request)
    verdicts = {line.name: (line.verdict.value, line.note) for line in result.plan.lines}
    assert result.entered == 2
    assert verdicts["quote"] == ("invalid", "host: A host name has no quotes.")
    assert verdicts["port"][0] == verdicts["user"][0] == verdicts["escape"][0] == "invalid"
    assert verdicts["nas2"] == ("exists", "Entered already, as nas.")
    assert verdicts["nas"][0] == "exists"
    assert verdicts["twin"] == ("exists", "The same login as in line 9.")
    assert verdicts["short"][0] == verdicts["good"][0] == "new"
    async with database.snapshot() as session:
        assert await session.scalar(select(func.count(MonitoredServer.id))) == 3


async def test_jump_hosts_are_entered_before_those_behind_them(
    database: Database, rooms: Rooms
) -> None:
    text = (
        "Host inner\n ProxyJump middle\nHost lost\n ProxyJump nowhere\n"
        "Host middle\n ProxyJump gate\nHost gate\n"
    )
    async with database.transaction() as session:
        result = await BulkImport(session, rooms.servers(session)).apply(
            ALICE, ImportRequest(text=text)
        )
    lines = by_name(result.plan)
    assert result.entered == 3
    assert lines["lost"].verdict is Verdict.INVALID
    assert "nowhere" in lines["lost"].note
    async with database.snapshot() as session:
        rows = {row.name: row for row in await session.scalars(select(MonitoredServer))}
    assert rows["inner"].jump_server_id == rows["middle"].id
    assert rows["middle"].jump_server_id == rows["gate"].id


async def test_only_the_chosen_lines_are_entered(database: Database, rooms: Rooms) -> None:
    request = ImportRequest(text="name,host\na,a.lan\nb,b.lan\n", only=[3])
    async with database.transaction() as session:
        result = await BulkImport(session, rooms.servers(session)).apply(ALICE, request)
    async with database.snapshot() as session:
        names = (await session.scalars(select(MonitoredServer.name))).all()
    assert (result.entered, names) == (1, ["b"])


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("web[01:03]", ["web01", "web02", "web03"]),
        ("n[8:12:2].lan", ["n8.lan", "n10.lan", "n12.lan"]),
        ("[a:b][1:2]", ["a1", "a2", "b1", "b2"]),
        ("plain", ["plain"]),
        ("x[3:1]", []),
        ("x[aa:bb]", []),
    ],
)
def test_a_range_names_its_machines(pattern: str, names: list[str]) -> None:
    assert list(expand(pattern)) == names


@pytest.mark.parametrize(
    "text",
    [
        "all:\n  hosts: &a [*a]\n",
        "a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
        "!!python/object/apply:os.system ['id']",
        "- just\n- a list\n",
        "all: [1, 2",
        "all:\n\thosts:\n",
        "[" * 5000,
        "all:\n  children:\n    a: text\n",
        "2001-99-99: 1\n",
    ],
)
def test_yaml_that_is_no_inventory_is_a_line_with_a_reason(text: str) -> None:
    entries = read_ansible_yaml(text)
    assert entries
    assert all(entry.is_invalid and entry.note for entry in entries)


def test_a_range_over_all_addresses_is_refused_not_unfolded() -> None:
    entries = read_ansible_ini("x[1:9999999999]\ny[0:9999999][0:9999999]\n")
    assert [entry.is_invalid for entry in entries] == [True, True]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (read_ssh_config, read_ansible_ini, read_ansible_yaml, read_csv):
        read(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["host" + " " * 500_000 + "=", "Host a" + " " * 500_000 + "b"])
async def test_a_very_long_line_is_read_in_no_time(
    database: Database, rooms: Rooms, text: str
) -> None:
    async with database.snapshot() as session:
        imports = BulkImport(session, rooms.servers(session))
        assert (await imports.plan(ImportRequest(text=text))).new <= 2
