"""The guardian of one server, in Home Assistant: takes in what sources judge, tells people, and takes their answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..guardian import notice
from ..guardian.alerts import Alerts
from ..guardian.approval import Tokens
from ..guardian.changes import ChangeLog, Logged
from ..guardian.contract import Severity
from ..guardian.desk import Desk
from ..guardian.finding import Register, Tracked
from ..guardian.house import House
from ..guardian.journal import JournalFailed
from ..guardian.remediation import new_id
from ..guardian.topology import Topology
from . import clock
from .answers import Answers
from .dead_man import DeadMan
from .decisions import Decisions
from .following import Following
from .intake import Intake
from .kept import pack, take_in
from .listeners import Listeners
from .messages import Composer
from .month import Monthly
from .proposals import Proposals
from .retrying import Retrying
from .saving import Saving
from .settings import Settings, phones
from .speaker import Speaker
from .texts import Texts
from .ticking import TICK, Ticks
from .waits import Waits
from .watch import Watch
from .week import Week
from .wording import Wording

_LOGGER = logging.getLogger(__name__)


class Guardian:
    """Watches over one server: findings, alerts, proposals."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        house: House,
        desk: Desk,
        tokens: Tokens,
        texts: Texts,
    ) -> None:
        self.hass = hass
        self.entry = entry
        self.house = house
        self.desk = desk
        self.tokens = tokens
        self.id = entry.unique_id or entry.entry_id
        self.own = f"guardian:{self.id}"
        self.settings = Settings.of(entry.options)
        self.texts = texts
        self.compose = Composer(texts)
        self.register = Register()
        self.topology = Topology()
        self.alerts = Alerts(self.register, self.topology, self._alert_settings())
        self.changes = ChangeLog()
        self.ended = False
        self._saving = Saving(self, partial(pack, self))
        self.listeners = Listeners(self, self._saving.soon)
        self.listen, self.notify = self.listeners.add, self.listeners.tell
        self.intake = Intake(self)
        self.watch = Watch(hass, self.id, clock.now, self.intake.stand_changed, self.intake.source_removed)
        self.retrying = Retrying(self)
        self.wording = Wording(self)
        self.waits = Waits(self)
        self.proposals = Proposals(self)
        self.answers = Answers(self)
        self.speaker = Speaker(self)
        self.dead_man = DeadMan(self)
        self.decisions = Decisions(self)
        self.week = Week(self)
        # only a start of Home Assistant asks for patience, not an entry that is added while it runs
        self.started = clock.now() if not hass.is_running else 0.0
        self.following = Following(self)
        self.lock = asyncio.Lock()
        self._end: Callable[[], None] = lambda: None
        self.ticks = Ticks(self)
        self.practising = 0.0
        self.month = Monthly(self)
        self.booted: dict[str, float] = {}
        # told of each platform of the server, with what adds entities to it
        self.joins: list[Callable[[Platform, Callable[[list[Any]], None]], None]] = []
        # reads the journal where that was not possible yet
        self.take_up: Callable[[], Awaitable[None]] | None = None

    # Life

    async def async_start(self) -> Callable[[], None]:
        """Load what was known, follow the sources; returns what ends it."""
        await self.texts.async_load()
        stored = await self._stored()
        if stored:
            take_in(self, stored)
        ends = [
            self.watch.start(),
            self.decisions.start(),
            self.house.subscribe(self.intake.updated),
            async_track_time_interval(self.hass, self.tick, TICK),
            self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._stopping),
            self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._configured),
        ]
        # what is removed meanwhile is not in it
        self.intake.load(stored.get("topology"))
        self.intake.forget_removed()
        self.desk.policy.settings = self.settings.policy()
        self.desk.on_change(self.following.record_changed)
        self.desk.helm.on_change = self.notify
        self.speaker.start()
        for record in self.desk.untold:
            self.speaker.outcomes.late.add(record.id)
            self.speaker.record_changed(record)
        for attached in self.house.sources(self.id):
            self.intake.updated(attached)
        self._end = partial(self._end_all, ends)
        return self._end

    async def _stored(self) -> dict[str, Any]:
        """Return what was known, nothing where it cannot be read."""
        try:
            stored = await self._saving.load()
        except OSError, ValueError, NotImplementedError:
            _LOGGER.exception("What was known of findings cannot be read; they are found anew")
            return {}
        return stored if isinstance(stored, dict) else {}

    @callback
    def _end_all(self, ends: Sequence[Callable[[], None]]) -> None:
        if self.ended:
            return
        self.ended = True
        for each in ends:
            each()
        self.intake.stop()
        self._saving.stop()
        self.ticks.stop()
        self.speaker.close()
        self.desk.on_change(lambda record: None)
        self.desk.helm.on_change = lambda: None

    async def async_close(self) -> None:
        """End: hear nothing more, let what is being said be said, and write what was not."""
        async with self.lock:
            self._end()
        await self.speaker.stop()
        await self.async_save()

    async def async_save(self) -> None:
        """Write what may be lost."""
        await self._saving.now()

    def apply(self, options: Mapping[str, Any]) -> None:
        """Take in changed options."""
        self.settings = Settings.of(options)
        self.desk.policy.settings = self.settings.policy()
        self.alerts.settings = self._alert_settings()
        self.intake.rebuild()
        self.entry.async_create_background_task(self.hass, self._reconsider(), f"{DOMAIN} options")
        self.notify()

    async def _reconsider(self) -> None:
        """Judge anew what the options were about."""
        await self.desk.reconsider()
        await self.tick()

    def _alert_settings(self) -> notice.Settings:
        return notice.Settings(quiet=self.settings.quiet, local=_local)

    def set_topology(self, topology: Topology) -> None:
        """Take over a topology, here and where alerts are inhibited."""
        self.topology = self.alerts.topology = topology
        self.changes.canonical = topology.canonical
        # which host started when: what stands on one that just has is given time
        self.booted = {node.id: node.booted for node in topology.nodes if node.booted is not None}

    async def _configured(self, event: Event) -> None:
        """Speak the language that Home Assistant now has."""
        if "language" in event.data:
            await self.texts.async_load()
            self.notify()

    async def _stopping(self, event: Event) -> None:
        await self.desk.stop()
        await self.speaker.stop()
        await self.async_save()

    # What time brings

    @property
    def is_well(self) -> bool:
        """Return whether nothing critical is open and what is done can be written down."""
        return not self.desk.journal.broken and not any(
            each.severity is Severity.CRITICAL for each in self.register.firing()
        )

    async def tick(self, moment: Any = None) -> None:
        """Look at all that time brings."""
        await self.ticks.tick()

    # What people say

    @property
    def context(self) -> Context | None:
        """Return of whom the change is that the listeners are being told of."""
        return self.listeners.context

    def tracked(self, finding: str) -> Tracked | None:
        """Return a finding that is known."""
        return self.register.tracked.get(finding)

    def open_findings(self) -> list[Tracked]:
        """Return what is wrong now and was not dismissed."""
        if self.listeners.open is not None:
            return self.listeners.open
        return [
            each
            for each in self.register.firing()
            if self.register.silence(each) not in ("dismissed", "accepted")
        ]

    @property
    def tells_somebody(self) -> bool:
        """Return whether a phone is told, or an automation takes the alerts."""
        known = phones(self.hass)
        if any(key in known for key in self.settings.phones):
            return True
        return has_alert_automation(self.hass)

    async def note(self, what: str, value: Mapping[str, Any]) -> None:
        """Write down what somebody said, for people to read; nothing depends on it."""
        try:
            await self.desk.journal.append("said", new_id(clock.now()), {"what": what, **value, "over": True})
        except JournalFailed:
            _LOGGER.warning("What somebody said could not be written into the journal")

    def changes_before(self, tracked: Tracked) -> list[Logged]:
        """Return what changed in the 24 h before on what the finding is about or stands on."""
        about = self.topology.above(tracked.finding.object, tracked.finding.source)
        return self.changes.before(about, tracked.since)


def has_alert_automation(hass: HomeAssistant) -> bool:
    """Return whether an automation that is on was made from the blueprint that takes alerts."""
    component = hass.data.get("automation")
    return any(
        str(getattr(each, "referenced_blueprint", "")).endswith("home_server_monitor/alert_notify.yaml")
        and each.is_on
        for each in getattr(component, "entities", ())
    )


def _local(now: float) -> tuple[int, int]:
    local = dt_util.as_local(dt_util.utc_from_timestamp(now))
    return local.date().toordinal(), local.hour * 60 + local.minute
