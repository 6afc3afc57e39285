"""Watches one Plex Media Server: polling as the base, its notifications to be quick."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.util import dt as dt_util
from yarl import URL

from ...const import CONF_FINGERPRINT, DOMAIN
from ...coordinator import HsmConfigEntry
from ...guardian.capabilities import Use, Viewer
from ...guardian.capabilities_streams import Exposure, Surroundings
from ...guardian.contract import Action, Finding, Node, Proposal
from ..certificates import learning
from ..errors import BadResponse
from ..feeds import Feed, Feeds
from ..keyed import DENIED_AGAIN, READING, KeyedCoordinator
from ..session import shared_session
from ..web import JsonTransport
from .actions import actions_of
from .assemble import assemble
from .client import PlexClient, headers_of
from .converting import SHARE_DAYS, Conversions
from .glance import glance
from .keeping import Keeping
from .listings import circumstances, listing
from .model import Plex
from .nodes import nodes_of
from .push import Push
from .rules import TEMP, badly_converted, judge, quality_offer
from .streams import Stream
from .verdict import Circumstances

MINUTE, HOUR = 60.0, 3600.0
# news make a feed due, not more often than this: a player tells each ten seconds how far it is
GAP = 10.0
# asked by the second cycle in each minute, so that what one plays is known without its notifications
STREAMS_EVERY = 30.0


class PlexCoordinator(KeyedCoordinator[Plex]):
    """Keeps the snapshot of one server."""

    kind = "plex"

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        self._session = shared_session(hass)
        self._transport = JsonTransport(
            self._session,
            URL(entry.data["url"]),
            headers_of(entry.data["token"], entry.data["client_id"]),
            hass.async_add_executor_job,
            entry.data.get(CONF_FINGERPRINT),
        )
        self.client = PlexClient(self._transport)
        self.feeds = Feeds(
            (
                Feed(key="about", fetch=self.client.about, every=5 * MINUTE, base=True),
                Feed(key="streams", fetch=self.client.streams, every=STREAMS_EVERY, base=True),
                Feed(key="sections", fetch=self.client.sections, every=10 * MINUTE),
                Feed(key="activities", fetch=self.client.activities, every=5 * MINUTE),
                Feed(key="preferences", fetch=self.client.preferences, every=15 * MINUTE),
                Feed(key="release", fetch=self.client.release, every=12 * HOUR),
            ),
            denied_again=DENIED_AGAIN,
        )
        self.feeds.on_news = self.async_hurry
        self.push = Push(self._transport, self.client, self._heard)
        self._actions = actions_of(self)
        self._keeping = Keeping(hass, self.id)
        # what only the engine and the machine below it know
        self.around = Surroundings()
        self._listening: asyncio.Task[None] | None = None

    # What is shown

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        return [
            *judge(self.id, self.data, exposure=self.exposure),
            *badly_converted(self.id, self.data, self.known, self.converted, self.around),
        ]

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return nodes_of(self.id, self.name, self._transport.url)

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
            name=self.data.about.name,
            manufacturer="Plex",
            model="Plex Media Server",
            sw_version=self.data.about.version,
            configuration_url=str(self._transport.url / "web"),
        )

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        return await listing(self, key)

    @override
    def diagnose(self) -> dict[str, Any]:
        """Return how it stands; who plays what is not in it."""
        about = self.data.about
        return {
            "version": about.version,
            "platform": about.platform,
            "mapping": about.mapping,
            "plex_pass": about.plex_pass,
            "calls": self.client.calls,
            "push": self.push.connected,
            "push_error": self.push.error,
            "feeds": self.feeds.report(),
            "libraries": len(self.data.sections),
            "streams": len(self.data.streams),
            "transcoding": len(self.data.transcoding),
            "preferences": len(self.data.preferences),
        }

    # What others may ask

    def media(self) -> Mapping[str, Any]:
        """Return it at a glance (capability ShowsMedia)."""
        return {} if self.data is None else glance(self.data)

    @override
    async def answers(self) -> bool:
        """Ask it now (capability AnswersItself). Raises ClientError."""
        return bool((await self.client.identity()).machine)

    @property
    def knows_streams(self) -> bool:
        """Return whether what is played is of now (capability PlaysStreams)."""
        return self.judged and "streams" not in self.data.stale

    def streams(self) -> Sequence[Stream]:
        """Return what is played, as it was seen last, without asking (capability PlaysStreams)."""
        return () if self.data is None else tuple(self.data.streams.values())

    def offer_quality(self, most: int) -> Proposal | None:
        """Return what holds each remote stream to so many kbit a second (capability LimitsQuality)."""
        return None if self.data is None else quality_offer(self.id, self.data, most)

    @property
    def temp_folder(self) -> str | None:
        """Return the folder in which it keeps what it converts, empty for its own (capability ConvertsVideo)."""
        if self.data is None or "preferences" in self.data.stale:
            return None
        found = self.data.preference(TEMP)
        return found.strip() if isinstance(found, str) else None

    @property
    def exposure(self) -> Exposure | None:
        """Return where its port is open, where its engine is known."""
        return self.around.exposure

    def take_surroundings(self, found: Surroundings) -> None:
        """Take note of what is known around it (capability ConvertsVideo)."""
        if found != self.around:
            self.around = found
            if self.data is not None:
                self.async_update_listeners()

    @property
    def converted(self) -> Conversions:
        """Return how streams are and were converted."""
        return self._keeping.conversions

    @property
    def known(self) -> Circumstances:
        """Return what is known of how it may convert."""
        return circumstances(self.data, self.around)

    def in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Return whether somebody watches: how many for all, who and what for approvers (capability InUse)."""
        if self.data is None or not self.is_among(nodes):
            return ()
        playing = [each for each in self.data.streams.values() if each.plays]
        now = dt_util.utcnow()
        viewers = tuple(
            Viewer(each.user, each.title, None if each.left is None else now + timedelta(seconds=each.left))
            for each in playing
        )
        return (Use("streams", str(len(playing)), viewers),) if playing else ()

    async def look_in_use(self, nodes: Collection[str]) -> Sequence[Use]:
        """Ask whether somebody watches now. Raises ClientError."""
        if self.is_among(nodes):
            await self.async_look("streams")
        return self.in_use(nodes)

    # Reading

    @override
    async def async_fetch(self) -> Plex:
        async with learning(self._session, self._transport.url):
            return await self._fetch()

    async def _fetch(self) -> Plex:
        await self.ask_due()
        if {"about", "streams"} <= self.feeds.stale_keys:
            # it answers, but not with what it should: something else is there
            raise BadResponse(self.feeds.report()["about"]["error"] or "It does not say how it is")
        self._is_the_same()
        if self._listening is None:
            self._listening = self.config_entry.async_create_background_task(
                self.hass, self.push.run(), f"{DOMAIN} plex push"
            )
        if (wait := self.feeds.pressing()) is not None:
            self.async_hurry(wait)
        await self._keeping.load_once()
        return self._seen(assemble(self.feeds))

    def _is_the_same(self) -> None:
        """Raise BadResponse where another server answers, or the same one with a database that was begun anew."""
        about, known = self.feeds.value("about"), self.config_entry.unique_id or ""
        # what tests and old entries are known by is no such identity
        if about is not None and len(known) == len(about.machine) and about.machine != known:
            self.feeds.hurry("about", 0.0)
            raise BadResponse("Another Plex Media Server answers there: remove it here and add it anew")

    def _seen(self, data: Plex) -> Plex:
        """Count how streams are converted."""
        known = circumstances(data, self.around)
        today = dt_util.now().date()
        if self.converted.see(data, known, self.hass.loop.time(), today.isoformat()):
            self._keeping.save_soon()
        since = (today - timedelta(days=SHARE_DAYS)).isoformat()
        return replace(data, hardware_share=self.converted.share(since))

    @callback
    def _heard(self, feed: str) -> None:
        """There is news of a feed: ask soon."""
        if (wait := self.feeds.hurry(feed, GAP)) is not None:
            self.async_hurry(wait)

    async def async_look(self, *feeds: str) -> Plex:
        """Read these feeds now, show and return the snapshot. Raises ClientError."""
        for feed in feeds:
            await self.feeds.read(feed, READING)
        data = self._seen(assemble(self.feeds))
        self.async_publish(data)
        return data

    @override
    async def async_close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        self.feeds.stop()
        await self._keeping.save()
        self._session.detach()
