"""Sets up a server's entry: its desk once, its guardian with each load."""

import asyncio
from datetime import datetime
import logging
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..guardian.approval import Problem, Tokens
from ..guardian.contract import Actor, Source
from ..guardian.desk import Desk
from ..guardian.house import House
from ..guardian.journal import Journal, JournalFailed
from ..guardian.journal_files import Replay
from ..guardian.policy import Policy
from ..guardian.practice import PracticeGround
from ..guardian.remediation import Record
from ..guardian.topology import Topology
from ..history import file_name
from . import clock
from .elsewhere import TELEGRAM_SENT
from .guardian import Guardian
from .house_key import HOUSE
from .messages import Message, tag_of
from .replies import async_listen_for_replies
from .settings import Settings, phones
from .telling import Teller
from .texts import Texts
from .ticking import TICK

_LOGGER = logging.getLogger(__name__)
JOURNALLED = "journalled"


def journal_folder(hass: HomeAssistant, server: str) -> Path:
    """Return where the journal of a server lies: in the configuration, so that it is in its backups."""
    return Path(hass.config.path(DOMAIN, file_name(server)))


def own_source(server: str) -> str:
    """Return the id of the source that a guardian itself is."""
    return f"guardian:{server}"


async def async_setup_guardian(hass: HomeAssistant, entry: ConfigEntry[Any], house: House) -> Guardian:
    """Return the running guardian of a server's entry; it ends with the entry's unloading."""
    server = entry.unique_id or entry.entry_id
    if server not in house.desks:
        house.desks[server] = _desk_of(hass, entry, house, server)
    desk, tokens = house.desks[server]

    async def take_up() -> None:
        await _async_take_up(hass, entry, house, desk, tokens)

    await take_up()
    guardian = Guardian(hass, entry, house, desk, tokens, Texts(hass))
    guardian.take_up = take_up
    house.guardians[server] = guardian
    entry.async_on_unload(await guardian.async_start())

    @callback
    def gone() -> None:
        house.guardians.pop(server, None)
        guardian.decisions.clear()

    entry.async_on_unload(gone)
    return guardian


class _Through:
    """What a desk asks of its guardian, which is there only while the server's entry is loaded."""

    def __init__(self, hass: HomeAssistant, house: House, server: str, ground: PracticeGround) -> None:
        self._hass, self._house, self._server, self._ground = hass, house, server, ground

    @property
    def _guardian(self) -> Any:
        return self._house.guardian(self._server)

    def source(self, wanted: str) -> Source | None:
        """Return a source, or the one that is only there to practise on."""
        return self._ground if wanted == self._ground.id else self._house.source(wanted)

    def not_now(self, record: Record) -> str | None:
        """Return why a record does not run now."""
        guardian = self._guardian
        found: str | None = guardian.proposals.not_now(record) if guardian is not None else "no_guardian"
        return found

    def in_use(self, record: Record) -> bool:
        """Return whether it would interrupt somebody; where nobody knows, it would."""
        guardian = self._guardian
        return guardian is None or guardian.waits.in_use(record)

    async def look_in_use(self, record: Record) -> bool:
        """Ask whether it would interrupt somebody now."""
        guardian = self._guardian
        return guardian is None or await guardian.waits.look_in_use(record)

    def topology(self) -> Topology:
        """Return what stands on what."""
        guardian = self._guardian
        return guardian.topology if guardian is not None else Topology()

    def closed(self) -> bool:
        """Return whether somebody disabled or removed the entry; one that is only loaded anew ends nothing."""
        entries = self._hass.config_entries
        found = entries.async_entry_for_domain_unique_id(DOMAIN, self._server)
        found = found or entries.async_get_entry(self._server)
        return found is None or found.disabled_by is not None

    def bound(self, about: str) -> str | None:
        """Return to what a button is bound now."""
        guardian = self._guardian
        return guardian.proposals.bound(about) if guardian is not None else None


def _desk_of(hass: HomeAssistant, entry: ConfigEntry[Any], house: House, server: str) -> tuple[Desk, Tokens]:
    """Return a desk and its tokens, whose journal is not read yet."""
    journal = Journal(
        journal_folder(hass, server), hass.async_add_executor_job, house.instance, clock=clock.now
    )
    through = _Through(hass, house, server, PracticeGround(own_source(server), server, entry.title))
    desk = Desk(
        journal,
        through.source,
        Policy(Settings.of(entry.options).policy(), weekday, through.topology),
        lambda: house.own_path,
        clock.now,
        not_now=through.not_now,
        in_use=through.in_use,
        look_in_use=through.look_in_use,
    )
    desk.helm.closed = through.closed
    return desk, Tokens(journal, through.bound)


