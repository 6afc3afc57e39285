"""`python -m simulator`: runs until SIGTERM or SIGINT; its first line of output says where it answers."""

import argparse
import asyncio
import json
from pathlib import Path
import signal

from .arr.mooring import NAMES as ARRS
from .engine import RELEASES
from .harbour import Containers
from .load import Load
from .media.faces import FACES
from .media.faces.base import API_KEY, PASSWORD, USERNAME
from .media.mooring import PLEX, Media
from .plex import PlexFace
from .runner import run
from .truenas.releases import RELEASE_NAMES

# the download clients of the demo
CLIENTS = ("qbittorrent", "sabnzbd")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--truenas", choices=RELEASE_NAMES, default="25.10", help="which release to be")
    parser.add_argument("--port", type=int, default=0, help="of the TrueNAS; 0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0, help="of the switchboard; 0 takes a free one")
    parser.add_argument("--http", action="store_true", help="plain http instead of TLS")
    parser.add_argument("--profile", choices=("idle-noise", "frozen"), default="idle-noise")
    parser.add_argument("--disks", type=int, help="total number of disks")
    parser.add_argument("--apps", type=int, help="total number of apps")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="added to each call")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="keeps the certificate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--unauthenticated-limit", type=int, default=20, metavar="N", help="calls a minute before login"
    )
    parser.add_argument("--scrutiny", action="store_true", help="Scrutiny, too, which has read the disks")
    parser.add_argument("--scrutiny-port", type=int, default=0, help="of Scrutiny; 0 takes a free one")
    parser.add_argument("--ups", action="store_true", help="the server of the UPS (NUT), too")
    parser.add_argument("--ups-port", type=int, default=0, help="of that server; 0 takes a free one")
    parser.add_argument("--downloads", action="store_true", help="qBittorrent and SABnzbd, too, at work")
    for name in CLIENTS:
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--plex", action="store_true", help="Plex, too, on which two people watch")
    parser.add_argument("--plex-port", type=int, default=0, help="of Plex; 0 takes a free one")
    parser.add_argument("--arrs", action="store_true", help="Sonarr, Radarr and Prowlarr, too, over http")
    for name in ARRS:
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--load",
        nargs=3,
        type=int,
        metavar=("ROWS", "TORRENTS", "STREAMS"),
        help="five Arrs, four download clients and Plex with a lot to do, for benchmarks",
    )
    _add_containers(parser)
    return parser.parse_args()


