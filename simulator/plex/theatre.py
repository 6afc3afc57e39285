"""What a simulated Plex Media Server knows: its libraries, its settings, and who watches what just now."""

from collections.abc import Callable
from dataclasses import dataclass, field
import itertools
import time
from typing import Any

from simulator.media.world import MediaWorld

# kbit a second, as Plex counts
KBIT = 125
MACHINE = "5f0c7a1e9b6d4c2f8a3e1d0b7c6f5a4e3d2c1b0a"
TOKEN = "AbCdEfGhIjKlMnOpQrSt"  # noqa: S105 - of the simulated owner
VERSION = "1.42.2.10157-4e8b05daf"

# engines of each way of converting: decoder, encoder, whether pictures never leave the chip, whether it was asked for
WAYS: dict[str, tuple[str, str, bool, bool]] = {
    "hardware": ("vaapi", "vaapi", True, True),
    "partial": ("vaapi", "vaapi", False, True),
    "encoder": ("", "vaapi", False, True),
    "fallback": ("", "", False, True),
    "software": ("", "", False, False),
}


@dataclass(slots=True, kw_only=True)
class Showing:
    """Somebody who watches. kbps: what Plex reserves; way: how the picture is converted, empty where it is not."""

    key: str
    title: str
    file: str = ""
    user: str = "Ann"
    player: str = "Living room"
    series: str = ""
    remote: bool = False
    relayed: bool = False
    secure: bool = True
    state: str = "playing"
    kbps: int = 8000
    began: float = 0.0
    offset: float = 0.0
    minutes: float = 118.0
    way: str = ""
    codec: str = "hevc"
    profile: str = "main 10"
    depth: int = 10
    hdr: bool = False
    subtitle: str = ""
    burned: bool = False
    speed: float = 3.2
    throttled: bool = False


# who watches when: the hours of the local day, and how
REGULARS: tuple[tuple[range, dict[str, Any]], ...] = (
    (range(7, 8), {"title": "The Morning Ferry", "user": "Dan", "remote": True, "kbps": 4000}),
    (range(19, 22), {"title": "The Long Tide", "user": "Ann"}),
    (range(20, 23), {"title": "Harbour Lights", "user": "Bea", "player": "Kitchen", "way": "hardware"}),
    (range(21, 24), {"title": "Salt", "user": "Cleo", "player": "Phone", "remote": True, "way": "hardware"}),
)


@dataclass(slots=True)
class Library:
    """One library. scanning: until when."""

    key: str
    title: str
    kind: str
    scanned: float
    scanning: float = 0.0


def usual_preferences() -> dict[str, Any]:
    """The settings of a server as people have it; their spelling is the server's."""
    return {
        "FriendlyName": "Lighthouse",
        "secureConnections": 1,
        "allowedNetworks": "",
        "customConnections": "",
        "PublishServerOnPlexOnlineKey": True,
        "ManualPortMappingMode": True,
        "ManualPortMappingPort": 32400,
        "RelayEnabled": False,
        "DlnaEnabled": False,
        "GdmEnabled": False,
        "logDebug": True,
        "logTokens": False,
        "LogVerbose": False,
        "HardwareAcceleratedCodecs": True,
        "HardwareAcceleratedEncoders": True,
        "HardwareDevicePath": "",
        "TranscoderToneMapping": True,
        "TranscoderTempDirectory": "/transcode",
        "TranscoderThrottleBuffer": 60,
        "WanTotalMaxUploadRate": 0,
        "WanPerStreamMaxUploadRate": 0,
        "allowMediaDeletion": True,
    }