async def _async_take_up(
    hass: HomeAssistant, entry: ConfigEntry[Any], house: House, desk: Desk, tokens: Tokens
) -> None:
    """Read the journal, once, and take up what was under way.

    A journal that is missing although it was there before is lost: then the mode is Watch only, and that is told.
    """
    if desk.ready:
        return
    known = desk.journal.broken
    try:
        replay = await desk.journal.open()
    except JournalFailed as err:
        # without it nothing is done; it is tried again until the disk is back
        if not known:
            _LOGGER.error("The journal cannot be read: %s", err)
        return
    await desk.recover(replay, expected=bool(entry.data.get(JOURNALLED)))
    tokens.load(replay, clock.now())
    _note_lost(hass, entry, house, replay)


def _note_lost(hass: HomeAssistant, entry: ConfigEntry[Any], house: House, replay: Replay) -> None:
    if replay.damaged or (replay.fresh and entry.data.get(JOURNALLED)):
        house.journals_lost.add(entry.unique_id or entry.entry_id)
    if not entry.data.get(JOURNALLED):
        hass.config_entries.async_update_entry(entry, data={**entry.data, JOURNALLED: True})


def weekday(now: float) -> tuple[int, int]:
    """Return the day of the week (0 is Monday) and the minute of the day where the household lives."""
    local = dt_util.as_local(dt_util.utc_from_timestamp(now))
    return local.weekday(), local.hour * 60 + local.minute


@callback
def async_keep_desks(hass: HomeAssistant) -> None:
    """Look after the desks whose server's entry is not loaded: what is lent goes back, and a stop waits for its steps."""

    def alone() -> list[Desk]:
        house = hass.data[HOUSE]
        return [desk for server, (desk, _) in house.desks.items() if house.guardian(server) is None]

    async def tick(now: datetime) -> None:
        for desk in alone():
            await desk.return_lent()

    async def stop(event: Event) -> None:
        await asyncio.gather(*(desk.stop() for desk in alone()))

    async_track_time_interval(hass, tick, TICK, cancel_on_shutdown=True)
    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop)


async def async_return_all(hass: HomeAssistant, server: str) -> None:
    """End what is lent, because the server's entry is removed and nobody would do so after the next start."""
    if (found := hass.data[HOUSE].desks.get(server)) is not None:
        await found[0].leases.end_all()


@callback
def async_listen(hass: HomeAssistant) -> None:
    """Listen to answers from the start on: a tap reaches its guardian, or is answered that none is running."""

    async def handle(verb: str, token: str, actor: Actor | None) -> None:
        guardians = tuple(hass.data[HOUSE].guardians.values())
        for guardian in guardians:
            if await guardian.answers.tap(verb, token, actor):
                return
        if not await _answer_without_guardian(hass, token, actor) and guardians:
            await guardians[0].answers.unknown(token, actor)

    async_listen_for_replies(hass, handle)

    @callback
    def sent(event: Event) -> None:
        for guardian in tuple(hass.data[HOUSE].guardians.values()):
            guardian.speaker.delivery.elsewhere.sent(event.data)

    hass.bus.async_listen(TELEGRAM_SENT, sent)


async def _answer_without_guardian(hass: HomeAssistant, token: str, actor: Actor | None) -> bool:
    """Say to who tapped that the entry is not loaded and nothing was done; returns whether the button is ours."""
    for desk, tokens in hass.data[HOUSE].desks.values():
        if (about := tokens.about(token)) is None:
            continue
        # it is bound to nothing now, so this only writes it down; the button works again with the entry
        found = tokens.redeem(token, actor.id if actor else "", clock.now())
        await tokens.save()
        if actor is not None and found is not Problem.WRONG_PERSON:
            texts = Texts(hass)
            await texts.async_load()
            record = desk.records.get(about)
            tag = tag_of(record.finding or about if record else about)
            text = texts.refusal("no_guardian", {})
            message = Message(tag=tag, title="Home Server Monitor", text=text)
            for phone in phones(hass).values():
                if phone.user_id == actor.id:
                    await Teller(hass).push(phone, message)
        return True
    return False
