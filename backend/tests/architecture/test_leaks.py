"""No secret leaves its place: canaries in every secret field, searched for everywhere else.

The fields come from the OpenAPI document: a new secret field fails here until a scene fills it.
"""

import asyncio
import base64
import json
import logging as standard_logging
import shutil
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import httpx2
import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app import bootstrap
from app.kernel import logging
from app.kernel.clock import SystemClock
from app.kernel.config import CollectPart, LogPart, Settings
from app.kernel.crypto import read_root_key
from app.main import create_app
from app.services.core.audit import KEY_INFO, AuditLog
from app.services.core.job_schedules import CLOCK
from app.services.core.passwords import Passwords
from app.services.core.platform import Platform
from app.services.core.plugins.parts import catalog_of, runner_of
from app.services.core.setup_tokens import SetupTokens
from app.services.core.users import UserService
from tests.fixtures.asgi import ask
from tests.fixtures.leaks import Canaries, Evidence, secret_fields
from tests.parts.oidc import CLIENT_ID, CLIENT_SECRET, running_provider

TATTLES = Path(__file__).parents[1] / "adapters" / "bad_plugins" / "tattles.py"
NOWHERE = "127.0.0.1"  # with a port where nobody listens
Body = Mapping[str, object]


@dataclass
class Stage:
    """A whole Unity with its jobs, and somebody who types secrets into it."""

    app: FastAPI
    platform: Platform
    canaries: Canaries
    evidence: Evidence
    filled: set[str] = field(default_factory=set)
    csrf: str = ""
    http: httpx2.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        self.http = httpx2.AsyncClient(transport=transport, base_url="http://unity.test")

    def secret(self, name: str) -> str:
        """Return the canary of `Schema.field`, and note that it was filled."""
        self.filled.add(name)
        return self.canaries.new(name)

    async def send(self, method: str, path: str, body: Body | None = None) -> httpx2.Response:
        """Send a request, and keep all of the answer as evidence but the session's own cookie."""
        headers = {"X-CSRF-Token": self.csrf} if self.csrf else {}
        if body is None:
            answer = await self.http.request(method, path, headers=headers)
        else:
            answer = await self.http.request(method, path, headers=headers, json=body)
        kept = {k: v for k, v in answer.headers.items() if k.lower() != "set-cookie"}
        shown = answer.text
        if method == "POST" and path == "/api/tokens" and answer.is_success:
            shown = shown.replace(answer.json()["token"], "")  # the one answer that may
        if method == "POST" and path.startswith("/api/auth/second-factor") and answer.is_success:
            shown = ""  # the answers that show the key and the recovery codes, once
        self.evidence.add(f"answer of {method} {path}", json.dumps(kept) + shown)
        for name, value in self.http.cookies.items():
            self.canaries.know(f"cookie {value[:4]}", f"{value}")
            assert name in {"unity_session", "unity_sign_on", "unity_pending"}
        return answer


@asynccontextmanager
async def _open(folder: Path, template: Path) -> AsyncIterator[Stage]:
    await asyncio.to_thread(shutil.copy, template, folder / "unity.db")
    settings = Settings(
        data=folder, log=LogPart(level="DEBUG"), collect=CollectPart(add_local=False)
    )
    unity = await bootstrap.build(settings)
    unity.platform.identity.passwords = Passwords(memory_kib=64, passes=1)
    with pytest.MonkeyPatch.context() as patch:
        # The built-in plugins know no secret here, and would only take the time to be asked.
        patch.setattr("app.adapters.plugin_workers.finding.GROUP", "unity.plugins.none")
        async with unity.running():
            stage = Stage(create_app(unity), unity.platform, Canaries(), Evidence())
            yield stage
            await stage.http.aclose()


async def _play(stage: Stage) -> None:
    """Type a canary into every secret field, rightly and wrongly."""
    await _log_in(stage)
    await _manage_users(stage)
    await _manage_identity(stage)
    await _manage_credentials(stage)
    await _manage_servers(stage)
    await _manage_notifications(stage)
    await _manage_backups(stage)
    await _manage_assistant(stage)
    await _manage_plugins(stage)
    await _spoil_every_field(stage)
    for path in (
        "/metrics",
        "/api/audit?limit=500",
        "/api/audit/export",
        "/api/audit/checkpoints",
        "/api/activity?limit=200",
        "/api/activity/stuck",
        "/api/search?q=ca&limit=100",
        "/api/jobs",
        "/api/job-runs?per_page=200",
    ):
        assert (await stage.send("GET", path)).status_code == 200, path


