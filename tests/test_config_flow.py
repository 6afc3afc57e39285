"""The config flow against a simulated NAS over real sockets: what a person sees, and what is added in the end."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from ipaddress import ip_address
import json
from pathlib import Path
import re
import ssl
from string import Formatter
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_SYSTEM,
    SOURCE_USER,
    SOURCE_ZEROCONF,
    ConfigEntry,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.const import DOMAIN, HOME
from custom_components.home_server_monitor.edge.settings import DEFAULTS
from custom_components.home_server_monitor.kinds import KINDS
from custom_components.home_server_monitor.options_flow import SECTIONS
from custom_components.home_server_monitor.sources.kind import Probe
from custom_components.home_server_monitor.sources.truenas import flow as truenas_flow, rights
from custom_components.home_server_monitor.sources.truenas.methods import Operation, method_of, supports
from custom_components.home_server_monitor.sources.truenas.opening import Timing
from custom_components.home_server_monitor.sources.truenas.releases import (
    V24_10,
    V25_04,
    V25_10,
    V26,
    V27,
)
import simulator
from simulator import Simulation
from simulator.truenas.releases import Release

type Result = Any

TEXTS = json.loads(
    (Path(__file__).parents[1] / f"custom_components/{DOMAIN}/translations/en.json").read_text("utf-8")
)
WRONG_KEY = f"1-{'x' * 64}"
VERSIONS = ("24.04", "24.10", "25.04", "25.10", "26", "27")


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None, hass: HomeAssistant) -> None:
    """The simulator is on loopback, in this loop: it must not complain of handshakes that the client ends."""
    hass.loop.set_debug(False)


@pytest.fixture(autouse=True)
async def setups(hass: HomeAssistant) -> AsyncGenerator[AsyncMock]:
    """Entries are added, but nothing is set up for them."""
    place = f"custom_components.{DOMAIN}"
    with (
        patch(f"{place}.async_setup_entry", return_value=True) as setup,
        patch(f"{place}.async_unload_entry", return_value=True, create=True),
    ):
        yield setup
        await hass.async_block_till_done()
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


def complete(result: Result, part: str = "config") -> Result:
    """Return what is shown to a person, after checking that every text is there and can be filled in."""
    filled = set(result.get("description_placeholders") or {})
    texts = []
    if result["type"] is FlowResultType.FORM:
        step = TEXTS[part]["step"][result["step_id"]]
        texts = [step["title"], step.get("description", "")]
        texts += [TEXTS[part]["error"][key] for key in (result["errors"] or {}).values()]
        if result["data_schema"]:
            shown = {str(key): part_ for key, part_ in result["data_schema"].schema.items()}
            parts = {key: part_ for key, part_ in shown.items() if isinstance(part_, section)}
            for name, part_ in parts.items():
                said = step["sections"][name]
                inside = {str(key) for key in part_.schema.schema}
                assert inside == said["data"].keys() == said["data_description"].keys()
            # a text may serve a form that shows fewer fields
            assert shown.keys() - parts.keys() <= step.get("data", {}).keys()
            assert step.get("data", {}).keys() == step.get("data_description", {}).keys()
    elif result["type"] is FlowResultType.MENU:
        assert set(result["menu_options"]) <= TEXTS[part]["step"][result["step_id"]]["menu_options"].keys()
    elif result["type"] is FlowResultType.ABORT and not result.get("translation_domain"):
        texts = [TEXTS[part]["abort"][result["reason"]]]
    wanted = {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}
    assert wanted <= filled, f"{result}: {wanted - filled} is not filled in"
    return result


async def send(hass: HomeAssistant, result: Result, **data: Any) -> Result:
    """Submit the form, or choose from the menu, that is shown."""
    return complete(await hass.config_entries.flow.async_configure(result["flow_id"], data))


async def form(hass: HomeAssistant) -> Result:
    """Go through the menu to the form of a NAS."""
    menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    return await send(hass, menu, next_step_id="truenas")


async def agree(hass: HomeAssistant, result: Result, *steps: str) -> Result:
    """Say yes to these questions, and to no others."""
    for step in steps:
        assert (result["type"], result.get("step_id")) == (FlowResultType.FORM, step)
        result = await send(hass, result)
    return result


async def added(hass: HomeAssistant, result: Result) -> ConfigEntry:
    """Submit the last page."""
    result = await agree(hass, result, "found")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry: ConfigEntry = result["result"]
    return entry


def existing(hass: HomeAssistant, sim: Simulation, **data: Any) -> MockConfigEntry:
    """A NAS that was added before."""
    known = {"url": sim.url, "api_key": sim.api_key, "fingerprint": sim.fingerprint, **data}
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="truenas",
        unique_id=sim.world.host_id,
        data={"kind": "truenas", "server": HOME} | {name: value for name, value in known.items() if value},
    )
    entry.add_to_hass(hass)
    return entry


def home(hass: HomeAssistant) -> MockConfigEntry:
    """The server that was added before."""
    entry = MockConfigEntry(domain=DOMAIN, title="Home", unique_id=HOME, data={"kind": "server"})
    entry.add_to_hass(hass)
    return entry


async def left(sim: Simulation) -> bool:
    """Whether the NAS sees that every session was closed."""
    async with asyncio.timeout(2):
        while sim.sessions:  # noqa: ASYNC110 - the simulator counts them and tells nobody
            await asyncio.sleep(0)
    return True


# Adding


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_nas_of_every_version_is_added_after_its_home(
    hass: HomeAssistant, setups: AsyncMock, version: str
) -> None:
    async with simulator.run(version) as sim:
        result = await send(
            hass,
            await form(hass),
            url=f" {sim.url.removeprefix('https://')}/ui/",
            api_key=f" {sim.api_key}\n",
        )
        assert result["step_id"] == "trust_certificate"
        said = result["description_placeholders"]
        assert said["sha256"].replace(":", "").lower() == sim.fingerprint
        assert "truenas.local" in said["names"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["until"])
        assert sim.calls == []

        result = await agree(hass, result, "trust_certificate")
        said = result["description_placeholders"]
        assert said["name"] == "truenas"
        assert said["what"] == (
            f"{len(sim.world.pools)} pools, {len(sim.world.disks)} disks and {len(sim.world.apps)} apps"
        )
        assert said["missing"] == "This key can see everything."
        assert said["version"] == sim.truenas.release.version.split("TrueNAS-")[1].removeprefix("SCALE-")

        entry = await added(hass, result)
        assert (sim.logins, sim.refusals) == (1, [])
        assert await left(sim)
        assert entry.title == "truenas"
        assert entry.unique_id == sim.world.host_id
        assert entry.data == {
            "kind": "truenas",
            "server": HOME,
            "url": sim.url,
            "api_key": sim.api_key,
            "fingerprint": sim.fingerprint,
        }
    assert [call.args[1].unique_id for call in setups.call_args_list] == [HOME, entry.unique_id]
    assert [each.data for each in hass.config_entries.async_entries(DOMAIN) if each.unique_id == HOME] == [
        {"kind": "server"}
    ]


async def test_the_user_name_is_kept_and_used(hass: HomeAssistant) -> None:
    home(hass)
    async with simulator.run("27") as sim:
        result = await send(
            hass, await form(hass), url=sim.url, api_key=sim.api_key, username=f"{sim.username} "
        )
        entry = await added(hass, await agree(hass, result, "trust_certificate"))
        assert entry.data["username"] == sim.username
        assert "auth.login_ex" in {call.method for call in sim.calls}
        assert len(hass.config_entries.async_entries(DOMAIN)) == 2


async def test_a_certificate_of_an_authority_raises_no_question(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulator.run() as sim:
        vouch_for(sim, monkeypatch)
        entry = await added(hass, await send(hass, await form(hass), url=sim.url, api_key=sim.api_key))
        assert "fingerprint" not in entry.data


def vouch_for(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make Home Assistant trust the present certificate of the NAS as if an authority had signed it."""
    assert sim.certificate
    context = ssl.create_default_context(cadata=sim.certificate.certificate.decode())
    monkeypatch.setattr("homeassistant.util.ssl.client_context", lambda *_: context)


