"""What the real server refuses is refused, with the right number, and counted."""

from typing import Any

import pytest

import simulator

from .client import CallFailedError, connect

READS_OF_A_WATCHER = (
    "system.info",
    "pool.query",
    "disk.query",
    "app.query",
    "service.query",
    "boot.get_state",
)
WRITES = (
    ("pool.scrub.scrub", ["tank", "START"]),
    ("app.stop", ["plex"]),
    ("alert.dismiss", ["x"]),
    ("pool.snapshot.create", [{"dataset": "tank", "name": "x"}]),
    ("system.reboot", ["because"]),
    ("service.control", ["STOP", "cifs"]),
)


async def _refused(client: Any, method: str, *params: Any) -> CallFailedError:
    with pytest.raises(CallFailedError) as failed:
        await client.call(method, *params)
    return failed.value


async def test_a_watcher_reads_everything_and_changes_nothing() -> None:
    async with simulator.run() as sim, connect(sim, key=sim.readonly_key) as client:
        for name in READS_OF_A_WATCHER:
            await client.call(name)
        assert sim.refusals == []
        for name, params in WRITES:
            assert (await _refused(client, name, *params)).errno == 13
        assert [call.refused for call in sim.refusals] == ["not authorized"] * len(WRITES)
        assert all(call.write for call in sim.refusals)


async def test_below_readonly_admin_even_system_info_is_closed() -> None:
    async with simulator.run() as sim, connect(sim, key=sim.limited_key) as client:
        assert (await _refused(client, "system.info")).errno == 13
        assert (await _refused(client, "pool.query")).errno == 13
        assert await client.call("system.version") == "TrueNAS-25.10.6"
        assert await client.call("alert.list")


async def test_keys_of_24_have_no_roles_only_an_allowlist() -> None:
    async with simulator.run("24.04") as sim:
        async with connect(sim, key=sim.readonly_key) as client:
            assert await client.call("alert.dismiss", next(iter(sim.world.alerts))) is None
        async with connect(sim, key=sim.limited_key) as client:
            assert (await _refused(client, "pool.query")).errno == 13


@pytest.mark.parametrize(
    ("version", "method", "params", "attribute"),
    [
        ("25.10", "disk.temperatures", [[], {"powermode": "STANDBY"}], "include_thresholds"),
        ("25.04", "disk.temperatures", [[], True], "options"),
        ("25.04", "system.reboot", [], "reason"),
        ("25.10", "system.reboot", [{"delay": 1}], "reason"),
        ("25.10", "pool.scrub.scrub", ["tank", "RESUME"], "action"),
        ("25.10", "pool.scrub.scrub", [1, "START"], "name"),
        ("25.10", "pool.query", [[], {"limits": 1}], "options.limits"),
        ("26", "zpool.scrub.run", [{"pool_name": "tank", "action": "STOP"}], "data.action"),
        (
            "25.10",
            "pool.snapshot.create",
            [{"dataset": "tank", "name": "a", "suspend_vms": True}],
            "data.suspend_vms",
        ),
        ("25.10", "app.rollback", ["plex", {}], "options.app_version"),
        ("25.10", "vm.start", ["1"], "id"),
    ],
)
async def test_parameters_that_do_not_fit(
    version: str, method: str, params: list[Any], attribute: str
) -> None:
    async with simulator.run(version) as sim, connect(sim) as client:
        failed = await _refused(client, method, *params)
        assert failed.code == -32602
        assert failed.extra[0][0] == attribute
        assert failed.extra[0][2] == 22
        assert len(sim.refusals) == 1


@pytest.mark.parametrize(
    ("version", "method"),
    [
        ("25.10", "smart.test.results"),
        ("25.10", "zfs.snapshot.query"),
        ("25.04", "pool.snapshot.query"),
        ("26", "service.start"),
        ("25.04", "service.control"),
        ("25.04", "update.status"),
        ("26", "virt.instance.query"),
        ("25.10", "no.such.thing"),
    ],
)
async def test_methods_of_other_releases(version: str, method: str) -> None:
    async with simulator.run(version) as sim, connect(sim) as client:
        assert (await _refused(client, method)).code == -32601
        assert [call.refused for call in sim.refusals] == ["unknown method"]


async def test_the_older_protocol_says_it_in_its_own_way() -> None:
    async with simulator.run("24.04") as sim, connect(sim) as client:
        assert (await _refused(client, "app.query")).errno == 201
        failed = await _refused(client, "pool.scrub.scrub", "tank", "RESUME")
        assert failed.errno == 22
        assert failed.extra[0][0] == "action"
        assert len(sim.refusals) == 2


async def test_frames_that_are_no_requests() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        for text, code in (
            ("{", -32700),
            ("[]", -32700),
            ('{"jsonrpc":"2.0","id":1,"method":"core.ping","params":{}}', -32600),
            ('{"jsonrpc":"2.0","id":1,"method":"core.ping","extra":1}', -32600),
            ('{"id":1,"method":"core.ping"}', -32600),
        ):
            await client.ws.send_str(text)
            frame = await client.frame()
            assert (frame["error"]["code"], frame["id"]) == (code, None)
        assert await client.call("core.ping") == "pong"


async def test_messages_are_limited_more_before_login() -> None:
    async with simulator.run() as sim:
        async with connect(sim, login=False) as client:
            await client.ws.send_str("x" * 8193)
            message = await client.ws.receive()
            assert message.data == 1007
        async with connect(sim) as client:
            assert await client.call("pool.query", [["name", "!=", "x" * 60_000]])
            await client.ws.send_str("x" * 65_537)
            assert (await client.ws.receive()).data == 1009


async def test_the_twenty_first_call_at_once_is_refused() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        sim.faults.hang("system.version", count=10)
        for _ in range(10):
            await client.send("system.version")
        waiting = [await client.send("core.ping") for _ in range(10)]
        failed = await _refused(client, "core.ping")
        assert failed.code == -32000
        assert [call.refused for call in sim.refusals] == ["too many calls at once"]
        assert len(waiting) == 10
        async with connect(sim) as other:
            assert await other.call("core.ping") == "pong"
