"""Watches one Arr: polling as the base, SignalR to be quick, and its queue under judgement."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
import contextlib
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.util import dt as dt_util
from yarl import URL

from ...const import CONF_FINGERPRINT, DOMAIN
from ...coordinator import HsmConfigEntry
from ...guardian.capabilities import Setting, Use
from ...guardian.capabilities_load import Workload
from ...guardian.capabilities_media import HOLD_IMPORTS, Downloads, Item
from ...guardian.contract import Action, Finding, Node
from ..certificates import learning
from ..errors import BadResponse, ClientError
from ..feeds import Feeds
from ..keyed import DENIED_AGAIN, READING, KeyedCoordinator
from ..session import shared_session
from .apps import BAZARR
from .assemble import assemble
from .client import ArrClient
from .glance import glance, told_of
from .holding import ANEW, HANDLING, Carried, Handling, HoldImports, Waiting, waiting_of
from .judging import Judging, watched_of
from .keeping import Keeping
from .listings import listing
from .model import Arr
from .nodes import nodes_of
from .options import MINUTES, OFFER, STRIKES, limits_of
from .orders import actions_of
from .polled import Reading, feeds_of
from .push import Push
from .rules import Case, judge
from .transport import Transport

# news make a feed due, not more often than this: a busy queue tells of itself every minute
GAP = 20.0
# versions of the interface in which what is completed can be left alone
HOLDING = frozenset({"v1", "v3"})


class ArrCoordinator(KeyedCoordinator[Arr]):
    """Keeps the snapshot of one Arr."""

    kind = "arr"

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        self._session = shared_session(hass)
        self._transport = Transport(
            self._session,
            URL(entry.data["url"]),
            entry.data["api_key"],
            hass.async_add_executor_job,
            entry.data.get(CONF_FINGERPRINT),
        )
        self.client = ArrClient(self._transport)
        self.reading = Reading(self.client, hass.loop.time, dt_util.utcnow)
        self.feeds = Feeds(())
        self.push = Push(self._transport, self._heard)
        self._keeping = Keeping(hass, self.id)
        self.judging = Judging(self._keeping.strikes, self._keeping.learned, limits_of(entry.options))
        self._actions: Mapping[str, Action] = {}
        self.handling = Handling(self.client)
        self._carried = Carried()
        self._waiting = Waiting(self.client)
        # when it was looked at last whether a hold of its imports is still as it was left
        self._handling_at = 0.0
        self._met = False
        # when the queue was read that was judged last
        self._judged_at: float | None = None
        self._listening: asyncio.Task[None] | None = None

    # What is shown

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        return judge(
            Case(
                source=self.id,
                data=self.data,
                now=dt_util.utcnow(),
                signals=self.judging.found.signals,
                out=self.judging.strikes.out(),
                offers=bool(self.config_entry.options.get(OFFER, True)) and bool(self._actions),
            )
        )

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return nodes_of(self.id, self.name, self._transport.url, self.data)

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
            manufacturer=self.data.about.app,
            model=self.data.about.app,
            sw_version=self.data.about.version,
            configuration_url=str(self._transport.url),
        )

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        return await listing(self.client, self.data, self.judging, key, fields)

    @override
    def diagnose(self) -> dict[str, Any]:
        return {
            "interface": self.client.api,
            "calls": self.client.calls,
            "push": self.push.connected,
            "feeds": self.feeds.report(),
            **told_of(self.data, self.judging),
        }

    # What others may ask

    def media(self) -> Mapping[str, Any]:
        """Return it at a glance (capability ShowsMedia)."""
        return {} if self.data is None else glance(self.data, self.judging)

    def name_of_target(self, target: str) -> str | None:
        """Return the title of a download (capability NamesTargets)."""
        found = self.data.queue.items.get(target) if self.data is not None else None
        return found.title if found is not None else None

    @override
    async def answers(self) -> bool:
        """Ask it now (capability AnswersItself). Raises ClientError."""
        return await self.client.ping()

    def uses_download(self, id: str) -> bool:
        """Return whether it waits for a download (capability UsesDownloads); one of nobody is nobody's use."""
        found = self.data.queue.items.get(id) if self.data is not None else None
        return found is not None and not found.orphaned

    def in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Return the import that goes on, where one does (capability InUse)."""
        if self.data is None or not self.is_among(nodes):
            return ()
        busy = (each for each in self.data.queue.items.values() if each.state == "importing")
        return tuple(Use("import", each.title) for each in busy)[:1]

    async def look_in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Ask what goes on now (capability InUse). Raises ClientError."""
        if self.client.app.queue and self.is_among(nodes):
            await self.async_look("queue")
        return self.in_use(nodes)

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return what can be changed for a while (capability ChangesForAWhile)."""
        return {HANDLING: self.handling} if self.holds_imports else {}

    @property
    def holds_imports(self) -> bool:
        """Return whether it can let completed downloads wait (capability HoldsImports)."""
        return self._met and HOLD_IMPORTS in self._actions

    @property
    def libraries(self) -> frozenset[str]:
        """Return the folders that it imports to, as they are called inside of it (capability HoldsImports)."""
        return frozenset(self.data.roots) if self.data is not None else frozenset()

    def jobs(self) -> Sequence[Workload]:
        """Return that it imports, which can wait (capability PausesJobs)."""
        waits = self.handling.shown("") is False
        return (
            [waiting_of(self.id, self.name, self._transport.url)] if self.holds_imports and not waits else []
        )

    @property
    def _is_lent(self) -> bool:
        guardian = self.house.guardian(self.server)
        changes = guardian.desk.leases.changes.values() if guardian is not None else ()
        return any((change.source, change.kind) == (self.id, HANDLING) for change in changes)

    @property
    def _is_held(self) -> bool:
        """Return whether its imports wait because of us."""
        return self._is_lent and self.handling.shown("") is False

    async def waiting_imports(self, items: Mapping[str, Item]) -> frozenset[str]:
        """Ask which of these wait for their import (capability HoldsImports). Raises ClientError."""
        now, held = self.hass.loop.time(), self._is_held
        return await self._waiting.of(items, self._carried.blocked, now, held=held)

    def imported(self, download: str) -> None:
        """Take note that a download was imported by our order."""
        self._waiting.imported(download)

    # Reading

    @override
    async def async_fetch(self) -> Arr:
        async with learning(self._session, self._transport.url):
            return await self._fetch()

    async def _fetch(self) -> Arr:
        if not self._met:
            await self._meet()
        elif not self.last_update_success:
            # another app may have taken its address meanwhile
            self.feeds.hurry("status", 0.0)
        await self.ask_due()
        if self.client.stranger:
            raise BadResponse(self.feeds.report()["status"]["error"])
        if {"status", "health"} <= self.feeds.stale_keys:
            # it answers, but not with what it should: something else is there
            raise BadResponse(self.feeds.report()["health"]["error"] or "It does not say how it is")
        if (wait := self.feeds.pressing()) is not None:
            self.async_hurry(wait)
        await self._look_at_handling()
        return self._assemble()

    async def _look_at_handling(self) -> None:
        """See whether a person has set what we hold: nobody tells of it."""
        if self._is_lent and (now := self.hass.loop.time()) - self._handling_at >= ANEW:
            self._handling_at = now
            with contextlib.suppress(ClientError):
                await self.handling.read("")

    async def _meet(self) -> None:
        await self.client.meet()
        await self._keeping.load_at(dt_util.utcnow().timestamp())
        options, strikes = self.config_entry.options, self._keeping.strikes
        strikes.most = int(options.get(STRIKES, strikes.most))
        strikes.every = 60 * float(options.get(MINUTES, strikes.every / 60))
        self.feeds = Feeds(feeds_of(self.client, self.reading), denied_again=DENIED_AGAIN)
        self.feeds.on_news = self.async_hurry
        self._actions = actions_of(self)
        if self._actions and self.client.app.queue and self.client.api in HOLDING:
            self._actions = {**self._actions, HOLD_IMPORTS: HoldImports(self)}
        self._met = True
        if self.client.app is not BAZARR:
            self._listening = self.config_entry.async_create_background_task(
                self.hass, self.push.run(), f"{DOMAIN} arr push"
            )

    @callback
    def _heard(self, feed: str) -> None:
        """There is news of a feed: ask soon."""
        if feed == "queue":
            self.reading.news = True
        if (wait := self.feeds.hurry(feed, GAP)) is not None:
            self.async_hurry(wait)

    def _assemble(self) -> Arr:
        data = assemble(self.client, self.feeds, dt_util.utcnow())
        learned = self.judging.learn(self.feeds.value("history") or ()) if self.client.app.queue else False
        if not self.client.app.queue:
            return data
        clients = [each for each in self.house.capable(Downloads) if each.server == self.server]
        data = self._carried.shown(data, clients, self.hass.loop.time(), held=self._is_held)
        if (read := self.feeds.fetched("queue")) == self._judged_at:
            # what was seen once counts once, also where it could not be read again
            if learned:
                self._keeping.save_soon()
            return self.judging.shown(data)
        self._judged_at = read
        data, changed = self.judging.take(data, watched_of(clients), dt_util.utcnow(), self.hass.loop.time())
        if changed or learned:
            self._keeping.save_soon()
        return data

    async def async_look(self, *feeds: str) -> Arr:
        """Read these feeds now, show and return the snapshot. Raises ClientError."""
        for feed in feeds:
            if feed == "queue":
                self.reading.news = True
            await self.feeds.read(feed, READING)
        data = self._assemble()
        self.async_publish(data)
        return data

    @override
    async def async_close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        self.feeds.stop()
        if self._met and self.client.app.queue:
            await self._keeping.save()
        self._session.detach()
