"""Who watches, and how the Plex of the house is set; nothing happens where there is none."""

from collections.abc import Mapping
from typing import Any, ClassVar, override

from simulator.media.mooring import PLEX
from simulator.plex import PlexFace
from simulator.plex.theatre import Theatre

from .base import Scenario


class OfPlex(Scenario):
    """What these have in common."""

    @property
    def theatre(self) -> Theatre | None:
        """What is played, None where there is no Plex."""
        face = self.sim.quay.face(PLEX) if PLEX in self.sim.quay.names else None
        return face.theatre if isinstance(face, PlexFace) else None


class RemoteStream(OfPlex):
    """Somebody watches from outside the house; each time it is made to happen one more does. kbps: what each takes."""

    name = "remote_stream"
    about = "Somebody watches a film on Plex from outside the house"
    goes_on = True

    @override
    async def on(self, kbps: int = 16_000, title: str = "The Long Tide", **_: Any) -> None:
        if (theatre := self.theatre) is not None:
            theatre.play(title, remote=True, kbps=kbps, player="Phone of Ann")

    @override
    async def off(self) -> None:
        if (theatre := self.theatre) is not None:
            for key in [each.key for each in theatre.showings.values() if each.remote]:
                theatre.stop(key)


class UsualDay(OfPlex):
    """People come and go by the hour: most in the evening, one before work."""

    name = "usual_day"
    about = "People watch Plex by the hour, most of them in the evening"

    @override
    async def on(self, **_: Any) -> None:
        if (theatre := self.theatre) is not None:
            theatre.by_the_hour = True

    @override
    async def off(self) -> None:
        if (theatre := self.theatre) is not None:
            theatre.by_the_hour = False
            theatre.follow_the_hours()


class ConvertedBadly(OfPlex):
    """A stream that the chip does not convert. way: of `simulator.plex.theatre.WAYS`."""

    name = "converted_badly"
    about = "A stream is converted by the processor, although the chip was asked for"
    buttons: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "On": {},
        "Setting off": {"way": "software"},
        "Subtitles burned": {"way": "partial", "burned": True},
    }
    key = ""

    @override
    async def on(self, way: str = "fallback", burned: bool = False, **_: Any) -> None:
        if (theatre := self.theatre) is None:
            return
        theatre.stop(self.key)
        theatre.preferences["HardwareAcceleratedCodecs"] = way != "software"
        self.key = theatre.play(
            "Salt", way=way, speed=0.8, burned=burned, subtitle="pgs" if burned else ""
        ).key

    @override
    async def off(self) -> None:
        if (theatre := self.theatre) is not None:
            theatre.stop(self.key)
            theatre.preferences["HardwareAcceleratedCodecs"] = True


class PlexOpen(OfPlex):
    """It lets in whoever comes from a network of Docker, without encryption, and writes tokens into its log."""

    name = "plex_open"
    about = "Plex lets everybody in: no login from Docker's networks, no encryption, tokens in its log"
    before: Mapping[str, Any] = {}

    @override
    async def on(self, **_: Any) -> None:
        if (theatre := self.theatre) is None:
            return
        wrong = {"allowedNetworks": "172.17.0.0/16", "secureConnections": 2, "logTokens": True}
        self.before = self.before or {key: theatre.preferences[key] for key in wrong}
        theatre.preferences |= wrong

    @override
    async def off(self) -> None:
        if (theatre := self.theatre) is not None:
            theatre.preferences |= self.before


OF_PLEX: tuple[type[Scenario], ...] = (RemoteStream, UsualDay, ConvertedBadly, PlexOpen)
