"""What the person set in the server's options: whom to tell, who may approve, when to be quiet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Self

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from yarl import URL

from ..const import CONF_OWN_PATH
from ..guardian import policy
from ..guardian.links import Link, links_of
from . import power_settings
from .phone_actions import APP, PhoneActions, name_of

PHONES = "phones"
APPROVERS = "approvers"
LOW_APPROVERS = "low_approvers"
TELEGRAM = "telegram"
QUIET = "quiet_hours"
QUIET_FROM = "quiet_from"
QUIET_TO = "quiet_to"
AUTOMATIC = "automatic_rules"
PER_HOUR = "actions_per_hour"
PER_TARGET = "actions_per_target"
CEILING = "most_permissive_mode"
WINDOW_DAYS = "window_days"
WINDOW_FROM = "window_from"
WINDOW_TO = "window_to"
DEAD_MAN = "dead_man_url"
PROTECTED = "protected_objects"
LINKS = "runs_on"
UPLOAD = "upload_speed"
UPLOAD_SENSOR = "upload_sensor"
SPARE_UPLINK = "limit_uploads"
STREAM_DOWN = "limit_downloads_to"
PAUSE_LOW = "pause_downloads"
LOW = "pause_below"
AGAIN = "resume_above"
HOLD_IMPORTS = "hold_imports"
IMPORT_FROM = "import_from"
IMPORT_TO = "import_to"
SPARE_STREAMS = "imports_wait_for_streams"
# bytes in a GB, as disks are sold
GB = 1_000_000_000.0
STREAM_PAUSE = "pause_for_streams"
QUALITY = "offer_quality"
# bytes a second in a Mbit/s, as lines are sold
MBIT = 125_000.0
# how what was chosen was called then, by its id: for when it is gone
NAMES = "names"

# rules whose remedy is of low risk, so that they may be allowed to run by themselves
LOW_RISK_RULES = ("pool_errors", "scrub_overdue", "task_failed", "task_overdue", "service_stopped")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MODES = ("watch", "ask", "act")
DEFAULTS: Mapping[str, Any] = {
    PHONES: [],
    APPROVERS: [],
    LOW_APPROVERS: [],
    TELEGRAM: [],
    QUIET: True,
    QUIET_FROM: "22:30:00",
    QUIET_TO: "07:30:00",
    AUTOMATIC: [],
    PER_HOUR: 5,
    PER_TARGET: 3,
    CEILING: "act",
    WINDOW_DAYS: list(DAYS),
    WINDOW_FROM: "02:00:00",
    WINDOW_TO: "05:00:00",
    DEAD_MAN: "",
    PROTECTED: [],
    LINKS: [],
    UPLOAD: 0,
    SPARE_UPLINK: False,
    STREAM_DOWN: 0,
    PAUSE_LOW: False,
    LOW: 50,
    AGAIN: 100,
    HOLD_IMPORTS: False,
    IMPORT_FROM: "01:00:00",
    IMPORT_TO: "07:00:00",
    SPARE_STREAMS: True,
    STREAM_PAUSE: [],
    QUALITY: True,
    CONF_OWN_PATH: [],
    NAMES: {},
    **power_settings.DEFAULTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """How the disk of the downloads is kept from running full, and that of the library quiet.

    pauses: whether downloads pause below `low` free bytes, until there are `again`; holds: whether imports wait for
    the `hours`, minutes of the local day, from and to; spares: whether they wait for who watches as well.
    """

    pauses: bool = False
    low: float = 0.0
    again: float = 0.0
    holds: bool = False
    hours: tuple[int, int] = (0, 0)
    spares: bool = True

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Read the options, all of which are given."""
        hours = (minute(given[IMPORT_FROM]), minute(given[IMPORT_TO]))
        low = max(float(given[LOW]), 0.0) * GB
        return cls(
            pauses=given[PAUSE_LOW] is True and low > 0,
            low=low,
            again=max(float(given[AGAIN]) * GB, low),
            holds=given[HOLD_IMPORTS] is True and hours[0] != hours[1],
            hours=hours,
            spares=given[SPARE_STREAMS] is not False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of a server.

    phones: entry ids of mobile_app; approvers: user ids, none for all admins; telegram: user and chat ids;
    quiet and window: minutes of the local day, from and to; days: 0 is Monday; protected: node ids; links: what
    people added to the topology; names: what was chosen, in words, by its id. upload: of the line, bytes a second, 0 is
    not known; upload_sensor: the entity that measures it, or ""; spare_uplink: whether uploads make room for streams that
    leave the house; stream_down: to what downloads are held then, bytes a second, 0 for not at all; pause_for_streams:
    node ids of containers that rest then; offer_quality: whether it is offered to lower what each stream may take.
    tier: what is done about the disk of the downloads.
    """

    phones: tuple[str, ...]
    approvers: frozenset[str]
    low_approvers: frozenset[str]
    telegram: frozenset[tuple[int, int]]
    quiet: tuple[int, int] | None
    automatic: frozenset[str]
    per_hour: int
    per_target: int
    ceiling: str
    days: frozenset[int]
    window: tuple[int, int]
    dead_man: str
    protected: frozenset[str]
    links: tuple[Link, ...]
    names: Mapping[str, str]
    upload: float = 0.0
    upload_sensor: str = ""
    spare_uplink: bool = False
    stream_down: float = 0.0
    tier: Tier = Tier()
    pause_for_streams: frozenset[str] = frozenset()
    offer_quality: bool = True

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Self:
        """Read options as they are stored; what is missing or damaged has its default."""
        given = {**DEFAULTS, **options}
        quiet = (minute(given[QUIET_FROM]), minute(given[QUIET_TO]))
        return cls(
            phones=tuple(given[PHONES]),
            approvers=frozenset(given[APPROVERS]),
            low_approvers=frozenset(given[LOW_APPROVERS]),
            telegram=frozenset(pair for text in given[TELEGRAM] if (pair := telegram_pair(text))),
            quiet=quiet if given[QUIET] and quiet[0] != quiet[1] else None,
            automatic=frozenset(given[AUTOMATIC]),
            per_hour=int(given[PER_HOUR]),
            per_target=int(given[PER_TARGET]),
            ceiling=given[CEILING] if given[CEILING] in MODES else "ask",
            days=frozenset(DAYS.index(day) for day in given[WINDOW_DAYS] if day in DAYS),
            window=(minute(given[WINDOW_FROM]), minute(given[WINDOW_TO])),
            dead_man=given[DEAD_MAN] if is_ping_url(given[DEAD_MAN]) else "",
            protected=frozenset(given[PROTECTED]),
            links=links_of(given[LINKS]),
            names=dict(given[NAMES]),
            upload=max(float(given[UPLOAD]), 0.0) * MBIT,
            upload_sensor=str(given.get(UPLOAD_SENSOR) or ""),
            spare_uplink=given[SPARE_UPLINK] is True,
            stream_down=max(float(given[STREAM_DOWN]), 0.0) * MBIT,
            tier=Tier.of(given),
            pause_for_streams=frozenset(given[STREAM_PAUSE]),
            offer_quality=given[QUALITY] is not False,
        )

    def policy(self) -> policy.Settings:
        """Return the part that the guardian's policy is about."""
        return policy.Settings(
            ceiling=policy.Mode(self.ceiling),
            approvers=self.approvers or None,
            low_approvers=self.low_approvers,
            telegram=frozenset(f"{user}:{chat}" for user, chat in self.telegram),
            automatic=self.automatic,
            protected=self.protected,
            per_target=self.per_target,
            per_hour=self.per_hour,
            windows=(policy.Window(self.days, *self.window),),
        )


def minute(text: str) -> int:
    """Return the minute of the day of `HH:MM` or `HH:MM:SS`; 0 where it is none."""
    found: time | None = dt_util.parse_time(str(text))
    return found.hour * 60 + found.minute if found else 0


def telegram_pair(text: str) -> tuple[int, int] | None:
    """Return the user id and the chat id of `user:chat`, or None."""
    user, _, chat = str(text).strip().partition(":")
    try:
        return int(user), int(chat or user)
    except ValueError:
        return None


def is_ping_url(text: str) -> bool:
    """Return whether this is an address that may be called while all is well."""
    try:
        url = URL(str(text))
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.host)


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone with the app of Home Assistant.

    action: its notify action, "" where another phone of its name has it; entity: then what takes text for it.
    """

    entry_id: str
    name: str
    user_id: str
    action: str
    device_id: str | None
    entity: str = ""


def phones(hass: HomeAssistant) -> dict[str, Phone]:
    """Return the phones that could be told, by the id of their entry."""
    registry, actions = dr.async_get(hass), PhoneActions(hass)
    found: dict[str, Phone] = {}
    for entry in hass.config_entries.async_entries(APP, include_ignore=False, include_disabled=False):
        devices = dr.async_entries_for_config_entry(registry, entry.entry_id)
        found[entry.entry_id] = Phone(
            entry.entry_id,
            name_of(entry),
            str(entry.data.get("user_id", "")),
            actions.action(entry),
            devices[0].id if devices else None,
            actions.entity(entry),
        )
    return found
