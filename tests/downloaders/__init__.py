"""Real qBittorrent and Transmission on loopback, with a tracker and a peer that has what is to be downloaded.

They are Debian's, unpacked below .tools by script/downloaders; a loud skip where they cannot be had. Nothing of them
leaves the machine: no DHT, no port mapping, and the only tracker is ours.
"""

from collections.abc import Iterator
import contextlib
from dataclasses import dataclass, field
import hashlib
import http.server
import json
import os
from pathlib import Path
import shutil
import socket
import subprocess
import threading
import time
from typing import Any
import urllib.parse
import urllib.request

from tests.engine.processes import free_port

ROOT = Path(__file__).parents[2]
TREE = ROOT / ".tools/downloaders"
LIBRARIES = TREE / "usr/lib/x86_64-linux-gnu"
USER, PASSWORD = "admin", "adminadmin"
PIECE = 32 * 1024
# bytes a second that the peer gives
SERVED = 600 * 1024


class NoClients(Exception):
    """They cannot be had here."""


def install() -> None:
    """Unpack them where they are not there. Raises NoClients."""
    if not shutil.which("apt-get"):
        raise NoClients("no apt-get to fetch them with")
    done = subprocess.run([ROOT / "script/downloaders"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoClients(done.stderr.strip()[-400:] or "they cannot be fetched")


def bencode(value: Any) -> bytes:
    """Return what torrents and trackers are written in."""
    match value:
        case int():
            return b"i%de" % value
        case bytes():
            return b"%d:%b" % (len(value), value)
        case str():
            return bencode(value.encode())
        case list():
            return b"l" + b"".join(map(bencode, value)) + b"e"
        case dict():
            return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"
    raise TypeError(type(value))


@dataclass(frozen=True)
class Torrent:
    """A torrent and the file that it is about."""

    name: str
    content: bytes
    document: bytes
    id: str

    @classmethod
    def make(
        cls, name: str, size: int, tracker: Tracker, *, private: bool = False, served: bool = False
    ) -> Torrent:
        """Return one of random bytes; `served`: a peer has them, else nobody does."""
        content = os.urandom(size)
        pieces = b"".join(hashlib.sha1(content[at : at + PIECE]).digest() for at in range(0, size, PIECE))
        info = {
            "name": name,
            "length": size,
            "piece length": PIECE,
            "pieces": pieces,
            "private": int(private),
        }
        about = {"announce": tracker.url, "info": info}
        document = bencode(about)
        made = cls(name, content, document, hashlib.sha1(bencode(info)).hexdigest())
        if served:
            tracker.peer.torrents[bytes.fromhex(made.id)] = made
        return made


class Peer:
    """Has everything and gives it to everybody, slowly.

    It connects by itself to whoever announces a torrent: Transmission never connects to a loopback address.
    """

    def __init__(self) -> None:
        self.torrents: dict[bytes, Torrent] = {}

    def meet(self, key: bytes, port: int) -> None:
        """Connect to somebody who wants a torrent."""
        if key in self.torrents and port:
            threading.Thread(target=self._serve, args=(self.torrents[key], port), daemon=True).start()

    def _serve(self, torrent: Torrent, port: int) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(60)
            key = bytes.fromhex(torrent.id)
            stream = connection.makefile("rwb")
            stream.write(b"\x13BitTorrent protocol" + bytes(8) + key + b"-XX0001-abcdefghijkl")
            stream.flush()
            if stream.read(68)[28:48] != key:
                return
            pieces = -(-len(torrent.content) // PIECE)
            _send(stream, 5, (((1 << pieces) - 1) << (-pieces % 8)).to_bytes(-(-pieces // 8), "big"))
            _send(stream, 1)
            while head := stream.read(4):
                message = stream.read(int.from_bytes(head, "big"))
                if message[:1] == b"\x06":
                    index, begin, length = (int.from_bytes(message[at : at + 4], "big") for at in (1, 5, 9))
                    start = index * PIECE + begin
                    _send(stream, 7, message[1:9] + torrent.content[start : start + length])
                    time.sleep(length / SERVED)


def _send(stream: Any, kind: int, body: bytes = b"") -> None:
    stream.write((1 + len(body)).to_bytes(4, "big") + bytes([kind]) + body)
    stream.flush()


class Tracker(http.server.ThreadingHTTPServer):
    """Tells its one peer who asks; `unknown` are the torrents that it does not know."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Announce)
        self.peer = Peer()
        self.unknown: set[str] = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """Where it is announced to."""
        return f"http://127.0.0.1:{self.server_address[1]}/announce"


class _Announce(http.server.BaseHTTPRequestHandler):
    server: Tracker

    def do_GET(self) -> None:
        asked = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(asked.query, encoding="latin-1")
        key = query.get("info_hash", [""])[0].encode("latin-1")
        if key.hex() in self.server.unknown:
            answer: Any = {"failure reason": "Torrent not registered with this tracker."}
        else:
            answer = {"interval": 5, "complete": 1, "incomplete": 1, "peers": b""}
        self._answer(200, bencode(answer))
        if query.get("event") != ["stopped"]:
            self.server.peer.meet(key, int(query.get("port", ["0"])[0]))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class RealClient:
    """One running client, in a folder of its own."""

    kind: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its web page is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def saved(self) -> Path:
        """Where it downloads to."""
        return self.folder / "saved"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.saved.mkdir(parents=True, exist_ok=True)
        command = self._qbittorrent() if self.kind == "qbittorrent" else self._transmission()
        paths = f"{LIBRARIES}:{os.environ.get('LD_LIBRARY_PATH', '')}"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=os.environ | {"LD_LIBRARY_PATH": paths, "HOME": str(self.folder)},
            )
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(urllib.error.HTTPError):
                try:
                    urllib.request.urlopen(self.url, timeout=2).close()
                except urllib.error.HTTPError:
                    return
                except OSError:
                    time.sleep(0.05)
                    continue
                return
        raise NoClients(f"{self.kind} does not answer: {(self.folder / 'log').read_text()[-400:]}")

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def _qbittorrent(self) -> list[str]:
        settings = self.folder / "qBittorrent/config/qBittorrent.conf"
        settings.parent.mkdir(parents=True, exist_ok=True)
        if not settings.exists():
            settings.write_text(
                "[LegalNotice]\nAccepted=true\n"
                f"[BitTorrent]\nSession\\Port={free_port()}\nSession\\DHTEnabled=false\nSession\\PeXEnabled=false\n"
                f"Session\\LSDEnabled=false\nSession\\DefaultSavePath={self.saved}\nSession\\Interface=lo\n"
                "[Network]\nPortForwardingEnabled=false\n"
                "[Preferences]\nWebUI\\Address=127.0.0.1\nWebUI\\LocalHostAuth=true\nWebUI\\UseUPnP=false\n"
            )
        return [
            str(TREE / "usr/bin/qbittorrent-nox"),
            f"--profile={self.folder}",
            f"--webui-port={self.port}",
        ]

    def _transmission(self) -> list[str]:
        config = self.folder / "config"
        config.mkdir(exist_ok=True)
        if not (config / "settings.json").exists():
            settings = {
                "rpc-port": self.port,
                "rpc-bind-address": "127.0.0.1",
                "bind-address-ipv4": "127.0.0.1",
                "rpc-authentication-required": True,
                "rpc-username": USER,
                "rpc-password": PASSWORD,
                "rpc-whitelist-enabled": False,
                "download-dir": str(self.saved),
                "peer-port": free_port(),
                # the peer of the tests speaks in the clear
                "encryption": 0,
                "dht-enabled": False,
                "lpd-enabled": False,
                "pex-enabled": False,
                "utp-enabled": False,
                "port-forwarding-enabled": False,
            }
            (config / "settings.json").write_text(json.dumps(settings))
        return [str(TREE / "usr/bin/transmission-daemon"), "--foreground", "--config-dir", str(config)]


@contextlib.contextmanager
def running(kind: str, folder: Path) -> Iterator[RealClient]:
    """Run a client for as long as it is needed."""
    client = RealClient(kind, folder)
    try:
        client.start()
        yield client
    finally:
        client.stop()