async def _log_in(stage: Stage) -> None:
    clock, platform = SystemClock(), stage.platform
    async with platform.database.transaction() as session:
        audit = AuditLog(session, clock, platform.vault.subkey(KEY_INFO))
        users = UserService(session, clock, audit)
        token = await SetupTokens(session, clock, users).issue()
    stage.canaries.know("Setup.token", token)
    stage.filled.add("Setup.token")
    first = stage.secret("Setup.password")
    body = {"token": token, "name": "alice", "password": first}
    assert (await stage.send("POST", "/api/auth/setup", body)).status_code == 201
    wrong = {"name": "alice", "password": stage.secret("Login.password")}
    assert (await stage.send("POST", "/api/auth/login", wrong)).status_code == 401
    wrong = {"name": stage.canaries.new("a password as the name"), "password": "whatever it is"}
    assert (await stage.send("POST", "/api/auth/login", wrong)).status_code == 401
    right = {"name": "alice", "password": first}
    stage.csrf = (await stage.send("POST", "/api/auth/login", right)).json()["csrf_token"]
    body = {"password": stage.secret("StepUp.password")}
    assert (await stage.send("POST", "/api/auth/step-up", body)).status_code == 403
    second = stage.secret("PasswordChange.password")
    stage.filled.add("PasswordChange.current")
    body = {"current": first, "password": second}
    assert (await stage.send("POST", "/api/auth/password", body)).status_code == 204


async def _manage_users(stage: Stage) -> None:
    body = {"name": "bob", "password": stage.secret("UserCreate.password")}
    bob = (await stage.send("POST", "/api/users", body)).json()["id"]
    body = {"password": stage.secret("PasswordReset.password")}
    assert (await stage.send("POST", f"/api/users/{bob}/password", body)).status_code == 204
    wish = {"name": "grafana", "scopes": ["metrics:read"]}
    token = (await stage.send("POST", "/api/tokens", wish)).json()["token"]
    stage.canaries.know("an API token", token.split("_", 2)[2])
    query = f"/api/metrics/series?q={token}"
    await stage.send("GET", query)


async def _manage_identity(stage: Stage) -> None:
    """Set a second factor up and enter a provider; what is shown once is looked for elsewhere."""
    begun = (await stage.send("POST", "/api/auth/second-factor")).json()
    stage.canaries.know("the key of the second factor", begun["key"])
    path = "/api/auth/second-factor/confirm"
    wrong = await stage.send("POST", path, {"code": stage.secret("CodeInput.code")})
    assert wrong.status_code == 403, wrong.text
    code = pyotp.TOTP(begun["key"]).now()
    done = await stage.send("POST", path, {"code": code})
    assert done.status_code == 200, done.text
    for number, recovery in enumerate(done.json()["codes"]):
        stage.canaries.know(f"recovery code {number}", recovery)
    assert (await stage.send("GET", "/api/auth/second-factor")).json()["is_set"] is True
    body = {"code": stage.secret("StepUp.code")}
    assert (await stage.send("POST", "/api/auth/step-up", body)).status_code == 403
    body = {"code": done.json()["codes"][0]}
    assert (await stage.send("POST", "/api/auth/step-up", body)).status_code == 204
    await stage.send("POST", "/api/auth/login/code", {"code": stage.canaries.new("CodeInput.code")})
    await _finish_logins(stage, pyotp.TOTP(begun["key"]), done.json()["codes"][1])
    wish = {
        "title": "Provider",
        "issuer": f"http://{NOWHERE}:1",
        "client_id": "unity",
        "client_secret": stage.secret("IdentityProviderWrite.client_secret"),
    }
    made = await stage.send("POST", "/api/identity-providers", wish)
    assert made.status_code == 201, made.text
    provider_id = made.json()["id"]
    await stage.send("POST", f"/api/identity-providers/{provider_id}/test")
    refused = await stage.send("POST", "/api/auth/sign-on", {"provider_id": provider_id})
    assert refused.status_code == 503, refused.text
    body = {"state": "x", "code": stage.secret("SignOnReturn.code")}
    assert (await stage.send("POST", "/api/auth/sign-on/finish", body)).status_code == 409
    assert (await stage.send("GET", "/api/identity-providers")).status_code == 200
    await _sign_on(stage)


