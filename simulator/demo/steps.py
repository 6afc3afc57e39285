"""What the demo and the end-to-end tests do alike."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
import time

import aiohttp

from .client import ApiError, Client, Flow
from .processes import HomeAssistant, SimulatedServer

DOMAIN = "home_server_monitor"
DASHBOARD = "home-server"
OPTIONS = "/api/config/config_entries/options/flow"
QUESTIONS = frozenset({"trust_certificate", "limited_rights", "found"})


async def wait_for[T](
    what: str, look: Callable[[], Awaitable[T]], *, within: float = 30.0, pause: float = 0.25
) -> T:
    """Look every `pause` seconds until there is something; raises TimeoutError, naming `what`."""
    end = time.monotonic() + within
    while True:
        if found := await look():
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"Not within {within:g} s: {what}")
        await asyncio.sleep(pause)


async def wait_until_up(hass: HomeAssistant, client: Client, within: float = 90.0) -> None:
    """Wait until Home Assistant answers; raises RuntimeError with its log where it ends instead."""

    async def look() -> bool:
        if not hass.running:
            raise RuntimeError(f"Home Assistant ended:\n{hass.tail()}")
        with suppress(aiohttp.ClientError, ApiError):
            return bool(await client.request("GET", "/manifest.json"))
        return False

    await wait_for("Home Assistant answers", look, within=within, pause=0.1)


async def wait_until_running(client: Client, within: float = 90.0) -> None:
    """Wait until everything in Home Assistant is set up."""

    async def look() -> bool:
        return bool((await client.request("GET", "/api/config"))["state"] == "RUNNING")

    await wait_for("Home Assistant has started", look, within=within, pause=0.1)


async def add_truenas(client: Client, server: SimulatedServer) -> Flow:
    """Add the simulated NAS in the dialog; returns its last page."""
    flow = await client.start_flow(DOMAIN)
    flow = await flow.answer(next_step_id="truenas")
    flow = await flow.answer(url=server.url, api_key=server.api_key, username=server.username)
    return await _to_the_end(flow)


async def add_containers(client: Client, server: SimulatedServer) -> Flow | None:
    """Add the simulated Portainer in the dialog; None where the dialog does not offer containers yet."""
    flow = await client.start_flow(DOMAIN)
    if "containers" not in flow.shown.get("menu_options", ()):
        await flow.close()
        return None
    flow = await flow.answer(next_step_id="containers")
    flow = await flow.answer(url=server.portainer, api_key=server.portainer_key, tls={})
    while flow.kind == "form" and flow.step in QUESTIONS and not flow.errors:
        flow = await flow.answer()
        if flow.step == "environment":
            # the first one is the engine beneath the NAS
            (field,) = flow.shown["data_schema"]
            flow = await flow.answer(environment=field["selector"]["select"]["options"][0]["value"])
    return await _to_the_end(flow)


async def add_scrutiny(client: Client, server: SimulatedServer) -> Flow:
    """Add the simulated Scrutiny in the dialog; returns its last page."""
    flow = await client.start_flow(DOMAIN)
    flow = await flow.answer(next_step_id="smart")
    return await _to_the_end(await flow.answer(url=server.scrutiny))


async def add_downloads(client: Client, server: SimulatedServer) -> None:
    """Add the simulated qBittorrent and SABnzbd in the dialog."""
    login = {"username": server.download_user, "password": server.download_password}
    for url, secrets in ((server.qbittorrent, login), (server.sabnzbd, {"api_key": server.sabnzbd_key})):
        flow = await client.start_flow(DOMAIN)
        flow = await flow.answer(next_step_id="downloads")
        await _to_the_end(await flow.answer(url=url, **secrets))


async def add_plex(client: Client, server: SimulatedServer) -> None:
    """Add the simulated Plex in the dialog."""
    flow = await client.start_flow(DOMAIN)
    flow = await flow.answer(next_step_id="plex")
    await _to_the_end(await flow.answer(url=server.plex, token=server.plex_token))


async def add_ups(client: Client, server: SimulatedServer) -> None:
    """Add the simulated UPS in the dialog."""
    flow = await client.start_flow(DOMAIN)
    flow = await flow.answer(next_step_id="ups")
    host, _, port = server.ups.partition(":")
    login = {"username": server.ups_user, "password": server.ups_password}
    await _to_the_end(await flow.answer(host=host, port=int(port), **login))


async def add_arrs(client: Client, server: SimulatedServer) -> None:
    """Add the simulated Arrs in the dialog."""
    for url, key in server.arrs.values():
        flow = await client.start_flow(DOMAIN)
        flow = await flow.answer(next_step_id="arr")
        await _to_the_end(await flow.answer(url=url, api_key=key))


async def judge_sooner(client: Client) -> None:
    """Let downloads count as stuck after a minute: nobody watches a demo for half an hour."""
    async with client.websocket() as socket:
        entries = await socket.call("config_entries/get")
    for each in entries:
        if each["domain"] == DOMAIN and each["title"] in ("Sonarr", "Radarr"):
            flow = await client.request("POST", OPTIONS, {"handler": each["entry_id"]})
            sooner = {"queue_strikes": 2, "queue_minutes": 1, "queue_grace": 5}
            rest = {"queue_offer": True, "queue_slow": 50, "queue_keep": ["keep"]}
            await client.request("POST", f"{OPTIONS}/{flow['flow_id']}", sooner | rest)


async def let_a_disk_age(server: SimulatedServer) -> None:
    """Let one disk of the mirror have been dying for three weeks."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.control}/scenario/disk_ageing", json={}) as answer,
    ):
        answer.raise_for_status()