async def test_plain_http_is_taken_where_it_does_no_harm(hass: HomeAssistant) -> None:
    async with simulator.run("24.10", tls=False) as sim:
        entry = await added(hass, await send(hass, await form(hass), url=sim.url, api_key=sim.api_key))
        assert entry.data["url"] == sim.url


async def test_what_cannot_be_counted_is_not_guessed(hass: HomeAssistant) -> None:
    async with simulator.run("24.10", tls=False) as sim:
        sim.world.keys[3].calls = ("system.*", "disk.*", "app.*")
        sim.faults.error("disk.query")
        sim.faults.replace("app.query", None)
        sim.faults.replace("system.info", None)
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.limited_key)
        said = result["description_placeholders"]
        assert (said["pools"], said["disks"], said["apps"]) == ("?", "?", "?")
        assert said["missing"] == "Not visible with this key:\n\n- pool.query (not in the key's allowlist)"
        assert (await added(hass, result)).title == "127.0.0.1"


async def test_the_same_nas_is_not_added_twice(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        existing(hass, sim)
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        result = await agree(hass, result, "trust_certificate")
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_a_kind_without_an_identity_is_told_apart_by_its_address(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def probe(*_: Any) -> Probe:
        return Probe(
            title="x",
            unique_id=None,
            data={"url": "https://a"},
            found={"name": "x", "version": "1", "what": "-", "missing": "-"},
        )

    monkeypatch.setitem(KINDS, "truenas", replace(KINDS["truenas"], probe=probe))
    await added(hass, await send(hass, await form(hass), url="a", api_key="b"))
    result = await send(hass, await form(hass), url="a", api_key="b")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


# What can go wrong

type Trouble = Callable[[Simulation], Any]
type Case = tuple[str, str, str, dict[str, str], Trouble]

LIMITED = {"api_key": "limited"}


def nothing(_: Simulation) -> None:
    """No trouble but in what was typed."""


def scenario(name: str) -> Trouble:
    """Something happens to the server."""
    return lambda sim: sim.scenario(name)


def answers(method: str, value: Any) -> Trouble:
    """A method answers with this."""
    return lambda sim: sim.faults.replace(method, value)


def fails(method: str, errno: int = 14) -> Trouble:
    """A method fails."""
    return lambda sim: sim.faults.error(method, errno)


CASES: list[Case] = [
    ("25.10", "url", "invalid_url", {"url": "ftp://nas"}, nothing),
    ("25.10", "url", "invalid_url", {"url": "https://"}, nothing),
    ("25.10", "url", "empty_field", {"url": " "}, nothing),
    ("25.10", "api_key", "empty_field", {"api_key": ""}, nothing),
    ("25.10", "api_key", "malformed_key", {"api_key": "1-abc"}, nothing),
    ("25.10", "url", "cannot_connect", {"url": "https://127.0.0.1:1"}, nothing),
    ("25.10", "url", "timeout_connect", {}, scenario("black_hole")),
    ("25.10", "url", "timeout_connect", {}, scenario("nas_hung")),
    ("25.10", "url", "not_truenas", {}, lambda sim: sim.faults.server("http_html")),
    ("25.10", "api_key", "invalid_auth", {"api_key": WRONG_KEY}, nothing),
    ("24.04", "api_key", "invalid_auth", {"api_key": WRONG_KEY}, nothing),
    ("25.10", "api_key", "invalid_auth", {"username": "somebody"}, nothing),
    ("25.10", "api_key", "invalid_auth", {}, scenario("revoked_key")),
    ("25.04", "api_key", "key_revoked", {"username": "homeassistant"}, scenario("revoked_key")),
    ("25.10", "api_key", "not_allowed", LIMITED, nothing),
    ("24.04", "api_key", "method_not_allowed", LIMITED, nothing),
    ("24.04", "url", "too_old", {}, answers("system.version", "TrueNAS-13.0-U6.2")),
    ("24.04", "url", "too_old", {}, answers("system.version", "FreeNAS")),
    ("24.10", "url", "too_old", {}, answers("system.version", "TrueNAS-SCALE-23.10.2")),
    ("25.10", "base", "not_ready", {}, fails("auth.login_with_api_key", errno=16)),
    (
        "25.10",
        "url",
        "standby_controller",
        {"username": "homeassistant"},
        answers("auth.login_ex", {"response_type": "REDIRECT", "urls": ["https://192.0.2.10"]}),
    ),
    ("25.10", "base", "bad_response", {}, answers("system.host_id", None)),
    ("25.10", "base", "bad_response", {}, fails("system.info")),
]
SAID = {
    "bad_response": r"no host id|system.info: .*Simulated failure",
    "cannot_connect": "https",
    "not_allowed": "READONLY_ADMIN",
    "method_not_allowed": "system.info",
    "too_old": r"TrueNAS-13.0-U6.2|FreeNAS|TrueNAS-SCALE-23.10.2",
}


async def trusted(hass: HomeAssistant, result: Result) -> Result:
    """Trust the certificate where that is asked; it is not where it was asked before."""
    return await send(hass, result) if result.get("step_id") == "trust_certificate" else result


@pytest.mark.parametrize(
    ("version", "field", "key", "typed", "trouble"), CASES, ids=[f"{case[2]}-{case[0]}" for case in CASES]
)
async def test_every_trouble_is_named_and_can_be_mended(
    hass: HomeAssistant,
    version: str,
    field: str,
    key: str,
    typed: dict[str, str],
    trouble: Trouble,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(truenas_flow, "TIMING", Timing(connect=0.5, call=0.3))
    async with simulator.run(version) as sim:
        good = {"url": sim.url, "api_key": sim.api_key}
        bad = good | ({"api_key": sim.limited_key} if typed is LIMITED else typed)
        if asyncio.iscoroutine(coming := trouble(sim)):
            await coming
        result = await trusted(hass, await send(hass, await form(hass), **bad))
        assert result["errors"] == {field: key}
        assert result["step_id"] == "truenas"
        said = result["description_placeholders"] or {}
        assert any(re.fullmatch(SAID.get(key, ".*"), text) for text in ["", *said.values()])
        assert await left(sim)

        for name in list(sim.scenarios):
            await sim.scenario_off(name)
        sim.faults.clear()
        result = await trusted(hass, await send(hass, result, **good))
        assert (await added(hass, result)).unique_id == sim.world.host_id


async def test_from_27_on_a_key_may_need_the_name_of_its_user(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Release, "endpoints", property(lambda _: ["v27.0.0"]))
    async with simulator.run("27") as sim:
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        result = await agree(hass, result, "trust_certificate")
        assert result["errors"] == {"username": "username_required"}
        result = await send(hass, result, url=sim.url, api_key=sim.api_key, username=sim.username)
        await added(hass, result)


async def test_what_nobody_thought_of_is_logged(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulator.run() as sim:
        with monkeypatch.context() as patcher:
            patcher.setattr(truenas_flow, "TrueNasClient", None)
            result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
            result = await agree(hass, result, "trust_certificate")
            assert result["errors"] == {"base": "unknown"}
        assert "Unexpected error while testing a truenas" in caplog.text
        assert sim.api_key not in caplog.text
        await added(hass, await send(hass, result, url=sim.url, api_key=sim.api_key))


@pytest.mark.parametrize("version", ["25.04", "25.10", "26", "27"])
async def test_a_key_never_leaves_over_plain_http(hass: HomeAssistant, version: str) -> None:
    async with simulator.run(version, tls=False) as sim:
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        assert result["errors"] == {"url": "insecure_http"}
        assert sim.calls == []
        assert not sim.world.keys[1].revoked
    async with simulator.run(version) as sim:
        result = await send(hass, result, url=sim.url, api_key=sim.api_key)
        await added(hass, await agree(hass, result, "trust_certificate"))


async def test_a_certificate_that_changes_while_it_is_asked_about(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        first = sim.fingerprint
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        await sim.new_certificate()
        result = await agree(hass, result, "trust_certificate")
        said = result["description_placeholders"]
        assert said["expected"].replace(":", "").lower() == first
        assert said["sha256"].replace(":", "").lower() == sim.fingerprint
        entry = await added(hass, await agree(hass, result, "trust_new_certificate"))
        assert entry.data["fingerprint"] == sim.fingerprint


# Questions


async def test_a_proxy_is_asked_about_before_the_key_is_sent(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        sim.faults.server("via_proxy")
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        result = await agree(hass, result, "trust_certificate")
        assert result["step_id"] == "proxy_warning"
        assert "- Via: 1.1 tunnel\n- CF-Ray" in result["description_placeholders"]["signs"]
        assert sim.calls == []
        await added(hass, await agree(hass, result, "proxy_warning"))


@pytest.mark.parametrize(
    ("version", "lacking", "dark"),
    [
        ("25.04", "- start and stop containers (VIRT_INSTANCE_WRITE)", "- SMART attributes (FULL_ADMIN)"),
        (
            "25.10",
            "- start, stop, restart, upgrade and roll back apps (APPS_WRITE)",
            "This key can see everything.",
        ),
        ("26", "- reboot and shut down (FULL_ADMIN)", "This key can see everything."),
    ],
)
async def test_a_key_that_may_only_read_is_taken_with_a_list(
    hass: HomeAssistant, version: str, lacking: str, dark: str
) -> None:
    async with simulator.run(version) as sim:
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.readonly_key)
        result = await agree(hass, result, "trust_certificate")
        assert result["step_id"] == "limited_rights"
        assert lacking in result["description_placeholders"]["missing"].splitlines()
        result = await agree(hass, result, "limited_rights")
        assert result["description_placeholders"]["missing"].endswith(dark)
        await added(hass, result)
        assert sim.refusals == []
        assert await left(sim)


@pytest.mark.parametrize("me", [None, {"privilege": None}, {"privilege": {"roles": None}}])
async def test_rights_that_are_not_told_are_not_asked_about(hass: HomeAssistant, me: Any) -> None:
    async with simulator.run() as sim:
        sim.faults.replace("auth.me", me)
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.readonly_key)
        await added(hass, await agree(hass, result, "trust_certificate"))


async def test_trust_holds_for_one_address_only(hass: HomeAssistant) -> None:
    async with simulator.run() as sim, simulator.run(seed=2) as other:
        result = await send(hass, await form(hass), url=sim.url, api_key=WRONG_KEY)
        result = await agree(hass, result, "trust_certificate")
        assert result["errors"] == {"api_key": "invalid_auth"}
        result = await send(hass, result, url=other.url, api_key=other.api_key)
        entry = await added(hass, await agree(hass, result, "trust_certificate"))
        assert entry.data["fingerprint"] == other.fingerprint


@pytest.mark.parametrize(
    "step", ["trust_certificate", "trust_new_certificate", "proxy_warning", "limited_rights"]
)
async def test_a_question_can_be_shown_again(hass: HomeAssistant, step: str) -> None:
    async with simulator.run() as sim:
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        flow = hass.config_entries.flow._progress[result["flow_id"]]
        again: Result = await getattr(flow, f"async_step_{step}")()
        assert again["description_placeholders"] == result["description_placeholders"]


# Servers


async def test_a_further_server_is_offered_once_there_is_one(hass: HomeAssistant) -> None:
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["menu_options"] == ["truenas", "containers", "downloads", "smart", "arr", "plex", "ups"]
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_SYSTEM})
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Home")
    result = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_SYSTEM}))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")

    menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    assert menu["menu_options"] == [
        "truenas",
        "containers",
        "downloads",
        "smart",
        "arr",
        "plex",
        "ups",
        "server",
    ]
    result = await send(hass, menu, next_step_id="server")
    result = await send(hass, result, name="  ")
    assert result["errors"] == {"name": "empty_name"}
    result = await send(hass, result, name=" Office ")
    assert (result["type"], result["title"]) == (FlowResultType.CREATE_ENTRY, "Office")
    assert result["data"] == {"kind": "server"}
    assert re.fullmatch(r"[0-9A-Z]{26}", result["result"].unique_id)