async def _finish_logins(stage: Stage, app: pyotp.TOTP, recovery_code: str) -> None:
    """Log in with the code of an app, and with a recovery code."""
    right = {"name": "alice", "password": stage.canaries.values["PasswordChange.password"]}
    # The code of this half minute has counted already.
    for code in (app.at(datetime.now(UTC), counter_offset=1), recovery_code):
        halfway = await stage.send("POST", "/api/auth/login", right)
        assert halfway.json()["next_step"] == "second_factor", halfway.text
        done = await stage.send("POST", "/api/auth/login/code", {"code": code})
        assert done.json()["user"]["name"] == "alice", done.text
        stage.csrf = done.json()["csrf_token"]


async def _sign_on(stage: Stage) -> None:
    """Come in by a provider that lets somebody in; the way back bears a code, its answer tokens."""
    with running_provider() as provider:
        provider.redirect_uris = [f"{stage.http.base_url}/login/callback"]
        provider.person.claims |= {"preferred_username": "zoe", "groups": ["staff"]}
        wish = {
            "title": "A real one",
            "issuer": provider.issuer,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "roles": {"staff": "viewer"},
            "makes_users": True,
        }
        stage.canaries.know("the client secret", CLIENT_SECRET)
        made = await stage.send("POST", "/api/identity-providers", wish)
        assert made.status_code == 201, made.text
        cookies, csrf = dict(stage.http.cookies), stage.csrf
        stage.http.cookies.clear()  # in another browser
        stage.csrf = ""
        begun = await stage.send("POST", "/api/auth/sign-on", {"provider_id": made.json()["id"]})
        back = await asyncio.to_thread(provider.go_to, begun.json()["url"])
        stage.canaries.know("the provider's code", back["code"])
        done = await stage.send("POST", "/api/auth/sign-on/finish", back)
        assert done.json()["session"]["user"]["name"] == "zoe", done.text
        for number, token in enumerate(provider.tokens):
            stage.canaries.know(f"access token {number} of the provider", token)
        assert (await stage.send("GET", "/api/auth/session")).json()["user"]["name"] == "zoe"
        stage.http.cookies.clear()  # back to alice
        stage.http.cookies.update(cookies)
        stage.csrf = csrf


async def _manage_credentials(stage: Stage) -> None:
    made = await stage.send(
        "POST",
        "/api/credentials/logins",
        {
            "name": "root",
            "username": "root",
            "password": stage.secret("ServerCredentialCreate.password"),
        },
    )
    assert made.status_code == 201, made.text
    body = {"password": stage.secret("ServerCredentialEdit.password")}
    path = f"/api/credentials/logins/{made.json()['id']}"
    assert (await stage.send("PATCH", path, body)).status_code == 200
    passphrase = stage.secret("SSHKeyImport.passphrase")
    key = asyncssh.generate_private_key("ssh-ed25519")
    pem = key.export_private_key(passphrase=passphrase, rounds=64).decode()
    stage.filled.add("SSHKeyImport.private_key")
    stage.canaries.know("SSHKeyImport.private_key", pem.splitlines()[2])
    stage.canaries.know("the key without its passphrase", _middle(key))
    body = {"name": "key", "private_key": pem, "passphrase": passphrase}
    answer = await stage.send("POST", "/api/credentials/ssh-keys/import", body)
    assert answer.status_code == 201, answer.text


def _middle(key: asyncssh.SSHKey) -> str:
    return key.export_private_key().decode().splitlines()[2]


async def _manage_servers(stage: Stage) -> None:
    logins = (await stage.send("GET", "/api/credentials/logins")).json()["items"]
    keys = (await stage.send("GET", "/api/credentials/ssh-keys")).json()["items"]
    server = {
        "name": "nas",
        "host": NOWHERE,
        "port": 1,
        "username": "root",
        "credential_id": logins[0]["id"],
        "ssh_key_id": keys[0]["id"],
    }
    made = await stage.send("POST", "/api/infrastructure/servers", server)
    assert made.status_code in {201, 202}, made.text
    servers = (await stage.send("GET", "/api/infrastructure/servers")).json()["items"]
    body = {
        "ssh_key_id": keys[0]["id"],
        "one_time_password": stage.secret("KeyInstallRequest.one_time_password"),
    }
    path = f"/api/infrastructure/servers/{servers[0]['id']}/install-key"
    answer = await stage.send("POST", path, body)
    assert answer.status_code == 202, answer.text
    await _wait_for_jobs(stage)


