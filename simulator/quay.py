"""Services of the house that answer over HTTP, each behind a cable of its own; KeyError for one that is not there."""

from dataclasses import dataclass
import ssl

from .servers import Servers
from .serving import Face
from .wire import Wire

LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class _Berth:
    face: Face
    port: int
    wire: Wire | None = None


class Quay:
    """Add faces before it opens; `secure`: they speak TLS."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._berths: dict[str, _Berth] = {}

    def add(self, name: str, face: Face, port: int = 0) -> None:
        """Let a face answer under a name; port 0 takes a free one."""
        self._berths[name] = _Berth(face, port)

    @property
    def names(self) -> list[str]:
        """Who answers."""
        return list(self._berths)

    def face(self, name: str) -> Face:
        """A face by its name."""
        return self._berths[name].face

    def wire(self, name: str) -> Wire:
        """The cable in front of a face."""
        wire = self._berths[name].wire
        if wire is None:
            raise KeyError(name)
        return wire

    def url(self, name: str) -> str:
        """Where a face answers."""
        return f"{'https' if self._secure else 'http'}://{LOOPBACK}:{self.wire(name).port}"

    async def open(self, servers: Servers, context: ssl.SSLContext | None) -> None:
        """Begin to answer."""
        for berth in self._berths.values():
            berth.wire = Wire(await servers.serve(berth.face.app(), 0, context if self._secure else None))
            await berth.wire.start(berth.port)

    async def close(self) -> None:
        """Stop answering."""
        for berth in self._berths.values():
            if berth.wire is not None:
                await berth.wire.stop()

    async def up(self) -> None:
        """Plug all cables in."""
        for berth in self._berths.values():
            if berth.wire is not None:
                await berth.wire.start()

    def drop(self) -> None:
        """Break every connection."""
        for berth in self._berths.values():
            if berth.wire is not None:
                berth.wire.drop()

    def reset(self) -> None:
        """No faults, no calls on record."""
        for berth in self._berths.values():
            berth.face.faults.clear()
            berth.face.calls.clear()
            if berth.wire is not None:
                berth.wire.set_black_hole(False)
                berth.wire.set_slow(False)
                berth.wire.drop()
