"""Watches one engine: a listing as the base, events to be quick, close looks within a budget."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
import contextlib
from dataclasses import replace
from functools import partial
import logging
import time
from typing import Any, override

import aiohttp
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ...const import DOMAIN
from ...coordinator import HsmConfigEntry, ServiceCoordinator
from ...edge.texts import Texts
from ...guardian.capabilities import RunsApps, Service, Setting
from ...guardian.contract import Action, Change, Finding, Missing, Node
from ...guardian.own_path import is_loopback
from ...history import file_name
from ..certificates import certificate_of
from ..errors import CertificateRejected
from ..feeds import Feeds
from ..session import shared_session
from .accepting import Acceptances
from .access import Access, open_access
from .actions import actions_of
from .aftermath import WATCHED_HOURS, Aftermath
from .app_probe import probes
from .audit import Report
from .audit_actions import ENGINE, AcceptAudit, FixAudit, RevokeAudit
from .audit_view import audit_view
from .auditing import Auditing
from .changes import Comparing
from .closely import Closely
from .cutting import DisconnectContainer
from .data_back import RollBackDataAction
from .gate import TIMEOUT
from .going_back import LetGoAction, RollBackAction
from .judged import allowed_by, findings_of
from .lending import settings
from .limit_action import LimitContainer
from .listings import listing, outline
from .meanwhile import Meanwhile
from .model import Container, Containers, Engine, Usage, Watched
from .newest import Newest
from .nodes import nodes_of
from .offering import Offering
from .offers import with_policies
from .options import PROBES
from .overview import overview
from .own_yard import OwnYard
from .policies import Policy, Written
from .polled import feeds_of
from .schedule import Schedule
from .services import host_of, own_of, services_of
from .snapshot import assemble, listed
from .stacks import stack_actions
from .traffic import Traffic
from .update_rows import update_rows
from .updating import UpdateAction
from .view import shown

_LOGGER = logging.getLogger(__name__)

HOUR = 3600.0
# of a cycle of 15 s: the listing and what comes with it, then the close looks
READING, LOOKING = 8.0, 6.0
# news make a listing due, not more often than this
GAP = 10.0
# what was moved in so many seconds is lost where Home Assistant is killed
COUNTED = 900.0
# after the engine was away, two samples make a rate again
SECOND = 5.0
REMEMBER_DELAY = 1.0
SAVE_DELAY = 30.0


class ContainersCoordinator(ServiceCoordinator[Containers]):
    """Keeps the snapshot of one engine."""

    kind = "containers"

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        super().__init__(hass, entry)
        self.access: Access
        self.feeds: Feeds
        self.closely: Closely
        self.auditing: Auditing
        self.accepted: Acceptances
        self.schedule = Schedule(self.tick)
        self.traffic = Traffic(lambda: dt_util.now().date().isoformat())
        self._traffic_due = 0.0
        self._traffic_store: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}/traffic/{file_name(self.id)}")
        updates: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}/updates/{file_name(self.id)}")
        self._updates_store = updates
        offers: Store[dict[str, Any]] = Store(hass, 1, f"{DOMAIN}/offers/{file_name(self.id)}")
        self._offers_store = offers
        self.probes = probes(entry.options.get(PROBES) or ())
        # of its own, so that no cookie of an application is kept for another one
        self.probe_session = async_create_clientsession(hass, cookie_jar=aiohttp.DummyCookieJar())
        self.aftermath = Aftermath(self._remember, lambda: dt_util.utcnow().timestamp())
        self.yard: OwnYard
        self._comparing = Comparing(self.id)
        self.offering: Offering
        self._actions: dict[str, Action] = {}
        self._settings: Mapping[str, Setting] = {}
        self.meanwhile = Meanwhile(self, self._start)
        self._shown: Mapping[str, Watched] = {}
        self._engine: Engine | None = None
        self._engine_due = 0.0

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

    # What is shown

    @property
    def machine(self) -> str | None:
        """Return the name or address of the engine's machine, as the entry spells it, where that is known."""
        return self.access.machine

    @property
    def gate_timeout(self) -> float:
        """Return for how many seconds a new container may take to be well."""
        return float(self.config_entry.options.get("gate_timeout", TIMEOUT))

    @property
    def watch_hours(self) -> float:
        """Return for how many hours what goes wrong is put down to an update; 0 is never."""
        return float(self.config_entry.options.get("watch_hours", WATCHED_HOURS))

    @property
    def written(self) -> Written:
        """Return what the options say about updates."""
        return Written.of(self.config_entry.options)

    def skipped(self, name: str, version: str) -> bool:
        """Return whether a person skipped this version at the update entity, which keeps that."""
        unique_id = f"{self.id}_container_{name}_container_update"
        entity = er.async_get(self.hass).async_get_entity_id("update", DOMAIN, unique_id)
        state = self.hass.states.get(entity) if entity else None
        return state is not None and state.attributes.get("skipped_version") == version

    def services(self) -> Sequence[Service]:
        """Return what runs, and where it answers from here (capability RunsServices)."""
        own = own_of(self.data, self.house.own_path.home)
        access = self.access
        socket = access.bare.address.socket is not None
        return services_of(self.data, host_of(self.data, access.machine, socket, access.page, own), own)

    @property
    def host(self) -> str | None:
        """Return the name or address of the engine's machine, where it is known and means the same to everybody."""
        found = self.access.machine
        return None if found is None or is_loopback(found) else found

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
        dark = {*self.closely.denied, *self.feeds.denied, *({"audit"} if self.auditing.denied else ())}
        if self.meanwhile.deaf:
            dark.add("events")
        return [Missing(key=f"containers_{verb}") for verb in sorted(dark)]

    @property
    @override
    def nodes(self) -> Sequence[Node]:
        return nodes_of(self.id, self.data, self.host)

    @property
    @override
    def actions(self) -> Mapping[str, Action]:
        return self._actions

    @property
    def settings(self) -> Mapping[str, Setting]:
        """Return what can be changed for a while (capability ChangesForAWhile)."""
        return self._settings

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
    def fresh(self, feed: str) -> bool:
        return feed not in self.data.stale

    @override
    def complete(self, feed: str) -> bool:
        return feed in self.data.complete

    @override
    def listed(self, feed: str) -> float | None:
        return self.feeds.fetched(feed)

    @override
    def supported(self, feed: str) -> bool:
        return feed not in self.feeds.unsupported

    @override
    def forget(self, identifier: str) -> bool:
        kind, _, key = identifier.removeprefix(f"{self.id}_").partition("_")
        present: Mapping[str, Mapping[str, Any]] = {
            "container": self.data.shown,
            "stack": self.data.stacks,
        }
        return identifier != self.id and key not in present.get(kind, {})

    @override
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        if key not in ("audit", "overview", "updates"):
            return await listing(self, key, fields)
        texts = Texts(self.hass)
        await texts.async_load()
        if key == "updates":
            return update_rows(
                self.data,
                self.offering.offer,
                lambda why, said: texts.common(f"left_{why}", said, default="") or texts.refusal(why, said),
            )
        if key == "overview":
            dark = [texts.common(f"missing_{each.key}", each.placeholders) for each in self.missing]
            return [overview(self.data, dark)]
        reports = [*([self.data.audit] if self.data.audit else ()), *self.data.audits.values()]
        wanted = fields.get("container")
        shown = [each for each in reports if wanted in (None, each.name)]
        return audit_view(shown, self.accepted, dt_util.utcnow(), texts.common)

    def report_of(self, target: str) -> Report | None:
        """Return the newest report on a container, or on the engine."""
        return self.data.audit if target == ENGINE else self.data.audits.get(target)

    @callback
    def show(self) -> None:
        """Show what is known now, such as what was accepted, or is no longer."""
        if self.data is not None:
            self.async_publish(self._assemble())

    @override
    def diagnose(self) -> dict[str, Any]:
        return {
            "engine": self._engine and {"version": self._engine.version, "kind": self._engine.kind},
            "calls": self.access.transport.calls,
            "most_at_once": self.access.transport.most_at_once,
            "feeds": self.feeds.report(),
            "denied": dict(self.closely.denied),
            "unreadable": self.closely.failed,
            "skipped": dict(self.data.skipped),
            "snapshot": outline(self.data),
        }

    # Reading

    @override
    async def _async_setup(self) -> None:
        self.access = await open_access(
            self.config_entry.data, self.hass.async_add_executor_job, partial(shared_session, self.hass)
        )
        self.feeds = Feeds(feeds_of(self.access))
        self.feeds.on_news = self.async_hurry
        self.auditing = Auditing(self.access.client, dt_util.utcnow)
        self.closely = Closely(self.access.client, self.auditing)
        self.traffic.load(await self._traffic_store.async_load())
        self.closely.on_counters = self._count
        store: Store[dict[str, Any]] = Store(self.hass, 1, f"{DOMAIN}/audit/{file_name(self.id)}")
        self.accepted = Acceptances(lambda rows: store.async_save({"accepted": rows}))
        self.accepted.load((await store.async_load() or {}).get("accepted"))
        with contextlib.suppress(HomeAssistantError, OSError, ValueError, NotImplementedError):
            # it may be lost: another version's file, or one that cannot be read
            self.aftermath.load(await self._updates_store.async_load())
        self.yard = OwnYard(self)
        self.offering = Offering(self, self._save_soon, lambda: dt_util.utcnow().timestamp())
        with contextlib.suppress(HomeAssistantError, OSError, ValueError, NotImplementedError):
            kept = await self._offers_store.async_load() or {}
            self.newest.load(kept.get("seen"))
            self.offering.load(kept)
        whole: tuple[Action, ...] = (
            UpdateAction(self.yard),
            RollBackAction(self.yard),
            LetGoAction(self.yard),
            RollBackDataAction(self.yard),
            FixAudit(self.access.client, self.yard, self),
            AcceptAudit(self, dt_util.utcnow),
            RevokeAudit(self),
            DisconnectContainer(self.access.client, self.yard, self._is_podman),
            LimitContainer(self.access.client, self.yard, lambda: self.closely.host_memory),
        )
        self._settings = settings(self.access.client, self.yard, lambda: self.data)
        self._actions = {
            **actions_of(self.access.client, self.yard, self._is_podman),
            **{each.key: each for each in whole},
            **stack_actions(self),
        }

    def add_action(self, action: Action) -> None:
        """Take an action that joins several systems, or the guardian, with this one."""
        self._actions[action.key] = action

    @callback
    def _save_soon(self) -> None:
        self._offers_store.async_delay_save(self._kept, SAVE_DELAY)

    def _kept(self) -> dict[str, Any]:
        return {"seen": self.newest.dump(), **self.offering.dump()}

    @callback
    def _count(self, container: Container, used: Usage) -> None:
        """Add what a container moved to its day."""
        new = self.traffic.note(container.name, container.id, used.rx_total, used.tx_total)
        # a store that is asked again and again would put the writing off each time
        if new and (now := time.monotonic()) >= self._traffic_due:
            self._traffic_due = now + COUNTED
            self._traffic_store.async_delay_save(self.traffic.pack, SAVE_DELAY)

    def _is_podman(self) -> bool:
        return self._engine is not None and self._engine.kind == "podman"

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
        spent, away = self.access.transport.calls, not self.last_update_success
        await self._meet()
        await self.feeds.refresh(self.feeds.due(), READING)
        by_id = self._listed()
        self.closely.forget(by_id)
        self.auditing.forget(by_id, (each.image_id for each in by_id.values()))
        self.schedule.forget(by_id)
        if self.first_look is None:
            self.meanwhile.begin()
        else:
            spent = self.access.transport.calls - spent
            running = {key: each.running for key, each in by_id.items()}
            choice = self.schedule.choose(time.monotonic(), running, spent)
            try:
                async with asyncio.timeout(LOOKING):
                    self.closely.watch_logs = allowed_by(self.config_entry.options).log > 0
                    await self.closely.take(by_id, choice)
            except TimeoutError:
                _LOGGER.debug("Some containers of %s could not be looked at in time", self.name)
        if (wait := self.feeds.pressing()) is not None:
            self.async_hurry(wait)
        if away:
            # the second samples, without which there are no rates
            self.async_hurry(SECOND)
        return self._assemble()

    async def _meet(self) -> None:
        """Learn what engine it is, at first, each hour, and after it was away. Raises ClientError."""
        now = time.monotonic()
        if self._engine is None or not self.last_update_success or now >= self._engine_due:
            self._engine = await self.access.client.negotiate()
            self._engine_due = now + HOUR
            self.closely.host_memory = self._engine.memory
            await self.auditing.meet()
        if not self.last_update_success:
            self.feeds.retry()
            self.schedule.begin_anew()

    def _assemble(self) -> Containers:
        if self._engine is None:
            raise RuntimeError("The engine is not known yet")
        data = assemble(self.feeds, self._engine, self.closely, self.newest.updates)
        data = self.auditing.audited(data, self.accepted)
        data = replace(data, shown=shown(data, self._elsewhere(), data.scores, self._shown))
        data = with_policies(data, self.written)
        self._shown = data.shown
        return data

    def _listed(self) -> dict[str, Container]:
        return {each.id: each for each in listed(self.feeds, self.closely).values()}

    def _elsewhere(self) -> frozenset[str]:
        """Return the ids of the containers that another source of this server shows as its own."""
        house = getattr(self, "house", None)
        return frozenset(
            each
            for source in (house.capable(RunsApps) if house else ())
            if source.server == self.server
            for each in source.app_containers()
        )

    @callback
    def _remember(self) -> None:
        self._updates_store.async_delay_save(self.aftermath.dump, REMEMBER_DELAY)

    @override
    @callback
    def async_want(self, feed: str, item: Any) -> None:
        if feed == "updates" and item.container.image:
            self.newest.ask_soon(item.container.image)

    @callback
    def note_update(self, name: str, reference: str, container: str, wanted: str) -> None:
        """Watch the new container of an update, and ask its registry anew."""
        self.aftermath.note_updated(name, container, wanted)
        self.newest.ask_soon(reference)
        self.offering.went_through(name)

    async def ask_updated(self) -> None:
        """Ask the applications in what was updated lately."""
        self.aftermath.forget()
        before = self.aftermath.seen(self.watch_hours).silent
        for each in self.aftermath.watched(self.watch_hours):
            container = self.data.containers.get(each.name)
            if container is None or container.id != each.container or not container.running:
                continue
            if (answers := await self.yard.answers(container)) is not None:
                self.aftermath.note_answer(each.name, answers=answers)
        if self.aftermath.seen(self.watch_hours).silent != before:
            self.house.updated(self)

    async def look_for_updates(self) -> None:
        """Ask one registry, if one is due, and see what can be offered of it."""
        data = self.data
        asked = {
            name: each
            for name, each in data.containers.items()
            if name not in data.shown or data.shown[name].policy != Policy.NEVER
        }
        if await self.newest.look(asked, data.images):
            self._save_soon()
            self.show()
        before = self.offering.offer, self.offering.weekly.dump()
        await self.offering.look(complete=self.newest.complete)
        if before != (self.offering.offer, self.offering.weekly.dump()):
            self.house.updated(self)

    @property
    def architecture(self) -> str | None:
        """Return the architecture of the engine's machine, where it is known."""
        return self._engine.architecture if self._engine else None

    async def look_at_all(self) -> None:
        """Look closely at every container. Raises ClientError."""
        by_id = self._listed()
        running = {key: each.running for key, each in by_id.items()}
        await self.closely.take(by_id, self.schedule.everything(time.monotonic(), running))

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
            await self._updates_store.async_save(self.aftermath.dump())
            if self.data is not None:
                self.traffic.forget(self.data.containers)
            await self._traffic_store.async_save(self.traffic.pack())
            self.feeds.stop()
            await self.access.close()
        if hasattr(self, "offering"):
            await self._offers_store.async_save(self._kept())

    async def async_look(self, *feeds: str) -> Containers:
        """List now, the containers where nothing else is named, show and return the snapshot. Raises ClientError."""
        for feed in feeds or ("containers",):
            await self.feeds.read(feed, READING)
        data = self._assemble()
        self.async_publish(data)
        return data
