"""upsd: one command a line, refused where the real one refuses it."""

import asyncio
from collections.abc import Iterable
import contextlib
from dataclasses import dataclass
import shlex
import uuid

from simulator.power import Ups

VERSION = "Network UPS Tools upsd 2.8.1 - https://www.networkupstools.org/"
# changes something, or counts as one that draws power
WRITES = ("INSTCMD", "SET VAR", "LOGIN", "FSD")


@dataclass(slots=True, eq=False)
class Session:
    """One connection: who it says it is, and whether it counts as one that draws power."""

    username: str = ""
    password: str = ""
    tracking: bool = False
    logged_in: bool = False


class NutFace:
    """The server for one UPS. `lines` are all that it was told, `refusals` what it answered ERR to."""

    def __init__(self, ups: Ups) -> None:
        self.ups = ups
        self.lines: list[str] = []
        self.refusals: list[str] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free port of loopback; returns it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        found: int = self._server.sockets[0].getsockname()[1]
        return found

    async def stop(self) -> None:
        """End all."""
        if self._server is not None:
            self._server.close()
            self._server.close_clients()
            await self._server.wait_closed()

    @property
    def writes(self) -> list[str]:
        """What it was told that changes something."""
        return [line for line in self.lines if line.startswith(WRITES)]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session()
        with contextlib.suppress(ConnectionError, ValueError):
            while line := (await reader.readline()).decode(errors="replace").rstrip("\n"):
                self.lines.append(line)
                del self.lines[:-5000]
                self.ups.tick()
                answer = "".join(f"{row}\n" for row in self._answer(session, line))
                if answer.startswith("ERR"):
                    self.refusals.append(f"{line}: {answer.strip()}")
                writer.write(answer.encode())
                await writer.drain()
                if line == "LOGOUT":
                    break
        self.ups.logins.discard(session)
        writer.close()

    def _answer(self, session: Session, line: str) -> Iterable[str]:
        try:
            words = shlex.split(line)
        except ValueError:
            return ["ERR INVALID-ARGUMENT"]
        match words:
            case ["VER"]:
                return [VERSION]
            case ["NETVER" | "PROTVER"]:
                return ["1.3"]
            case ["STARTTLS"]:
                return ["ERR FEATURE-NOT-CONFIGURED"]
            case ["USERNAME", name]:
                session.username = name
                return ["OK"]
            case ["PASSWORD", password]:
                session.password = password
                return ["OK"]
            case ["LOGOUT"]:
                return ["OK Goodbye"]
            case ["LIST", "UPS"]:
                return _listed("UPS", [f'UPS {self.ups.settings.identifier} "The house"'])
            case ["SET", "TRACKING", "ON"]:
                session.tracking = True
                return ["OK"]
            case ["GET", "TRACKING", _]:
                return ["SUCCESS"]
            case ["LIST" | "GET" | "SET" | "INSTCMD" | "LOGIN" | "PRIMARY" | "MASTER" | "FSD", *_]:
                return self._about(session, words)
        return ["ERR UNKNOWN-COMMAND"]

    def _about(self, session: Session, words: list[str]) -> Iterable[str]:
        """Answer what is about a UPS."""
        name = (
            words[1] if words[0] in ("INSTCMD", "LOGIN", "PRIMARY", "MASTER", "FSD") else "".join(words[2:3])
        )
        if name != self.ups.settings.identifier:
            return ["ERR UNKNOWN-UPS"]
        if words[0] in ("LOGIN", "PRIMARY", "MASTER", "FSD"):
            return self._of_upsmon(session, words[0], name)
        if words[1] == "NUMLOGINS":
            return [f"NUMLOGINS {name} {len(self.ups.logins)}"]
        if self.ups.heard != "live":
            return ["ERR DATA-STALE" if self.ups.heard == "stale" else "ERR DRIVER-NOT-CONNECTED"]
        values = self.ups.variables()
        match words:
            case ["LIST", "VAR", _]:
                return _listed(
                    f"VAR {name}", [f"VAR {name} {key} {_text(each)}" for key, each in values.items()]
                )
            case ["LIST", "CMD", _]:
                return _listed(f"CMD {name}", [f"CMD {name} {each}" for each in self.ups.COMMANDS])
            case ["LIST", "RW" | "CLIENT" as what, _]:
                return _listed(f"{what} {name}", [])
            case ["GET", "VAR", _, key]:
                return (
                    [f"VAR {name} {key} {_text(values[key])}"] if key in values else ["ERR VAR-NOT-SUPPORTED"]
                )
            case ["INSTCMD", _, command, *_]:
                return self._ordered(session, command)
            case ["SET", "VAR", *_]:
                return ["ERR READONLY"] if self._is_primary(session) else ["ERR ACCESS-DENIED"]
        return ["ERR INVALID-ARGUMENT"]

    def _of_upsmon(self, session: Session, word: str, name: str) -> list[str]:
        if not session.username:
            return ["ERR USERNAME-REQUIRED"]
        if word == "LOGIN":
            if not self._is_known(session):
                return ["ERR ACCESS-DENIED"]
            if session.logged_in:
                return ["ERR ALREADY-LOGGED-IN"]
            session.logged_in = True
            self.ups.logins.add(session)
            return ["OK"]
        if not self._is_primary(session):
            return ["ERR ACCESS-DENIED"]
        if word == "FSD":
            self.ups.announced = self.ups.clock.now()
            return ["OK FSD-SET"]
        return [f"OK {word}-GRANTED"]

    def _ordered(self, session: Session, command: str) -> list[str]:
        if not session.username:
            return ["ERR USERNAME-REQUIRED"]
        if command not in self.ups.COMMANDS:
            return ["ERR CMD-NOT-SUPPORTED"]
        if not self._is_known(session):
            return ["ERR ACCESS-DENIED"]
        self.ups.order(command)
        return [f"OK TRACKING {uuid.uuid4()}" if session.tracking else "OK"]

    def _is_primary(self, session: Session) -> bool:
        known = self.ups.settings
        return (session.username, session.password) == (known.user, known.password)

    def _is_known(self, session: Session) -> bool:
        return self._is_primary(session) or self.ups.settings.extra.get(session.username) == session.password


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _listed(what: str, rows: list[str]) -> list[str]:
    return [f"BEGIN LIST {what}", *rows, f"END LIST {what}"]
