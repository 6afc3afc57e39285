"""A real UPS server on loopback: Debian's upsd and upsmon over the dummy driver, whose states a test writes.

They are unpacked below .tools by script/nut; a loud skip where they cannot be had. Nothing runs but what is started
here, and nothing outside of the test's own folder is touched: upsmon's shutdown command only writes a file.
"""

from collections.abc import Callable, Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
import os
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import time

from tests.engine.processes import free_port

ROOT = Path(__file__).parents[2]
TREE = ROOT / ".tools/nut"
PROGRAMS = TREE / "lib/nut"
LIBRARIES = f"{TREE}/usr/lib/x86_64-linux-gnu:{TREE}/lib/x86_64-linux-gnu"
UPS = "rack"
# name, password and rights of upsd.users
USERS = {
    "primary": ("primary-pass", "upsmon primary\n  actions = SET\n  instcmds = ALL"),
    "ha": ('sp"ace \\ pass', "upsmon secondary"),
    "observer": ("observer-pass", "actions = SET\n  instcmds = ALL"),
}
# seconds until upsd calls a silent driver stale
MAXAGE = 2
START: Mapping[str, str] = {
    "ups.mfr": "Maker Works",
    "ups.model": "Backer 900",
    "device.mfr": "Maker Works",
    "device.model": "Backer 900",
    "device.serial": "MW21A004711",
    "ups.serial": "MW21A004711",
    "ups.status": "OL CHRG",
    "ups.load": "21",
    "ups.realpower.nominal": "540",
    "ups.beeper.status": "enabled",
    "battery.charge": "98",
    "battery.charge.low": "15",
    "battery.runtime": "1460",
    "input.voltage": "231.0",
    "output.voltage": "231.0",
    "ups.test.result": "No test initiated",
}
NOTICES = [
    "ONLINE",
    "ONBATT",
    "LOWBATT",
    "FSD",
    "COMMOK",
    "COMMBAD",
    "SHUTDOWN",
    "REPLBATT",
    "NOCOMM",
    "NOPARENT",
]
WITHIN = 40.0


class NoNut(Exception):
    """It cannot be had here."""


