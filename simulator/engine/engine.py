"""An engine: what it keeps, how it finds it, and what happens by itself as time goes by."""

from collections import deque
from collections.abc import Callable
import heapq
from typing import Any

from simulator.clock import Clock
from simulator.noise import digest, number, wander

from .errors import EngineError
from .model import Container, Event, Exec, Image, Network, Volume
from .references import Reference
from .releases import EngineRelease
from .store import Store

KEPT_EVENTS = 256
# of things that were due: the rest happens at the next tick
MOST_AT_ONCE = 20_000
NS = 1_000_000_000


class Engine:
    """The state is public: tests and scenarios may change it, faces only translate.

    `pace` times everything that takes real time, such as stopping and pulling. `free` is what is left on the disk.
    """

    def __init__(
        self,
        clock: Clock,
        seed: int,
        release: EngineRelease,
        *,
        name: str = "truenas",
        cpus: int = 12,
        memory: int = 64 << 30,
        root: str = "/var/lib/docker",
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.release = release
        self.name = name
        self.cpus = cpus
        self.memory = memory
        self.root = root
        self.pace = 1.0
        self.size = 2 << 40
        self.free = 400 << 30
        self.booted = clock.now() - 23 * 86400
        self.ident = self._new_ident()
        self.containers: dict[str, Container] = {}
        self.names: dict[str, Container] = {}
        self.images: dict[str, Image] = {}
        self.networks: dict[str, Network] = {}
        self.volumes: dict[str, Volume] = {}
        self.execs: dict[str, Exec] = {}
        # what may be run in containers, by its name: given the container and the arguments, the exit status and both
        # streams, or None where the container has no such program
        self.programs: dict[str, Callable[[Container, tuple[str, ...]], tuple[int, str, str] | None]] = {}
        self.stores: dict[str, Store] = {}
        # who holds a port of the host, by the address that it is bound to
        self.ports: dict[str, dict[str, Container]] = {}
        self.next_port = 32768
        # taken by a process of the host that is no container
        self.held_ports: set[str] = set()
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self.listeners: list[Callable[[Event], None]] = []
        self.running = True
        self._timers: list[tuple[float, int, Container, int, Callable[[], None]]] = []
        self._made = 0
        self._moment: float | None = None

    def _new_ident(self) -> str:
        text = digest(self.seed, "engine").upper()
        if not self.release.modern:
            return ":".join(text[start : start + 4] for start in range(0, 48, 4))
        text = text.lower()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-9{text[17:20]}-{text[20:32]}"

    # Identities

    def new_ident(self, *parts: object) -> str:
        """64 hex digits that nothing else has."""
        self._made += 1
        return digest(self.seed, "engine", self._made, *parts)

    def new_pid(self) -> int:
        """A process id."""
        self._made += 1
        return 2000 + number(self.seed, "pid", self._made) % 60_000

    # Finding things

    def container(self, text: str) -> Container:
        """By id, name or the beginning of an id."""
        found = self.containers.get(text) or self.names.get(text.removeprefix("/"))
        if found is None and len(text) < 64:
            fitting = [each for each in self.containers.values() if each.ident.startswith(text)]
            if len(fitting) > 1:
                raise EngineError(400, f"multiple IDs found with provided prefix: {text}")
            found = fitting[0] if fitting else None
        if found is None:
            raise EngineError(404, f"No such container: {text}")
        return found

    def image(self, text: str) -> Image:
        """By id, tag, digest, or the beginning of an id."""
        found = self.find_image(text)
        if found is None:
            name = str(Reference.parse(text)) if ":" not in text and "@" not in text else text
            raise EngineError(404, f"No such image: {name}")
        return found

    def find_image(self, text: str) -> Image | None:
        """As `image`; None where there is none."""
        if text in self.images:
            return self.images[text]
        hexadecimal = text.removeprefix("sha256:")
        if len(hexadecimal) >= 4 and all(char in "0123456789abcdef" for char in hexadecimal):
            for image in self.images.values():
                if image.ident.startswith(f"sha256:{hexadecimal}"):
                    return image
        if text.startswith("sha256:"):
            return None
        reference = Reference.parse(text)
        if reference.digest:
            wanted = f"{reference.repository}@{reference.digest}"
            return next((image for image in self.images.values() if wanted in image.digests), None)
        return next((image for image in self.images.values() if reference.tagged in image.tags), None)

    def network(self, text: str) -> Network:
        """By name or id."""
        found = self.networks.get(text)
        if found is None:
            found = next((each for each in self.networks.values() if each.ident.startswith(text)), None)
        if found is None:
            raise EngineError(404, f"network {text} not found")
        return found

    def volume(self, name: str) -> Volume:
        """By name."""
        if name not in self.volumes:
            raise EngineError(404, f"get {name}: no such volume")
        return self.volumes[name]

    def users_of(self, volume: str) -> list[Container]:
        """The containers that a volume belongs to."""
        return [
            each for each in self.containers.values() if any(mount.name == volume for mount in each.mounts)
        ]

    def parent_of(self, container: Container, mode: str = "NetworkMode") -> Container | None:
        """The container whose network (or `IpcMode`, `PidMode`) it shares; None where it shares none."""
        kind, _, ident = str(container.host[mode]).partition(":")
        return self.containers.get(ident) or self.names.get(ident) if kind == "container" else None

    # Events

    def tell(self, container: Container, action: str, **more: str) -> None:
        """Something happened to a container."""
        attributes = {**container.labels, **more, "image": container.reference, "name": container.name}
        self.tell_of("container", action, container.ident, attributes, origin=container.reference)

    def tell_of(
        self, kind: str, action: str, ident: str, attributes: dict[str, str], origin: str | None = None
    ) -> None:
        """Something happened to anything."""
        self._made += 1
        at = int(self.now() * NS) + self._made % 1000
        event = Event(kind, action, ident, dict(sorted(attributes.items())), at, origin)
        self.events.append(event)
        for listener in list(self.listeners):
            listener(event)

    # Time

    def now(self) -> float:
        """The engine's clock; while something that was due happens, the moment when it was."""
        return self.clock.now() if self._moment is None else self._moment

    def wobble(self, key: str, period: float) -> float:
        """A drifting number in [-1, 1]; it stands still in a frozen world."""
        return wander(self.seed, key, self.clock.motion(), period)

    def later(self, container: Container, seconds: float, what: Callable[[], None]) -> None:
        """Do something in a while, unless the container was started again or stopped by then."""
        self._made += 1
        due = (self.now() + seconds, self._made, container, container.runs, what)
        heapq.heappush(self._timers, due)

    def tick(self) -> None:
        """Bring everything up to the present: what was due happens in its order, each at its time."""
        now = self.clock.now()
        left = MOST_AT_ONCE
        try:
            while left and self._timers and self._timers[0][0] <= now:
                self._moment, _, container, run, what = heapq.heappop(self._timers)
                left -= 1
                if self.running and container.runs == run and container.ident in self.containers:
                    what()
        finally:
            self._moment = None

    def snapshot(self) -> dict[str, Any]:
        """What a person wants to know at a glance."""
        states: dict[str, int] = {}
        for container in self.containers.values():
            states[container.state] = states.get(container.state, 0) + 1
        return {
            "version": self.release.version,
            "containers": {name: each.state for name, each in sorted(self.names.items())}
            if len(self.names) <= 100
            else len(self.names),
            "states": states,
            "images": len(self.images),
            "volumes": len(self.volumes),
            "networks": len(self.networks),
            "free": self.free,
        }
