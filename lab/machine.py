"""A whole Debian machine with real (emulated) disks, to try Unity against.

Four SATA disks with SMART, an NVMe disk, mdadm, LVM, btrfs, ZFS, PostgreSQL and Redis in a virtual
machine of QEMU. Root only, on Debian or Ubuntu; everything lives in one folder.

    python lab/machine.py build                 make the root file system once (ten minutes)
    python lab/machine.py start NAME PORT       boot it with SSH on 127.0.0.1:PORT (about 70 s)
    python lab/machine.py ssh NAME COMMAND...   run a command on it as root
    python lab/machine.py monitor NAME JSON     send a command to its monitor, which breaks hardware
    python lab/machine.py stop NAME             switch it off, keep its disks
    python lab/machine.py destroy NAME          and delete them

UNITY_LAB names the folder (/var/tmp/unity-lab), UNITY_LAB_SUITE the Debian (bookworm; trixie is
the first whose ZFS speaks JSON), UNITY_LAB_ZFS=0 leaves ZFS out.
"""

import contextlib
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

FOLDER = Path(os.environ.get("UNITY_LAB", "/var/tmp/unity-lab"))  # noqa: S108 - root's own, kept over a reboot
SUITE = os.environ.get("UNITY_LAB_SUITE", "bookworm")
HAS_ZFS = os.environ.get("UNITY_LAB_ZFS", "1") != "0"
PACKAGES = (
    "linux-image-amd64,openssh-server,smartmontools,mdadm,lvm2,thin-provisioning-tools,nvme-cli,"
    "btrfs-progs,systemd-sysv,iproute2,lm-sensors,udev,kmod,ifupdown,sudo,fdisk,python3-minimal,"
    "postgresql,redis-server"
)
HOST_PACKAGES = ("debootstrap", "qemu-system-x86", "openssh-client")
DISK_SIZE, ROOT_SIZE = 300 * 1024**2, 4 * 1024**3
_TRIES = 4
BOOT_SECONDS, SSH_SECONDS = 300, 420
_SSH = (
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60"),
)
_INTERFACE = "auto eth0\niface eth0 inet static\n  address 10.0.2.15/24\n  gateway 10.0.2.2\n"


class LabError(Exception):
    """The laboratory cannot do it; the text says why."""


