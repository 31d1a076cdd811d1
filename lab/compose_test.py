"""`make compose-test`: build the three images, start docker-compose.yml on a real engine, use it.

Needs root and, on Debian: docker.io, iptables, debootstrap and Compose (docker-compose). The engine
is this test's own, in a folder of its own; no image is pulled: the base images are made here from
Debian packages. Takes about ten minutes. `--debian FOLDER` takes a root made by debootstrap before.
"""

import argparse
import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import httpx2

ROOT = Path(__file__).parents[1]
NETWORK = "172.30.94"
SERVICES = ("postgres", "backend", "frontend")
BASES = {  # for each service: the packages of its base image
    "postgres": "postgresql",
    "backend": "python3 python3-venv",
    "frontend": "nginx-light curl",
}
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PASSWORD = "four words and more"


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def fail(text: str) -> NoReturn:
    """End the test with what is wrong."""
    sys.exit(f"compose-test: {text}")


def run(
    *words: str | Path, environment: Mapping[str, str] | None = None, seconds: float = 900
) -> str:
    """Run a program and return what it printed; show that when it fails."""
    done = subprocess.run(
        words,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout[-6000:], done.stderr[-6000:], sep="\n")
        fail(f"{' '.join(map(str, words))} ended with {done.returncode}")
    return done.stdout + done.stderr


def compose_command() -> Sequence[str]:
    """Return the Compose of this machine: the plugin, or the program."""
    with contextlib.suppress(OSError):
        if (
            subprocess.run(
                ["docker", "compose", "version"], capture_output=True, check=False
            ).returncode
            == 0
        ):
            return ("docker", "compose")
    return ("docker-compose",)


def require_parts() -> None:
    """Say what is missing, in one line."""
    if os.geteuid() != 0:
        fail("run it as root")
    programs = ["dockerd", "docker", "iptables", "debootstrap", compose_command()[0]]
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in programs if shutil.which(name, path=path) is None]
    if missing:
        fail(
            f"{', '.join(missing)} missing:"
            " apt-get install docker.io iptables debootstrap docker-compose"
        )
    if not (ROOT / "frontend/dist/index.html").is_file():
        fail("the web interface is not built: make frontend")


@contextlib.contextmanager
def engine(folder: Path) -> Iterator[str]:
    """Run a Docker engine for the length of the block; yield its address."""
    address = f"unix://{folder}/docker.sock"
    log = (folder / "dockerd.log").open("w")
    daemon = subprocess.Popen(
        [
            *("dockerd", "-H", address, "--data-root", folder / "data"),
            *("--exec-root", folder / "exec", "-p", folder / "docker.pid"),
        ],
        stdout=log,
        stderr=log,
    )
    try:
        wait_for(lambda: _answers(address), "the engine", 60)
        yield address
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        log.close()
        # The engine leaves its own network namespace mounted, which would keep the folder.
        namespace = folder / "exec/netns/default"
        subprocess.run(["umount", namespace], capture_output=True, check=False)


def _answers(address: str) -> bool:
    asked = subprocess.run(["docker", "-H", address, "version"], capture_output=True, check=False)
    return asked.returncode == 0


