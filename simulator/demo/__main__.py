"""The demo: a real Home Assistant that watches the simulated home server, on this machine only."""

import argparse
import asyncio
from collections import Counter
from collections.abc import Mapping
import contextlib
import json
from pathlib import Path
import shutil
import signal
import sys
import time
from typing import Any

import aiohttp

from ..truenas.releases import RELEASE_NAMES
from .client import ApiError, Client
from .phone import as_text, phone_of, register
from .processes import PORTS, ROOT, HomeAssistant, SimulatedServer, free_port
from .steps import (
    DASHBOARD,
    DOMAIN,
    add_arrs,
    add_containers,
    add_downloads,
    add_plex,
    add_scrutiny,
    add_truenas,
    add_ups,
    furnish,
    hang_dashboard,
    judge_sooner,
    let_a_disk_age,
    tell_phones,
    wait_for,
    wait_until_running,
    wait_until_up,
)

USER = PASSWORD = "demo"  # noqa: S105 # it is printed
PHONE = "Demo phone"
# the simulated Home Assistant: a real one finds itself by where it runs, and this one runs elsewhere
OWN_PATH = ("Home Assistant", "homeassistant")
# How many there must be of what says most about the NAS, its pools and its disks, and of what is predicted of those.
ALIVE = {"cpu_usage": 1, "status": 3, "temperature": 5, "failure_tier": 5}
NOT_ALIVE = {"unavailable", "unknown"}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--truenas", choices=RELEASE_NAMES, default="25.10", help="which release to be")
    parser.add_argument(
        "--port", type=int, default=8123, help="of Home Assistant; the next free one if taken"
    )
    parser.add_argument("--keep", action="store_true", help="go on with the configuration of the last run")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".demo/run", help="for the throw-away configuration"
    )
    parser.add_argument(
        "--headless-check", action="store_true", help="wait until the entities are alive, say so, and stop"
    )
    return parser.parse_args()


class Demo:
    """See the module."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.check: bool = arguments.headless_check
        self.started = time.monotonic()
        folder: Path = arguments.folder
        if self.check:
            folder = folder.with_name("check")
        if not arguments.keep or self.check:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.notes = folder / "demo.json"
        known: Mapping[str, Any] = json.loads(self.notes.read_text()) if self.notes.exists() else {}
        self.is_new = not known
        release = known.get("truenas", arguments.truenas)
        self.server = SimulatedServer(folder, "--truenas", release, "--profile", "idle-noise")
        # an older demo had fewer services
        if known and len(known["ports"]) == len(PORTS):
            self.server.ports = tuple(known["ports"])
        self.hass = HomeAssistant(folder, free_port(0 if self.check else arguments.port))
        self.release = release

    async def run(self) -> None:
        """Start both, set up, and wait to be stopped."""
        try:
            # both at once: Home Assistant takes longer
            self.hass.start()
            self.server.start()
            async with aiohttp.ClientSession() as session:
                await self._run(Client(session, self.hass.url))
        finally:
            self.hass.stop()
            self.server.stop()

    async def _run(self, client: Client) -> None:
        await wait_until_up(self.hass, client)
        await let_a_disk_age(self.server)
        if self.is_new:
            await self._move_in(client)
        else:
            await client.log_in(USER, PASSWORD)
            await wait_until_running(client)
        if self.check:
            print(await self._alive(client))
            return
        self._greet()
        print(await self._alive(client), flush=True)
        print("\nWhat is sent to the phone of the demo is shown here.\n", flush=True)
        webhook = json.loads(self.notes.read_text())["webhook"]
        async with phone_of(client, PHONE, webhook) as phone:
            phone.on_push = lambda push: print(as_text(push), flush=True)
            while self.hass.running and self.server.running:  # noqa: ASYNC110 # of other processes
                await asyncio.sleep(0.5)
        which = self.server if self.hass.running else self.hass
        raise RuntimeError(f"{which.log.stem} ended by itself:\n{which.tail()}")

    async def _move_in(self, client: Client) -> None:
        """Set everything up, as a person would."""
        await client.onboard("Demo", USER, PASSWORD)
        await wait_until_running(client)
        # first, so that the dialog offers it
        webhook = await register(client, PHONE)
        await add_truenas(client, self.server)
        await add_containers(client, self.server)
        await add_scrutiny(client, self.server)
        await add_downloads(client, self.server)
        await add_arrs(client, self.server)
        await add_plex(client, self.server)
        await add_ups(client, self.server)
        await judge_sooner(client)
        await furnish(client)
        await hang_dashboard(client)
        # whoever tries it at night wants to see it, too
        await tell_phones(client, PHONE, own_path=OWN_PATH)
        told = {
            "truenas": self.release,
            "ports": self.server.ports,
            "url": self.server.url,
            "api_key": self.server.api_key,
            "username": self.server.username,
            "webhook": webhook,
        }
        self.notes.write_text(json.dumps(told))

    def _greet(self) -> None:
        print(
            f"\n  Home Assistant   {self.hass.url}  (ready after {time.monotonic() - self.started:.1f} s)\n"
            f"  its dashboard    {self.hass.url}/{DASHBOARD}\n"
            f"  user, password   {USER}, {PASSWORD}\n"
            f"  the server       TrueNAS {self.release} at {self.server.url}\n"
            f"  make trouble     {self.server.control}\n"
            f"  logs             {self.hass.log.parent}\n"
            f"\nShould you remove one of its services, it is offered again, and wants:\n{self._keys()}"
            "\nCtrl-C stops both.\n",
            flush=True,
        )

    def _keys(self) -> str:
        """Return what lets somebody in, a line each."""
        server = self.server
        login = f"{server.download_user}, {server.download_password}"
        keys = {name.capitalize(): key for name, (_, key) in server.arrs.items()}
        keys |= {"qBittorrent": login, "SABnzbd": server.sabnzbd_key, "Plex": server.plex_token}
        keys |= {"UPS": f"{server.ups_user}, {server.ups_password}"}
        return "".join(f"  {name:<16} {key}\n" for name, key in keys.items())

    async def _alive(self, client: Client) -> str:
        """Wait for the entities of the NAS, its pools and its disks; returns a line about them."""

        async def look() -> str:
            async with client.websocket() as socket:
                entities = await socket.call("config/entity_registry/list")
                devices = await socket.call("config/device_registry/list")
            states = await client.states()
            ours = [each for each in entities if each["platform"] == DOMAIN]
            on = [each for each in ours if each["disabled_by"] is None]
            alive = Counter(
                each["translation_key"]
                for each in on
                if states.get(each["entity_id"], {}).get("state", "unavailable") not in NOT_ALIVE
            )
            if any(alive[key] < least for key, least in ALIVE.items()):
                return ""
            count = sum(any(domain == DOMAIN for domain, _ in each["identifiers"]) for each in devices)
            # one of each disk, however many sources measure its temperature
            disks = alive["failure_tier"]
            return (
                f"{count} devices and {len(on)} entities ({len(ours) - len(on)} more are disabled): "
                f"{alive['status']} pools, {disks} disks and the CPU are alive "
                f"after {time.monotonic() - self.started:.1f} s"
            )

        return await wait_for("the entities of pools, disks and CPU are alive", look, within=60)


async def _main(arguments: argparse.Namespace) -> int:
    task = asyncio.create_task(Demo(arguments).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        print("Stopped.")
    except (ApiError, RuntimeError, TimeoutError, aiohttp.ClientError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(_main(_arguments())))
