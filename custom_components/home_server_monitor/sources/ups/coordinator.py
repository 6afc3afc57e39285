"""Watches one UPS: every five seconds while it is fed, every second while it is not."""

import asyncio
from collections.abc import Mapping, Sequence
import contextlib
from dataclasses import replace
from datetime import timedelta
import logging
from typing import Any, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...coordinator import HsmConfigEntry, ServiceCoordinator
from ...guardian.capabilities_power import HasUpsService, UpsService
from ...guardian.contract import Action, Finding, Missing, Node
from ...guardian.own_path import addresses_of
from ..errors import AuthFailed, ClientError, NotSupported
from .actions import actions_of
from .client import Account, NutClient
from .diagnosis import told_of
from .factory import lets_anybody_in
from .holding import Holding
from .keeping import Keeping, hold_off
from .model import Contact, Mains, Power, Unit
from .nodes import nodes_of, unit_node
from .options import battery_since
from .reading import Reading, believed, read
from .rules import judge
from .sessions import Standing
from .wire import DataStale, DriverGone, Refused, UnknownUps

_LOGGER = logging.getLogger(__name__)

ON_MAINS, ON_BATTERY = 5.0, 1.0
# a UPS is asked often, so that a question may be short
CONNECT, CALL = 3.0, 4.0
HOUR, DAY = 3600.0, 86_400.0
_CONTACTS: Final = {
    DataStale: Contact.STALE,
    DriverGone: Contact.DRIVER_GONE,
    UnknownUps: Contact.UNKNOWN_UPS,
}


