"""Watches one Scrutiny: the list of its drives every few minutes, a drive's readings when there is a new one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util
from yarl import URL

from ...const import CONF_FINGERPRINT, DOMAIN
from ...coordinator import HsmConfigEntry, ServiceCoordinator
from ...guardian.capabilities import KnowsDisks, RetiresDisks
from ...guardian.contract import Action, Finding, Node
from ...guardian.own_path import endpoint_node
from ...prediction.reading import Reading
from ..certificates import learning
from ..errors import AuthFailed, BadResponse, CannotConnect, ClientError, NotSupported
from ..feeds import Feed, Feeds
from ..session import shared_session
from .client import ScrutinyClient
from .model import Drive, Drives, Scrutiny, by_serial, left

MINUTE, DAY = 60.0, 86400.0
READING = 10.0
# a reading from further ahead was not taken then
AHEAD = timedelta(days=1)


class SmartCoordinator(ServiceCoordinator[Scrutiny]):
    """Keeps the snapshot of one Scrutiny."""

    kind = "smart"
    tick = MINUTE

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        self._session = shared_session(hass)
        url = URL(entry.data["url"])
        self.client = ScrutinyClient(
            self._session,
            url,
            hass.async_add_executor_job,
            entry.data.get(CONF_FINGERPRINT),
            entry.data.get("token"),
        )
        self.feeds = Feeds(
            (
                Feed(key="drives", fetch=self.client.drives, every=5 * MINUTE),
                Feed(key="readings", fetch=self._read_anew, every=5 * MINUTE),
                Feed(key="version", fetch=self.client.version, every=DAY),
            )
        )
        # the newest reading of each drive, by Scrutiny's key
        self._newest: dict[str, Reading] = {}

    # What is shown

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        # what its drives say is judged together with what other sources say of them
        return ()

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        url, here = self.client.url, f"host:{self.id}"
        alias = endpoint_node(url.host or "", url.port or 80)
        drives = (
            Node(id=f"disk:{serial}", kind="disk", runs_on=here, label=drive.title)
            for serial, drive in self.data.own.items()
        )
        return (Node(id=here, kind="host", label=self.name, aliases=frozenset({alias})), *drives)

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return {}

    @property
    @override
    def device_info(self) -> DeviceInfo:
        return DeviceInfo(
            identifiers={(DOMAIN, self.id)},
            name=self.name,
            manufacturer="Scrutiny",
            model="SMART readings",
            sw_version=self.data.version,
            configuration_url=str(self.client.url),
        )

    @override
    def fresh(self, feed: str) -> bool:
        return not self.data.stale

    @override
    def complete(self, feed: str) -> bool:
        return not self.data.stale and not self.data.skipped

    @override
    def listed(self, feed: str) -> float | None:
        return self.feeds.fetched("drives")

    @override
    def supported(self, feed: str) -> bool:
        return True

    @override
    def forget(self, identifier: str) -> bool:
        return identifier != self.id and identifier.removeprefix(f"{self.id}_disk_") not in self.data.own

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        raise NotSupported(key)

    @override
    def diagnose(self) -> dict[str, Any]:
        return {
            "version": self.data.version,
            "calls": self.client.calls,
            "feeds": self.feeds.report(),
            "drives": len(self.data.drives),
            "read": len(self._newest),
            "skipped": self.data.skipped,
        }

    # Capability ReadsSmart

    async def read_smart(self, known: Collection[str] = ()) -> Mapping[str, Reading]:
        """Return the newest readings by serial, also of `known`: nobody is asked for them."""
        return {
            serial: drive.reading
            for serial, drive in by_serial(self.data.drives.values()).items()
            if drive.reading and drive.key not in self.data.left
        }

    def listed_disks(self) -> frozenset[str] | None:
        """Return the serials of the drives that its collectors find; None while its list is old or not whole."""
        if self.data is None or self.data.stale or self.data.skipped:
            return None
        there = (drive for key, drive in self.data.drives.items() if key not in self.data.left)
        return frozenset(drive.serial for drive in there if drive.serial)

    async def smart_history(self, serial: str) -> Sequence[Reading]:
        """Return what it has of a drive, the oldest first: of this week each, then one a week, then one a month.

        Raises ClientError.
        """
        keys = [drive.key for drive in self.data.drives.values() if drive.serial == serial]
        # one that is attached elsewhere now has a second entry there
        return [each for key in keys for each in await self.client.readings(key, self.name, period="year")]

    # Reading

    @override
    async def async_fetch(self) -> Scrutiny:
        if not self.last_update_success:
            self.feeds.retry()
        async with learning(self._session, self.client.url):
            due = self.feeds.due()
            # the list first: it says whose readings are new
            await self.feeds.refresh([feed for feed in due if feed.key != "readings"], READING)
            await self._refresh_readings([feed for feed in due if feed.key == "readings"])
        if self.feeds.stale("drives"):
            # it answers, but not with what it should: something else is there, or it cannot reach its database
            raise BadResponse(self.feeds.report()["drives"]["error"] or "No list of drives")
        return self._assemble()

    async def _refresh_readings(self, due: Sequence[Feed]) -> None:
        """Read what is new; many drives may take longer, and are shown as they come. Raises ClientError."""
        try:
            await self.feeds.refresh(due, READING)
        except CannotConnect:
            if not self.feeds.goes_on("readings"):
                raise

    async def _read_anew(self) -> int:
        """Read the drives of which there is a newer reading; returns how many. Raises ClientError."""
        listed: Drives | None = self.feeds.value("drives")
        done, failed = 0, None
        for key, drive in (listed.items if listed else {}).items():
            known = self._newest.get(key)
            if drive.read is None or (known and known.taken and known.taken >= drive.read):
                continue
            try:
                found = await self.client.readings(key, self.name)
            except AuthFailed:
                # the others would be refused as well
                raise
            except ClientError as err:
                failed = err
                continue
            # its collector's clock may have been ahead once
            latest = dt_util.utcnow() + AHEAD
            if kept := [each for each in found if each.taken and each.taken <= latest]:
                self._newest[key] = kept[-1]
                done += 1
        if failed is not None and not done:
            raise failed
        return done

    def _assemble(self) -> Scrutiny:
        listed: Drives = self.feeds.value("drives") or Drives()
        drives: dict[str, Drive] = {}
        for key, drive in listed.items.items():
            reading = self._newest.get(key)
            drives[key] = replace(drive, reading=reading) if reading else drive
        elsewhere = {
            serial
            for source in self.house.capable(KnowsDisks)
            if source.server == self.server
            for serial in source.disk_places()
        }
        # a collector goes on listing what was taken out
        for play in self.house.capable(RetiresDisks):
            elsewhere |= play.retired_disks() if play.server == self.server else frozenset()
        gone = left(drives.values(), dt_util.utcnow() + AHEAD)
        own = {
            serial: drive
            for serial, drive in by_serial(drives.values()).items()
            if serial not in elsewhere and drive.key not in gone
        }
        return Scrutiny(
            version=self.feeds.value("version"),
            drives=MappingProxyType(drives),
            own=MappingProxyType(own),
            stale=self.feeds.stale("drives"),
            skipped=listed.skipped,
            left=gone,
        )

    @override
    async def async_close(self) -> None:
        self.feeds.stop()
        self._session.detach()
