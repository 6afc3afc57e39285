"""The media server: download clients behind a VPN, what feeds them, and what plays it."""

from .service import LINUXSERVER, Service, check
from .usual import KIB, MIB, uses


def _arr(name: str, port: int, version: str, megabytes: int, *, limit: int = 0) -> Service:
    return Service(
        name=name,
        project="media",
        image=f"lscr.io/linuxserver/{name}",
        version=version,
        env=LINUXSERVER,
        ports=(f"{port}:{port}",),
        mounts=(f"/mnt/apps/config/{name}:/config", "/mnt/media:/data"),
        health=check(f"curl -fsS http://localhost:{port}/ping", start=60),
        host={"Memory": limit * MIB} if limit else {},
        from_image={"Volumes": {"/config": {}}},
        acts=uses(
            0.6, megabytes, received=9 * KIB, sent=4 * KIB, written=3 * KIB, pids=34, ready_after=6.0,
            lines=("[Info] RssSyncService: RSS Sync Completed. Reports found: 100, Reports grabbed: 0",),
        ),
    )  # fmt: skip


MEDIA = (
    Service(
        name="gluetun",
        project="media",
        image="qmcgaw/gluetun",
        tag="v3.40",
        version="v3.40.0",
        env=("VPN_SERVICE_PROVIDER=mullvad", "VPN_TYPE=wireguard", "WIREGUARD_PRIVATE_KEY=${WIREGUARD_PRIVATE_KEY}", "SERVER_COUNTRIES=Sweden"),
        ports=("8085:8080", "6881:6881", "6881:6881/udp"),
        mounts=("/mnt/apps/config/gluetun:/gluetun",),
        host={"CapAdd": ["NET_ADMIN"], "Devices": [{"PathOnHost": "/dev/net/tun", "PathInContainer": "/dev/net/tun", "CgroupPermissions": "rwm"}]},
        from_image={"Healthcheck": check("/gluetun-entrypoint healthcheck", 5, 5, 1, 10)},
        acts=uses(
            0.8, 38, received=1900 * KIB, sent=420 * KIB, pids=14, ready_after=3.0, stop_code=0,
            needs=("WIREGUARD_PRIVATE_KEY",), lines=("INFO [healthcheck] healthy!", "INFO [ip getter] Public IP address is 203.0.113.9 (Sweden)"),
        ),
    ),
    Service(
        name="qbittorrent",
        project="media",
        image="lscr.io/linuxserver/qbittorrent",
        version="5.1.2",
        env=(*LINUXSERVER, "WEBUI_PORT=8080"),
        mounts=("/mnt/apps/config/qbittorrent:/config", "/mnt/media/downloads:/downloads"),
        network="service:gluetun",
        needs=("gluetun",),
        from_image={"Volumes": {"/config": {}}},
        acts=uses(3.4, 720, 900, read=900 * KIB, written=1800 * KIB, pids=22),
    ),
    _arr("prowlarr", 9696, "2.0.5.5160", 180),
    _arr("sonarr", 8989, "4.0.15.2941", 310, limit=1024),
    _arr("radarr", 7878, "5.27.5.10198", 290, limit=1024),
    Service(
        name="sabnzbd",
        project="media",
        image="lscr.io/linuxserver/sabnzbd",
        version="4.5.3",
        env=LINUXSERVER,
        ports=("8080:8080",),
        mounts=("/mnt/apps/config/sabnzbd:/config", "/mnt/media/usenet:/downloads"),
        from_image={"Volumes": {"/config": {}}},
        acts=uses(0.9, 240, 300, received=60 * KIB, sent=3 * KIB, written=60 * KIB, pids=19),
    ),
    Service(
        name="plex",
        project="media",
        image="plexinc/pms-docker",
        version="1.42.1.10060",
        env=("TZ=Europe/Berlin", "ADVERTISE_IP=http://192.168.1.10:32400/"),
        secrets=("PLEX_CLAIM",),
        mounts=("/mnt/apps/config/plex:/config", "/mnt/media:/data:ro", "/dev/shm:/transcode"),  # noqa: S108
        network="host",
        host={"Devices": [{"PathOnHost": "/dev/dri", "PathInContainer": "/dev/dri", "CgroupPermissions": "rwm"}]},
        from_image={"Healthcheck": check("/healthcheck.sh", 5, 2, 20), "Volumes": {"/config": {}, "/transcode": {}}},
        acts=uses(5.1, 1400, 2600, read=400 * KIB, written=9 * KIB, pids=96, ready_after=8.0, stops_in=0.6),
    ),
    Service(
        name="tautulli",
        project="media",
        image="ghcr.io/tautulli/tautulli",
        version="v2.16.0",
        env=LINUXSERVER,
        ports=("8181:8181",),
        mounts=("tautulli_config:/config",),
        health=check("curl -fsS http://localhost:8181/status", 60),
        acts=uses(0.3, 110, received=2 * KIB, sent=2 * KIB, pids=15),
    ),
    Service(
        name="seerr",
        project="media",
        image="ghcr.io/seerr-team/seerr",
        version="v2.7.3",
        env=("TZ=Europe/Berlin", "LOG_LEVEL=info"),
        ports=("5055:5055",),
        mounts=("/mnt/apps/config/seerr:/app/config",),
        needs=("sonarr", "radarr"),
        acts=uses(0.4, 260, received=5 * KIB, sent=6 * KIB, pids=23),
    ),
)  # fmt: skip
