"""How a server is set, check by check: what is told, how bad it is, and what would mend it."""

from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities_streams import Exposure
from custom_components.home_server_monitor.guardian.contract import Severity
from custom_components.home_server_monitor.sources.plex.audit import MENDABLE, audit
from custom_components.home_server_monitor.sources.plex.model import About, Plex, Preference
from custom_components.home_server_monitor.sources.plex.rules import judge

SAFE = "1.42.2.10157-4e8b05daf"
HIGH, WARNING, INFO = Severity.HIGH, Severity.WARNING, Severity.INFO
NOTHING: tuple[Any, ...] = ()
TABLE: list[tuple[dict[str, Any], dict[str, Any], tuple[Any, ...]]] = [
    ({}, {}, NOTHING),
    # versions: of each hole the last one with it, and the first one without
    ({}, {"version": "1.19.2.2737-b69929dab"}, ("vulnerable", HIGH, None)),
    ({}, {"version": "1.41.6.9685-d301f511a"}, ("vulnerable", HIGH, None)),
    ({}, {"version": "1.42.1.10060-4e8b05daf"}, ("vulnerable", HIGH, None)),
    ({}, {"version": "1.42.2.10156-f737b826c"}, ("vulnerable", HIGH, None)),
    ({}, {"version": SAFE}, NOTHING),
    ({}, {"version": "1.43.0.1"}, NOTHING),
    ({}, {"version": "2.0.0.1"}, NOTHING),
    ({}, {"version": "nightly"}, NOTHING),
    ({}, {"version": ""}, NOTHING),
    # whose it is
    ({}, {"claimed": True}, NOTHING),
    ({}, {"claimed": None}, NOTHING),
    ({}, {"claimed": False}, ("unclaimed", HIGH, None)),
    # connections
    ({"secureConnections": 0}, {}, NOTHING),
    ({"secureConnections": 1}, {}, NOTHING),
    ({"secureConnections": 1}, {"mapping": "mapped"}, ("plain_from_outside", WARNING, 0)),
    ({"secureConnections": 2}, {}, ("insecure_connections", WARNING, 1)),
    ({"secureConnections": "2"}, {}, NOTHING),
    # who needs no login
    ({"allowedNetworks": ""}, {}, NOTHING),
    ({"allowedNetworks": " "}, {}, NOTHING),
    ({"allowedNetworks": "192.168.1.0/24"}, {}, ("open_to_networks", WARNING, "")),
    ({"allowedNetworks": "192.168.1.20,10.0.0.0/255.255.255.0"}, {}, ("open_to_networks", WARNING, "")),
    ({"allowedNetworks": "192.168.1.0/24, 0.0.0.0/0"}, {}, ("open_to_all", HIGH, "")),
    ({"allowedNetworks": "::/0"}, {}, ("open_to_all", HIGH, "")),
    ({"allowedNetworks": "172.17.0.0/16"}, {}, ("open_to_all", HIGH, "")),
    ({"allowedNetworks": "172.17.0.5"}, {}, ("open_to_networks", WARNING, "")),
    ({"allowedNetworks": "nonsense"}, {}, ("open_to_networks", WARNING, "")),
    ({"allowedNetworks": 5}, {}, NOTHING),
    # addresses of its own
    ({"customConnections": "https://plex.example:443"}, {}, NOTHING),
    (
        {"customConnections": "https://a.example,HTTP://b.example"},
        {},
        ("plain_address", WARNING, "https://a.example"),
    ),
    ({"customConnections": "http://b.example"}, {}, ("plain_address", WARNING, "")),
    # what it writes down
    ({"logTokens": True}, {}, ("tokens_in_logs", WARNING, False)),
    ({"logTokens": False}, {}, NOTHING),
    ({"logTokens": None}, {}, NOTHING),
    # the router
    (
        {"PublishServerOnPlexOnlineKey": True, "ManualPortMappingMode": False},
        {"mapping": "mapped"},
        ("router_opened", INFO, True),
    ),
    ({"PublishServerOnPlexOnlineKey": True, "ManualPortMappingMode": False}, {"mapping": "failed"}, NOTHING),
    ({"PublishServerOnPlexOnlineKey": True, "ManualPortMappingMode": True}, {"mapping": "mapped"}, NOTHING),
    # what tells others in the network
    ({"RelayEnabled": True}, {}, ("relay", INFO, False)),
    ({"DlnaEnabled": True}, {}, ("dlna", INFO, False)),
    ({"GdmEnabled": True}, {}, ("gdm", INFO, False)),
    ({"DisableTLSv1_0": False}, {}, ("old_tls", INFO, True)),
    ({"DisableTLSv1_0": True}, {}, NOTHING),
]


