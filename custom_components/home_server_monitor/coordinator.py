"""ServiceCoordinator: the one seam where client errors become UpdateFailed, reauth or stale values."""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
import itertools
import logging
import random
from typing import Any, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import CONF_SERVER, DOMAIN
from .guardian.contract import Action, Change, Finding, Missing, Node
from .guardian.house import House
from .issues import clear_certificate_changed, raise_certificate_changed
from .refused import ask_no_more, asked_in_set_up
from .sources.errors import (
    AuthFailed,
    BadResponse,
    CannotConnect,
    CertificateRejected,
    ClientError,
    InsecureTransport,
    NotSupported,
)

_LOGGER = logging.getLogger(__name__)

# A cycle of at most 15 s and a wait of at most 20 s: shown within two cycles, healed within 30 s.
TICK = 30.0
CYCLE = 15.0
FIRST_RETRY = 4.0
LAST_RETRY = 18.0
PUSH_DELAY = 1.0
# listeners that are told in one go: a thousand entities take 40 ms
TOLD_AT_ONCE = 400

# a service's coordinator, or a server's guardian, which this room does not know
type HsmConfigEntry = ConfigEntry[Any]


class ServiceCoordinator[DataT](DataUpdateCoordinator[DataT]):
    """Keeps one immutable snapshot of one service.

    A kind implements what is abstract here; `async_fetch` returns a new snapshot or raises the clients' errors.
    """

    config_entry: HsmConfigEntry
    kind: str
    tick: float = TICK
    # seconds after which a key that was refused is tried again; None where that may lock somebody out
    refused_again: float | None = None
    # set before the first refresh
    house: House

    def __init__(self, hass: HomeAssistant, entry: HsmConfigEntry) -> None:
        self._hurry: Debouncer[Coroutine[Any, Any, None]] = Debouncer(
            hass, _LOGGER, cooldown=PUSH_DELAY, immediate=False
        )
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=entry.title,
            update_interval=timedelta(seconds=self.tick),
            always_update=False,
            request_refresh_debouncer=self._hurry,
        )
        self.id = entry.unique_id or entry.entry_id
        # the service's own device, which its objects' devices hang on
        self.device_id: str | None = None
        # when it was last asked and answered, seconds since 1970
        self.checked: float | None = None
        # None while all is well; also the first success clears what an earlier start complained of
        self._failures: int | None = 0
        # when the newest attempt began, in seconds of the event loop
        self._began = 0.0
        self._later: asyncio.TimerHandle | None = None
        # one batch of new entities at a time, over all platforms
        self.adding = asyncio.Lock()
        self._telling: asyncio.Task[None] | None = None
        self._tell_again = False
        # told the kind and the identities that are left, when objects are removed
        self.on_removed: list[Callable[[str, frozenset[str]], None]] = []

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        return str(self.config_entry.data[CONF_SERVER])

    @property
    def judged(self) -> bool:
        """Return whether what it shows is of now."""
        return self.last_update_success and self.data is not None

    @property
    def missing(self) -> Sequence[Missing]:
        """Return what cannot be seen here."""
        return ()

    @property
    @abstractmethod
    def findings(self) -> Sequence[Finding]:
        """Return what is wrong, judged on the newest snapshot."""

    @property
    @abstractmethod
    def nodes(self) -> Sequence[Node]:
        """Return what depends on what inside this system."""

    @property
    @abstractmethod
    def actions(self) -> Mapping[str, Action]:
        """Return what may be done here."""

    def changes_since_last(self) -> Sequence[Change]:
        """Return what changed since this was last asked; each change is returned once."""
        return ()

    @abstractmethod
    async def async_fetch(self) -> DataT:
        """Return a new snapshot. Raises ClientError."""

    @abstractmethod
    async def async_close(self) -> None:
        """End connections and write what is to be kept."""

    @property
    @abstractmethod
    def device_info(self) -> DeviceInfo:
        """Return how the service's own device is described."""

    @abstractmethod
    def fresh(self, feed: str) -> bool:
        """Return whether the values of a feed may be shown."""

    @abstractmethod
    def complete(self, feed: str) -> bool:
        """Return whether the newest listing of a feed was whole, so that what it lacks is gone."""

    @abstractmethod
    def listed(self, feed: str) -> float | None:
        """Return when the newest listing of a feed was read, in seconds of a clock that only runs forward."""

    @abstractmethod
    def supported(self, feed: str) -> bool:
        """Return whether this version of the service has a feed at all."""

    @abstractmethod
    def forget(self, identifier: str) -> bool:
        """Return whether the device with this identifier may be deleted by the user, and forget its object."""

    @abstractmethod
    async def async_list(self, key: str, fields: Mapping[str, Any]) -> list[Any]:
        """Return a listing for a response; `object` among the fields is whose it is. Raises ClientError; NotSupported where there is no such list."""

    @abstractmethod
    def diagnose(self) -> dict[str, Any]:
        """Return what helps to find a fault; the caller redacts it."""

    @override
    async def _async_update_data(self) -> DataT:
        self._began = self.hass.loop.time()
        try:
            data = await self.async_fetch()
        except AuthFailed as err:
            refused = self.house.refused_logins
            refused[self.config_entry.entry_id] += 1
            # a server that is just starting may refuse a good key once: only a second refusal is the person's matter
            if refused[self.config_entry.entry_id] > 1:
                del refused[self.config_entry.entry_id]
                if self.refused_again is not None:
                    if asked_in_set_up(self.hass, self.config_entry):
                        raise self._failed("auth_failed", err) from err
                    # Home Assistant itself asks no more until a person has given another key
                    self.async_hurry(self.refused_again)
                raise ConfigEntryAuthFailed(
                    translation_domain=DOMAIN,
                    translation_key="auth_failed",
                    translation_placeholders=self._named,
                ) from err
            raise self._failed("auth_failed", err) from err
        except CertificateRejected as err:
            raise_certificate_changed(self.hass, self.config_entry, err.expected, err.found)
            raise self._failed("certificate_rejected", err) from err
        except InsecureTransport as err:
            raise self._failed("insecure_http", err) from err
        except NotSupported as err:
            raise self._failed("not_supported", err) from err
        except BadResponse as err:
            raise self._failed("bad_response", err) from err
        except CannotConnect as err:
            raise self._failed("cannot_connect", err) from err
        self.checked = dt_util.utcnow().timestamp()
        if self._failures is not None:
            clear_certificate_changed(self.hass, self.config_entry)
        self._failures = None
        self.house.refused_logins.pop(self.config_entry.entry_id, None)
        if self.refused_again is not None:
            ask_no_more(self.hass, self.config_entry)
        return data

    @property
    def _named(self) -> dict[str, str]:
        return {"name": self.config_entry.title}

    def _failed(self, key: str, err: ClientError) -> UpdateFailed:
        """Return the failure, to be tried again after a short and slightly random wait.

        It counts from when the attempt began: whoever hangs for 10 s is not asked more rarely than who refuses at once.
        """
        failures = self._failures or 0
        wait = min(FIRST_RETRY * 2 ** min(failures, 4), LAST_RETRY) * random.uniform(0.8, 1.1)  # noqa: S311 - spreads retries, guards nothing
        wait = max(wait - (self.hass.loop.time() - self._began), min(wait, FIRST_RETRY))
        self._failures = failures + 1
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={**self._named, "error": str(err)},
            retry_after=wait,
        )

    @callback
    def async_publish(self, data: DataT) -> None:
        """Show a snapshot that came by push; the polling underneath keeps its rhythm."""
        if self.last_update_success and data != self.data:
            self.data = data
            self.async_update_listeners()

    @callback
    @override
    def async_update_listeners(self) -> None:
        """Tell all listeners; very many of them some at a time, so that they do not hold the event loop."""
        if len(self._listeners) <= TOLD_AT_ONCE:
            super().async_update_listeners()
            return
        self._tell_again = True
        if self._telling is None or self._telling.done():
            self._telling = self.config_entry.async_create_background_task(
                self.hass, self._tell_in_turns(), f"{DOMAIN} tell listeners"
            )

    async def _tell_in_turns(self) -> None:
        """Tell all, and once more where there was news while some had been told already."""
        while self._tell_again:
            self._tell_again = False
            # what led here may have taken its time already
            await asyncio.sleep(0)
            for some in itertools.batched(tuple(self._listeners), TOLD_AT_ONCE, strict=False):
                for key in some:
                    # one that is told may remove others
                    if (listener := self._listeners.get(key)) is not None:
                        self._tell(listener[0])
                await asyncio.sleep(0)

    def _tell(self, listener: Callable[[], None]) -> None:
        try:
            listener()
        except Exception:
            _LOGGER.exception("A listener of %s failed", self.name)

    @callback
    def async_want(self, feed: str, item: Any) -> None:
        """Have it asked anew what a feed says of an object, because a person wants to know."""

    @callback
    def async_hurry(self, delay: float = 0.0) -> None:
        """Refresh soon, or after `delay` seconds; many requests within a second make one refresh."""
        if self._shutdown_requested:
            return
        if delay <= 0:
            self._hurry.async_schedule_call()
            return
        when = self.hass.loop.time() + delay
        if self._later is not None and self._later.when() <= when:
            return
        if self._later is not None:
            self._later.cancel()
        self._later = self.hass.loop.call_at(when, self._async_later)

    @callback
    def _async_later(self) -> None:
        self._later = None
        self.async_hurry()

    @override
    async def async_shutdown(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        await super().async_shutdown()
