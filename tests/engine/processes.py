"""A Docker Engine and a registry as processes of ours: own folder, own bridge, one firewall rule for the latter."""

from collections.abc import Mapping
import contextlib
from dataclasses import dataclass, field
import hashlib
import json
import os
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from typing import Any
import urllib.request

from .api import Api

ROOT = Path(__file__).resolve().parents[2]
# Debian's machines have these outside of the path of a plain user
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
UNPACKED_REGISTRY = ROOT / ".tools/registry/usr/bin/docker-registry"
UP_WITHIN, DOWN_WITHIN = 20.0, 8.0
# Not chroot: what such an engine runs in a container would see the machine's own root.
INTO_TREE = """
tree=$1 shared=$2
shift 2
mount --bind "$tree" "$tree"
cd "$tree"
mount -t proc proc proc
mount -t tmpfs run run
mount --rbind /sys sys
mount --rbind /dev dev
mkdir -p ".$shared" .machine
mount --rbind "$shared" ".$shared"
pivot_root . .machine
cd /
busybox umount -l /.machine
exec "$@"
"""


class NoEngine(Exception):
    """No engine can be had here; the text says why."""


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PATH": PATH}
    )


def alive(pid: int) -> bool:
    """Whether a process runs; one that is only waiting to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def _pid(file: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        if alive(pid := int(file.read_text())):
            return pid
    return None


def _end(pid: int, within: float) -> bool:
    """End one process, gently first; returns whether it is gone."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        until = time.monotonic() + within
        while time.monotonic() < until:
            ended = not alive(pid)
            # one of ours is buried by us, and until then others take it for alive
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if ended:
                return True
            time.sleep(0.05)
    return False