# Discovery


def announcement(hostname: str = "TrueNAS.local.", address: str = "192.168.1.20") -> ZeroconfServiceInfo:
    """What a NAS with its default name tells the network."""
    return ZeroconfServiceInfo(
        ip_address=ip_address(address),
        ip_addresses=[ip_address(address)],
        port=80,
        hostname=hostname,
        type="_http._tcp.local.",
        name="truenas._http._tcp.local.",
        properties={},
    )


async def discover(hass: HomeAssistant, **where: str) -> Result:
    """Let Home Assistant find a NAS."""
    return complete(
        await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_ZEROCONF}, data=announcement(**where)
        )
    )


async def test_a_discovered_nas_gets_its_host_id_once_the_key_was_tested(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        result = await discover(hass)
        (progress,) = hass.config_entries.flow.async_progress()
        assert progress["context"]["unique_id"] == "mdns:truenas.local"
        assert progress["context"]["title_placeholders"] == {"name": "truenas.local"}
        (url,) = [key for key in result["data_schema"].schema if key == "url"]
        assert url.description == {"suggested_value": "https://truenas.local"}

        result = await send(hass, result, url=sim.url, api_key=sim.api_key)
        entry = await added(hass, await agree(hass, result, "trust_certificate"))
        assert (entry.source, entry.unique_id) == (SOURCE_ZEROCONF, sim.world.host_id)


@pytest.mark.parametrize(
    "url", ["https://truenas.local", "https://TRUENAS:8443", "http://192.168.1.20", "https://[fe80::1]"]
)
async def test_a_nas_that_is_there_is_not_discovered(hass: HomeAssistant, url: str) -> None:
    async with simulator.run() as sim:
        home(hass)
        existing(hass, sim, url="https://[bad")
        assert (await discover(hass, address="fe80::1"))["type"] is FlowResultType.FORM
        existing(hass, sim, url=url)
        result = await discover(hass, address="fe80::1" if "fe80" in url else "192.168.1.20")
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_a_discovered_nas_can_be_ignored(hass: HomeAssistant) -> None:
    await discover(hass)
    (progress,) = hass.config_entries.flow.async_progress()
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": progress["context"]["unique_id"], "title": "truenas.local"},
    )
    result = await discover(hass)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "already_configured")
    (ignored,) = hass.config_entries.async_entries(DOMAIN)
    assert not ignored.supports_options
    # it can still be added by hand
    async with simulator.run() as sim:
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        await added(hass, await agree(hass, result, "trust_certificate"))


