"""The config flow of containers against the simulated engine and Portainer over real sockets."""

from collections.abc import AsyncGenerator
from pathlib import Path
import socket
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import pytest_socket

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.diagnostics import async_get_config_entry_diagnostics
from custom_components.home_server_monitor.sources.containers import flow as containers_flow
from custom_components.home_server_monitor.sources.containers.probing import Feature
from custom_components.home_server_monitor.sources.containers.transport import Timing
import simulator
from simulator import tls
from simulator.harbour import Containers, Harbour
from tests.sources.containers.conftest import engine_entry
from tests.test_config_flow import added, agree, complete, home, send

type Result = Any
LOCAL, SHED = "2", "3"
WRONG_KEY = "ptr_abcdefghijklmnop"


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None, hass: HomeAssistant) -> None:
    """The simulator is on loopback, in this loop: it must not complain of handshakes that the client ends."""
    hass.loop.set_debug(False)


@pytest.fixture(autouse=True)
async def _nothing_is_set_up(hass: HomeAssistant) -> AsyncGenerator[AsyncMock]:
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


def house(*, secure: bool = False, **asked: Any) -> Any:
    """A home server with containers in which nothing moves by itself."""
    return simulator.run(tls=secure, profile="frozen", containers=Containers(**asked))


async def form(hass: HomeAssistant, **typed: Any) -> Result:
    """Go through the menu to the form of an engine, and submit it."""
    menu = complete(await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER}))
    shown = await send(hass, menu, next_step_id="containers")
    return await send(hass, shown, **({"tls": {}} | typed))


def known(hass: HomeAssistant, url: str, unique_id: str, **more: Any) -> MockConfigEntry:
    """An engine that was added before."""
    home(hass)
    entry = engine_entry(url, unique_id=unique_id, **more)
    entry.add_to_hass(hass)
    return entry


def is_aborted(result: Result, reason: str) -> bool:
    """Whether the flow ended for this reason."""
    return (result["type"], result.get("reason")) == (FlowResultType.ABORT, reason)


# An engine


async def test_an_engine_is_added_by_its_address(hass: HomeAssistant) -> None:
    """Nothing but what is needed is kept, and a key that no engine wants is not."""
    async with house() as sim:
        harbour: Harbour = sim.harbour
        result = await form(hass, url=f" {harbour.docker_url}/ ", api_key=WRONG_KEY)
        said = result["description_placeholders"]
        assert (said["product"], said["version"]) == ("Docker", harbour.engine.release.version)
        assert said["what"] == f"{len(harbour.engine.containers)} containers"
        assert said["missing"] == "This access can see and do everything."
        entry = await added(hass, result)
        assert entry.unique_id == harbour.engine.ident
        assert dict(entry.data) == {"kind": "containers", "server": "home", "url": f"{harbour.docker_url}/"}
        assert harbour.docker.calls.statuses()[200] > 0
        # nothing was ordered but what the engine had to turn down
        assert all(call.status and call.status >= 400 for call in harbour.docker.calls.writes)
        assert is_aborted(await form(hass, url=harbour.docker_url), "already_configured")


