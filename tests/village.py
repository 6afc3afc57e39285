"""Fifty services in memory, set up as config entries are: which answer, since when, and what is wrong at each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.home_server_monitor.const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from custom_components.home_server_monitor.coordinator import ServiceCoordinator
from custom_components.home_server_monitor.edge import clock
from custom_components.home_server_monitor.guardian.contract import Action, Finding, Node, Severity
from custom_components.home_server_monitor.sources.errors import CannotConnect
from custom_components.home_server_monitor.sources.kind import Probe, ServiceKind

COTTAGE = "cottage"
NEVER = float("inf")


@dataclass
class House:
    """One service. up: from when on it answers; on: the service whose host it runs on; booted: of its own host.

    wrong: what is wrong there, each with the instants from which and until which it is.
    """

    id: str
    up: float = 0.0
    on: str = ""
    booted: float | None = None
    wrong: list[tuple[str, Severity, float, float]] = field(default_factory=list)

    def findings(self, now: float) -> tuple[Finding, ...]:
        """Return what is wrong now."""
        return tuple(
            Finding(
                source=self.id,
                rule="nas_alert",
                object=f"{name}:{self.id}",
                severity=severity,
                placeholders={"name": self.id, "title": f"{name} at {self.id}", "text": name},
            )
            for name, severity, since, until in self.wrong
            if since <= now < until
        )

    def nodes(self) -> tuple[Node, ...]:
        """Return its own host, and what it is on."""
        runs_on = f"host:{self.on}" if self.on else None
        return (
            Node(id=f"host:{self.id}", kind="host", label=self.id, runs_on=runs_on, booted=self.booted),
            *(
                Node(id=f"{name}:{self.id}", kind="thing", runs_on=f"host:{self.id}")
                for name, *_ in self.wrong
            ),
        )


VILLAGE: dict[str, House] = {}

type Seen = tuple[tuple[Finding, ...], tuple[Node, ...]]


class Cottage(ServiceCoordinator[Seen]):
    """Watches one of them."""

    kind = COTTAGE

    def __init__(self, hass: HomeAssistant, entry: Any) -> None:
        super().__init__(hass, entry)
        self._there = VILLAGE[self.id]

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        return self.data[0]

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return self.data[1]

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return {}

    @override
    async def async_fetch(self) -> Seen:
        if clock.now() < self._there.up:
            raise CannotConnect("connection refused")
        return self._there.findings(clock.now()), self._there.nodes()

    @override
    async def async_close(self) -> None:
        """There is no connection."""

    @property
    @override
    def device_info(self) -> DeviceInfo:
        return DeviceInfo(identifiers={(DOMAIN, self.id)}, name=self.id)

    @override
    def fresh(self, feed: str) -> bool:
        return True

    @override
    def complete(self, feed: str) -> bool:
        return True

    @override
    def listed(self, feed: str) -> float | None:
        return None

    @override
    def supported(self, feed: str) -> bool:
        return True

    @override
    def forget(self, identifier: str) -> bool:
        return False

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        return []

    @override
    def diagnose(self) -> dict[str, Any]:
        return {}


async def _probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    raise NotImplementedError


KIND = ServiceKind(
    key=COTTAGE,
    product="Cottage",
    schema=vol.Schema({}),
    secrets=frozenset(),
    probe=_probe,
    make=Cottage,
    platforms=(),
    tables={},
)


def cottage(house: House) -> MockConfigEntry:
    """Return the entry that watches a service."""
    VILLAGE[house.id] = house
    data = {CONF_KIND: COTTAGE, CONF_SERVER: HOME}
    return MockConfigEntry(domain=DOMAIN, title=house.id, unique_id=house.id, data=data)
