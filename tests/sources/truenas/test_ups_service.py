"""The UPS service of a NAS: what it says of itself, what is offered, and on which UPS the NAS hangs. Pure."""

from types import MappingProxyType
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities import Service as Seen, Way
from custom_components.home_server_monitor.guardian.own_path import ups_node
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.system import Service
from custom_components.home_server_monitor.sources.truenas.ups_service import feeds, offered, ups_service_of

MASTER = {
    "mode": "MASTER",
    "identifier": "ups",
    "remoteport": 3493,
    "rmonitor": False,
    "shutdown": "LOWBATT",
    "shutdowntimer": 30,
    "hostsync": 15,
}


def nas(running: bool | None = True, stale: frozenset[str] = frozenset(), **said: Any) -> TrueNas:
    """Return a NAS whose UPS service says this."""
    services = {} if running is None else {"ups": Service("ups", running, enabled=True)}
    return TrueNas(ups=MappingProxyType(MASTER | said), services=services, stale=stale)


def test_the_one_that_the_ups_hangs_on() -> None:
    found = ups_service_of(nas())
    assert found is not None
    assert (found.primary, found.at_once_on_battery, found.timer, found.hostsync) == (True, False, 30.0, 15.0)
    assert [*offered(nas(), "nas.lan")] == [
        Seen(name="ups", images=(), ways=(Way(3493, "nas.lan", 3493),), product="Network UPS Tools")
    ]
    assert feeds(nas(), ["nas.lan", "192.0.2.4"]) == {
        ups_node("nas.lan", 3493, "ups"),
        ups_node("192.0.2.4", 3493, "ups"),
    }


def test_one_that_listens_to_another() -> None:
    listens = nas(mode="SLAVE", remotehost="attic.lan", remoteport=3494)
    (found,) = offered(listens, "nas.lan")
    assert found.ways == (Way(3493, "attic.lan", 3494),)
    assert feeds(listens, ["nas.lan"]) == {ups_node("attic.lan", 3494, "ups")}
    assert [*offered(nas(mode="SLAVE", remotehost=""), "nas.lan")] == []


@pytest.mark.parametrize(
    "unknown", [nas(stale=frozenset({"ups"})), nas(None), nas(stale=frozenset({"services"})), TrueNas()]
)
def test_what_is_not_known_is_not_offered(unknown: TrueNas) -> None:
    assert [*offered(unknown, "nas.lan")] == []
    assert feeds(unknown, ["nas.lan"]) == frozenset()


def test_one_that_does_not_run_rests() -> None:
    (found,) = offered(nas(running=False), "nas.lan")
    assert not found.running
    assert feeds(nas(running=False), ["nas.lan"]) == frozenset()
    assert ups_service_of(None) is None