def run(*words: str | Path, seconds: float = 3600) -> str:
    """Run a program and return what it printed, or raise with its last words."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{words[0]} did not end within {seconds:.0f} s") from error
    if done.returncode != 0:
        raise LabError(f"{words[0]} ended with {done.returncode}: {done.stderr[-1500:]}")
    return done.stdout


class Image:
    """The root file system of a Debian, made once for all machines."""

    def __init__(self, suite: str = SUITE) -> None:
        self.suite = suite
        self.root = FOLDER / f"root-{suite}{'-zfs' if HAS_ZFS else ''}"
        self.file = self.root.with_name(self.root.name + ".img")
        self.key = FOLDER / "key"

    def build(self) -> None:
        """Make it, unless it is there."""
        if self.file.exists():
            return
        if os.geteuid() != 0:
            raise LabError("run it as root: it makes a root file system")
        run("apt-get", "update", "-q")
        run("apt-get", "install", "-y", "-q", "--no-install-recommends", *HOST_PACKAGES)
        FOLDER.mkdir(parents=True, exist_ok=True)
        if not (self.root / ".complete").exists():
            shutil.rmtree(self.root, ignore_errors=True)
            run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", self.suite, self.root)
            (self.root / ".complete").touch()
        if HAS_ZFS:
            self._add_zfs()
        self._settle()
        part = self.file.with_suffix(".part")
        with part.open("wb") as file:
            file.truncate(ROOT_SIZE)
        run("mkfs.ext4", "-q", "-F", "-d", self.root, part)
        part.rename(self.file)

    def _add_zfs(self) -> None:
        """Build the module inside the root, for its own kernel."""
        if any(self.root.glob("lib/modules/*/updates/dkms/zfs.ko*")):
            return
        sources = self.root / "etc/apt/sources.list"
        sources.write_text(sources.read_text().replace(" main\n", " main contrib\n"))
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        run("mount", "-t", "proc", "proc", self.root / "proc")
        script = (
            "export DEBIAN_FRONTEND=noninteractive; apt-get update && apt-get install -y"
            " --no-install-recommends linux-headers-amd64 zfs-dkms zfsutils-linux; apt-get clean"
        )
        try:
            run("chroot", self.root, "sh", "-c", script)
        finally:
            run("umount", self.root / "proc")
        if not any(self.root.glob("lib/modules/*/updates/dkms/zfs.ko*")):
            raise LabError("the ZFS module was not built; UNITY_LAB_ZFS=0 leaves it out")

    def _settle(self) -> None:
        if not self.key.exists():
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)
        folder = self.root / "root/.ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(self.key.with_suffix(".pub"), folder / "authorized_keys")
        (self.root / "etc/network/interfaces.d/eth0").write_text(_INTERFACE)
        (self.root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")


class Machine:
    """One machine with disks of its own."""

    def __init__(self, name: str, suite: str = SUITE) -> None:
        self.name = name
        self.folder = FOLDER / f"machine-{name}"
        self.image = Image(suite)

    @property
    def port(self) -> int:
        """Where its SSH answers, on 127.0.0.1."""
        return int((self.folder / "port").read_text())

    @property
    def is_running(self) -> bool:
        """Say whether it answers."""
        try:
            self.ssh("true", seconds=90)
        except (LabError, OSError, ValueError):
            return False
        return True

    def start(self, port: int) -> None:
        """Boot it, and wait until it answers."""
        self.image.build()
        self.folder.mkdir(parents=True, exist_ok=True)
        root = self.folder / "root.img"
        if not root.exists():
            run("cp", "--sparse=always", "--reflink=auto", self.image.file, root)
        with (self.folder / "qemu.log").open("w") as log:
            started = subprocess.Popen(
                self._qemu(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(started.pid))
        (self.folder / "port").write_text(str(port))
        end = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < end:
            time.sleep(3)
            if started.poll() is not None:
                raise LabError((self.folder / "qemu.log").read_text())
            with contextlib.suppress(LabError):
                self.ssh("true", seconds=30)
                self._stay_connected()
                return
        raise LabError(f"it did not answer; see {self.folder}/console.log")

    def _qemu(self, port: int) -> list[str]:
        boot = self.image.root / "boot"
        kernel, initrd = next(boot.glob("vmlinuz-*")), next(boot.glob("initrd.img-*"))
        words = [
            *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max"),
            *("-m", "1024", "-smp", "2", "-display", "none"),
            *("-serial", f"file:{self.folder}/console.log"),
            *("-qmp", f"unix:{self.folder}/qmp.sock,server=on,wait=off"),
            *("-kernel", str(kernel), "-initrd", str(initrd)),
            *("-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet"),
            *("-drive", f"file={self.folder}/root.img,format=raw,if=virtio"),
            *("-device", "ahci,id=ahci"),
            *("-nic", f"user,hostfwd=tcp:127.0.0.1:{port}-:22"),
        ]
        for number in range(1, 5):
            words += ["-drive", f"id=s{number},file={self._disk(f'sata{number}')},{_DRIVE}"]
            place = f"id=sata{number},drive=s{number},bus=ahci.{number - 1}"
            name = f"serial={self.name}-SATA{number},model=LABDISK"
            words += ["-device", f"ide-hd,{place},{name}"]
        words += ["-drive", f"id=n0,file={self._disk('nvme')},{_DRIVE}"]
        return [*words, "-device", f"nvme,id=nvme0,drive=n0,serial={self.name}-NVME"]

    def _disk(self, name: str) -> Path:
        file = self.folder / f"{name}.img"
        if not file.exists():
            with file.open("wb") as disk:
                disk.truncate(DISK_SIZE)
        return file

    def ssh(self, *words: str, seconds: float = SSH_SECONDS) -> str:
        """Run a command on it as root."""
        for _ in range(_TRIES):
            try:
                return run("ssh", *self._login(), *words, seconds=seconds)
            except LabError as error:
                # A busy host lets the login wait for too long; nothing was run then.
                if "banner exchange" not in str(error):
                    raise
        raise LabError("its SSH does not answer")

    def _login(self) -> tuple[str, ...]:
        key, port = str(self.image.key), str(self.port)
        return (*_SSH, "-S", str(self.folder / "ssh"), "-i", key, "-p", port, "root@127.0.0.1")

    def _stay_connected(self) -> None:
        """Keep one connection that all later commands share: a login takes seconds here."""
        subprocess.run(
            ["ssh", "-f", "-N", "-M", *self._login()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=SSH_SECONDS,
        )

    def sh(self, script: str, seconds: float = SSH_SECONDS) -> str:
        """Run a script of the shell on it, which ends at its first failure."""
        return self.ssh(f"sh -euc {shlex.quote(script)}", seconds=seconds)

    def put(self, path: str, content: bytes) -> None:
        """Write an executable file on it."""
        script = f"cat > {shlex.quote(path)} && chmod 755 {shlex.quote(path)}"
        words = ["ssh", *self._login(), script]
        subprocess.run(words, input=content, check=True, timeout=SSH_SECONDS)

    def monitor(self, command: dict[str, object]) -> dict[str, object]:
        """Send one command to the machine's monitor."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(str(self.folder / "qmp.sock"))
            file = wire.makefile("rw")
            file.readline()
            answer: dict[str, object] = {}
            for line in (json.dumps({"execute": "qmp_capabilities"}), json.dumps(command)):
                file.write(line + "\n")
                file.flush()
                answer = json.loads(file.readline())
                while "event" in answer:
                    answer = json.loads(file.readline())
        if "error" in answer:
            raise LabError(f"the monitor refused: {answer['error']}")
        return answer

    def stop(self) -> None:
        """Switch it off."""
        if not (self.folder / "pid").exists():
            return
        with contextlib.suppress(LabError):
            self.ssh("sync", seconds=20)
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            os.kill(int((self.folder / "pid").read_text()), 15)

    def destroy(self) -> None:
        """Switch it off and delete its disks."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


_DRIVE = "format=raw,if=none"


@contextlib.contextmanager
def machine(name: str, suite: str = SUITE, *, keeps: bool = False) -> Iterator[Machine]:
    """Run a fresh machine for the length of the block, or the one that was kept."""
    one = Machine(name, suite)
    if keeps and one.is_running:
        yield one
        return
    one.destroy()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    one.start(port)
    try:
        yield one
    finally:
        if not keeps:
            one.destroy()


def main(words: Sequence[str]) -> None:
    """Do what the command line says."""
    match words:
        case ["build"]:
            Image().build()
        case ["start", name, port]:
            Machine(name).start(int(port))
        case ["ssh", name, *command]:
            print(Machine(name).ssh(*command), end="")
        case ["monitor", name, text]:
            print(json.dumps(Machine(name).monitor(json.loads(text))))
        case ["stop", name]:
            Machine(name).stop()
        case ["destroy", name]:
            Machine(name).destroy()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LabError as error:
        sys.exit(f"lab: {error}")