def install() -> None:
    """Unpack it where it is not there. Raises NoNut."""
    if not shutil.which("apt-get"):
        raise NoNut("no apt-get to fetch it with")
    done = subprocess.run([ROOT / "script/nut"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNut(done.stderr.strip()[-400:] or "it cannot be fetched")


def until(holds: Callable[[], object], what: str, within: float = WITHIN) -> None:
    """Wait for something to hold. Raises AssertionError."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"not within {within} s: {what}"
        time.sleep(0.05)


@dataclass
class RealNut:
    """One upsd with one UPS, in a folder of its own."""

    folder: Path
    # seconds after which what the driver said is stale
    maxage: int = MAXAGE
    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    # Running

    def start(self, **more: str) -> None:
        """Write the settings, start driver and server, and wait until both speak."""
        self.etc.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(exist_ok=True)
        self._configure()
        self.say(**START, **more)
        self.start_driver()
        self.start_server()
        until(lambda: "OL" in self.ask(f"GET VAR {UPS} ups.status"), "upsd shows the UPS")

    def start_driver(self) -> None:
        """Start the driver, where it is not running."""
        self._start("driver", "dummy-ups", "-a", UPS, "-u", self.user, "-F")

    def start_server(self) -> None:
        """Start upsd, where it is not running, and wait until it listens."""
        self._start("upsd", "upsd", "-u", self.user, "-F")
        until(lambda: self.ask("VER"), "upsd answers")

    def start_upsmon(self, hostsync: int) -> None:
        """Start the primary's upsmon; its shutdown command writes the time."""
        (self.etc / "upsmon.conf").write_text(
            f"MONITOR {UPS}@127.0.0.1:{self.port} 1 primary primary-pass primary\n"
            f'SHUTDOWNCMD "date +%s.%N > {self.down}"\nPOWERDOWNFLAG {self.folder}/killpower\n'
            f"RUN_AS_USER {self.user}\nMINSUPPLIES 1\nPOLLFREQ 1\nPOLLFREQALERT 1\nHOSTSYNC {hostsync}\n"
            "DEADTIME 5\nFINALDELAY 0\n" + "".join(f"NOTIFYFLAG {what} IGNORE\n" for what in NOTICES)
            # nobody is logged in whom it should tell
        )
        (self.etc / "upsmon.conf").chmod(0o600)
        self._start("upsmon", "upsmon", "-F", *(() if self.user != "root" else ("-p",)))
        until(lambda: "NUMLOGINS rack 0" not in self.ask(f"GET NUMLOGINS {UPS}"), "upsmon has logged in")

    def kill(self, what: str) -> None:
        """Kill driver, upsd or upsmon."""
        if (process := self.processes.pop(what, None)) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def silence(self, silent: bool) -> None:
        """Let the driver fall silent, or speak again."""
        os.kill(self.processes["driver"].pid, signal.SIGSTOP if silent else signal.SIGCONT)

    def stop(self) -> None:
        """End all."""
        if "driver" in self.processes:
            self.silence(False)
        for what in (*self.processes,):
            self.kill(what)

    # The UPS

    def say(self, **values: str) -> None:
        """Have the UPS say other values; `ups_status="OB"` too. The driver reads them within a second."""
        given = {key.replace("_", "."): value for key, value in values.items()}
        self._values = {**self.__dict__.get("_values", {}), **given}
        text = "".join(f"{key}: {value}\n" for key, value in self._values.items())
        new = self.etc / "rack.new"
        new.write_text(text)
        new.replace(self.etc / "rack.dev")

    def ask(self, *lines: str) -> str:
        """Say some lines to upsd and return all that it answers; "" where it does not."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as found:
            found.settimeout(5)
            found.sendall("".join(f"{line}\n" for line in (*lines, "LOGOUT")).encode())
            parts = []
            while part := found.recv(65536):
                parts.append(part)
            return b"".join(parts).decode()
        return ""

    def announce_shutdown(self) -> None:
        """Set FSD as the primary does; it stays until upsd is started again."""
        self.ask("USERNAME primary", "PASSWORD primary-pass", f"PRIMARY {UPS}", f"FSD {UPS}")

    @property
    def logins(self) -> int:
        """How many have logged in."""
        return int(self.ask(f"GET NUMLOGINS {UPS}").split()[2])

    @property
    def down(self) -> Path:
        """The file that is there once upsmon has shut its machine down."""
        return self.folder / "down"

    # Its folder

    @property
    def etc(self) -> Path:
        """Where its settings are."""
        return self.folder / "etc"

    @property
    def run(self) -> Path:
        """Where its sockets are."""
        return self.folder / "run"

    @property
    def user(self) -> str:
        """Whom it runs as: the one who runs the tests."""
        return os.environ.get("USER") or ("root" if os.geteuid() == 0 else "nobody")

    def _configure(self) -> None:
        users = "".join(
            f"[{name}]\n  password = {_quoted(password)}\n  {rights}\n"
            for name, (password, rights) in USERS.items()
        )
        files = {
            "nut.conf": "MODE=netserver\n",
            "ups.conf": f'pollinterval = 1\n[{UPS}]\n  driver = dummy-ups\n  port = rack.dev\n  desc = "The \\"rack\\" below"\n',
            "upsd.conf": f"LISTEN 127.0.0.1 {self.port}\nMAXAGE {self.maxage}\nSTATEPATH {self.run}\n",
            "upsd.users": users,
        }
        for name, text in files.items():
            (self.etc / name).write_text(text)
            (self.etc / name).chmod(0o640)

    def _start(self, name: str, program: str, *arguments: str) -> None:
        if name in self.processes:
            return
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(PROGRAMS / program), *arguments],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ
                | {
                    "LD_LIBRARY_PATH": f"{LIBRARIES}:{os.environ.get('LD_LIBRARY_PATH', '')}",
                    "NUT_CONFPATH": str(self.etc),
                    "NUT_STATEPATH": str(self.run),
                    "NUT_ALTPIDPATH": str(self.run),
                    "NUT_PIDPATH": str(self.run),
                },
            )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextlib.contextmanager
def running(folder: Path, maxage: int = MAXAGE, **values: str) -> Iterator[RealNut]:
    """Run a UPS server for as long as it is needed. Raises NoNut."""
    install()
    nut = RealNut(folder, maxage)
    try:
        nut.start(**values)
        yield nut
    finally:
        nut.stop()
