"""Offers what was seen and is not watched yet: services in containers, and entries of Home Assistant's own integrations."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
import contextlib
from dataclasses import asdict, dataclass
from typing import Any

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    SOURCE_IGNORE,
    SOURCE_INTEGRATION_DISCOVERY,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import UnknownFlow
from homeassistant.helpers import device_registry as dr, discovery_flow
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from yarl import URL

from .const import CONF_KIND, CONF_SERVER, DOMAIN, HOME
from .guardian.capabilities import RunsServices, Service
from .guardian.contract import Source
from .guardian.house import House
from .guardian.own_path import addresses_of, container_node
from .kinds import KINDS
from .sources.known import KNOWN, Known, row_of, url_of

LOOKING = 5.0
# open offers at a time: more is no help to anybody
MOST_OPEN = 20
_SETTING_UP = frozenset({ConfigEntryState.NOT_LOADED, ConfigEntryState.SETUP_IN_PROGRESS})
PORTS = {"http": 80, "https": 443, "tcp": 2375, "nut": 3493}

type Place = tuple[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What is offered. kind: key of its kind; name: for people; server: unique id of the one that it runs on.

    product: what it is called by those who make it.

    core: id of the entry of Home Assistant's own integration that it was seen in, or None. source, service: else the
    source that it was seen on, and how that calls it.
    """

    kind: str
    url: str
    name: str
    server: str = HOME
    core: str | None = None
    source: str | None = None
    service: str | None = None
    product: str = ""

    @property
    def unique_id(self) -> str:
        """Return what stands for it until it is connected, so that it can be ignored: the kind and the address."""
        host, port = place_of(self.url) or ("", 0)
        return f"seen:{self.kind}:{host}:{port}"


def place_of(url: str) -> Place | None:
    """Return host and port of an address as it is spelled, or None where it has none, as a socket has none."""
    try:
        found = URL(url if "://" in url else f"//{url}")
        if found.host is None:
            return None
        return found.host.lower(), found.explicit_port or PORTS.get(found.scheme, 0)
    except ValueError:
        return None


@callback
def async_setup_discovery(hass: HomeAssistant, house: House) -> None:
    """Look after each snapshot of a source, and whenever an entry comes or goes."""
    discovery = Discovery(hass, house)
    house.subscribe(discovery.seen)
    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, discovery.changed)