# Reauth


async def test_reauth_takes_a_new_key(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim, api_key=WRONG_KEY)
        result = complete(await entry.start_reauth_flow(hass))
        assert result["step_id"] == "reauth_confirm"
        assert [str(key) for key in result["data_schema"].schema] == ["api_key", "username"]
        result = await send(hass, result, api_key=sim.api_key, username=sim.username)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reauth_successful")
        assert entry.data == {
            "kind": "truenas",
            "server": HOME,
            "url": sim.url,
            "api_key": sim.api_key,
            "username": sim.username,
            "fingerprint": sim.fingerprint,
        }


async def test_reauth_says_that_the_old_key_is_spent(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim)
        await sim.scenario("revoked_key")
        result = await entry.start_reauth_flow(hass)
        result = await send(hass, result, api_key=sim.api_key)
        assert result["errors"] == {"api_key": "key_revoked"}
        result = await send(hass, result, api_key=WRONG_KEY)
        assert result["errors"] == {"api_key": "invalid_auth"}
        result = await send(hass, result, api_key=sim.readonly_key)
        result = await agree(hass, result, "limited_rights")
        assert result["reason"] == "reauth_successful"
        assert entry.data["api_key"] == sim.readonly_key


async def test_reauth_of_another_system_is_refused(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim)
        sim.faults.replace("system.host_id", "another")
        result = await send(hass, await entry.start_reauth_flow(hass), api_key=sim.api_key)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
        assert result["description_placeholders"]["found_id"] == "another"


