"""Inspections as a Docker Engine answers them, built by hand."""

from typing import Any

CONTAINER_ID = "4f1d2c3b" * 8
PARENT_ID = "aa11bb22" * 8
IMAGE_ID = "sha256:" + "1" * 64
NEW_IMAGE = "sha256:" + "2" * 64
VOLUME = "ab" * 32
INFO: dict[str, Any] = {
    "Name": "nas",
    "DefaultRuntime": "runc",
    "NCPU": 4,
    "MemTotal": 16 * 2**30,
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin"],
    "Swarm": {"LocalNodeState": "inactive"},
    "LiveRestoreEnabled": True,
    "ServerVersion": "28.5.2",
    "Warnings": None,
}
IMAGE: dict[str, Any] = {
    "Env": ["PATH=/usr/bin", "TZ=Etc/UTC"],
    "Cmd": ["serve"],
    "Entrypoint": ["/init"],
    "WorkingDir": "/app",
    "User": "",
    "ExposedPorts": {"8989/tcp": {}},
    "Volumes": {"/config": {}},
    "Labels": {"org.opencontainers.image.version": "1.0"},
    "Healthcheck": {"Test": ["CMD", "/check"], "Interval": 30_000_000_000},
}
HOST: dict[str, Any] = {
    "Binds": None,
    "ContainerIDFile": "",
    "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}},
    "NetworkMode": "media_default",
    "PortBindings": {"8989/tcp": [{"HostIp": "", "HostPort": "8989"}]},
    "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "ConsoleSize": [0, 0],
    "CapAdd": None,
    "CapDrop": None,
    "IpcMode": "private",
    "PidMode": "",
    "Runtime": "runc",
    "MemorySwappiness": None,
    "ShmSize": 67108864,
    "Memory": 0,
    "NanoCpus": 0,
    "PidsLimit": None,
    "MaskedPaths": ["/proc/acpi"],
    "ReadonlyPaths": ["/proc/sys"],
    "SecurityOpt": None,
    "Mounts": None,
}
STATE: dict[str, Any] = {
    "Status": "running",
    "Running": True,
    "Paused": False,
    "Restarting": False,
    "OOMKilled": False,
    "Dead": False,
    "ExitCode": 0,
    "Error": "",
    "StartedAt": "2026-06-01T10:00:00.123456789Z",
    "FinishedAt": "0001-01-01T00:00:00Z",
}


def endpoint(**more: Any) -> dict[str, Any]:
    """Return a network of a container as an inspection shows it."""
    return {
        "IPAMConfig": None,
        "Links": None,
        "Aliases": ["sonarr"],
        "NetworkID": "n" * 64,
        "EndpointID": "e" * 64,
        "Gateway": "172.20.0.1",
        "IPAddress": "172.20.0.5",
        "IPPrefixLen": 16,
        "MacAddress": "02:42:ac:14:00:05",
        "DriverOpts": None,
        "DNSNames": ["sonarr", CONTAINER_ID[:12]],
        **more,
    }


def volume(path: str = "/config", name: str = VOLUME, **more: Any) -> dict[str, Any]:
    """Return a mounted volume as an inspection shows it."""
    return {
        "Type": "volume",
        "Name": name,
        "Source": f"/var/lib/docker/volumes/{name}/_data",
        "Destination": path,
        "Driver": "local",
        "Mode": "",
        "RW": True,
        "Propagation": "",
        **more,
    }


def bind(source: str, path: str, **more: Any) -> dict[str, Any]:
    """Return a mounted folder of the host as an inspection shows it."""
    return {
        "Type": "bind",
        "Source": source,
        "Destination": path,
        "Mode": "",
        "RW": True,
        "Propagation": "rprivate",
        **more,
    }


def inspection(
    *,
    config: dict[str, Any] | None = None,
    host: dict[str, Any] | None = None,
    state: dict[str, Any] | None = None,
    networks: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a container of a compose project on an image with everything an image can bring, nothing else set."""
    merged = {
        "Hostname": CONTAINER_ID[:12],
        "Domainname": "",
        "AttachStdout": False,
        "Image": "lscr.io/linuxserver/sonarr:latest",
        "OnBuild": None,
        **IMAGE,
    }
    return {
        "Id": CONTAINER_ID,
        "Name": "/sonarr",
        "Image": IMAGE_ID,
        "Created": "2026-06-01T09:59:00Z",
        "RestartCount": 0,
        "AppArmorProfile": "docker-default",
        "State": STATE | (state or {}),
        "Config": merged | (config or {}),
        "HostConfig": HOST | (host or {}),
        "Mounts": [volume()],
        "NetworkSettings": {"Networks": {"media_default": endpoint()} if networks is None else networks},
        **more,
    }