@dataclass(slots=True)
class Theatre:
    """One server of the media world.

    mapping: whether its port can be reached from outside; claimed: it has an owner; by_the_hour: its regulars come and go.
    """

    world: MediaWorld
    version: str = VERSION
    plex_pass: bool = True
    claimed: bool = True
    by_the_hour: bool = False
    mapping: str = "mapped"
    latest: str | None = None
    preferences: dict[str, Any] = field(default_factory=usual_preferences)
    libraries: dict[str, Library] = field(default_factory=dict)
    showings: dict[str, Showing] = field(default_factory=dict)
    # told of what happens, as the server's notifications name it
    listeners: list[Callable[[str, dict[str, Any]], None]] = field(default_factory=list)
    # keys of what the regulars watch now, by their place in the list
    _regulars: dict[int, str] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        yesterday = self.world.clock.now() - 86400
        for key, title, kind in (("1", "Films", "movie"), ("2", "Series", "show"), ("3", "Music", "artist")):
            self.libraries[key] = Library(key, title, kind, yesterday)

    def play(self, title: str = "The Long Tide", **more: Any) -> Showing:
        """Let somebody begin to watch; `more` are fields of a Showing."""
        key = str(next(self._numbers))
        showing = Showing(key=key, title=title, began=self.world.clock.now(), **more)
        self.showings[key] = showing
        self._weigh()
        self.tell("playing", {"PlaySessionStateNotification": [{"sessionKey": key, "state": showing.state}]})
        return showing

    def stop(self, key: str) -> bool:
        """Let somebody stop; False where nobody of that key watches."""
        if self.showings.pop(key, None) is None:
            return False
        self._weigh()
        self.tell("playing", {"PlaySessionStateNotification": [{"sessionKey": key, "state": "stopped"}]})
        return True

    def follow_the_hours(self) -> None:
        """Let the regulars come whose hour it is, and go whose it is not."""
        hour = time.localtime(self.world.clock.now()).tm_hour
        for place, (hours, how) in enumerate(REGULARS):
            wanted = self.by_the_hour and hour in hours
            if wanted and place not in self._regulars:
                self._regulars[place] = self.play(**how).key
            elif not wanted and (key := self._regulars.pop(place, None)) is not None:
                self.stop(key)

    def pause(self, key: str, state: str = "paused") -> None:
        """Let somebody pause, or go on. KeyError where nobody of that key watches."""
        self.showings[key].state = state
        self._weigh()
        self.tell("playing", {"PlaySessionStateNotification": [{"sessionKey": key, "state": state}]})

    def scan(self, key: str, seconds: float = 20.0) -> bool:
        """Scan a library; False where there is none of that key."""
        if (library := self.libraries.get(key)) is None:
            return False
        library.scanning = self.world.clock.now() + seconds
        self.tell(
            "status",
            {"StatusNotification": [{"title": "Library scan", "notificationName": "LIBRARY_UPDATE"}]},
        )
        return True

    def set(self, key: str, value: str) -> bool:
        """Change a setting as its type wants it; False where there is none of that name."""
        spelled = {each.lower(): each for each in self.preferences}
        if (name := spelled.get(key.lower())) is None:
            return False
        was = self.preferences[name]
        if isinstance(was, bool):
            self.preferences[name] = value.lower() in ("1", "true")
        else:
            self.preferences[name] = int(value) if isinstance(was, int) else value
        self.tell("preference", {"Setting": [{"id": name, "value": self.preferences[name]}]})
        return True

    def at(self, showing: Showing) -> float:
        """How far somebody is, in seconds."""
        if showing.state != "playing":
            return showing.offset
        return min(showing.offset + self.world.clock.now() - showing.began, showing.minutes * 60)

    def end_of_scans(self) -> None:
        """What is through is not being scanned any more."""
        now = self.world.clock.now()
        for each in self.libraries.values():
            if each.scanning and each.scanning <= now:
                each.scanned, each.scanning = each.scanning, 0.0

    def tell(self, kind: str, what: dict[str, Any]) -> None:
        """Notify who listens."""
        for listener in tuple(self.listeners):
            listener(kind, what)

    def _weigh(self) -> None:
        """What is watched from outside takes of the line."""
        streams = self.world.streams
        for key in [each for each in streams if each.startswith("plex ")]:
            del streams[key]
        streams |= {
            f"plex {each.key}": float(KBIT * each.kbps)
            for each in self.showings.values()
            if each.remote and each.state == "playing"
        }
