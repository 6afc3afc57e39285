"""What was seen and is not watched yet is offered: once, with its address, without a key, and not what is connected."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_INTEGRATION_DISCOVERY
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.config_flow import HomeServerMonitorConfigFlow
from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.discovery import place_of
from custom_components.home_server_monitor.guardian.capabilities import Service, Way
from custom_components.home_server_monitor.kinds import KINDS
from custom_components.home_server_monitor.sources.kind import ServiceKind
from custom_components.home_server_monitor.sources.known import KNOWN, known_by, url_of
from simulator.engine import lifecycle, process
from tests.test_config_flow import agree, complete, send
from tests.village import KIND as COTTAGE

from .conftest import engine_entry

PORTAINER = "https://127.0.0.1:9443"
SCRUTINY = "http://127.0.0.1:31054"
# what else runs in the house and can be watched
MEDIA = {f"http://127.0.0.1:{port}" for port in (8989, 7878, 9696, 8085, 8080, 32400)}


async def offered(hass: HomeAssistant) -> dict[str, Any]:
    """Return the discovered flows that are open, by the address that is filled in."""
    found = {}
    for flow in hass.config_entries.flow.async_progress_by_handler(
        DOMAIN, match_context={"source": SOURCE_INTEGRATION_DISCOVERY}
    ):
        shown = await hass.config_entries.flow.async_configure(flow["flow_id"])
        (url,) = (
            key.description["suggested_value"]
            for key in shown["data_schema"].schema
            if str(key) in ("url", "host")
        )
        found[url] = complete(shown) if shown["step_id"] == "containers" else shown
    return found


def of_portainer(hass: HomeAssistant) -> Any:
    """Return the flow that offers Portainer."""
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return next(flow for flow in flows if "Portainer" in flow["context"]["title_placeholders"]["name"])


@pytest.fixture(autouse=True)
def _handshakes_may_end(hass: HomeAssistant) -> None:
    """The simulator is in this loop: it must not complain of handshakes that the client ends."""
    hass.loop.set_debug(False)


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plex can be watched, as it will be."""
    for key in ("plex",):
        row = replace(COTTAGE, key=key, schema=KINDS["truenas"].schema, secrets=frozenset({"api_key"}))
        monkeypatch.setitem(KINDS, key, row)

        async def step(self: Any, user_input: Any = None, row: ServiceKind = row) -> Any:
            return await self._async_step_service(row, user_input)

        monkeypatch.setattr(HomeServerMonitorConfigFlow, f"async_step_{key}", step, raising=False)


async def test_a_portainer_in_a_container_is_offered_with_its_address(
    hass: HomeAssistant,
    docker: MockConfigEntry,
) -> None:
    found = await offered(hass)
    assert found.keys() - MEDIA == {PORTAINER, SCRUTINY}
    assert found.keys() >= MEDIA
    assert found[SCRUTINY]["step_id"] == "smart"
    flow = found[PORTAINER]
    assert flow["step_id"] == "containers"
    progress = of_portainer(hass)
    assert progress["context"]["title_placeholders"]["name"] == "Portainer on media"
    # no key is filled in, and there is none to copy
    assert "same_key" not in {str(key) for key in flow["data_schema"].schema}
    for key in flow["data_schema"].schema:
        if str(key) == "api_key":
            assert "suggested_value" not in (key.description or {})


async def test_what_no_kind_watches_yet_is_not_offered_and_a_new_kind_is(
    hass: HomeAssistant,
    kinds: None,
    docker: MockConfigEntry,
) -> None:
    found = {place_of(url)[1]: flow for url, flow in (await offered(hass)).items()}  # type: ignore[index]
    assert {8989, 9443} <= found.keys()
    # what lives in the network of its VPN answers at the VPN's port
    assert any(flow["step_id"] == "downloads" for flow in found.values())
    # nothing of a container's environment goes into a flow
    secret = [
        value
        for each in docker.runtime_data.data.containers.values()
        for value in each.labels.values()
        if "secret" in value
    ]
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert all(each not in str(flows) for each in secret)
    assert "sabnzbd" not in {flow["step_id"] for flow in found.values()}


async def test_ignored_is_not_offered_again_and_can_be_taken_back(
    hass: HomeAssistant,
    docker: MockConfigEntry,
) -> None:
    progress = of_portainer(hass)
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": progress["context"]["unique_id"], "title": "Portainer"},
    )
    await hass.async_block_till_done()
    assert (await offered(hass)).keys() - MEDIA == {SCRUTINY}
    assert await hass.config_entries.async_reload(docker.entry_id)
    await hass.async_block_till_done()
    assert (await offered(hass)).keys() - MEDIA == {SCRUTINY}
    (ignored,) = (each for each in hass.config_entries.async_entries(DOMAIN) if each.source == SOURCE_IGNORE)
    await hass.config_entries.async_remove(ignored.entry_id)
    await hass.async_block_till_done()
    assert (await offered(hass)).keys() - MEDIA == {PORTAINER, SCRUTINY}


