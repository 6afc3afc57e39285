"""The yard of updates on a watched engine."""

from collections.abc import Sequence
from typing import Protocol

from ...guardian.contract import Refusal
from ...guardian.own_path import OwnPath
from ..errors import NotSupported
from .access import Access
from .databases import keeps_a_database
from .dependants import dependants_of
from .gate import STABLE
from .model import Container, Containers
from .nodes import touched
from .raw import Json, name_of, table, text, words
from .redirect import refusal
from .shop import Shop
from .yard import Around


class HasOwnPath(Protocol):
    """What knows what Home Assistant stands on, and how our names begin."""

    @property
    def own_path(self) -> OwnPath:
        """Return what Home Assistant stands on."""
        ...

    @property
    def instance(self) -> str:
        """Return the eight hex digits of this Home Assistant."""
        ...


class Watched(Protocol):
    """The source that watches the engine, as far as updates need it."""

    id: str
    access: Access
    data: Containers

    @property
    def house(self) -> HasOwnPath:
        """Return the house that it is attached to."""
        ...

    @property
    def gate_timeout(self) -> float:
        """Return for how many seconds a new container may take to be well."""
        ...

    def note_update(self, name: str, reference: str) -> None:
        """Remember when a container was updated, and ask its registry anew."""
        ...

    async def async_look(self) -> Containers:
        """List now. Raises ClientError."""
        ...


class Alone:
    """No other system is around."""

    async def datasets(self, paths: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Nobody knows of any."""
        return ()

    async def snapshot(self, source: str, dataset: str, name: str) -> str:
        """Nobody can take one."""
        raise NotSupported("snapshots")

    async def has_snapshot(self, source: str, dataset: str, name: str) -> bool:
        """Nobody has one."""
        return False

    async def answers(self, container: Container) -> bool | None:
        """Nobody knows what is in it."""
        return None


class OwnYard:
    """What updates know of one watched engine."""

    gate_stable = STABLE

    def __init__(self, source: Watched) -> None:
        self._source = source
        self.workshop = Shop(source.access.client)
        self.around: Around = Alone()

    @property
    def id(self) -> str:
        """Return the id of the source."""
        return self._source.id

    @property
    def instance(self) -> str:
        """Return the eight hex digits of this Home Assistant."""
        return self._source.house.instance

    @property
    def gate_timeout(self) -> float:
        """Return for how many seconds a new container may take to be well."""
        return self._source.gate_timeout

    def member(self, name: str) -> Container | None:
        """Return a container as it was listed last."""
        return self._source.data.containers.get(name)

    def dependants(self, name: str) -> Sequence[Container]:
        """Return those in its namespaces, in the order in which they are made anew."""
        containers = self._source.data.containers
        return dependants_of(containers.values(), containers[name])

    async def refusal(self, inspect: Json) -> Refusal | None:
        """Return why a container may not be made anew here. Raises ClientError."""
        source, name = self._source, name_of(inspect)
        engine = source.data.engine
        image = await self.workshop.look_at_image(text(inspect.get("Image"))) or {}
        digests = words(image.get("RepoDigests"))
        if not digests:
            named = await self.workshop.look_at_image(text(table(inspect.get("Config")).get("Image"))) or {}
            digests = words(named.get("RepoDigests"))
        return refusal(
            inspect,
            digests,
            podman=engine is not None and engine.kind == "podman",
            own=source.house.own_path.stands_on(self.touched(name)),
            names=source.data.containers,
            instance=self.instance,
        )

    def touched(self, name: str) -> frozenset[str]:
        """Return the node ids of all that stands still meanwhile."""
        source = self._source
        if name not in source.data.containers:
            return frozenset()
        return touched(source.id, source.data, name, source.access.machine)

    def is_database(self, inspect: Json) -> bool:
        """Return whether a container keeps a database."""
        return keeps_a_database(text(table(inspect.get("Config")).get("Image")))

    def updated(self, name: str, reference: str) -> None:
        """Take note of an update that went through: what goes wrong from now on may come of it."""
        self._source.note_update(name, reference)

    async def relist(self) -> None:
        """Read the containers anew, so that everybody sees what has changed."""
        await self._source.async_look()