async def _wait_for_jobs(stage: Stage) -> None:
    """Let the work that was asked for run to its (bad) end: nobody listens on that port.

    The clock's own runs do not count: some come every second, some wait a minute by their jitter.
    """
    waits: list[object] = []
    for _ in range(300):
        runs = (await stage.send("GET", "/api/job-runs?per_page=200")).json()["items"]
        asked = [run for run in runs if run["requested_by"] != CLOCK]
        waits = [run for run in asked if run["state"] in {"queued", "running"}]
        if asked and not waits:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"The jobs do not end: {waits}")


async def _manage_notifications(stage: Stage) -> None:
    """Enter a channel of each kind, test it, and let an alert fail on all of them."""
    stage.filled |= {"ChannelWrite.secrets", "DeadMansSwitchWrite.url"}

    def secret(name: str) -> str:
        # An address has no quotes, and Apprise wants letters and digits.
        value = stage.canaries.new(f"a channel's {name}").replace("'", "")
        stage.canaries.know(f"a channel's {name}", value)
        return value

    nowhere = f"http://{NOWHERE}:1"
    mail = {"host": NOWHERE, "port": 1, "username": "me", "sender": "a@b.test"}
    forms: tuple[tuple[str, Body, Body], ...] = (
        ("ntfy", {"server": nowhere}, {"topic": secret("topic"), "token": secret("token")}),
        (
            "webhook",
            {},
            {"url": f"{nowhere}/{secret('path')}", "secret": secret("key"), "token": secret("t")},
        ),
        ("email", {**mail, "recipients": ["c@d.test"]}, {"password": secret("password")}),
        ("apprise", {}, {"url": f"json://me:{secret('url')}@{NOWHERE}:1/"}),
        (
            "apprise:discord",
            {},
            {"webhook_id": secret("id"), "webhook_token": secret("webhook token")},
        ),
        ("apprise:jsons", {"schema": "json", "host": NOWHERE, "user": "me"}, {"password": "x"}),
    )
    path = "/api/notifications/channels"
    for number, (service, settings, secrets) in enumerate(forms):
        wish = {"service": service, "settings": settings, "secrets": secrets}
        made = await stage.send("POST", path, {**wish, "name": f"channel {number}"})
        assert made.status_code == 201, made.text
        if service != "apprise:discord":  # nothing leaves this machine
            tested = await stage.send("POST", f"{path}/{made.json()['id']}/test")
            assert tested.json()["has_arrived"] is False, tested.text
    wrong = {"name": "wrong", "service": "apprise", "secrets": {"url": f"x://{secret('wrong')}"}}
    assert (await stage.send("POST", path, wrong)).status_code == 422
    switch = {"url": f"{nowhere}/{secret('heartbeat')}"}
    answer = await stage.send("PUT", "/api/notifications/dead-mans-switch", switch)
    assert answer.is_success, answer.text
    for shown in (path, "/api/notifications/deliveries", "/api/notifications/health"):
        assert (await stage.send("GET", shown)).status_code == 200


async def _manage_backups(stage: Stage) -> None:
    """Save to a shelf that the search reads too, and to two places that do not answer."""
    shelf = stage.platform.settings.data / "shelf"
    await asyncio.to_thread(shelf.mkdir)
    body: dict[str, object] = {"passphrase": stage.secret("PassphraseWrite.passphrase")}
    assert (await stage.send("PUT", "/api/backups/passphrase", body)).is_success
    key = ("password", "private_key", "private_key_passphrase")
    places: list[dict[str, object]] = [
        {"kind": "folder", "folder": str(shelf)},
        {"kind": "sftp", "host": NOWHERE, "port": 1, "username": "root", "folder": "/x"}
        | {name: stage.secret(f"DestinationWrite.{name}") for name in key},
        {
            "kind": "s3",
            "endpoint": f"http://{NOWHERE}:1",
            "bucket": "b",
            "access_key_id": "k",
            "secret_access_key": stage.secret("DestinationWrite.secret_access_key"),
        },
    ]
    for place in places:
        where = "/api/backups/destinations"
        made = await stage.send("POST", where, place | {"name": str(place["kind"])})
        assert made.status_code == 201, made.text
        await stage.send("POST", f"{where}/{made.json()['id']}/test")
    for path in ("/api/backups", "/api/backups/drills"):
        assert (await stage.send("POST", path, {})).status_code == 202
    await _wait_for_jobs(stage)
    states = [one["state"] for one in (await stage.send("GET", "/api/backups")).json()["items"]]
    assert sorted(states) == ["failed", "failed", "succeeded"]
    for path in ("/api/backups/destinations", "/api/backups/settings", "/api/backups/drills"):
        assert (await stage.send("GET", path)).status_code == 200