async def test_reauth_shows_errors_of_fields_that_it_lacks_on_top(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim)
        await sim.stop_listening()
        result = await send(hass, await entry.start_reauth_flow(hass), api_key=sim.api_key)
        assert result["errors"] == {"base": "cannot_connect"}
        await sim.start_listening()
        await sim.new_certificate()
        result = await send(hass, result, api_key=sim.api_key)
        result = await agree(hass, result, "trust_new_certificate")
        assert result["reason"] == "reauth_successful"
        assert entry.data["fingerprint"] == sim.fingerprint


# Reconfigure


async def test_reconfigure_keeps_the_key_and_drops_what_was_emptied(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim, username=sim.username)
        result = complete(await entry.start_reconfigure_flow(hass))
        shown = {str(key): key.description for key in result["data_schema"].schema}
        assert shown == {
            "url": {"suggested_value": sim.url},
            "api_key": None,
            "username": {"suggested_value": sim.username},
        }
        result = await send(hass, result, url=f"{sim.url}/ui", api_key="")
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
        assert entry.data == {
            "kind": "truenas",
            "server": HOME,
            "url": sim.url,
            "api_key": sim.api_key,
            "fingerprint": sim.fingerprint,
        }


async def test_reconfigure_at_another_name_asks_for_trust_anew(hass: HomeAssistant) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim, url="https://truenas.lan", fingerprint="ab" * 32)
        result = await send(hass, await entry.start_reconfigure_flow(hass), url=sim.url)
        result = await agree(hass, result, "trust_certificate")
        assert result["reason"] == "reconfigure_successful"
        assert entry.data["url"] == sim.url
        assert entry.data["api_key"] == sim.api_key
        assert entry.data["fingerprint"] == sim.fingerprint