def wait_for(is_there: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait until it is there, at most so long."""
    end = time.monotonic() + seconds
    while not is_there():
        if time.monotonic() > end:
            fail(f"{what} did not come within {seconds:.0f} s")
        time.sleep(1)


def make_bases(debian: Path | None, folder: Path) -> None:
    """Make the base images from Debian's packages."""
    root = debian or folder / "debian"
    if debian is None:
        say("debootstrap")
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", root)
    say("import it")
    archive = folder / "debian.tar"
    run("tar", "-C", root, "-cf", archive, ".")
    run("docker", "import", archive, "unity-test-debian")
    archive.unlink()
    context = folder / "bases"
    context.mkdir()
    for service, packages in BASES.items():
        say(f"base image of {service}: {packages}")
        (context / "Dockerfile").write_text(_base(context, packages))
        tag = f"unity-test-base-{service}"
        run("docker", "build", "--network", "host", "-t", tag, context)


def _base(context: Path, packages: str) -> str:
    """Return the recipe of a base image that reaches what this machine reaches."""
    lines = ["FROM unity-test-debian"]
    for file in (CERTIFICATES, Path("/etc/pip.conf")):
        if file.exists():
            shutil.copy(file, context / file.name)
            lines.append(f"COPY {file.name} {file}")
    install = f"apt-get update -q && apt-get install -y -q --no-install-recommends {packages}"
    lines.append(f"RUN {install}")
    lines += [f'ENV {k}="{v}"' for k, v in os.environ.items() if k.startswith("PIP_")]
    return "\n".join(lines) + "\n"


def build_images() -> None:
    """Build what the compose file names."""
    for service in SERVICES:
        say(f"image of {service}")
        run(
            *("docker", "build", "--network", "host", "-t", f"unity-{service}:test"),
            *("-f", ROOT / f"deploy/{service}.Dockerfile"),
            *("--build-arg", f"BASE=unity-test-base-{service}", ROOT),
        )


class Deployment:
    """The compose file, started once."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        (folder / "postgres_password").write_text(secrets.token_hex(24) + "\n")
        (folder / "postgres_password").chmod(0o644)
        self._environment = {
            "UNITY_TAG": "test",
            "UNITY_PORT": str(self.port),
            "UNITY_NETWORK": NETWORK,
            "UNITY_SECRETS": str(folder),
        }

    def compose(self, *words: str, seconds: float = 300) -> str:
        """Run a Compose command on it."""
        command = (*compose_command(), "-f", str(ROOT / "docker-compose.yml"), "-p", "unitytest")
        return run(*command, *words, environment=self._environment, seconds=seconds)

    def container(self, service: str) -> str:
        """Return the id of a service's container."""
        return self.compose("ps", "-q", service).strip().splitlines()[-1]

    def health(self, service: str) -> str:
        """Return what the engine thinks of a service."""
        form = "{{.State.Health.Status}}"
        return run("docker", "inspect", "-f", form, self.container(service)).strip()


def expect(is_so: object, what: str) -> None:
    """Say what was seen, or fail with it."""
    if not is_so:
        fail(f"not so: {what}")
    say(f"  ok: {what}")


def first_run(deployment: Deployment) -> None:
    """Do through the frontend what a newcomer does."""
    url = f"http://127.0.0.1:{deployment.port}"
    log = deployment.compose("logs", "backend")
    token = re.search(r"within one hour: (\S+)", log)
    if token is None:
        fail("the backend's log shows no first-run token")
    with httpx2.Client(base_url=url, headers={"Origin": url}, timeout=30) as browser:
        page = browser.get("/")
        expect(page.status_code == 200 and "nonce-" in str(page.headers), "the page has its policy")
        asset = re.search(r'(?:\./|/)(assets/[^"]+\.js)', page.text)
        script = browser.get(f"/{asset[1]}") if asset else page
        expect("immutable" in script.headers["cache-control"], "its script comes from nginx")
        account = {"name": "alice", "full_name": "", "password": PASSWORD, "token": token[1]}
        made = browser.post("/api/auth/setup", json=account)
        expect(made.status_code == 201, f"the first account is made ({made.status_code})")
        browser.headers["X-CSRF-Token"] = made.json()["csrf_token"]
        overview = browser.get("/api/infrastructure/overview")
        expect(overview.status_code == 200, "the overview answers")
        servers = browser.get("/api/infrastructure/servers").json()
        expect(servers["total"] == 0, "the container is not shown as a machine")
        sessions = browser.get("/api/auth/sessions").json()
        expect(sessions[0]["address"] != f"{NETWORK}.10", "the visitor's address is known")
        follow_live(browser)


def follow_live(browser: httpx2.Client) -> None:
    """Change something and see it arrive on an open stream."""
    with browser.stream("GET", "/api/live") as stream:
        pieces = stream.iter_text()
        expect("hello" in next(pieces), "a stream opens at once")
        started = time.monotonic()
        changed = browser.post("/api/jobs/core.history/pause")
        expect(changed.status_code == 200, f"a job is paused ({changed.status_code})")
        seen = ""
        while "event: schedule" not in seen:
            seen += next(pieces)
        waited = time.monotonic() - started
        expect(waited < 5, f"the stream tells after {waited:.1f} s, unbuffered")


def check_containers(deployment: Deployment) -> None:
    """Look at what runs."""
    for service in SERVICES:
        who = run("docker", "exec", deployment.container(service), "id", "-u").strip()
        expect(who != "0", f"{service} runs as account {who}")
    secret = run("docker", "exec", deployment.container("backend"), "env")
    expect("PASSWORD=" not in secret, "no password in the environment")


def check_health_and_restart(deployment: Deployment) -> None:
    """See that health means something, and that data stays."""
    deployment.compose("stop", "backend")
    probe = "curl -fsS -m 10 http://127.0.0.1:8080/readyz"
    asked = ["docker", "exec", deployment.container("frontend"), "sh", "-c", probe]
    expect(
        subprocess.run(asked, capture_output=True, check=False).returncode != 0,
        "no backend, no health",
    )
    deployment.compose("up", "--detach", "--no-build")
    wait_for(lambda: deployment.health("backend") == "healthy", "the backend", 180)
    url = f"http://127.0.0.1:{deployment.port}"
    with httpx2.Client(base_url=url, timeout=30) as browser:
        wait_for(lambda: browser.get("/readyz").status_code == 200, "the way to the backend", 30)
        answer = browser.post("/api/auth/login", json={"name": "alice", "password": PASSWORD})
        expect(answer.status_code == 200, "the account is there after a restart")


def main() -> None:
    """Run the whole test."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--debian", type=Path, help="a root made by debootstrap before")
    parser.add_argument("--keep", action="store_true", help="leave the folder for a look")
    arguments = parser.parse_args()
    require_parts()
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="unity-compose-"))
    try:
        with engine(folder) as address:
            os.environ |= {"DOCKER_HOST": address, "DOCKER_BUILDKIT": "0"}
            make_bases(arguments.debian, folder)
            build_images()
            use(Deployment(folder))
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    say(f"compose-test: all is well after {time.monotonic() - started:.0f} s")


def use(deployment: Deployment) -> None:
    """Start the services, use them, and take them down."""
    say("start")
    try:
        deployment.compose("up", "--detach", "--no-build")
        for service in SERVICES:
            wait_for(lambda s=service: deployment.health(s) == "healthy", service, 180)
            say(f"  ok: {service} is healthy")
        first_run(deployment)
        check_containers(deployment)
        check_health_and_restart(deployment)
    except SystemExit:
        print(deployment.compose("logs", "--tail", "60"))
        raise
    finally:
        say("stop")
        deployment.compose("down", "--volumes")


if __name__ == "__main__":
    main()
