"""The engine of the tests is a real one: it runs a container, reaches a registry, and is gone afterwards."""

from collections.abc import Callable
import http.client
from pathlib import Path
import time

from . import Dockerd, Engine
from .processes import free_port


def _page(port: int) -> bytes:
    """Return what the web server in the container says, as soon as it does."""
    until = time.monotonic() + 10
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/version")
            return connection.getresponse().read()
        except OSError:
            if time.monotonic() > until:
                raise


def test_it_runs_a_container_with_a_port(engine: Engine) -> None:
    image = engine.image(
        "web", "1", 'CMD ["/bin/httpd", "-f", "-p", "80", "-h", "/etc"]', files={"etc/version": "1"}
    )
    port = free_port()
    engine.run(
        "web",
        image,
        ExposedPorts={"80/tcp": {}},
        HostConfig={"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}},
    )
    assert _page(port) == b"1"


def test_its_registry_takes_an_image(engine: Engine) -> None:
    reference = engine.image()
    digest = engine.push(reference)
    answer = engine.api.must("GET", f"/distribution/{reference}/json")
    assert answer["Descriptor"]["digest"] == digest


def test_what_another_test_made_is_removed(engine: Engine) -> None:
    listed = engine.api.must("GET", "/containers/json", query={"all": 1})
    assert not [item for item in listed if item["Image"].endswith("web:1")]


def test_an_engine_of_ones_own_survives_its_own_death(engines: Callable[..., Dockerd]) -> None:
    started = time.monotonic()
    own = engines()
    assert time.monotonic() - started < 20
    first = own.api.must("GET", "/info")["ID"]
    own.kill()
    assert own.pid is None
    own.start()
    assert own.api.must("GET", "/info")["ID"] == first
    folder, bridge = own.folder, Path("/sys/class/net") / own.bridge
    assert bridge.exists()
    own.stop()
    assert own.pid is None
    assert not folder.exists()
    assert not bridge.exists()
