"""Addresses as people type them."""

import pytest

from custom_components.home_server_monitor.sources.containers.address import Address, normalise


@pytest.mark.parametrize(
    ("typed", "url", "socket"),
    [
        ("unix:///var/run/docker.sock", "http://docker", "/var/run/docker.sock"),
        (" /run/user/1000/podman/podman.sock ", "http://docker", "/run/user/1000/podman/podman.sock"),
        ("tcp://nas:2375", "http://nas:2375", None),
        ("tcp://nas", "http://nas:2375", None),
        ("tcp://nas:2376", "https://nas:2376", None),
        ("nas", "http://nas:2375", None),
        ("nas.local:2376", "https://nas.local:2376", None),
        ("[fd00::2]:2375", "http://[fd00::2]:2375", None),
        ("192.168.1.5:9000", "http://192.168.1.5:9000", None),
        ("http://nas:2375/", "http://nas:2375", None),
        ("https://portainer.example.org", "https://portainer.example.org", None),
        ("https://example.org/portainer/", "https://example.org/portainer", None),
    ],
)
def test_addresses(typed: str, url: str, socket: str | None) -> None:
    found = normalise(typed)
    assert (str(found.url).rstrip("/"), found.socket) == (url, socket)


def test_a_client_certificate_means_tls() -> None:
    assert str(normalise("tcp://nas:2375", tls=True).url) == "https://nas:2375"
    assert str(normalise("tcp://nas", tls=True).url) == "https://nas:2376"
    assert normalise("http://nas:1", tls=True).url.scheme == "https"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ssh://nas",
        "unix://docker.sock",
        "/run/../etc/passwd",
        "tcp://",
        "https://me:secret@nas",
        "nas/..",
        "a b",
        "http://nas?x=1",
    ],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match=r"address|socket"):
        normalise(typed)


def test_an_environment_of_portainer() -> None:
    found = normalise("https://example.org/portainer").environment(3)
    assert str(found.url) == "https://example.org/portainer/api/endpoints/3/docker"


def test_who_shares_places() -> None:
    portainer = normalise("https://example.org")
    assert portainer.host == portainer.environment(2).host == "example.org:443"
    assert normalise("/run/docker.sock").host == "/run/docker.sock"


def test_who_could_listen() -> None:
    assert normalise("/run/docker.sock").encrypted
    assert normalise("https://nas").encrypted
    assert not normalise("tcp://nas").encrypted
    assert isinstance(normalise("nas"), Address)