class UpsCoordinator(ServiceCoordinator[Power]):
    """Keeps the snapshot of one UPS."""

    kind = "ups"
    tick = ON_MAINS

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        data = entry.data
        self.ups = str(data["ups"])
        username, password = data.get("username"), data.get("password")
        account = Account(str(username), str(password)) if username and password else None
        self.client = NutClient(data["host"], int(data["port"]), account, connect=CONNECT, call=CALL)
        self._actions = actions_of(self)
        self._keeping = Keeping(hass, self.id)
        self._unit = Unit(self.ups)
        # how often it was read (capability WatchesPower); what stands in the first reading is not news
        self.looks = 0
        self._hosts = frozenset({str(data["host"]).lower()})
        # what a person told of the battery counts for more than what the device says
        self._battery_since = battery_since(entry.options)
        self._version: str | None = None
        self._asked_slow = self._tested_account = -DAY
        self.standing: Standing | None = None
        # whether TrueNAS's factory password still works there (capability TriesFactoryPassword)
        self.factory_password: bool | None = None
        self._holding = Holding(self.client, self.ups)
        self._variables: Mapping[str, str] = {}

    # What is shown

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        return judge(
            self.id,
            self.title,
            self.data,
            dt_util.now().date(),
            factory_password=self.factory_password is True,
            service=self._service(),
        )

    @property
    @override
    def missing(self) -> Sequence[Missing]:
        return () if self.client.account else (Missing(key="ups_account"),)

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return nodes_of(self.id, self.title, self._hosts, self.client.port, self.ups)

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return self._actions

    @property
    def title(self) -> str:
        """Return what people call it: the entry's title, which they may change."""
        return self.config_entry.title

    @property
    @override
    def device_info(self) -> DeviceInfo:
        reading = self.data.unit.reading or Reading()
        return DeviceInfo(
            identifiers={(DOMAIN, self.id)},
            name=self.title,
            manufacturer=reading.maker,
            model=reading.model,
            serial_number=reading.serial,
            sw_version=reading.firmware,
        )

    @override
    def fresh(self, feed: str) -> bool:
        # what is kept of earlier, and whether anything is heard, is always of now
        return feed != "reading" or self.data.unit.live

    @override
    def complete(self, feed: str) -> bool:
        return True

    @override
    def listed(self, feed: str) -> float | None:
        return self.hass.loop.time()

    @override
    def supported(self, feed: str) -> bool:
        return True

    @override
    def forget(self, identifier: str) -> bool:
        return identifier != self.id

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        raise NotSupported(f"A UPS has no list of {key}")

    @override
    def diagnose(self) -> dict[str, Any]:
        """Return how it stands; what tells this device from others is not in it."""
        return {
            "contact": self.power_unit.contact.value,
            "standing": self.standing.value if self.standing else None,
            "tls": self.client.secured,
            "holding": self._holding.held,
            "calls": self.client.calls,
            "release": self._version,
            "commands": sorted(self._unit.commands),
            "fsd_since_first": self._unit.fsd_since_first,
            "snapshot": {"energy": self.data.energy, "cuts_week": self.data.cuts_week},
            "variables": told_of(self._variables),
        }

    # What others may ask

    @property
    def power_unit(self) -> Unit:
        """Return the UPS as it is known now (capability WatchesPower)."""
        return self._unit if self.last_update_success else self._unit.unheard()

    @property
    def unit_node(self) -> str:
        """Return its node id (capability WatchesPower)."""
        return unit_node(self.id)

    @property
    def may_hold(self) -> bool:
        """Return whether the account may log in (capability HoldsPrimary)."""
        return self.standing is not None

    async def hold_primary(self) -> None:
        """Make the primary wait (capability HoldsPrimary). Raises ClientError."""
        await self._holding.begin()

    async def holds_primary(self) -> bool:
        """Ask whether it still waits (capability HoldsPrimary)."""
        return await self._holding.counts()

    async def release_primary(self) -> None:
        """Let the primary go on (capability HoldsPrimary)."""
        await self._holding.end()

    def own_path(self) -> str | None:
        """Return why Home Assistant itself would go dark with this UPS, or None."""
        found = {self.unit_node}
        if (guardian := self.house.guardian(self.server)) is not None:
            topology = guardian.topology
            below = topology.dependants(self.unit_node)
            for node in topology.nodes:
                if topology.canonical(node.id) in below:
                    found |= {node.id, *node.aliases}
        return self.house.own_path.stands_on(found)

    def _service(self) -> UpsService | None:
        """Return how the NAS that speaks for this UPS is set, where it is watched."""
        mine = frozenset().union(*(node.aliases for node in self.nodes))
        for nas in self.house.capable(HasUpsService):
            if nas.server == self.server and nas.hangs_on & mine and isinstance(nas.ups_service, UpsService):
                return nas.ups_service
        return None

    # Reading

    @override
    async def async_fetch(self) -> Power:
        await self._keeping.load_once()
        await self._ask_slow()
        self._unit = await self._look()
        calm = self._unit.last_mains is not Mains.ABSENT
        self.update_interval = timedelta(seconds=ON_MAINS if calm else ON_BATTERY)
        wall = dt_util.utcnow().timestamp()
        if self._keeping.ledger.see(self._unit, wall, self.hass.loop.time()):
            self._keeping.save_soon()
        kept = self._keeping.ledger.snapshot(self._unit, wall, hold_off(self.house.guardian(self.server)))
        return replace(kept, orders=self.client.account is not None)

    async def async_look(self) -> Power:
        """Read now, show and return the snapshot. Raises ClientError."""
        data = await self.async_fetch()
        self.async_publish(data)
        return data

    async def _look(self) -> Unit:
        """Return the UPS as it is now. Raises ClientError where upsd itself does not answer."""
        try:
            self._variables = await self.client.variables(self.ups)
        except Refused as err:
            if (contact := _CONTACTS.get(type(err))) is None:
                raise
            return replace(self._unit, contact=contact)
        reading = believed(read(self._variables), self._unit.reading)
        if self._battery_since is not None:
            reading = replace(reading, battery_date=self._battery_since)
        if reading.waiting:
            return replace(self._unit, contact=Contact.WAITING)
        quirk = reading.fsd and (self._unit.fsd_since_first or not self.looks)
        self.looks += 1
        return replace(self._unit, contact=Contact.LIVE, reading=reading, fsd_since_first=quirk)

    async def _ask_slow(self) -> None:
        """Ask each hour what hardly changes, and each day whether the account is still good; neither is needed to watch."""
        now = self.hass.loop.time()
        known, calm = self._version is not None, self._unit.last_mains is not Mains.ABSENT
        if known and (now - self._asked_slow < HOUR or not calm):
            return
        self._version = await self.client.version() or ""
        self._asked_slow = now
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT):
                self._hosts |= await self.hass.async_add_executor_job(addresses_of, self.client.host)
        try:
            self._unit = replace(self._unit, commands=await self.client.commands(self.ups))
        except Refused:
            # nobody speaks for it now: it is asked again soon
            self._asked_slow = now - HOUR + 60
        if now - self._tested_account > DAY or (self.client.account and not self.standing):
            self._tested_account = now
            await self._test_account()
            service = self._service()
            tried = service is not None and service.primary
            self.factory_password = await lets_anybody_in(self.client, self.ups) if tried else None

    async def _test_account(self) -> None:
        """Test the account; a wrong one ends no watching, for reading needs none."""
        if self.client.account is None:
            return
        try:
            self.standing = await self.client.check(self.ups)
        except AuthFailed:
            self.standing = None
            self.config_entry.async_start_reauth(self.hass)
        except ClientError as err:
            _LOGGER.debug("The account could not be tested: %s", err)

    @override
    def _failed(self, key: str, err: ClientError) -> UpdateFailed:
        """Return the failure; a UPS that was last seen on battery is asked again at once."""
        found = super()._failed(key, err)
        calm = self._unit.last_mains is not Mains.ABSENT
        found.retry_after = min(found.retry_after or ON_MAINS, ON_MAINS if calm else ON_BATTERY)
        return found

    @override
    async def async_close(self) -> None:
        await self.release_primary()
        await self.client.close()
        await self._keeping.save()
