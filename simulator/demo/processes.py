"""The two processes: each is ours alone, and is ended by its own id."""

from collections.abc import Sequence
import contextlib
import json
from pathlib import Path
import select
import signal
import socket
import subprocess
import sys
from typing import IO, override

from ..arr.mooring import NAMES as ARRS
from .configuration import write_configuration, write_http

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
PORTS = (
    "--port",
    "--control-port",
    "--docker-port",
    "--portainer-port",
    "--registry-port",
    "--scrutiny-port",
    "--qbittorrent-port",
    "--sabnzbd-port",
    "--plex-port",
    "--sonarr-port",
    "--radarr-port",
    "--prowlarr-port",
    "--ups-port",
)
# where the NAS and the engine say that these answer, so that they are not offered a second time
PREFERRED = {
    "--scrutiny-port": 31054,
    "--qbittorrent-port": 8085,
    "--sabnzbd-port": 8080,
    "--plex-port": 32400,
    "--sonarr-port": 8989,
    "--radarr-port": 7878,
    "--prowlarr-port": 9696,
    "--ups-port": 3493,
}
# how often it is started where a port that was free is taken
TRIES = 5


def free_port(first: int = 0) -> int:
    """Return `first` or the next port that is free on loopback; any free one for 0."""
    for port in range(first, first + 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            number: int = probe.getsockname()[1]
            return number
    raise OSError(f"No free port from {first} on")


class _Process:
    """A child in a session of its own: Ctrl-C in a terminal reaches us alone, and we end it in order."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._child: subprocess.Popen[str] | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def _spawn(self, *arguments: str, cwd: Path, pipe: bool = False) -> IO[str] | None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self._child = subprocess.Popen(  # noqa: S603 # our own command lines
                [sys.executable, "-m", *arguments],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        return self._child.stdout

    def stop(self, grace: float = 45.0) -> None:
        """End it cleanly; by force where that takes longer than `grace` seconds."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(grace)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
        if child.stdout is not None:
            child.stdout.close()

    def tail(self, characters: int = 3000) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-characters:]


class SimulatedServer(_Process):
    """`python -m simulator`; started again after `stop` it has the same ports and the same certificate."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__(folder / "simulator.log")
        self._arguments: Sequence[str] = (
            "--state-dir",
            str(folder / "simulator"),
            "--scrutiny",
            "--downloads",
            "--plex",
            "--arrs",
            "--ups",
            *arguments,
        )
        # as PORTS names them
        self.ports: tuple[int, ...] = ()
        self.url = self.control = self.api_key = self.limited_key = self.username = self.fingerprint = ""
        self.portainer = self.portainer_key = self.scrutiny = ""
        self.qbittorrent = self.sabnzbd = self.sabnzbd_key = self.download_user = self.download_password = ""
        self.plex = self.plex_token = ""
        self.ups = self.ups_user = self.ups_password = ""
        # where each Arr answers, with its key
        self.arrs: dict[str, tuple[str, str]] = {}

    def start(self, deadline: float = 30.0, *, tries: int = TRIES) -> None:
        """Start it and wait until it answers, at most `deadline` seconds; on other ports where one was taken meanwhile."""
        chosen = not self.ports
        if chosen:
            self.ports = tuple(free_port(PREFERRED.get(name, 0) if tries == TRIES else 0) for name in PORTS)
        ports = [text for name, port in zip(PORTS, self.ports, strict=True) for text in (name, str(port))]
        output = self._spawn("simulator", *self._arguments, *ports, cwd=ROOT, pipe=True)
        assert output is not None
        ready, _, _ = select.select([output], [], [], deadline)
        line = output.readline() if ready else ""
        if not line:
            self.stop()
            if chosen and tries > 1 and "already in use" in self.tail():
                # another one, started at the same moment, was faster
                self.ports = ()
                self.start(deadline, tries=tries - 1)
                return
            raise RuntimeError(f"The simulator did not start:\n{self.tail()}")
        told = json.loads(line)
        self.url, self.control = told["truenas"], told["control"]
        self.api_key, self.limited_key = told["api_key"], told["limited_key"]
        self.username, self.fingerprint = told["username"], told["fingerprint"]
        self.portainer, self.portainer_key = told["portainer"], told["portainer_key"]
        self.scrutiny = told["scrutiny"]
        self.plex, self.plex_token = told["plex"], told["plex_token"]
        self.arrs = {name: (told[name], told[f"{name}_key"]) for name in ARRS}
        self.qbittorrent, self.sabnzbd = told["qbittorrent"], told["sabnzbd"]
        self.download_user, self.download_password = told["download_user"], told["download_password"]
        self.sabnzbd_key = told["sabnzbd_key"]
        self.ups, self.ups_user, self.ups_password = told["ups"], told["ups_user"], told["ups_password"]


class HomeAssistant(_Process):
    """A Home Assistant on loopback with a configuration of its own and this checkout's integration in it."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        super().__init__(folder / "home-assistant.log")
        self.config = folder / "config"
        self.port = port or free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it; when it answers is the client's to find out."""
        if not (self.config / "configuration.yaml").exists():
            write_configuration(self.config, ROOT / "custom_components")
        write_http(self.config, LOOPBACK, self.port)
        self._spawn("homeassistant", "-c", str(self.config), "--skip-pip", "--log-no-color", cwd=self.config)

    @override
    def tail(self, characters: int = 3000) -> str:
        """Return the end of its log."""
        return super().tail(characters) if self.log.exists() else ""
