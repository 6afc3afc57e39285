"""What is asked of a simulation."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .harbour import Containers
from .load import Load
from .media.mooring import Media

type Profile = Literal["idle-noise", "frozen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """See `simulator.run`, which says what each of them means and what it is where nobody says."""

    version: str
    tls: bool
    profile: Profile
    disks: int | None
    apps: int | None
    latency: float
    seed: int
    state_dir: Path | None
    auth_delay: float
    job_pace: float
    loopback_is_remote: bool
    downtime: float
    unauthenticated_limit: int
    event_pace: float
    containers: Containers | None
    scrutiny: bool
    scrutiny_port: int
    scrutiny_tls: bool
    arrs: bool
    arr_base: str
    arr_ports: tuple[int, ...]
    media: Media | None
    ups: bool
    ups_port: int
    load: Load | None
    app_ports: Mapping[str, int]