async def test_an_engine_is_added_by_its_socket(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a socket of the file system is no way to another machine, either
    monkeypatch.setattr(socket.socket, "connect", pytest_socket._true_connect)
    path = tmp_path / "docker.sock"
    async with house(socket=path) as sim:
        entry = await added(hass, await form(hass, url=str(path)))
        assert entry.data["url"] == f"unix://{path}"
        assert entry.unique_id == sim.harbour.engine.ident


async def test_plain_http_is_asked_about_where_others_can_listen(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers_flow, "is_loopback", lambda host: False)
    async with house() as sim:
        result = await form(hass, url=sim.harbour.docker_url.replace("http", "tcp"))
        assert result["step_id"] == "plain_http"
        assert sim.harbour.docker.calls.calls == []
        await added(hass, await agree(hass, result, "plain_http"))


async def test_a_socket_proxy_says_what_stays_dark(hass: HomeAssistant) -> None:
    async with house() as sim:
        docker = sim.harbour.docker
        docker.blocked, docker.read_only = ("/images", "/info", "/system/df", "/events"), True
        result = await form(hass, url=sim.harbour.docker_url)
        missing = result["description_placeholders"]["missing"].splitlines()
        words = containers_flow.WORDS
        for feature in ("images", "info", "disk_use", "events"):
            assert f"- {words[Feature(feature)]}" in missing
        assert "- Any action: this access may only read" in missing
        assert f"- {words[Feature.INSPECT]}" not in missing
        # an engine whose id stays dark is told apart by its address
        assert (await added(hass, result)).unique_id is None
        assert is_aborted(await form(hass, url=sim.harbour.docker_url), "already_configured")


async def test_a_proxy_that_denies_containers_is_of_no_use(hass: HomeAssistant) -> None:
    async with house() as sim:
        sim.harbour.docker.blocked = ("/containers",)
        result = await form(hass, url=sim.harbour.docker_url)
        assert result["errors"] == {"base": "engine_denies"}
        assert result["description_placeholders"]["call"] == "GET /containers/json"


@pytest.mark.parametrize("url", ["ftp://nas", "unix://../x", "http://a:b@nas", "nas local"])
async def test_what_is_no_address_is_not_asked(hass: HomeAssistant, url: str) -> None:
    assert (await form(hass, url=url))["errors"] == {"url": "invalid_engine_url"}


async def test_a_socket_that_is_not_there_is_named(hass: HomeAssistant) -> None:
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
    result = await form(hass, url="unix:///nowhere/docker.sock")
    assert result["errors"] == {"url": "no_socket"}
    assert result["description_placeholders"]["host"] == "/nowhere/docker.sock"
    assert (await send(hass, result, url=" ", tls={}))["errors"] == {"url": "empty_field"}


async def test_what_is_no_engine_is_not_added(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers_flow, "TIMING", Timing(connect=0.5, call=0.5))
    async with house() as sim:
        harbour: Harbour = sim.harbour
        assert (await form(hass, url=harbour.registry_url))["errors"] == {"url": "not_an_engine"}
        fault = harbour.docker.faults.add("html")
        result = await form(hass, url=harbour.docker_url)
        assert result["errors"] == {"url": "not_an_engine"}
        harbour.docker.faults.remove(fault)
        harbour.wire("docker").set_black_hole(True)
        result = await send(hass, result, url=harbour.docker_url, tls={})
        assert result["errors"] == {"url": "cannot_connect"}
        harbour.wire("docker").set_black_hole(False)
        await added(hass, await send(hass, result, url=harbour.docker_url, tls={}))


# Certificates


async def test_a_certificate_of_its_own_is_pinned(hass: HomeAssistant) -> None:
    async with house(tls="server") as sim:
        harbour: Harbour = sim.harbour
        result = await form(hass, url=harbour.docker_url)
        said = result["description_placeholders"]
        assert harbour.certificate is not None
        assert said["sha256"].replace(":", "").lower() == harbour.certificate.fingerprint
        assert harbour.docker.calls.calls == []
        entry = await added(hass, await agree(hass, result, "trust_certificate"))
        assert entry.data["fingerprint"] == harbour.certificate.fingerprint


async def test_a_pinned_certificate_that_changes_is_asked_about(hass: HomeAssistant) -> None:
    async with house(tls="server") as sim:
        harbour: Harbour = sim.harbour
        entry = known(hass, harbour.docker_url, harbour.engine.ident, fingerprint="ab" * 32)
        result = complete(await entry.start_reconfigure_flow(hass))
        result = await send(hass, result, url=harbour.docker_url, tls={})
        assert result["description_placeholders"]["expected"].replace(":", "").lower() == "ab" * 32
        assert is_aborted(await agree(hass, result, "trust_new_certificate"), "reconfigure_successful")
        assert harbour.certificate is not None
        assert entry.data["fingerprint"] == harbour.certificate.fingerprint


async def test_a_client_certificate_is_shown_and_the_servers_pinned(hass: HomeAssistant) -> None:
    async with house(tls="mutual") as sim:
        harbour: Harbour = sim.harbour
        assert harbour.client is not None
        assert harbour.certificate is not None
        pair = {"client_cert": harbour.client.certificate.decode(), "client_key": harbour.client.key.decode()}
        result = await agree(hass, await form(hass, url=harbour.docker_url), "trust_certificate")
        assert result["errors"] == {"base": "client_certificate_wanted"}

        other = tls.make()
        wrong = pair | {"client_key": other.key.decode()}
        result = await send(hass, result, url=harbour.docker_url, tls=wrong)
        assert result["errors"] == {"base": "invalid_certificate"}

        entry = await added(hass, await send(hass, result, url=harbour.docker_url, tls=pair))
        assert entry.data["fingerprint"] == harbour.certificate.fingerprint
        assert entry.data["tls"] == {key: value.strip() for key, value in pair.items()}
        # what is left empty is kept
        result = complete(
            await hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
            )
        )
        result = await send(hass, result, url=harbour.docker_url, tls={"client_cert": ""})
        assert is_aborted(result, "reconfigure_successful")
        assert entry.data["tls"]["client_key"] == pair["client_key"].strip()