class Discovery:
    """Remembers what was offered: once, and again when an entry of ours is removed."""

    def __init__(self, hass: HomeAssistant, house: House) -> None:
        self._hass = hass
        self._house = house
        self._offered: frozenset[Offer] = frozenset()
        # those that there was no room for, until an entry comes or goes
        self._left: frozenset[Offer] = frozenset()
        self._lock = asyncio.Lock()
        self._seeing = False
        # ids of entries that were added and are not set up yet
        self._coming = set[str]()

    @callback
    def seen(self, source: Source) -> None:
        """Offer what is new, and take back what is gone, if anything is; soon, and once for what comes together."""
        if not self._seeing:
            self._seeing = True
            self._hass.async_create_task(self._async_see(), f"{DOMAIN} discovery")

    async def _async_see(self) -> None:
        await asyncio.sleep(0)
        self._seeing = False
        offers = frozenset(self._offers())
        if not offers <= self._offered | self._left or self._outdated(offers):
            await self._async_offer(offers)

    @callback
    def changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        """Offer again what was removed; take back what is connected now; look at an entry of another integration."""
        ours = entry.domain == DOMAIN
        if not ours and not any(row.core and row.core.domain == entry.domain for row in KNOWN):
            return
        if change is ConfigEntryChange.REMOVED:
            ids = {entry.entry_id, entry.unique_id} - {None}
            gone = {each for each in self._offered if ids & {each.core, each.source}}
            self._end({each.unique_id for each in gone})
            self._offered = frozenset() if ours else self._offered - gone
        if ours and change is ConfigEntryChange.ADDED and entry.disabled_by is None:
            # the flow that made it is over once it is set up: ended before, it would fail for who finishes it
            self._coming.add(entry.entry_id)
        elif entry.entry_id in self._coming and (
            change is ConfigEntryChange.REMOVED or entry.state not in _SETTING_UP
        ):
            self._coming.discard(entry.entry_id)
            self._look()
        elif change is ConfigEntryChange.ADDED or (ours and change is ConfigEntryChange.REMOVED):
            self._look()

    @callback
    def _look(self) -> None:
        self._hass.async_create_task(self._async_look(), f"{DOMAIN} discovery")

    async def _async_look(self) -> None:
        # whoever told of the change goes on first
        await asyncio.sleep(0)
        await self._async_offer(frozenset(self._offers()))

    def _offers(self) -> Iterator[Offer]:
        """Yield all that was seen, connected or not: entries first, for their key may be taken along.

        Of two at one address the first by its name is offered, so that it is always the same one. Where as many of a
        product are connected as run, by whatever address, each is.
        """
        taken, here = set(), connected_products(self._hass)
        seen = sorted(self._of_sources(), key=lambda each: each.name)
        running = Counter(
            (each.server, each.product) for each in {each.unique_id: each for each in seen}.values()
        )
        new = [each for each in seen if running[each.server, each.product] > here[each.server, each.product]]
        for offer in (*self._of_core(), *new):
            if offer.unique_id not in taken:
                taken.add(offer.unique_id)
                yield offer

    def _of_core(self) -> Iterator[Offer]:
        for row in KNOWN:
            if row.core is None or row.kind not in KINDS:
                continue
            for entry in self._hass.config_entries.async_entries(row.core.domain):
                url = None if _is_idle(entry) else row.core.url(entry.data)
                if url is not None and place_of(url) is not None:
                    name = _named(row.product, entry.title)
                    yield Offer(kind=row.kind, url=url, name=name, core=entry.entry_id, product=row.product)

    def _of_sources(self) -> Iterator[Offer]:
        for source in self._house.capable(RunsServices):
            if not source.judged:
                continue
            for service in source.services():
                row = row_of(service) if service.running else None
                if row is None or row.kind not in KINDS or self._is_at_home(row, service):
                    continue
                if (url := url_of(row, service)) is not None and place_of(url) is not None:
                    name = f"{_named(row.product, service.name)} on {source.name}"
                    yield Offer(
                        kind=row.kind,
                        url=url,
                        name=name,
                        server=source.server,
                        source=source.id,
                        service=service.name,
                        product=row.product,
                    )

    def _outdated(self, now: frozenset[Offer]) -> frozenset[Offer]:
        """Return what was offered and is so no more: it is gone, is called otherwise, or has left its address.

        What only rests stays offered, and so does what was seen on a source that cannot say now what it has.
        """
        missing = self._offered - now
        if not missing:
            return missing
        places = {each.unique_id for each in now}
        named = {(each.source, each.service) for each in now if each.source}
        whole, resting = set[str](), set[tuple[str, str]]()
        for source in self._house.capable(RunsServices):
            if source.judged and source.knows_all_services:
                whole.add(source.id)
                resting |= {(source.id, each.name) for each in source.services() if not each.running}
        return frozenset(
            each
            for each in missing
            if each.core
            or each.unique_id in places
            or (each.source, each.service) in named
            or (each.source in whole and (each.source, each.service) not in resting)
        )

    def _is_at_home(self, row: Known, service: Service) -> bool:
        """Return whether a service leads only to an engine that is watched already."""
        if not row.at_home:
            return False
        mine = {container_node(each) for each in service.containers}
        watched = (each for each in self._house.capable(Source) if each.kind == row.kind)
        return any(mine & node.aliases for each in watched for node in each.nodes)

    async def _async_offer(self, offers: frozenset[Offer]) -> None:
        """Start a flow for each offer that leads to nothing that is connected, and end those that do now."""
        if not offers and not self._offered:
            # no name is looked up for nothing
            return
        async with self._lock:
            urls = {offer.url for offer in offers} | set(connected_urls(self._hass))
            places = await async_places(self._hass, urls)
            here = set().union(*(places.get(url, set()) for url in connected_urls(self._hass)))
            connected = {offer for offer in offers if places.get(offer.url, set()) & here}
            outdated = self._outdated(offers)
            self._end({offer.unique_id for offer in (outdated if self._coming else connected | outdated)})
            new = sorted(offers - connected - self._offered, key=lambda each: each.unique_id)
            room = max(MOST_OPEN - len(self._open()), 0)
            self._left = frozenset(new[room:])
            for offer in new[:room]:
                discovery_flow.async_create_flow(
                    self._hass,
                    DOMAIN,
                    context={"source": SOURCE_INTEGRATION_DISCOVERY},
                    data=asdict(offer),
                )
            self._offered = (self._offered - outdated) | (offers - self._left)

    def _open(self) -> list[ConfigFlowResult]:
        return self._hass.config_entries.flow.async_progress_by_handler(
            DOMAIN, match_context={"source": SOURCE_INTEGRATION_DISCOVERY}, include_uninitialized=True
        )

    def _end(self, unique_ids: set[str]) -> None:
        for flow in self._open():
            if flow["context"].get("unique_id") in unique_ids:
                with contextlib.suppress(UnknownFlow):
                    self._hass.config_entries.flow.async_abort(flow["flow_id"])


def _is_idle(entry: ConfigEntry) -> bool:
    return entry.source == SOURCE_IGNORE or entry.disabled_by is not None


def _named(product: str, name: str) -> str:
    """Return a product with the name that it has here, where that says more."""
    return product if name.lower() == product.lower() else f"{product} ({name})"


def connected_products(hass: HomeAssistant) -> Counter[tuple[str, str]]:
    """Return how many of each product are connected, by server and product, as their devices tell it."""
    devices = dr.async_get(hass)
    found = Counter[tuple[str, str]]()
    for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        mine = {each.manufacturer for each in dr.async_entries_for_config_entry(devices, entry.entry_id)}
        for product in mine & {row.product for row in KNOWN if row.kind == entry.data.get(CONF_KIND)}:
            found[entry.data.get(CONF_SERVER, HOME), str(product)] += 1
    return found


def connected_urls(hass: HomeAssistant) -> Iterator[str]:
    """Yield the addresses of all services that are connected."""
    for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        kind = KINDS.get(entry.data.get(CONF_KIND, ""))
        if kind is not None and (url := kind.address(entry.data)):
            yield url


async def async_places(hass: HomeAssistant, urls: Iterable[str]) -> dict[str, set[Place]]:
    """Return each address with all names of its host that can be known, each with the port."""
    spelled = {url: place for url in urls if (place := place_of(url)) is not None}
    try:
        async with asyncio.timeout(LOOKING):
            names: dict[str, Any] = await hass.async_add_executor_job(
                lambda: {host: addresses_of(host) for host, _ in set(spelled.values())}
            )
    except TimeoutError:
        names = {}
    return {
        url: {(name, port) for name in (*names.get(host, ()), host)} for url, (host, port) in spelled.items()
    }