def _add_containers(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("containers")
    group.add_argument(
        "--no-containers", action="store_true", help="neither engine nor Portainer nor registry"
    )
    group.add_argument("--containers", type=int, metavar="N", help="that many instead of the media server's")
    group.add_argument("--with-apps", action="store_true", help="the NAS's apps run on that engine, too")
    group.add_argument("--engine-api", choices=tuple(RELEASES), default="1.51", help="which engine to be")
    group.add_argument("--image-store", choices=("graph", "containerd"), help="how the engine keeps images")
    group.add_argument("--portainer", choices=("2.27", "2.33"), default="2.33", help="which Portainer to be")
    group.add_argument("--buffered", action="store_true", help="Portainer holds streams back")
    group.add_argument("--alone", action="store_true", help="Portainer manages that engine and nothing else")
    group.add_argument("--engine", metavar="URL", help="a real engine behind Portainer: unix:///…, tcp://…")
    group.add_argument("--docker-socket", type=Path, metavar="PATH", help="where the engine answers, too")
    for name in ("docker", "portainer", "registry"):
        group.add_argument(f"--{name}-port", type=int, default=0, help="0 takes a free one")


def _containers(arguments: argparse.Namespace) -> Containers | None:
    if arguments.no_containers:
        return None
    return Containers(
        count=arguments.containers,
        api=arguments.engine_api,
        store=arguments.image_store,
        portainer=arguments.portainer,
        buffered=arguments.buffered,
        alone=arguments.alone,
        engine_url=arguments.engine,
        latency=arguments.latency / 1000,
        pace=1.0,
        socket=arguments.docker_socket,
        apps=arguments.with_apps,
        ports=(arguments.docker_port, arguments.portainer_port, arguments.registry_port),
    )


def _media(arguments: argparse.Namespace) -> Media | None:
    if arguments.load:
        return Media(clients=dict.fromkeys(FACES), plex=True)
    if not arguments.downloads and not arguments.plex:
        return None
    ports = {name: getattr(arguments, f"{name}_port") for name in (*CLIENTS, PLEX)}
    clients = dict.fromkeys(CLIENTS if arguments.downloads else ())
    return Media(clients=clients, plex=arguments.plex, busy=True, ports=ports)


def _app_ports(arguments: argparse.Namespace) -> dict[str, int]:
    """Return where the apps say that they answer: where the simulated ones do, so that what is offered can be added."""
    names = (*ARRS, *CLIENTS, PLEX, "scrutiny")
    return {name: port for name in names if (port := getattr(arguments, f"{name}_port"))}


async def _main(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with run(
        arguments.truenas,
        tls=not arguments.http,
        profile=arguments.profile,
        disks=arguments.disks,
        apps=arguments.apps,
        latency=arguments.latency / 1000,
        seed=arguments.seed,
        state_dir=arguments.state_dir,
        port=arguments.port,
        control_port=arguments.control_port,
        auth_delay=1.0,
        job_pace=1.0,
        downtime=15.0,
        unauthenticated_limit=arguments.unauthenticated_limit,
        containers=_containers(arguments),
        scrutiny=arguments.scrutiny,
        scrutiny_port=arguments.scrutiny_port,
        # as a real one, which speaks no TLS
        scrutiny_tls=False,
        media=_media(arguments),
        ups=arguments.ups,
        ups_port=arguments.ups_port,
        arrs=arguments.arrs or bool(arguments.load),
        arr_ports=tuple(getattr(arguments, f"{name}_port") for name in ARRS),
        load=Load(*arguments.load) if arguments.load else None,
        app_ports=_app_ports(arguments),
    ) as sim:
        ready = {
            "truenas": sim.url,
            "control": sim.control_url,
            "api_key": sim.api_key,
            "readonly_key": sim.readonly_key,
            "limited_key": sim.limited_key,
            "username": sim.username,
            "fingerprint": sim.fingerprint,
        }
        if sim.scrutiny is not None:
            ready["scrutiny"] = sim.scrutiny_url
        if sim.has_nut:
            settings = sim.world.ups.settings
            (ups_user,) = settings.extra
            ready |= {
                "ups": f"127.0.0.1:{sim.nut.port}",
                "ups_user": ups_user,
                "ups_password": settings.extra[ups_user],
            }
            # the NAS follows its own settings, which somebody has made fit for what is to be done meanwhile
            sim.world.ups.primary_acts = True
            settings.timer, settings.hostsync = 600, 60
        if sim.has_arrs:
            for name in sim.arrs.faces:
                ready |= {name: sim.arrs.url(name), f"{name}_key": sim.arrs.key(name)}
        if sim.has_harbour:
            harbour = sim.harbour
            ready |= {
                "docker": harbour.docker_url,
                "portainer": harbour.portainer_url,
                "portainer_key": harbour.portainer.key,
                "registry": harbour.registry_url,
            }
        if PLEX in sim.quay.names:
            stage = sim.quay.face(PLEX)
            assert isinstance(stage, PlexFace)
            ready |= {"plex": sim.quay.url(PLEX), "plex_token": stage.token}
            if not arguments.load:
                # one at home on the chip, one from outside whose subtitles are drawn into the picture
                stage.theatre.play("The Long Tide", way="hardware")
                stage.theatre.play(
                    "Harbour", remote=True, kbps=12_000, way="partial", subtitle="ass", burned=True
                )
        if arguments.downloads or arguments.load:
            ready |= {name: sim.quay.url(name) for name in sim.quay.names if name in FACES}
            ready |= {"download_user": USERNAME, "download_password": PASSWORD, "sabnzbd_key": API_KEY}
        print(json.dumps(ready), flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main(_arguments()))