@pytest.mark.parametrize(("preferences", "more", "told"), TABLE)
def test_a_check(preferences: dict[str, Any], more: dict[str, Any], told: tuple[Any, ...]) -> None:
    about = About(**{"name": "Lighthouse", "version": SAFE, "machine": "m", **more})
    # releases differ in how they spell a setting
    read = {key.lower(): Preference(key[0].swapcase() + key[1:], value) for key, value in preferences.items()}
    found = [
        (each.key, each.severity, each.mend) for each in audit(Plex(about, preferences=read)) if each.told
    ]
    assert found == ([told] if told else [])


def test_what_is_mended_may_be_changed() -> None:
    known = {each.lower() for each in MENDABLE}
    for preferences, more, told in TABLE:
        if told and told[2] is not None:
            about = About(**{"name": "Lighthouse", "version": SAFE, "machine": "m", **more})
            read = {key.lower(): Preference(key, value) for key, value in preferences.items()}
            (found,) = (each for each in audit(Plex(about, preferences=read)) if each.told)
            assert found.setting.lower() in known
            # and then there is nothing to tell any more
            mended = read | {found.setting.lower(): Preference(found.setting, found.mend)}
            left = {each.key for each in audit(Plex(about, preferences=mended))}
            assert told[0] not in left


EVERYWHERE = Exposure(addresses=(("0.0.0.0", 32401),))


def test_where_its_port_is_open() -> None:
    """A port in every network is told once what it reaches needs nothing more; else it is only listed."""
    about = About("Lighthouse", SAFE, "m", mapping="mapped")
    open_to = {"allowednetworks": Preference("allowedNetworks", "192.168.1.0/24")}
    for exposure, key, setting in (
        (EVERYWHERE, "bound_everywhere", 'ports: "32401:32400"'),
        (Exposure(whole_host=True), "whole_host", "network_mode: host"),
    ):
        (listed,) = audit(Plex(about), exposure)
        assert (listed.key, listed.severity, listed.told, listed.setting) == (key, INFO, False, setting)
        assert judge("plex", Plex(about), exposure) == []
        told = {
            each.evidence["cause"]: each for each in judge("plex", Plex(about, preferences=open_to), exposure)
        }
        assert told.keys() == {"plex_open_to_networks", f"plex_{key}"}
        found = told[f"plex_{key}"]
        assert (found.severity, found.placeholders["setting"], found.proposal) == (WARNING, setting, None)
    for closed in (None, Exposure(), Exposure(addresses=(("127.0.0.1", 32400), ("192.0.2.20", 32400)))):
        assert [each.key for each in audit(Plex(about, preferences=open_to), closed)] == ["open_to_networks"]


def test_that_it_is_published_is_listed_with_its_setting() -> None:
    read = {"publishserveronplexonlinekey": Preference("PublishServerOnPlexOnlineKey", True)}
    (listed,) = audit(Plex(About("Lighthouse", SAFE, "m", mapping="mapped"), preferences=read))
    assert (listed.key, listed.told, listed.mend) == ("published", False, False)
    assert listed.setting in MENDABLE
    assert audit(Plex(About("Lighthouse", SAFE, "m", mapping="failed"), preferences=read)) == []
