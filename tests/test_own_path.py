"""What Home Assistant stands on."""

import time
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor import (
    own_path_edge,
)
from custom_components.home_server_monitor.guardian import own_path


@pytest.mark.parametrize("name", ["docker", "libpod", "containers"])
def test_own_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, name: str) -> None:
    container = "ab" * 32
    text = f"1 2 0:1 /var/lib/{name}/{container}/hostname /etc/hostname rw\n"
    monkeypatch.setattr(own_path.Path, "read_text", lambda self, **_: text)
    assert own_path.own_container() == container


def test_no_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_path.Path, "read_text", lambda self, **_: "nothing")
    assert own_path.own_container() is None
    assert own_path.own_pod() is None

    def unreadable(self: Any, **_: Any) -> str:
        raise OSError

    monkeypatch.setattr(own_path.Path, "read_text", unreadable)
    assert own_path.own_container() is None
    assert own_path.own_pod() is None


@pytest.mark.parametrize(
    ("name", "found"), [("AB12cd34ef56", "ab12cd34ef56"), ("nas", None), ("ab" * 8, None)]
)
def test_a_hostname_may_be_the_short_id(
    monkeypatch: pytest.MonkeyPatch, name: str, found: str | None
) -> None:
    monkeypatch.setattr(own_path.socket, "gethostname", lambda: name)
    assert own_path.own_short_id() == found


def test_own_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_path.Path, "read_text", lambda self, **_: "/kubepods/x")
    monkeypatch.setattr(own_path.socket, "gethostname", lambda: "home-assistant-5f-x")
    assert own_path.own_pod() == "home-assistant-5f-x"


async def test_own_path_is_derived(
    hass: HomeAssistant, server_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_path_edge, "own_container", lambda: "ab" * 32)
    monkeypatch.setattr(own_path_edge, "own_pod", lambda: "home-assistant-5f9-x2")
    monkeypatch.setitem(
        hass.data, own_path_edge.DATA_INSTANCE, SimpleNamespace(db_url="mysql://ha:pw@127.0.0.1:3306/ha")
    )
    hass.config.internal_url = "http://127.0.0.1:8123"
    hass.config.external_url = "https://[::1]:8443"
    hass.config_entries.async_update_entry(server_entry, options={"own_path": ["My Proxy"]})
    found = await own_path_edge.async_derive_own_path(hass)
    assert found.stands_on({own_path.container_node("ab" * 32)}) == "Home Assistant runs in it"
    assert found.stands_on({own_path.named_node("home-assistant")}) == "Home Assistant runs in it"
    assert found.stands_on({own_path.named_node("MY PROXY")})
    assert (
        found.stands_on({own_path.endpoint_node("127.0.0.1", 3306)}) == "Home Assistant's database is on it"
    )
    assert (
        found.stands_on({own_path.endpoint_node("127.0.0.1", 8123)}) == "Home Assistant is reached through it"
    )
    assert found.stands_on({own_path.named_node("plex"), "container:x"}) is None


async def test_a_resolver_that_hangs_takes_nothing_off_the_path(
    hass: HomeAssistant, server_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_path_edge, "LOOKING", 0.05)
    monkeypatch.setattr(own_path.socket, "getaddrinfo", lambda *_: time.sleep(0.3))
    hass.config.internal_url = "http://192.0.2.7:8123"
    found = await own_path_edge.async_derive_own_path(hass)
    assert found.stands_on({own_path.endpoint_node("192.0.2.7", 8123)})


def test_addresses_of_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any) -> Any:
        raise OSError

    monkeypatch.setattr(own_path.socket, "getaddrinfo", nobody)
    assert own_path.addresses_of("Nas.Invalid") == {"nas.invalid"}
