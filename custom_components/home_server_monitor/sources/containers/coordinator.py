"""Watches one engine: a listing as the base, events to be quick, close looks within a budget."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, override

import aiohttp
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...coordinator import HsmConfigEntry
from ...edge.texts import Texts
from ...guardian.capabilities import RunsApps
from ...guardian.contract import Action, Change, Finding, Missing, Node
from ..certificates import certificate_of
from ..errors import CertificateRejected
from ..feeds import Feeds
from ..session import shared_session
from .access import open_access
from .app_probe import probes
from .auditing import Auditing
from .capable import CapableEngine
from .catalogue import actions_on
from .changes import Comparing
from .closely import Closely
from .cycle import READING, Cycle
from .judged import allowed_by, findings_of
from .keeping import Keeping
from .lending import settings
from .listings import listing, outline
from .meanwhile import SECOND, Meanwhile
from .model import Containers, Watched
from .newest import Newest
from .nodes import nodes_of
from .offering import Offering
from .offers import with_policies
from .options import PROBES, SMART_CONTAINER, SMART_EXEC
from .own_yard import OwnYard
from .polled import feeds_of
from .responses import IN_WORDS, in_words
from .schedule import Schedule
from .smart_reading import SmartReading
from .view import elsewhere, shown

# news make a listing due, not more often than this
GAP = 10.0


class ContainersCoordinator(CapableEngine):
    """Keeps the snapshot of one engine."""

    kind = "containers"

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        self.feeds: Feeds
        self.closely: Closely
        self.auditing: Auditing
        self.cycle: Cycle
        self.yard: OwnYard
        self.offering: Offering
        self.schedule = Schedule(self.tick)
        self._keeping = Keeping(hass, self.id, self._kept)
        self.traffic = self._keeping.traffic
        self.aftermath = self._keeping.aftermath
        self.accepted = self._keeping.accepted
        self.probes = probes(entry.options.get(PROBES) or ())
        # of its own, so that no cookie of an application is kept for another one
        self.probe_session = async_create_clientsession(hass, cookie_jar=aiohttp.DummyCookieJar())
        self.meanwhile = Meanwhile(self, self._start, self._keeping.save_offers_soon)
        self._comparing = Comparing(self.id)
        self._actions: dict[str, Action] = {}
        self._settings = {}
        self._shown: Mapping[str, Watched] = {}

    @property
    def newest(self) -> Newest:
        """Return what registries had last."""
        return self.meanwhile.newest

    @property
    def first_look(self) -> asyncio.Task[None] | None:
        """Return the first look at every container, or None before it began."""
        return self.meanwhile.first_look

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return self.config_entry.async_create_background_task(self.hass, work, f"{DOMAIN} {name}")

    async def ask_registry(self, name: str) -> None:
        """Ask what the registry has for a container now; where nobody answers what was known stays."""
        item = self.data.shown.get(name)
        if item and await self.newest.ask_now(item.container.image, self.data.containers, self.data.images):
            self.show()

    @property
    @override
    def findings(self) -> Sequence[Finding]:
        found = findings_of(self, dt_util.utcnow())
        if "containers" in self.data.stale:
            return found
        engine = self.data.engine.name if self.data.engine else "?"
        return [*found, *self.offering.findings(engine)]

    @property
    @override
    def missing(self) -> Sequence[Missing]:
        dark = {*self.cycle.dark, *({"events"} if self.meanwhile.deaf else ())}
        return [Missing(key=f"containers_{verb}") for verb in sorted(dark)]

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return nodes_of(self.id, self.data, self.host, self.yard.around.storage())

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return self._actions

    @override
    def changes_since_last(self) -> Sequence[Change]:
        return self._comparing.take(self.data) if self.judged else ()

    @property
    @override
    def device_info(self) -> DeviceInfo:
        engine = self.data.engine
        return DeviceInfo(
            identifiers={(DOMAIN, self.id)},
            name=self.name,
            manufacturer="Podman" if engine and engine.kind == "podman" else "Docker",
            model="Container engine",
            sw_version=engine.version if engine else None,
            configuration_url=self.access.page,
        )

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        if key not in IN_WORDS:
            return await listing(self, key, fields)
        texts = Texts(self.hass)
        await texts.async_load()
        return in_words(self, key, fields, texts, dt_util.utcnow())

    @callback
    def show(self) -> None:
        """Show what is known now, such as what was accepted, or is no longer."""
        if self.data is not None:
            self.async_publish(self._assemble())

    @override
    def diagnose(self) -> dict[str, Any]:
        return {
            **self.cycle.report(),
            "smart": self.smart.report(),
            "skipped": dict(self.data.skipped),
            "snapshot": outline(self.data),
        }

    @override
    async def _async_setup(self) -> None:
        self.access = await open_access(
            self.config_entry.data, self.hass.async_add_executor_job, partial(shared_session, self.hass)
        )
        self.feeds = Feeds(feeds_of(self.access))
        self.feeds.on_news = self.async_hurry
        self.auditing = Auditing(self.access.client, dt_util.utcnow)
        self.smart = SmartReading(
            self.access.client,
            str(self.config_entry.options.get(SMART_CONTAINER) or ""),
            allowed=bool(self.config_entry.options.get(SMART_EXEC, True)),
        )
        self.closely = Closely(self.access.client, self.auditing)
        self.closely.on_counters = self._keeping.count
        self.cycle = Cycle(self.name, self.access, self.feeds, self.closely, self.auditing, self.schedule)
        await self._keeping.load()
        self.yard = OwnYard(self)
        self.offering = Offering(self, self._keeping.save_offers_soon, lambda: dt_util.utcnow().timestamp())
        await self._keeping.load_offers(lambda kept: self.newest.load(kept.get("seen")), self.offering.load)
        self._settings = settings(self.access.client, self.yard, lambda: self.data)
        self._actions = actions_on(self, dt_util.utcnow)

    def add_action(self, action: Action) -> None:
        """Take an action that joins several systems, or the guardian, with this one."""
        self._actions[action.key] = action

    def _kept(self) -> dict[str, Any]:
        return {"seen": self.newest.dump(), **self.offering.dump()}

    @override
    async def async_fetch(self) -> Containers:
        try:
            return await self._fetch()
        except CertificateRejected as err:
            if err.found:
                raise
            # no authority vouches for it any more: learn which one it is, to tell the person
            seen = await certificate_of(self.access.session, self.access.bare.address.url)
            raise CertificateRejected(seen.fingerprint, err.expected) from err

    async def _fetch(self) -> Containers:
        away = not self.last_update_success
        spent = await self.cycle.read(away=away)
        if self.first_look is None:
            self.meanwhile.begin()
        else:
            await self.cycle.look(spent, watch_logs=allowed_by(self.config_entry.options).log > 0)
        # a thousand containers are put together in one go: what came before has had its own
        await asyncio.sleep(0)
        if (wait := self.feeds.pressing()) is not None:
            self.async_hurry(wait)
        if away:
            # the second samples, without which there are no rates
            self.async_hurry(SECOND)
        return self._assemble()

    def _assemble(self) -> Containers:
        data = self.cycle.assemble(self.newest.updates, self.accepted)
        others = elsewhere(self.house.capable(RunsApps), self.server)
        data = replace(
            data,
            shown=shown(data, others, data.scores, self._shown, self.aftermath.back, self.aftermath.tried),
        )
        data = with_policies(data, self.written)
        self._shown = data.shown
        return data

    @callback
    @override
    def async_want(self, feed: str, item: Any) -> None:
        if feed == "updates" and item.container.image:
            self.newest.ask_soon(item.container.image)

    @callback
    def note_update(
        self, name: str, reference: str, container: str, wanted: str, digests: Sequence[str] = ()
    ) -> None:
        """Watch the new container of an update, and ask its registry anew. digests: under which its image came."""
        self.aftermath.note_updated(name, container, wanted, self.newest.digest(reference, digests))
        self.newest.installed(reference, digests)
        self.offering.went_through(name)

    @callback
    def note_tried(self, name: str, digests: Sequence[str], reason: str) -> None:
        """Take note that an image did not stay in a container: it is not tried again by itself."""
        item, updated = self.data.containers.get(name), self.aftermath.updated.get(name)
        digest = self.newest.digest(item.image, digests) if item else ""
        if digest := digest or (updated.digest if updated else ""):
            self.aftermath.note_tried(name, digest, reason)
            self.offering.ended_badly(name, digest)

    @callback
    def judge_again(self) -> None:
        """Have it judged anew: what is known beside the snapshot changed."""
        self.house.updated(self)

    @callback
    def heard(self, container: str) -> None:
        """Something happened to a container: list soon, and look at it."""
        self.schedule.note(container)
        if (wait := self.feeds.hurry("containers", GAP)) is not None:
            self.async_hurry(wait)

    @override
    async def async_close(self) -> None:
        self.meanwhile.stop()
        if hasattr(self, "feeds"):
            await self._keeping.save(None if self.data is None else self.data.containers)
            self.feeds.stop()
            await self.access.close()
        if hasattr(self, "offering"):
            await self._keeping.save_offers()

    async def async_look(self, *feeds: str) -> Containers:
        """List now, the containers where nothing else is named, show and return the snapshot. Raises ClientError."""
        for feed in feeds or ("containers",):
            await self.feeds.read(feed, READING)
        data = self._assemble()
        self.async_publish(data)
        return data
