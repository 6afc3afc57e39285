"""Keeps the snapshot of one NAS: tiers of polling underneath, pushed events on top."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import aiohttp
from homeassistant.const import CONF_API_KEY, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util
from yarl import URL

from ...const import CONF_FINGERPRINT, DOMAIN
from ...coordinator import CYCLE, HsmConfigEntry
from ...guardian.capabilities import ReadsSmart, Setting
from ...guardian.contract import Action, Change, Finding, Missing, Node
from ...history import DailyHistory
from ...issues import clear_missing_rights, raise_missing_rights
from ...kept import KeptFile
from ..errors import CannotConnect, ClientError
from ..feeds import Feeds
from .assemble import assemble
from .capable import CapableTrueNas
from .changes import carried, changes
from .client import TrueNasClient
from .dark import dark_features, missing
from .learning import Learning
from .listings import listing, plain
from .memory import Memory, Upgraded
from .model import TrueNas
from .nodes import nodes_of
from .numbers import COLLECTIONS, PushedNumbers
from .orders import actions_of
from .pausing import SCRUB_PAUSED, ScrubPaused
from .pool_days import COLUMNS
from .protocol import Event
from .pushed import made_due
from .reading import GROUPS, feeds
from .rules import judge
from .session import Session
from .stopping import APP_STOPPED, MACHINE_STOPPED, TASK_STOPPED, AppStopped, MachineStopped, TaskStopped
from .system import plain_version

SAVE_DELAY = 60
# seconds between two readings that people ask for
WANTED_GAP = 30.0
# what decides whether errors are new at a first look is on the disk before anybody has been told of them
BASELINE_DELAY = 5


class TrueNasCoordinator(CapableTrueNas):
    """One TrueNAS."""

    kind = "truenas"

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        session = async_create_clientsession(hass, cookie_jar=aiohttp.DummyCookieJar())
        self.client = TrueNasClient(
            session,
            URL(entry.data[CONF_URL]),
            entry.data[CONF_API_KEY],
            username=entry.data.get(CONF_USERNAME),
            fingerprint=entry.data.get(CONF_FINGERPRINT),
        )
        self.client.on_event = self._event
        self.client.on_lost = self._lost
        self._temperatures = bool(entry.options.get("disk_temperatures", True))
        self.feeds = Feeds(feeds(self.client, temperatures=self._temperatures))
        self.feeds.on_news = self.async_hurry
        self.memory = Memory(self._remember)
        self._kept = KeptFile(hass, "memory", self.id, self.memory.save, SAVE_DELAY)
        self._learning = Learning(
            self.memory,
            lambda guid: DailyHistory(hass, "pool", guid, COLUMNS, BASELINE_DELAY),
            dt_util.async_get_time_zone,
            lambda: dt_util.utcnow().timestamp(),
        )
        self._pushed = PushedNumbers(hass.loop, self._show)
        self._shown = 0
        self._session = Session(self.client, self.feeds, self.name, CYCLE)
        self._actions = actions_of(self)
        self._settings = {
            SCRUB_PAUSED: ScrubPaused(self),
            APP_STOPPED: AppStopped(self),
            MACHINE_STOPPED: MachineStopped(self),
            TASK_STOPPED: TaskStopped(self),
        }
        self._known: TrueNas | None = None

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        found = judge(self.id, self.data, self.memory, dt_util.utcnow(), self.instance)
        return [
            each for each in found if each.rule != "default_ups_password" or not self.tried_factory_password
        ]

    @property
    @override
    def missing(self) -> Sequence[Missing]:
        elsewhere = any(
            each.kind == "smart" and each.server == self.server and each.judged
            for each in self.house.capable(ReadsSmart)
        )
        return missing(
            self.feeds, self.client.release, temperatures=self._temperatures, read_elsewhere=elsewhere
        )

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        address = (self.client.url.host or "", self.client.url.port or 443)
        return nodes_of(self.id, self.data, address, self.memory.disks)

    @override
    def changes_since_last(self) -> Sequence[Change]:
        if not self.judged:
            return ()
        known, self._known = self._known, carried(self._known or self.data, self.data)
        return changes(self.id, known, self._known) if known else ()

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return self._actions

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return what can be changed for a while."""
        return self._settings

    @property
    @override
    def device_info(self) -> DeviceInfo:
        system = self.data.system
        return DeviceInfo(
            identifiers={(DOMAIN, self.id)},
            name=system.hostname if system else self.name,
            manufacturer=(system.manufacturer if system else None) or "iXsystems",
            model=system.product if system else None,
            hw_version=system.model if system else None,
            sw_version=plain_version(self.client.version),
            configuration_url=str(self.client.url),
        )

    @override
    def forget(self, identifier: str) -> bool:
        kind, _, key = identifier.removeprefix(f"{self.id}_").partition("_")
        present: Mapping[str, Mapping[str, Any]] = {
            "pool": self.data.pools,
            "disk": self.data.disks,
            "app": self.data.apps,
            "task": self.data.tasks,
            "machine": self.data.machines,
        }
        if identifier == self.id or key in present.get(kind, {}):
            return False
        if kind == "disk":
            self.memory.forget_disk(key)
        return True

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        await self.connect()
        return await listing(self, key, fields)

    @override
    def diagnose(self) -> dict[str, Any]:
        return {
            "version": self.client.version,
            "release": self.client.release,
            "connected": self.client.connected,
            "logins": self.client.logins,
            "calls": self.client.calls,
            "subscribed": sorted(self.client.subscribed),
            "feeds": self.feeds.report(),
            "skipped": dict(self.data.skipped),
            "findings": [plain(finding) for finding in self.findings],
            "snapshot": plain(self.data),
        }

    @override
    async def _async_setup(self) -> None:
        await self._kept.load(self.memory.load)

    @override
    async def async_fetch(self) -> TrueNas:
        await self.connect()
        await self._session.read()
        await self.client.resubscribe()
        data, shown = self._assemble(), self._shown
        if await self._learn(data) or self._shown != shown:
            data = self._assemble()
        # a request to hurry that comes while a refresh is under way is not heard
        if (wait := self.feeds.pressing()) is not None:
            self.async_hurry(wait)
        return data

    @override
    async def async_close(self) -> None:
        self.client.on_lost = lambda: None
        self.client.on_event = lambda event: None
        self._pushed.stop()
        self.feeds.stop()
        await self.client.end()
        await self._kept.save()

    @override
    async def async_look(self, *keys: str) -> TrueNas:
        """Read these feeds now, show and return the snapshot; also `tasks` and `machines`. Raises ClientError."""
        await self.connect()
        for name in keys:
            for key in GROUPS.get(name, (name,)):
                try:
                    await self.feeds.read(key, CYCLE)
                except CannotConnect:
                    raise
                except ClientError:
                    # one list of several that is denied or fails does not keep the others from being read
                    if name == key:
                        raise
        data = self._assemble()
        self._shown += 1
        self.async_publish(data)
        return data

    @override
    async def connect(self) -> None:
        if not self.client.connected and not self.last_update_success:
            # numbers from before an outage are not shown after it; new ones come while connecting
            self._pushed.drop()
        await self._session.connect()

    async def _learn(self, data: TrueNas) -> bool:
        """Take in what a new listing brings; returns whether the snapshot is to be made anew."""
        again = await self._learning.take(data)
        if dark := dark_features(self.feeds.denied, self.client.release):
            raise_missing_rights(self.hass, self.config_entry, sorted(dark), sorted(set(dark.values())))
        else:
            clear_missing_rights(self.hass, self.config_entry)
        return again

    def _assemble(self) -> TrueNas:
        return assemble(
            self.feeds,
            self.memory,
            release=self.client.release,
            zone=self._learning.zone.now,
            now=dt_util.utcnow(),
            realtime=self._pushed.realtime,
            stats=self._pushed.stats,
            forecasts=self._learning.pools.forecasts,
            errors_before=self._learning.pools.errors_before,
        )

    @override
    @callback
    def async_want(self, feed: str, item: Any) -> None:
        self.feeds.hurry(feed, WANTED_GAP)

    @callback
    def _event(self, event: Event) -> None:
        """Take a pushed event: numbers are shown soon, a change of state makes its listing due."""
        if event.collection in COLLECTIONS:
            self._pushed.take(event)
        else:
            self._changed(event)

    @callback
    def _show(self) -> None:
        """Show the newest pushed numbers."""
        if self.data is not None:
            self._shown += 1
            self.async_publish(self._assemble())

    @callback
    def _changed(self, event: Event) -> None:
        keys, gap = made_due(event)
        waits = [wait for key in keys if (wait := self.feeds.hurry(key, gap)) is not None]
        if waits:
            self.async_hurry(min(waits))

    @callback
    def _lost(self) -> None:
        """Connect again soon."""
        if self._session.lost():
            self.async_hurry()

    @callback
    def _remember(self) -> None:
        self._kept.save_soon()

    def note_upgrade(self, app: str, before: str, snapshot: str, datasets: Sequence[str]) -> None:
        """Take note of an upgrade, and of the version and the snapshot of datasets that can be gone back to."""
        self.memory.note_upgrade(
            app, Upgraded(dt_util.utcnow().timestamp(), before, snapshot, tuple(datasets))
        )
        self.async_publish(self._assemble())

    def note_install(self, app: str) -> None:
        """Take note of an app that was made from here."""
        self.memory.note_install(app, dt_util.utcnow().timestamp())

    def note_data_back(self, app: str) -> None:
        """Take note that what an app writes to is as it was before its upgrade."""
        if self.memory.forget_upgrade(app):
            self.async_publish(self._assemble())