async def _manage_plugins(stage: Stage) -> None:
    """Give a password to a plugin that puts it wherever it can; well, failing, and tried only."""
    stage.filled |= {"InstanceWrite.secrets", "InstanceTry.secrets"}
    folder = stage.platform.settings.data / "plugins"
    await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
    await asyncio.to_thread(shutil.copy, TATTLES, folder)
    await asyncio.to_thread((folder / TATTLES.name).chmod, 0o600)
    await catalog_of(stage.platform).scan()
    runner, where = runner_of(stage.platform), "/api/plugins/instances"
    for is_away in (False, True):
        body = {"name": f"Away {is_away}", "plugin": "tattles", "settings": {"is_away": is_away}}
        secrets = {"password": stage.canaries.new("a plugin's password")}
        assert (await stage.send("POST", "/api/plugins/test", {**body, "secrets": secrets})).json()
        secrets = {"password": stage.canaries.new("a plugin's password")}
        made = await stage.send("POST", where, {**body, "is_enabled": False, "secrets": secrets})
        assert made.status_code == 201, made.text
        one = f"{where}/{made.json()['id']}"
        said = await runner.run(uuid.UUID(made.json()["id"]), "tests")
        assert said["outcome"] == ("not_reachable" if is_away else "ok"), said
        for path in ("", "/runs", "/logs", "/diagnostics", *([] if is_away else ["/pages/all"])):
            assert (await stage.send("GET", one + path)).status_code == 200


async def _manage_assistant(stage: Stage) -> None:
    """Keep a key of a provider that does not answer, and ask it all the same."""
    path = "/api/assistant/settings"
    wish = {
        "is_enabled": True,
        "model": "m",
        "base_url": f"http://{NOWHERE}:1/v1",
        "api_key": stage.secret("AssistantSettingsWrite.api_key"),
    }
    assert (await stage.send("PUT", path, wish)).is_success
    tested = await stage.send("POST", f"{path}/test", {**wish, "protocol": "anthropic"})
    assert tested.json()["is_fine"] is False
    typed = stage.canaries.new("a password in a question")
    asked = await stage.send(
        "POST", "/api/assistant/questions", {"question": f"Is password={typed} safe?"}
    )
    assert "assistant-not-reached" in asked.text
    (row, *_) = (await stage.send("GET", "/api/assistant/exchanges")).json()["items"]
    assert row["state"] == "failed"
    assert (await stage.send("GET", f"/api/assistant/exchanges/{row['id']}")).is_success


async def _spoil_every_field(stage: Stage) -> None:
    """Send each secret in the wrong shape, and to a wrong place: errors must not repeat it."""
    document = create_app().openapi()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            name = schema.rpartition("/")[2]
            names = [f for f in secret_fields(document) if f.startswith(f"{name}.")]
            where = path.replace("{", "").replace("}", "")
            for full in names:
                canary = stage.canaries.new(full)
                prop = full.rpartition(".")[2]
                for value in ([canary], {"x": canary}, canary * 2000, canary + "\ud800"):
                    raw = json.dumps({prop: value, "unknown": canary})
                    await stage.http.request(
                        method.upper(),
                        where,
                        content=raw,
                        headers={"X-CSRF-Token": stage.csrf, "Content-Type": "application/json"},
                    )
                    await stage.send(method.upper(), where, json.loads(raw.replace("\\ud800", "")))


async def _crash(stage: Stage) -> None:
    """Break the database under the requests: a traceback must not tell what was typed."""
    async with stage.platform.database.transaction() as session:
        await session.execute(text("ALTER TABLE audit_entry RENAME TO gone"))
    new = {"name": "eve", "password": stage.canaries.new("UserCreate.password")}
    assert (await stage.send("POST", "/api/users", new)).status_code == 500
    login = {"name": "zoe", "password": stage.canaries.new("Login.password")}
    assert (await stage.send("POST", "/api/auth/login", login)).status_code == 500
    body = {
        "name": "other",
        "username": "root",
        "password": stage.canaries.new("ServerCredentialCreate.password"),
    }
    assert (await stage.send("POST", "/api/credentials/logins", body)).status_code == 500


