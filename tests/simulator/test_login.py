"""Who gets in, how, and what a wrong way in costs."""

import aiohttp
import pytest

import simulator

from .client import CallFailedError, Client, connect, trust


def _plain(sim: simulator.Simulation, key: str | None = None, username: str | None = None) -> dict[str, str]:
    return {
        "mechanism": "API_KEY_PLAIN",
        "username": username or sim.username,
        "api_key": key or sim.api_key,
    }


@pytest.mark.parametrize("version", ["24.04", "24.10", "25.04", "25.10", "26"])
async def test_a_key_opens_the_door(version: str) -> None:
    async with simulator.run(version) as sim, connect(sim) as client:
        assert (await client.call("system.info"))["hostname"] == "truenas"
        assert sim.logins == 1
        assert sim.sessions == 1
        assert sim.world.keys[1].logins == 1


async def test_nothing_without_a_login() -> None:
    async with simulator.run() as sim, connect(sim, login=False) as client:
        with pytest.raises(CallFailedError) as failed:
            await client.call("system.info")
        assert failed.value.errno == 207
        assert await client.call("core.ping") == "pong"
        assert [call.refused for call in sim.refusals] == ["not authenticated"]


async def test_login_ex_answers_in_words() -> None:
    async with simulator.run() as sim, connect(sim, login=False) as client:
        assert await client.call("auth.mechanism_choices") == [
            "PASSWORD_PLAIN",
            "TOKEN_PLAIN",
            "API_KEY_PLAIN",
        ]
        wrong = await client.call("auth.login_ex", _plain(sim, key=sim.api_key[:-1] + "0"))
        assert wrong == {"response_type": "AUTH_ERR"}
        assert await client.call("auth.login_ex", _plain(sim, username="root")) == {
            "response_type": "AUTH_ERR"
        }
        right = await client.call("auth.login_ex", _plain(sim))
        assert right["response_type"] == "SUCCESS"
        assert right["user_info"]["privilege"]["roles"] == {"$set": ["FULL_ADMIN"]}
        assert sim.logins == 1


async def test_a_revoked_or_expired_key_is_expired() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        await sim.scenario("revoked_key")
        with pytest.raises(CallFailedError) as failed:
            await client.call("system.version")
        assert failed.value.errno == 207
        assert await client.call("auth.login_ex", _plain(sim)) == {"response_type": "EXPIRED"}
        await sim.scenario_off("revoked_key")
        sim.world.keys[1].expires = sim.world.clock.now() + 60
        assert (await client.call("auth.login_ex", _plain(sim)))["response_type"] == "SUCCESS"
        sim.advance(61)
        assert (await client.call("auth.login_ex", _plain(sim))) == {"response_type": "EXPIRED"}


@pytest.mark.parametrize(
    ("version", "revoked"), [("24.04", False), ("24.10", False), ("25.04", True), ("25.10", True)]
)
async def test_plain_http_burns_a_right_key_and_only_a_right_one(version: str, revoked: bool) -> None:
    async with simulator.run(version, tls=False) as sim, connect(sim, login=False) as client:
        assert not await client.call("auth.login_with_api_key", "1-wrong")
        assert not sim.world.keys[1].revoked
        assert await client.call("auth.login_with_api_key", sim.api_key) is not revoked
        assert sim.world.keys[1].revoked is revoked
        assert ("ApiKeyRevoked" in [alert.klass for alert in sim.world.alerts.values()]) is revoked


async def test_real_loopback_is_exempt_where_asked_for() -> None:
    async with simulator.run(tls=False, loopback_is_remote=False) as sim, connect(sim):
        assert not sim.world.keys[1].revoked


async def test_the_27_endpoint_has_no_key_login_and_the_26_one_has() -> None:
    async with simulator.run("27") as sim:
        async with connect(sim, path="/api/v27.0.0", login=False) as client:
            with pytest.raises(CallFailedError) as failed:
                await client.call("auth.login_with_api_key", sim.api_key)
            assert failed.value.code == -32601
        async with connect(sim, path="/api/current", login=False) as client:
            with pytest.raises(CallFailedError):
                await client.call("auth.login_with_api_key", sim.api_key)
        async with connect(sim, path="/api/v26.0.0") as client:
            assert await client.call("system.version") == "TrueNAS-27.0.0-BETA.1"


async def test_too_many_tries_before_login_are_slowed_down() -> None:
    async with simulator.run(unauthenticated_limit=3) as sim, connect(sim, login=False) as client:
        for _ in range(3):
            assert await client.call("auth.login_with_api_key", "1-x") is False
        with pytest.raises(CallFailedError) as failed:
            await client.call("auth.login_with_api_key", "1-x")
        assert failed.value.errno == 16
        sim.advance(61)
        await client.login(sim)


async def test_login_shows_up_in_the_audit_log_once() -> None:
    async with simulator.run() as sim, connect(sim) as client:
        query = {"query-filters": [["event", "=", "AUTHENTICATION"]], "query-options": {"limit": 10}}
        rows = await client.call("audit.query", query)
        assert [(row["username"], row["success"]) for row in rows] == [("homeassistant", True)]


async def test_keys_are_never_on_record() -> None:
    async with simulator.run() as sim, connect(sim):
        assert sim.api_key not in repr(sim.calls)
        async with aiohttp.ClientSession() as http, http.get(f"{sim.control_url}/calls") as reply:
            assert sim.api_key not in await reply.text()


async def test_the_certificate_is_the_one_that_was_announced(tmp_path: str) -> None:
    async with simulator.run(state_dir=tmp_path) as sim:
        first = sim.fingerprint
        async with connect(sim):
            pass
    async with simulator.run(state_dir=tmp_path) as sim:
        assert sim.fingerprint == first
        before = trust(sim)
        await sim.new_certificate()
        assert sim.fingerprint != first
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await http.get(sim.url + "/ui/", ssl=before)
        async with connect(sim) as client:
            assert isinstance(client, Client)