@dataclass(frozen=True, slots=True)
class Dockerd:
    """An engine in a folder, which may be started, killed and started again over what it keeps there.

    It listens on a unix socket and on a port of loopback: plain, or with TLS and client certificates where `tls` is
    a folder with ca.pem, server.pem and server-key.pem. size: of the disk of its own that it keeps everything on, in
    MiB, None for that of the machine; options: what its daemon.json says; tree: the root that its programs lie in, None
    for that of the machine. What is in the folder of temporary files has the same path in both.
    """

    folder: Path
    port: int
    tls: Path | None = None
    size: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    tree: Path | None = None

    @property
    def socket(self) -> Path:
        """Return the path of its unix socket."""
        return self.folder / "docker.sock"

    @property
    def api(self) -> Api:
        """Return what asks it."""
        return Api(self.socket)

    @property
    def bridge(self) -> str:
        """Return the name of its bridge: engines that share one take each other's addresses away."""
        return f"hsm{hashlib.sha256(bytes(self.folder)).hexdigest()[:8]}"

    @property
    def pid(self) -> int | None:
        """Return its process, where it runs."""
        return _pid(self.folder / "docker.pid")

    def start(self) -> None:
        """Start it and wait until it answers. Raises NoEngine."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_bridge()
        self._make_disk()
        self._forget_the_dead()
        log = ""
        # an overlay cannot lie on another one, as in a container without a volume
        for storage in self._storage():
            log = self._try(storage)
            if not log:
                (self.folder / "storage").write_text(storage)
                return
        raise NoEngine(f"dockerd does not start: {log}")

    def kill(self) -> None:
        """Kill the engine; its containers go on."""
        if pid := self.pid:
            os.kill(pid, signal.SIGKILL)
            _end(pid, DOWN_WITHIN)

    def halt(self) -> None:
        """Stop the engine; containers end, and what it keeps stays."""
        if pid := self.pid:
            _end(pid, DOWN_WITHIN)

    def stop(self) -> None:
        """Stop the engine and remove all that it kept."""
        if self.pid is None and _pid(self._containerd):
            # it was killed: only an engine ends what its containers left behind
            with contextlib.suppress(NoEngine):
                self.start()
        if self.pid:
            with contextlib.suppress(OSError):
                self.api.remove_containers()
        self.halt()
        if pid := _pid(self._containerd):
            _end(pid, DOWN_WITHIN)
        for mount in self._mounts():
            _run("umount", "--lazy", mount)
        _run("iptables", "--wait", "--delete", "FORWARD", *self._rule())
        _run("ip", "link", "del", self.bridge)
        if not self._mounts():
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _containerd(self) -> Path:
        return self.folder / "exec/containerd/containerd.pid"

    def _forget_the_dead(self) -> None:
        """Forget what ended with its engine, and a killed engine: dead and not yet buried they would pass for alive."""
        until = time.monotonic() + 2
        while _pid(self._containerd) and self.pid is None and time.monotonic() < until:
            time.sleep(0.02)
        for file in (self._containerd, self.folder / "docker.pid"):
            if _pid(file) is None:
                file.unlink(missing_ok=True)

    def _storage(self) -> tuple[str, ...]:
        if self.options.get("features"):
            # containerd keeps the images, on what it chooses itself
            return ("",)
        known = self.folder / "storage"
        return (known.read_text(),) if known.exists() else ("overlay2", "vfs")

    def _subnet(self) -> str:
        """Return the first two numbers of its networks, which no other engine here has."""
        kept = self.folder / "subnet"
        if not kept.exists():
            taken = _run("ip", "-o", "address").stdout
            mine = self.port % 128
            free = (f"10.{64 + (mine + step) % 128}" for step in range(128))
            kept.write_text(next(found for found in free if f" {found}." not in taken))
        return kept.read_text()

    def _make_bridge(self) -> None:
        if (Path("/sys/class/net") / self.bridge).exists():
            return
        made = _run("ip", "link", "add", "name", self.bridge, "type", "bridge")
        if made.returncode:
            raise NoEngine(f"no bridge can be made: {made.stderr.strip()}")
        _run("ip", "addr", "add", f"{self._subnet()}.0.1/24", "dev", self.bridge)
        _run("ip", "link", "set", self.bridge, "up")
        # another engine on this machine may have closed the way between the ports of a bridge
        _run("iptables", "--wait", "--insert", "FORWARD", *self._rule())

    def _make_disk(self) -> None:
        data = self.folder / "data"
        if self.size is None or str(data) in self._mounts():
            return
        data.mkdir(exist_ok=True)
        made = _run("mount", "-t", "tmpfs", "-o", f"size={self.size}m", "hsm", str(data))
        if made.returncode:
            raise NoEngine(f"no disk of its own can be made: {made.stderr.strip()}")

    def _rule(self) -> list[str]:
        """Return the one firewall rule: what our bridges hand on inside of themselves is let through."""
        return [*["-i", "hsm+", "-o", "hsm+", "-j", "ACCEPT", "-m", "comment", "--comment"], self.bridge]

    def _command(self, storage: str) -> list[str]:
        folder = self.folder
        command = [
            *self._into_tree(),
            "dockerd",
            f"--host=unix://{self.socket}",
            f"--host=tcp://127.0.0.1:{self.port}",
            f"--data-root={folder / 'data'}",
            f"--exec-root={folder / 'exec'}",
            f"--pidfile={folder / 'docker.pid'}",
            f"--config-file={folder / 'daemon.json'}",
            *([f"--storage-driver={storage}"] if storage else []),
            f"--bridge={self.bridge}",
            f"--default-address-pool=base={self._subnet()}.128.0/17,size=24",
            "--iptables=false",
            "--ip-masq=false",
            "--ip-forward=false",
            "--shutdown-timeout=1",
        ]
        if self.tls is None:
            return [*command, "--tls=false"]
        return [
            *command,
            "--tlsverify",
            f"--tlscacert={self.tls / 'ca.pem'}",
            f"--tlscert={self.tls / 'server.pem'}",
            f"--tlskey={self.tls / 'server-key.pem'}",
        ]

    def _into_tree(self) -> list[str]:
        if self.tree is None:
            return []
        here = ["unshare", "--mount", "--propagation=private", "bash", "-ec", INTO_TREE, "into-tree"]
        return [*here, str(self.tree), tempfile.gettempdir()]

    def _try(self, storage: str) -> str:
        """Start it on one kind of storage; returns the end of its log where that fails."""
        (self.folder / "daemon.json").write_text(json.dumps(dict(self.options)))
        log = self.folder / "dockerd.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                self._command(storage),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                # the width of a terminal would cut its listings of processes
                env={k: v for k, v in os.environ.items() if k not in ("DOCKER_HOST", "COLUMNS")}
                | {"PATH": PATH}
                # as newer ones than this one do by themselves
                | ({"DOCKER_MIN_API_VERSION": "1.44"} if self.tree else {}),
            )
        until = time.monotonic() + UP_WITHIN
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(OSError):
                if self.api.call("GET", "/_ping")[0] == 200:
                    return ""
            time.sleep(0.05)
        if process.poll() is None:
            _end(process.pid, DOWN_WITHIN)
        return log.read_text(errors="replace")[-400:]

    def _mounts(self) -> list[str]:
        """Return what is mounted below the folder, innermost first."""
        found = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        return sorted((item for item in found if item.startswith(f"{self.folder}/")), reverse=True)


@dataclass(frozen=True, slots=True)
class Registry:
    """A docker-registry on loopback that keeps its images in a folder."""

    folder: Path
    port: int

    @property
    def host(self) -> str:
        """Return what stands before the name of an image in it."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises NoEngine."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = (
            str(UNPACKED_REGISTRY)
            if UNPACKED_REGISTRY.exists()
            else shutil.which("docker-registry", path=PATH)
        )
        if program is None:
            raise NoEngine("no docker-registry")
        config = self.folder / "config.yml"
        config.write_text(
            "version: 0.1\n"
            f"storage: {{filesystem: {{rootdirectory: {self.folder / 'images'}}}, delete: {{enabled: true}}}}\n"
            f'http: {{addr: "{self.host}", relativeurls: true}}\n'
        )
        with (self.folder / "log").open("ab") as out:
            process = subprocess.Popen(
                [program, "serve", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        (self.folder / "pid").write_text(str(process.pid))
        until = time.monotonic() + UP_WITHIN
        while time.monotonic() < until and process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{self.host}/v2/", timeout=2):
                return
            time.sleep(0.05)
        raise NoEngine("docker-registry does not start: " + (self.folder / "log").read_text()[-400:])

    def stop(self) -> None:
        """Stop it and remove its images."""
        if pid := _pid(self.folder / "pid"):
            _end(pid, DOWN_WITHIN)
        shutil.rmtree(self.folder, ignore_errors=True)
