"""How a simulation is run inside a program."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from .harbour import Containers
from .load import Load
from .media.mooring import Media
from .simulation import Simulation
from .wanted import Profile, Wanted


@asynccontextmanager
async def run(
    version: str = "25.10",
    *,
    tls: bool = True,
    profile: Profile = "frozen",
    disks: int | None = None,
    apps: int | None = None,
    latency: float = 0.0,
    seed: int = 1,
    state_dir: Path | str | None = None,
    port: int = 0,
    control_port: int = 0,
    auth_delay: float = 0.05,
    job_pace: float = 0.1,
    loopback_is_remote: bool = True,
    downtime: float = 0.2,
    unauthenticated_limit: int = 20,
    event_pace: float = 1.0,
    containers: Containers | None = None,
    scrutiny: bool = False,
    scrutiny_port: int = 0,
    scrutiny_tls: bool = True,
    arrs: bool = False,
    arr_base: str = "",
    arr_ports: tuple[int, ...] = (),
    media: Media | None = None,
    ups: bool = False,
    ups_port: int = 0,
    load: Load | None = None,
    app_ports: Mapping[str, int] | None = None,
) -> AsyncGenerator[Simulation]:
    """A home server on loopback, in the caller's loop.

    `latency` in seconds is added to each call; `auth_delay` is the pause after a failed login;
    `job_pace` times the real duration of jobs; `downtime` is how long a reboot takes.
    `containers`: an engine, Portainer and a registry, too, where they are asked for.
    `scrutiny`: it answers, too, with what its collector has read of the disks, over TLS where the rest does, or never.
    `arrs`: Sonarr, Radarr and Prowlarr, too, below `arr_base` such as `/media`, on what the house downloads.
    `media`: download clients, too, where they are asked for; they answer at `sim.quay.url(name)`.
    `ups`: the server of the UPS, too, at `sim.nut.port`.
    `load`: a lot of all of it, which wants all four clients, Plex and the Arrs, of which it makes two more.
    `app_ports`: where the apps of these names say that they answer, else as in the catalogue.
    `loopback_is_remote`: treat plain http from loopback as the real server treats it from elsewhere.
    """
    wanted = Wanted(
        version=version,
        tls=tls,
        profile=profile,
        disks=disks,
        apps=apps,
        latency=latency,
        seed=seed,
        state_dir=Path(state_dir) if state_dir is not None else None,
        auth_delay=auth_delay,
        job_pace=job_pace,
        loopback_is_remote=loopback_is_remote,
        downtime=downtime,
        unauthenticated_limit=unauthenticated_limit,
        event_pace=event_pace,
        containers=containers,
        scrutiny=scrutiny,
        scrutiny_port=scrutiny_port,
        scrutiny_tls=scrutiny_tls,
        arrs=arrs,
        arr_base=arr_base,
        arr_ports=arr_ports,
        media=media,
        ups=ups,
        ups_port=ups_port,
        load=load,
        app_ports=app_ports or {},
    )
    sim = Simulation(wanted)
    try:
        await sim.open(port, control_port)
        yield sim
    finally:
        await sim.close()