async def test_an_authority_that_vouches_for_the_engine_raises_no_question(hass: HomeAssistant) -> None:
    async with house(tls="mutual") as sim:
        harbour: Harbour = sim.harbour
        assert harbour.client is not None
        assert harbour.certificate is not None
        given = {
            "client_cert": harbour.client.certificate.decode(),
            "client_key": harbour.client.key.decode(),
            "ca": harbour.certificate.certificate.decode(),
        }
        entry = await added(hass, await form(hass, url=harbour.docker_url, tls=given))
        assert "fingerprint" not in entry.data


async def test_a_pin_holds_with_a_client_certificate_too(hass: HomeAssistant) -> None:
    """Whoever took the engine's place is asked about, and asked nothing else."""
    async with house(tls="mutual") as sim:
        harbour: Harbour = sim.harbour
        assert harbour.client is not None
        pair = {"client_cert": harbour.client.certificate.decode(), "client_key": harbour.client.key.decode()}
        entry = known(hass, harbour.docker_url, harbour.engine.ident, fingerprint="ab" * 32, tls=pair)
        result = complete(await entry.start_reconfigure_flow(hass))
        result = await send(hass, result, url=harbour.docker_url, tls={})
        assert result["step_id"] == "trust_new_certificate"
        assert harbour.docker.calls.calls == []


# Portainer