async def _to_the_end(flow: Flow) -> Flow:
    while flow.kind == "form" and flow.step in QUESTIONS and not flow.errors:
        flow = await flow.answer()
    if flow.kind != "create_entry":
        raise RuntimeError(f"The dialog ended at {flow.step or flow.kind}: {dict(flow.shown)}")
    return flow


async def tell_phones(
    client: Client, *names: str, quiet_hours: bool = False, own_path: Sequence[str] = ()
) -> None:
    """Choose in the server's options which phones are told, by their names, at any hour, and what is never stopped."""
    async with client.websocket() as socket:
        entries = await socket.call("config_entries/get")
    phones = [e["entry_id"] for e in entries if e["domain"] == "mobile_app" and e["title"] in names]
    (server,) = (e["entry_id"] for e in entries if e["domain"] == DOMAIN and e["title"] == "Home")
    flow = await client.request("POST", OPTIONS, {"handler": server})
    telling = {"phones": phones, "quiet_hours": quiet_hours}
    answer: dict[str, object] = {part["name"]: {} for part in flow["data_schema"]}
    answer |= {"telling": telling, "protecting": {"own_path": [*own_path]}}
    await client.request("POST", f"{OPTIONS}/{flow['flow_id']}", answer)


async def furnish(client: Client) -> None:
    """Put the NAS, its pools and its disks into an area, so that the overview shows them, and nothing before it."""
    async with client.websocket() as socket:
        dismissed = {"welcome_banner_dismissed": True}
        await socket.call("frontend/set_system_data", key="home", value=dismissed)
        for area in await socket.call("config/area_registry/list"):
            await socket.call("config/area_registry/delete", area_id=area["area_id"])
        made = await socket.call("config/area_registry/create", name="Server cupboard", icon="mdi:server")
        for device in await socket.call("config/device_registry/list"):
            keys = [key for domain, key in device["identifiers"] if domain == DOMAIN]
            if any("_" not in key or "_pool_" in key or "_disk_" in key for key in keys):
                area_id = made["area_id"]
                await socket.call("config/device_registry/update", device_id=device["id"], area_id=area_id)


async def hang_dashboard(client: Client) -> None:
    """Make the dashboard as the settings do, in the sidebar."""
    async with client.websocket() as socket:
        about = {"title": "Home server", "icon": "mdi:server", "mode": "storage"}
        shown = {"show_in_sidebar": True, "require_admin": False}
        await socket.call("lovelace/dashboards/create", url_path=DASHBOARD, **about, **shown)
        strategy = {"strategy": {"type": "custom:home-server-monitor"}}
        await socket.call("lovelace/config/save", url_path=DASHBOARD, config=strategy)
