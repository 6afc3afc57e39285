"""Watches one download client: everything in one look, every half minute, and at once after something was changed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, override

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.util import dt as dt_util
from yarl import URL

from ...const import CONF_FINGERPRINT, DOMAIN
from ...coordinator import HsmConfigEntry, ServiceCoordinator
from ...guardian.capabilities import Setting
from ...guardian.capabilities_media import Item, KeepsHours, Line
from ...guardian.contract import Action, Finding, Node
from ..certificates import learning
from ..errors import CannotConnect, NotSupported
from ..places import place_of
from ..session import shared_session
from .actions import actions
from .flow import CONF_PRODUCT, secrets_of
from .glance import glance
from .lending import settings
from .listing import listing
from .making import MADE
from .model import ALT_DOWN, ALT_UP, DOWN, UP, Downloader, Product
from .nodes import nodes_of
from .rules import judge
from .twins import Twins, finding_of
from .wire import HostRefused, Wire

SOON = 1.0


class DownloadsCoordinator(ServiceCoordinator[Downloader]):
    """Keeps the snapshot of one download client."""

    kind = "downloads"

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        self._session = shared_session(hass)
        self.product = Product(entry.data[CONF_PRODUCT])
        wire = Wire(
            self._session,
            URL(entry.data[CONF_URL]),
            hass.async_add_executor_job,
            entry.data.get(CONF_FINGERPRINT),
        )
        self.client = MADE[self.product](wire, secrets_of(entry.data))
        self._place = place_of(wire.url)
        self._twins = Twins(self)
        self._actions: Mapping[str, Action] = MappingProxyType(actions(self))
        self._settings: Mapping[str, Setting] = MappingProxyType(
            settings(self.client, lambda: self.data, self.ordered)
        )

    # What is shown

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        found = judge(self.id, self.name, self.data)
        return found if (twin := self.twin()) is None else (*found, finding_of(self, twin))

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return nodes_of(self.id, self.name, self._place)

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return self._actions

    @property
    @override
    def device_info(self) -> DeviceInfo:
        return DeviceInfo(
            identifiers={(DOMAIN, self.id)},
            entry_type=DeviceEntryType.SERVICE,
            name=self.name,
            manufacturer=self.product.label,
            model="Download client",
            sw_version=self.data.version or None,
            configuration_url=str(self.client.wire.url),
        )

    @override
    def fresh(self, feed: str) -> bool:
        return True

    @override
    def complete(self, feed: str) -> bool:
        return self.data.whole

    @override
    def listed(self, feed: str) -> float | None:
        return None

    @override
    def supported(self, feed: str) -> bool:
        return True

    @override
    def forget(self, identifier: str) -> bool:
        return identifier != self.id

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        if key != "downloads":
            raise NotSupported(key)
        return listing(self.data, fields)

    @override
    def diagnose(self) -> dict[str, Any]:
        data = self.data
        states: dict[str, int] = {}
        for each in data.items.values():
            states[each.state.value] = states.get(each.state.value, 0) + 1
        return {
            "client": self.product.value,
            "version": data.version,
            "calls": self.client.wire.calls,
            "states": states,
            "troubles": sorted({each.trouble.value for each in data.items.values() if each.trouble}),
            "limits": dict(data.limits),
            "scheduled": data.line.scheduled,
            "paused": data.line.paused,
            "connection": data.connection,
            "news_servers": len(data.servers),
            "news_servers_failing": sum(bool(each.error) for each in data.servers),
            "whole": data.whole,
            "skipped": data.skipped,
        }

    # Reading

    @override
    async def async_fetch(self) -> Downloader:
        try:
            async with learning(self._session, self.client.wire.url):
                return await self.client.look()
        except HostRefused as err:
            raise CannotConnect(f"It does not allow to be called {err.host}") from err

    @override
    async def async_close(self) -> None:
        self._session.detach()

    # What its actions need

    def _others(self) -> list[DownloadsCoordinator]:
        """Return the other entries that are watched now."""
        return [each for each in self.house.capable(DownloadsCoordinator) if each is not self]

    def twin(self) -> str | None:
        """Return the name of an older entry that is the same client, None where there is none."""
        older = [(each.age, each) for each in self._others() if each.age < self.age]
        return self._twins.first([each for _, each in sorted(older, key=lambda pair: pair[0])])

    @property
    def age(self) -> tuple[float, str]:
        """Return what sorts entries by when they were made."""
        return self.config_entry.created_at.timestamp(), self.config_entry.entry_id

    def lent_elsewhere(self, setting: str, target: str, value: Any) -> str | None:
        """Return who lent exactly this value of what may be this client, None where nobody did."""
        changes = [
            change
            for guardian in self.house.guardians.values()
            for change in guardian.desk.leases.changes.values()
        ]
        return self._twins.lent_by(changes, self._others(), setting, target, value)

    def original(self, setting: str, target: str) -> Any:
        """Return what a value returns to, where it is lent; None where it is not."""
        guardian = self.house.guardian(self.server)
        changes = guardian.desk.leases.changes.values() if guardian is not None else ()
        for change in changes:
            if (change.source, change.kind, change.target) == (self.id, setting, target):
                return change.original
        return None

    def moves_wait(self) -> str:
        """Return the local time until which moves wait, as the hours for imports say; empty where they may begin now."""
        known = (each for each in self.house.capable(KeepsHours) if each.server == self.server)
        until = max((each.moves_wait_until or 0.0 for each in known), default=0.0)
        return dt_util.as_local(dt_util.utc_from_timestamp(until)).strftime("%H:%M") if until else ""

    def ordered(self) -> None:
        """Have it looked at soon: something was changed."""
        self.async_hurry(SOON)

    # Capabilities

    def media(self) -> Mapping[str, Any]:
        """Return it at a glance (capability ShowsMedia)."""
        return {} if self.data is None else glance(self.data)

    def name_of_target(self, target: str) -> str | None:
        """Return the name of a download (capability NamesTargets)."""
        found = self.downloads().get(target)
        return found.name if found is not None else None

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return what can be changed for a while (capability ChangesForAWhile)."""
        return self._settings

    @property
    def places(self) -> frozenset[str]:
        """Return where it is reached (capabilities Downloads and AnswersItself)."""
        return frozenset({self._place})

    async def answers(self) -> bool:
        """Ask it now (capability AnswersItself). Raises ClientError."""
        await self.client.read_limits()
        return True

    @property
    def protocol(self) -> str:
        """Return torrent or usenet (capability Downloads)."""
        return self.product.protocol

    @property
    def complete_list(self) -> bool:
        """Return whether what is not listed is not there (capability Downloads)."""
        return self.data is not None and self.data.whole

    def downloads(self) -> Mapping[str, Item]:
        """Return its downloads as they were seen last (capability Downloads)."""
        return self.data.items if self.data is not None else {}

    def line(self) -> Line:
        """Return how it stands (capabilities Downloads, LimitsBandwidth and PausesDownloads)."""
        return self.data.line if self.data is not None else Line()

    @property
    def limits_bandwidth(self) -> frozenset[str]:
        """Return what it can limit (capability LimitsBandwidth)."""
        pairs = {"down": (DOWN, ALT_DOWN), "up": (UP, ALT_UP)}
        return frozenset(
            name for name, limits in pairs.items() if any(each in self.client.limits for each in limits)
        )

    @property
    def pauses_downloads(self) -> bool:
        """Return whether it can pause all of them now (capability PausesDownloads)."""
        return not self.line().paused

    async def look_download(self, id: str) -> Item | None:
        """Ask for one download now (capability Downloads). Raises ClientError."""
        return await self.client.look_item(id)