@pytest.mark.parametrize("secure", [False, True])
async def test_portainer_wants_a_key_and_a_choice(
    hass: HomeAssistant, secure: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with house(secure=secure) as sim:
        portainer, url = sim.harbour.portainer, sim.harbour.portainer_url
        result = await form(hass, url=url)
        if secure:
            assert portainer.calls.calls == []
            result = await agree(hass, result, "trust_certificate")
        assert result["errors"] == {"api_key": "portainer_key_needed"}
        result = await send(hass, result, url=url, api_key=WRONG_KEY, tls={})
        assert result["errors"] == {"api_key": "invalid_token"}
        result = await send(hass, result, url=url, api_key=portainer.user_key, tls={})
        assert result["errors"] == {"api_key": "no_environment"}

        result = await send(hass, result, url=url, api_key=f"{portainer.key}\n", tls={})
        assert result["step_id"] == "environment"
        (field,) = result["data_schema"].schema.values()
        offered = {each["value"]: each["label"] for each in field.config["options"]}
        assert offered == {LOCAL: "local", SHED: "garden shed"}
        # one that is away can be chosen otherwise
        result = await send(hass, result, environment=SHED)
        assert result["errors"] == {"base": "environment_away"}
        result = await send(hass, result, url=url, api_key=portainer.key, tls={})
        entry = await added(hass, await send(hass, result, environment=LOCAL))
        assert entry.unique_id == sim.harbour.engine.ident
        assert (entry.data["environment"], entry.data["api_key"]) == (LOCAL, portainer.key)
    for secret in (portainer.key, portainer.user_key, WRONG_KEY):
        assert secret not in caplog.text


async def test_the_key_of_a_portainer_that_is_watched_serves_again(hass: HomeAssistant) -> None:
    async with house(secure=True) as sim:
        portainer, url = sim.harbour.portainer, sim.harbour.portainer_url
        first = {"api_key": portainer.key, "fingerprint": sim.fingerprint, "environment": SHED}
        known(hass, url, "the shed's engine", **first)
        # of two environments one is watched, so there is nothing to choose
        entry = await added(hass, await form(hass, url=url))
        assert entry.data["environment"] == LOCAL
        assert entry.data["api_key"] == portainer.key
        assert entry.data["fingerprint"] == sim.fingerprint


async def test_the_key_of_another_does_not_go_to_whoever_took_portainers_place(hass: HomeAssistant) -> None:
    async with house(secure=True) as sim:
        portainer, url = sim.harbour.portainer, sim.harbour.portainer_url
        first = {"api_key": portainer.key, "fingerprint": "ab" * 32, "environment": SHED}
        known(hass, url, "the shed's engine", **first)
        assert (await form(hass, url=url))["step_id"] == "trust_new_certificate"
        assert portainer.calls.calls == []


async def test_the_only_environment_is_not_asked_about(hass: HomeAssistant) -> None:
    async with house() as sim:
        portainer = sim.harbour.portainer
        portainer.environments = [each for each in portainer.environments if each.number != int(SHED)]
        entry = await added(hass, await form(hass, url=sim.harbour.portainer_url, api_key=portainer.key))
        assert entry.data["environment"] == LOCAL
        # the same engine by another way is the same engine
        assert is_aborted(await form(hass, url=sim.harbour.docker_url), "already_configured")


# Mending


async def test_reauth_takes_a_new_token(hass: HomeAssistant) -> None:
    async with house() as sim:
        harbour: Harbour = sim.harbour
        given = {"api_key": WRONG_KEY, "environment": LOCAL}
        entry = known(hass, harbour.portainer_url, harbour.engine.ident, **given)
        result = complete(await entry.start_reauth_flow(hass))
        assert {str(key) for key in result["data_schema"].schema} == {"api_key", "tls"}
        result = await send(hass, result, api_key=WRONG_KEY, tls={})
        assert result["errors"] == {"api_key": "key_revoked"}
        result = await send(hass, result, api_key=harbour.portainer.key, tls={})
        assert is_aborted(result, "reauth_successful")
        assert (entry.data["api_key"], entry.data["environment"]) == (harbour.portainer.key, LOCAL)


async def test_reconfigure_goes_to_the_same_engine_only(hass: HomeAssistant) -> None:
    async with house() as sim:
        harbour: Harbour = sim.harbour
        given = {"api_key": harbour.portainer.key, "environment": LOCAL}
        entry = known(hass, harbour.portainer_url, "another engine", **given)
        result = complete(await entry.start_reconfigure_flow(hass))
        result = await send(hass, result, url=harbour.portainer_url, api_key="", tls={})
        assert is_aborted(result, "unique_id_mismatch")
        assert result["description_placeholders"]["product"] == "Docker"

        hass.config_entries.async_update_entry(entry, unique_id=harbour.engine.ident)
        result = complete(await entry.start_reconfigure_flow(hass))
        result = await send(hass, result, url=harbour.portainer_url, api_key="", tls={})
        assert is_aborted(result, "reconfigure_successful")
        assert entry.data["api_key"] == harbour.portainer.key
        # from Portainer to the engine itself: the key is needed no longer
        result = complete(await entry.start_reconfigure_flow(hass))
        result = await send(hass, result, url=harbour.docker_url, tls={})
        assert is_aborted(result, "reconfigure_successful")
        assert not {"api_key", "environment"} & entry.data.keys()


async def test_no_secret_of_an_entry_is_in_its_diagnostics(hass: HomeAssistant) -> None:
    pair = tls.make()
    given = {"client_cert": pair.certificate.decode(), "client_key": pair.key.decode()}
    entry = known(hass, "https://engine.lan:2376", "e", api_key=WRONG_KEY, fingerprint="ab" * 32, tls=given)
    found = str(await async_get_config_entry_diagnostics(hass, entry))
    for secret in ("PRIVATE KEY", "CERTIFICATE", WRONG_KEY, "ab" * 32, "engine.lan"):
        assert secret not in found