@asynccontextmanager
async def _listening(stage: Stage) -> AsyncIterator[None]:
    """Keep all that the live bus carries, with every topic there is."""

    async def listen() -> None:
        topics = {"job", "schedule", "server", "alert", "notification"}
        async with stage.platform.live.subscribe(topics) as events:
            async for event in events:
                stage.evidence.add("live events", f"{event.topic} {event.payload}")

    async with asyncio.TaskGroup() as group:
        task = group.create_task(listen())
        await asyncio.sleep(0)
        yield
        cookie = "; ".join(f"{k}={v}" for k, v in stage.http.cookies.items())
        stream = await ask(stage.app, "GET", "/api/live", {"Cookie": cookie})
        assert stream.status == 200
        stage.evidence.add("SSE", stream.body)
        task.cancel()


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Put the log handlers back afterwards."""
    root = standard_logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("restored_logging")
async def test_no_secret_is_found_outside_of_its_place(
    tmp_path: Path,
    sqlite_template: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The provider of the scene runs in this process, and notes which tokens it has made.
    standard_logging.getLogger("authlib").setLevel(standard_logging.WARNING)
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the provider on the loopback has no TLS
    logging.configure("DEBUG", "json")
    async with _open(tmp_path, sqlite_template) as stage:
        async with _listening(stage):
            await _play(stage)
        assert secret_fields(stage.app.openapi()) == stage.filled, "give the new field a scene"
        stage.evidence.add_files(tmp_path)
        await _crash(stage)
        stage.evidence.add_files(tmp_path)
        root_key = read_root_key(stage.platform.settings.keys_folder)
        assert root_key is not None
        stage.canaries.know("the root key", root_key.hex())
        stage.canaries.know("the root key's file", base64.b64encode(root_key).decode())
    captured = capsys.readouterr()
    stage.evidence.add("log", captured.err)
    stage.evidence.add("standard output", captured.out)
    assert "request_crashed" in captured.err
    assert b"audit_entry" in stage.evidence.places["file unity.db"]
    assert any(place.startswith("file unity.db-wal") for place in stage.evidence.places)
    assert stage.evidence.leaks(stage.canaries) == set()


Plant = Callable[[Stage, str], Awaitable[None]]


async def _into_the_log(_stage: Stage, canary: str) -> None:
    logging.get_logger("planted").debug("planted", remark=f"typed {canary}")


async def _into_the_database(stage: Stage, canary: str) -> None:
    async with stage.platform.database.transaction() as session:
        await session.execute(
            text("INSERT INTO resource_group VALUES (:id, 'x', :text, :now, :now)"),
            {"id": "0" * 32, "text": f"was {canary}", "now": "2026-01-01 00:00:00.000000"},
        )


async def _into_an_answer(stage: Stage, canary: str) -> None:
    @stage.app.get("/planted")
    def planted() -> dict[str, str]:
        return {"note": canary}

    stage.app.router.routes.insert(0, stage.app.router.routes.pop())
    await stage.send("GET", "/planted")


async def _into_a_live_event(stage: Stage, canary: str) -> None:
    await stage.platform.live.publish("job", {"note": canary})
    await asyncio.sleep(0.05)


@pytest.mark.usefixtures("restored_logging")
@pytest.mark.parametrize(
    ("plant", "place"),
    [
        (_into_the_log, "log"),
        (_into_the_database, "file unity.db-wal"),
        (_into_an_answer, "answer of GET /planted"),
        (_into_a_live_event, "live events"),
    ],
)
async def test_a_planted_leak_is_found(
    plant: Plant,
    place: str,
    tmp_path: Path,
    sqlite_template: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.configure("DEBUG", "json")
    async with _open(tmp_path, sqlite_template) as stage:
        await _log_in(stage)
        async with _listening(stage):
            await plant(stage, stage.canaries.new("Login.password"))
        stage.evidence.add_files(tmp_path)
    stage.evidence.add("log", capsys.readouterr().err)
    assert stage.evidence.leaks(stage.canaries) == {(place, "Login.password")}