async def test_what_is_connected_is_not_offered_and_an_open_offer_ends(
    hass: HomeAssistant,
    docker: MockConfigEntry,
) -> None:
    assert PORTAINER in await offered(hass)
    # by another spelling of the same machine
    other = engine_entry("https://localhost:9443", unique_id="another", environment="2", api_key="ptr_x")
    await hass.config_entries.async_add(other)
    await hass.async_block_till_done()
    assert (await offered(hass)).keys() - MEDIA == {SCRUTINY}
    shown = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={"kind": "containers", "url": "https://LOCALHOST:9443", "name": "Portainer"},
    )
    assert (shown["type"], shown["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_what_is_connected_by_another_address_is_not_offered(
    hass: HomeAssistant, docker: MockConfigEntry
) -> None:
    """Behind a proxy, or at a port of its own as in the demo: as many Sonarrs are connected as run."""
    sonarr = "http://127.0.0.1:8989"
    assert sonarr in await offered(hass)
    proxied = MockConfigEntry(
        domain=DOMAIN,
        title="Series",
        unique_id="proxied",
        data={
            "kind": "arr",
            "server": docker.data["server"],
            "url": "http://192.0.2.9/sonarr",
            "api_key": "x",
        },
    )
    proxied.add_to_hass(hass)
    dr.async_get(hass).async_get_or_create(
        config_entry_id=proxied.entry_id, identifiers={(DOMAIN, "proxied")}, manufacturer="Sonarr"
    )
    source = docker.runtime_data
    source.house.updated(source)
    await hass.async_block_till_done()
    assert (await offered(hass)).keys() & MEDIA == MEDIA - {sonarr}
    # a second one that runs may be the one that is not connected
    services = source.services()
    (other,) = (each for each in services if "sonarr" in each.images[0])
    ways = tuple(replace(way, port=8990) for way in other.ways)
    with patch.object(source, "services", lambda: (*services, replace(other, name="4k", ways=ways))):
        source.house.updated(source)
        await hass.async_block_till_done()
        assert {sonarr, "http://127.0.0.1:8990"} <= (await offered(hass)).keys()


async def test_what_moves_or_comes_in_floods_fills_no_screen(
    hass: HomeAssistant, docker: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that is another at each start is one offer, and a thousand services are no thousand offers."""
    source, services = docker.runtime_data, docker.runtime_data.services()
    scrutiny, other = (
        next(each for each in services if image in each.images[0]) for image in ("scrutiny", "portainer")
    )

    async def seen(*found: Any) -> set[str]:
        monkeypatch.setattr(source, "services", lambda: found)
        source.house.updated(source)
        await hass.async_block_till_done()
        return set(await offered(hass)) - MEDIA

    for port in range(32768, 32772):
        way = replace(scrutiny.ways[0], port=port)
        assert await seen(other, replace(scrutiny, ways=(way,))) == {PORTAINER, f"http://127.0.0.1:{port}"}
    many = (
        replace(scrutiny, name=f"s{port}", ways=(replace(scrutiny.ways[0], port=port),))
        for port in range(33000, 34000)
    )
    assert len(await seen(*many)) == 20


async def test_an_offer_goes_with_its_container_and_follows_its_name(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any
) -> None:
    """What only rests stays offered, what is gone does not, and what is called otherwise is offered by its new name."""
    source, engine = docker.runtime_data, house.harbour.engine
    scrutiny = engine.names["scrutiny"]

    def names() -> set[str]:
        flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        found = {flow["context"]["title_placeholders"]["name"] for flow in flows}
        return {each for each in found if each.startswith(("Portainer", "Scrutiny"))}

    async def look() -> set[str]:
        await source.async_look()
        source.house.updated(source)
        await hass.async_block_till_done()
        return names()

    assert names() == {"Portainer on media", "Scrutiny on media"}
    await lifecycle.stop(engine, scrutiny)
    assert await look() == {"Portainer on media", "Scrutiny on media"}
    process.start(engine, scrutiny)
    lifecycle.rename(engine, scrutiny, "smart-disks")
    assert await look() == {"Portainer on media", "Scrutiny (smart-disks) on media"}
    # a listing that is not whole takes nothing away
    house.harbour.docker.faults.add("malformed", "/containers/json", target="smart-disks")
    assert "Scrutiny (smart-disks) on media" in await look()
    house.harbour.docker.faults.clear()
    process.remove(engine, scrutiny, force=True)
    assert await look() == {"Portainer on media"}
    await hass.config_entries.async_remove(docker.entry_id)
    await hass.async_block_till_done()
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_two_of_a_kind_are_two_offers(hass: HomeAssistant, docker: MockConfigEntry, house: Any) -> None:
    """One that shares the host's network answers at a port of which nobody can tell whose it is: it is one offer."""
    source, services = docker.runtime_data, docker.runtime_data.services()
    scrutiny = next(each for each in services if "scrutiny" in each.images[0])
    second = replace(scrutiny, name="second", ways=(replace(scrutiny.ways[0], port=31055),))
    third = replace(scrutiny, name="third", ways=(), host="127.0.0.1")
    fourth = replace(third, name="fourth")
    with patch.object(source, "services", lambda: (fourth, scrutiny, second, third)):
        source.house.updated(source)
        await hass.async_block_till_done()
        found = await offered(hass)
        flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        names = {flow["context"]["title_placeholders"]["name"] for flow in flows}
    assert found.keys() == {SCRUTINY, "http://127.0.0.1:31055", "http://127.0.0.1:8080"}
    assert names == {f"Scrutiny{name} on media" for name in ("", " (second)", " (fourth)")}


async def test_an_app_of_the_nas_is_offered_at_its_page(
    hass: HomeAssistant, kinds: None, nas: MockConfigEntry
) -> None:
    await hass.async_block_till_done()
    steps = {url: flow["step_id"] for url, flow in (await offered(hass)).items()}
    assert steps["http://127.0.0.1:30113"] == "arr"
    assert steps["http://127.0.0.1:32400"] == "plex"
    # its own UPS service
    assert steps["127.0.0.1"] == "ups"


async def test_the_key_of_another_integration_is_copied_only_where_somebody_ticks_it(
    hass: HomeAssistant,
    docker: MockConfigEntry,
    house: Any,
) -> None:
    url, key = str(house.harbour.portainer_url), house.harbour.portainer.key
    MockConfigEntry(domain="portainer", title="Home NAS", data={"url": url, "api_token": key}).add_to_hass(
        hass
    )
    docker.runtime_data.house.updated(docker.runtime_data)
    await hass.async_block_till_done()
    shown = (await offered(hass))[url]
    (tick,) = (each for each in shown["data_schema"].schema if str(each) == "same_key")
    assert tick.default() is False

    asked = await send(hass, shown, url=url, same_key=False, tls={})
    without = await agree(hass, asked, "trust_certificate")
    assert without["errors"] == {"api_key": "portainer_key_needed"}
    elsewhere = await send(hass, shown, url="http://192.0.2.7:9000", same_key=True, tls={})
    assert elsewhere["errors"] == {"same_key": "same_key_elsewhere"}
    # not even at the same port, where it would be read on the way
    plain = await send(hass, shown, url=url.replace("https:", "http:"), same_key=True, tls={})
    assert plain["errors"] == {"same_key": "same_key_elsewhere"}
    asked = await send(hass, shown, url=url, same_key=True, tls={})
    asked = await agree(hass, asked, "trust_certificate")
    # the key opens it: which of the environments is all that is still to be chosen, or nothing
    assert asked["step_id"] in ("environment", "found"), asked


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("portainer/portainer-ce:lts", "containers"),
        ("lscr.io/linuxserver/socket-proxy", "containers"),
        ("ghcr.io/hotio/sonarr:release@sha256:" + "0" * 64, "arr"),
        ("registry.lan:5000/mirror/plexinc/pms-docker", "plex"),
        ("ghcr.io/goauthentik/server:2026.10", "authentik"),
        ("example/server", None),
        ("onedr0p/exportarr-sonarr", None),
        ("portainer/agent:2.33", None),
        ("sha256:" + "0" * 64, None),
    ],
)
def test_which_images_are_known(image: str, kind: str | None) -> None:
    found = known_by(image)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize("host", ["evil/x", "a@b", "[::1", "\u202ehost", "a b", "h#x", "h:1", ""])
def test_a_host_that_is_none_is_no_address(host: str) -> None:
    """One such port of one container does not end the looking at all others."""
    row = next(each for each in KNOWN if each.product == "Scrutiny")
    bad, good = Way(8080, host, 8080), Way(8080, "192.0.2.1", 8080)
    assert url_of(row, Service(name="x", images=(), ways=(bad,), host=host)) is None
    assert url_of(row, Service(name="x", images=(), ways=(Way(8080, "h", 10**6), bad, good))) == (
        "http://192.0.2.1:8080"
    )


def test_a_row_of_a_kind_that_exists_copies_only_its_secrets() -> None:
    for row in KNOWN:
        if row.core and (kind := KINDS.get(row.kind)):
            fields = {str(key) for key in kind.schema.schema}
            assert row.core.secrets.keys() <= fields
            assert kind.host in fields
