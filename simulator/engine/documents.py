"""The documents that the engine makes of what a user asked for: every key is there, defaults are filled in."""

from typing import Any

from .engine import Engine
from .model import Doc, Image

_MASKED = [
    "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    "/sys/devices/virtual/powercap",
]  # fmt: skip
_MASKED_LATER = {"/proc/interrupts", "/sys/devices/virtual/powercap"}
_READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
# in the order in which an engine writes them
_HOST: Doc = {
    "Binds": None, "ContainerIDFile": "", "LogConfig": None, "NetworkMode": "", "PortBindings": None,
    "RestartPolicy": None, "AutoRemove": False, "VolumeDriver": "", "VolumesFrom": None, "ConsoleSize": [0, 0],
    "CapAdd": None, "CapDrop": None, "CgroupnsMode": "", "Dns": None, "DnsOptions": None, "DnsSearch": None,
    "ExtraHosts": None, "GroupAdd": None, "IpcMode": "private", "Cgroup": "", "Links": None, "OomScoreAdj": 0,
    "PidMode": "", "Privileged": False, "PublishAllPorts": False, "ReadonlyRootfs": False, "SecurityOpt": None,
    "UTSMode": "", "UsernsMode": "", "ShmSize": 67108864, "Runtime": "runc", "Isolation": "", "CpuShares": 0,
    "Memory": 0, "NanoCpus": 0, "CgroupParent": "", "BlkioWeight": 0, "BlkioWeightDevice": None,
    "BlkioDeviceReadBps": None, "BlkioDeviceWriteBps": None, "BlkioDeviceReadIOps": None,
    "BlkioDeviceWriteIOps": None, "CpuPeriod": 0, "CpuQuota": 0, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0,
    "CpusetCpus": "", "CpusetMems": "", "Devices": None, "DeviceCgroupRules": None, "DeviceRequests": None,
    "MemoryReservation": 0, "MemorySwap": 0, "MemorySwappiness": None, "OomKillDisable": None, "PidsLimit": None,
    "Ulimits": None, "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
    "MaskedPaths": None, "ReadonlyPaths": None,
}  # fmt: skip
_OPTIONAL = ("Mounts", "Tmpfs", "Sysctls", "Init", "StorageOpt", "Annotations")


def host_document(engine: Engine, given: Doc) -> Doc:
    """`HostConfig` as inspect shows it."""
    release = engine.release
    host = {key: given[key] if given.get(key) is not None else value for key, value in _HOST.items()}
    for key in ("Runtime", "IpcMode", "ShmSize"):
        host[key] = host[key] or _HOST[key]
    log = given.get("LogConfig") or {}
    host["LogConfig"] = {"Type": log.get("Type") or "json-file", "Config": log.get("Config") or {}}
    policy = given.get("RestartPolicy") or {}
    host["RestartPolicy"] = {
        "Name": policy.get("Name") or ("no" if release.modern else ""),
        "MaximumRetryCount": policy.get("MaximumRetryCount") or 0,
    }
    mode = host["NetworkMode"] or "default"
    host["NetworkMode"] = "bridge" if release.modern and mode == "default" else mode
    host["CgroupnsMode"] = host["CgroupnsMode"] or ("private" if release.cgroup == 2 else "host")
    if release.cgroup == 1 and host["OomKillDisable"] is None:
        host["OomKillDisable"] = False
    if host["Memory"] and not host["MemorySwap"]:
        host["MemorySwap"] = 2 * host["Memory"]
    if host["PidsLimit"] in (0, -1):
        host["PidsLimit"] = None
    for key in ("IpcMode", "PidMode", "NetworkMode"):
        host[key] = _by_ident(engine, host[key])
    _paths(host, modern=release.modern)
    if not release.modern:
        host |= {"KernelMemory": 0, "KernelMemoryTCP": 0}
    return host | {key: given[key] for key in _OPTIONAL if given.get(key)}


def _by_ident(engine: Engine, mode: str) -> str:
    """`container:name` is kept by id, where there is such a container."""
    kind, _, name = mode.partition(":")
    if kind == "container" and (found := engine.names.get(name) or engine.containers.get(name)):
        return f"container:{found.ident}"
    return mode


def _paths(host: Doc, *, modern: bool) -> None:
    if host["Privileged"]:
        return
    if host["MaskedPaths"] is None:
        host["MaskedPaths"] = [path for path in _MASKED if modern or path not in _MASKED_LATER]
    if host["ReadonlyPaths"] is None:
        host["ReadonlyPaths"] = list(_READ_ONLY)


def config_document(engine: Engine, given: Doc, image: Image, ident: str, host: Doc) -> Doc:
    """`Config` as inspect shows it: what the user asked for over what the image brings."""
    base = image.config
    entrypoint, command = given.get("Entrypoint"), given.get("Cmd")
    if not entrypoint and entrypoint != [""]:
        command = command or base.get("Cmd")
        entrypoint = base.get("Entrypoint")
    config: Doc = {
        "Hostname": _hostname(engine, given, ident, host),
        "Domainname": given.get("Domainname") or "",
        "User": given.get("User") or base.get("User") or "",
        "AttachStdin": bool(given.get("AttachStdin")),
        "AttachStdout": bool(given.get("AttachStdout")),
        "AttachStderr": bool(given.get("AttachStderr")),
    }
    ports = {**(base.get("ExposedPorts") or {}), **(given.get("ExposedPorts") or {})}
    if ports:
        config["ExposedPorts"] = ports
    config |= {
        "Tty": bool(given.get("Tty")),
        "OpenStdin": bool(given.get("OpenStdin")),
        "StdinOnce": bool(given.get("StdinOnce")),
        "Env": _environment(given.get("Env") or [], base.get("Env") or []),
        "Cmd": command or None,
    }
    check = {**(base.get("Healthcheck") or {}), **(given.get("Healthcheck") or {})}
    if check:
        config["Healthcheck"] = check
    config |= {
        "Image": given["Image"],
        "Volumes": {**(base.get("Volumes") or {}), **(given.get("Volumes") or {})} or None,
        "WorkingDir": given.get("WorkingDir") or base.get("WorkingDir") or "",
        "Entrypoint": entrypoint or None,
    }
    if given.get("MacAddress") and engine.release.modern:
        config["MacAddress"] = given["MacAddress"]
    config |= {"OnBuild": None, "Labels": {**(base.get("Labels") or {}), **(given.get("Labels") or {})}}
    config["Labels"] = dict(sorted(config["Labels"].items()))
    for key in ("StopSignal", "StopTimeout", "Shell"):
        if (value := given.get(key) if given.get(key) is not None else base.get(key)) is not None:
            config[key] = value
    return config


def _hostname(engine: Engine, given: Doc, ident: str, host: Doc) -> str:
    mode: str = host["NetworkMode"]
    if mode == "host":
        return given.get("Hostname") or engine.name
    if mode.startswith("container:"):
        parent = engine.containers.get(mode.partition(":")[2])
        return str(parent.config["Hostname"]) if parent else ""
    return given.get("Hostname") or ident[:12]


def _environment(given: list[str], base: list[str]) -> list[str]:
    """The user's variables first, then those of the image that the user did not set."""
    names = {entry.partition("=")[0] for entry in given}
    return [*given, *(entry for entry in base if entry.partition("=")[0] not in names)]


def command_of(config: Doc) -> list[str]:
    """What is run."""
    words: list[Any] = [*(config["Entrypoint"] or []), *(config["Cmd"] or [])]
    return [str(word) for word in words]