async def test_reconfigure_to_another_system_is_refused(hass: HomeAssistant) -> None:
    async with simulator.run() as sim, simulator.run(seed=2) as other:
        entry = existing(hass, sim)
        result = await entry.start_reconfigure_flow(hass)
        result = await send(hass, result, url=other.url, api_key=WRONG_KEY)
        result = await agree(hass, result, "trust_new_certificate")
        assert result["errors"] == {"api_key": "invalid_auth"}
        result = await send(hass, result, url=other.url, api_key=other.api_key)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "unique_id_mismatch")
        said = TEXTS["config"]["abort"]["unique_id_mismatch"].format(**result["description_placeholders"])
        assert said.startswith(
            f"The TrueNAS at {other.url.removeprefix('https://')} is another one: "
            f"truenas (system id {other.world.host_id[:8]}…), not {entry.title} (system id {sim.world.host_id[:8]}…)."
        )
        assert entry.data["url"] == sim.url


async def test_a_certificate_of_an_authority_takes_the_place_of_the_pin(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim)
        await sim.new_certificate()
        vouch_for(sim, monkeypatch)
        result = await send(hass, await entry.start_reconfigure_flow(hass), url=sim.url)
        assert result["reason"] == "reconfigure_successful"
        assert "fingerprint" not in entry.data


