"""What an access may do, found out in front of a real engine, and that finding it out changes nothing."""

from collections.abc import Callable
import json
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.address import normalise
from custom_components.home_server_monitor.sources.containers.client import EngineClient
from custom_components.home_server_monitor.sources.containers.probing import (
    ORDERS,
    READINGS,
    REPLACING,
    Access,
    Feature,
    probe,
)
from custom_components.home_server_monitor.sources.containers.sessions import open_session
from custom_components.home_server_monitor.sources.containers.transport import Timing, Transport
from custom_components.home_server_monitor.sources.errors import CannotConnect
from tests.engine import Engine

from .faulty import faulty
from .front import proxied
from .test_faults import drip, hang, replies


async def found_at(url: str, *, portainer: bool = False) -> Access:
    """Return what an access at an address may do."""
    address = normalise(url)
    async with open_session(address) as session:
        client = EngineClient(Transport(session, address, timing=Timing(call=5.0)))
        engine = await client.negotiate()
        try:
            containers = (await client.containers()).items.values()
        except Exception:  # noqa: BLE001 - a proxy may deny the listing, and then there is none
            containers = ()
        return await probe(client, engine, containers, portainer=portainer)


def everything(engine: Engine) -> dict[str, Any]:
    """Return what an engine has, without what moves by itself."""
    containers = engine.api.must("GET", "/containers/json", query={"all": 1})
    mine = [item for item in containers if item["Names"][0].startswith(f"/{engine.prefix}")]
    return {
        "containers": [{key: value for key, value in item.items() if key != "Status"} for item in mine],
        "ours": [item["Names"] for item in containers if "000000000000" in item["Names"][0]],
        "images": [
            item["RepoTags"] for item in engine.api.must("GET", "/images/json") if "hsm:x" in str(item)
        ],
    }


async def test_a_whole_engine(engine: Engine) -> None:
    made = engine.run("web", engine.image())
    before = everything(engine), engine.api.must("GET", f"/containers/{made}/json")
    assert await found_at(engine.url) == Access()
    assert (everything(engine), engine.api.must("GET", f"/containers/{made}/json")) == before


async def test_an_engine_without_containers(engines: Callable[..., Any]) -> None:
    own = engines()
    assert await found_at(f"unix://{own.socket}") == Access()
    assert own.api.must("GET", "/containers/json", query={"all": 1}) == []
    assert own.api.must("GET", "/images/json") == []


PARTS = {
    "containers": {Feature.LIST, Feature.INSPECT, Feature.STATS, Feature.LOGS, Feature.TOP},
    "info": {Feature.INFO},
    "images": {Feature.IMAGES},
    "volumes": {Feature.VOLUMES},
    "system": {Feature.DISK_USE},
    "events": {Feature.EVENTS},
    "distribution": {Feature.DISTRIBUTION},
}


@pytest.mark.parametrize("open_parts", [["containers"], ["containers", "info", "images"], [*PARTS], ["info"]])
async def test_a_read_only_socket_proxy(engine: Engine, open_parts: list[str]) -> None:
    engine.run("web", engine.image())

    def allows(verb: str, path: str) -> bool:
        return verb in ("GET", "HEAD") and path.split("/")[1] in ["_ping", "version", *open_parts]

    async with proxied(engine, allows) as front:
        found = await found_at(front.url)
    lit = {feature for part in open_parts for feature in PARTS[part]}
    assert set(found.dark) == READINGS - lit
    assert found.denied == frozenset(Feature) - lit
    assert found.read_only
    assert found.unknown == frozenset()
    assert not found.may(*REPLACING)
    assert found.may(Feature.LIST) is ("containers" in open_parts)


async def test_a_proxy_that_lets_start_and_stop_through(engine: Engine) -> None:
    made = engine.run("web", engine.image())

    def allows(verb: str, path: str) -> bool:
        return verb == "GET" or path.endswith(("/start", "/stop", "/restart"))

    async with proxied(engine, allows) as front:
        found = await found_at(front.url)
    assert ORDERS - found.denied == {Feature.START, Feature.STOP, Feature.RESTART}
    assert not found.read_only
    assert engine.api.must("GET", f"/containers/{made}/json")["State"]["Status"] == "running"


async def test_a_proxy_that_denies_single_calls(engine: Engine) -> None:
    engine.run("web", engine.image())
    async with proxied(engine, lambda _, path: not path.endswith(("/logs", "/exec"))) as front:
        found = await found_at(front.url)
    assert found.denied == {Feature.LOGS, Feature.EXEC}
    assert found.dark == (Feature.LOGS,)


async def test_podman_is_only_read(socket_enabled: None) -> None:
    version = {"ApiVersion": "1.41", "MinAPIVersion": "1.24", "Components": [{"Name": "Podman Engine"}]}
    empty = replies(200, b"[]")
    async with faulty(version=replies(200, json.dumps(version).encode()), containers=empty) as server:
        found = await found_at(server.url)
        assert all(line.startswith(("GET ", "HEAD ")) for line in server.asked)
    assert found.read_only
    assert found.dark == ()


async def test_portainers_denial_of_what_does_not_exist_says_nothing(socket_enabled: None) -> None:
    denied = replies(403, b'{"message": "Access denied to resource", "details": "x"}')
    lists = {"json?": replies(200, b"[]"), "volumes": replies(200, b"{}")}
    async with faulty(**lists, containers=denied, networks=denied, images=denied) as server:
        found = await found_at(server.url, portainer=True)
    assert found.dark == ()
    assert {Feature.INSPECT, Feature.START, Feature.PULL} <= found.unknown
    assert found.may(*REPLACING)


async def test_what_hangs_is_not_denied(socket_enabled: None) -> None:
    async with faulty(stats=hang, df=drip, containers=replies(200, b"[]")) as server:
        found = await found_at(server.url)
    assert found.denied == frozenset()
    assert found.unknown == {Feature.STATS}


async def test_an_engine_that_is_away(socket_enabled: None) -> None:
    async with faulty(_ping=replies(502, b""), containers=replies(200, b"[]")) as server:
        with pytest.raises(CannotConnect):
            await found_at(server.url)