async def test_a_server_has_nothing_to_reconfigure(hass: HomeAssistant) -> None:
    result = complete(await home(hass).start_reconfigure_flow(hass))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "nothing_to_reconfigure")


# Options


async def options(hass: HomeAssistant, entry: ConfigEntry, **given: Any) -> None:
    """Submit the options of an entry."""
    result = complete(await hass.config_entries.options.async_init(entry.entry_id), "options")
    result = await hass.config_entries.options.async_configure(result["flow_id"], given)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_options_of_a_nas_reload_it(hass: HomeAssistant, setups: AsyncMock) -> None:
    async with simulator.run() as sim:
        entry = existing(hass, sim)
        await hass.config_entries.async_setup(entry.entry_id)
        assert entry.supports_options
        await options(hass, entry, disk_temperatures=False)
        await hass.async_block_till_done()
        assert entry.options == {"disk_temperatures": False}
        assert setups.call_count == 2


async def test_options_of_a_server_do_not(hass: HomeAssistant, setups: AsyncMock) -> None:
    entry = home(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.supports_options
    protecting = {"own_path": [" postgres", "caddy", "", "caddy"]}
    acting = {"actions_per_hour": 3}
    parts = {key: {} for key in SECTIONS} | {"acting": acting, "protecting": protecting}
    await options(hass, entry, **parts)
    await hass.async_block_till_done()
    assert entry.options == {**DEFAULTS, "own_path": ["postgres", "caddy"], "actions_per_hour": 3}
    assert setups.call_count == 1


@pytest.mark.parametrize(
    ("part", "given", "error"),
    [
        ("being_missed", {"dead_man_url": "ftp://example.org"}, "not_an_address"),
        ("approving", {"telegram": ["Ann"]}, "not_a_telegram_id"),
        ("streaming", {"limit_uploads": True}, "upload_not_known"),
        ("tiering", {"pause_downloads": True, "resume_above": 50}, "resumes_too_soon"),
        ("tiering", {"hold_imports": True, "import_from": "07:00:00"}, "no_import_hours"),
    ],
)
async def test_options_of_a_server_that_are_wrong(
    hass: HomeAssistant, part: str, given: dict[str, Any], error: str
) -> None:
    entry = home(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    parts: dict[str, Any] = {key: {} for key in SECTIONS} | {part: given}
    result = await hass.config_entries.options.async_configure(result["flow_id"], parts)
    assert result["errors"] == {"base": error}
    parts |= {part: {}, "acting": {"actions_per_hour": 3}}
    result = await hass.config_entries.options.async_configure(result["flow_id"], parts)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_kind_without_options_says_so(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "truenas", replace(KINDS["truenas"], options=None))
    async with simulator.run() as sim:
        entry = existing(hass, sim)
        await hass.config_entries.async_setup(entry.entry_id)
        assert not entry.supports_options


# Rights


@pytest.mark.parametrize("release", [V25_04, V25_10, V26, V27])
def test_every_role_of_the_method_table_has_a_word(release: tuple[int, int]) -> None:
    named = {role for right in (*rights.READS, *rights.WRITES) for role in right.roles(release)}
    asked = set()
    for operation in Operation:
        if operation not in (Operation.ME, Operation.JOBS) and supports(operation, release):
            asked.add(method_of(operation, release).role)
    assert named == asked


def test_a_full_administrator_lacks_nothing_and_a_watcher_every_write() -> None:
    assert rights.missing_writes(frozenset({"FULL_ADMIN"})) == []
    watcher = rights.missing_writes(frozenset({"READONLY_ADMIN"}))
    assert watcher == [right.key for right in rights.WRITES if right.roles(V27)]
    some = rights.missing_writes(frozenset({"READONLY_ADMIN", "APPS_WRITE", "SYSTEM_UPDATE_WRITE"}))
    assert set(watcher) - set(some) == {"apps", "update"}
    assert rights.missing_writes(frozenset(), V24_10) == []


# Whom to tell


async def test_the_last_page_of_the_first_flow_asks_whom_to_tell(
    hass: HomeAssistant,
    hass_admin_user: MockUser,
    hass_owner_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The phones of the admin who is adding it are ticked, nobody else's."""
    phones = {}
    for name, user in (("Mine", hass_admin_user), ("Yours", hass_owner_user)):
        data = {"device_name": name, "user_id": user.id}
        entry = MockConfigEntry(domain="mobile_app", title=name, data=data)
        entry.add_to_hass(hass)
        phones[name] = entry.entry_id
    request = {"hass_user": hass_admin_user}
    place = "custom_components.home_server_monitor.edge.people.current_request"
    monkeypatch.setattr(place, type("Now", (), {"get": staticmethod(lambda: request)}))
    async with simulator.run() as sim:
        result = await send(hass, await form(hass), url=sim.url, api_key=sim.api_key)
        result = await agree(hass, result, "trust_certificate")
        assert result["step_id"] == "found"
        (marker,) = result["data_schema"].schema
        assert (str(marker), marker.default()) == ("phones", [phones["Mine"]])
        offered = result["data_schema"].schema[marker].config["options"]
        assert {each["label"] for each in offered} == {"Mine", "Yours"}
        assert (await send(hass, result, phones=[phones["Mine"]]))["type"] is FlowResultType.CREATE_ENTRY
        home_entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, HOME)
        assert home_entry is not None
        assert home_entry.options["phones"] == [phones["Mine"]]
        # the second service asks nothing
        menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
        assert "server" in menu["menu_options"]
