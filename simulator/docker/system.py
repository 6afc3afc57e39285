"""The engine as a whole: version and info."""

from simulator.engine import Engine
from simulator.engine.model import Doc
from simulator.engine.releases import text

from .times import moment

KERNEL = "6.12.33-production+truenas"


def version(engine: Engine) -> Doc:
    """`GET /version`."""
    release = engine.release
    details: Doc = {
        "ApiVersion": text(release.api),
        "Arch": "amd64",
        "BuildTime": release.built,
        "Experimental": "false",
        "GitCommit": release.commit,
        "GoVersion": release.go,
        "KernelVersion": KERNEL,
        "MinAPIVersion": text(release.oldest),
        "Os": "linux",
    }
    parts = (
        ("Engine", release.version, details),
        ("containerd", release.containerd, {"GitCommit": ""}),
        ("runc", release.runc, {"GitCommit": ""}),
        ("docker-init", "0.19.0", {"GitCommit": ""}),
    )
    return {
        "Platform": {"Name": "Docker Engine - Community"},
        "Components": [{"Name": name, "Version": number, "Details": more} for name, number, more in parts],
        "Version": release.version,
        "ApiVersion": text(release.api),
        "MinAPIVersion": text(release.oldest),
        "GitCommit": release.commit,
        "GoVersion": release.go,
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": KERNEL,
        "BuildTime": release.built,
    }


def info(engine: Engine) -> Doc:
    """`GET /info`."""
    states = [container.state for container in engine.containers.values()]
    running = sum(state in ("running", "restarting") for state in states)
    paused = states.count("paused")
    release = engine.release
    modern = release.modern
    row: Doc = {
        "ID": engine.ident,
        "Containers": len(states),
        "ContainersRunning": running,
        "ContainersPaused": paused,
        "ContainersStopped": len(states) - running - paused,
        "Images": len(engine.images),
        "Driver": release.driver,
        "DriverStatus": _driver_status(engine),
        "Plugins": _plugins(modern=modern),
        "MemoryLimit": True,
        "SwapLimit": True,
    }
    if release.cgroup == 1:
        row |= {"KernelMemory": True} if not modern else {}
        row |= {"KernelMemoryTCP": True} if release.api < (1, 52) else {}
    row |= {"CpuCfsPeriod": True, "CpuCfsQuota": True, "CPUShares": True, "CPUSet": True, "PidsLimit": True}
    row |= {"IPv4Forwarding": True}
    if not modern:
        row |= {"BridgeNfIptables": True, "BridgeNfIp6tables": True}
    row |= {
        "Debug": False,
        "NFd": 26 + 4 * running,
        "OomKillDisable": release.cgroup == 1,
        "NGoroutines": 51 + 6 * running,
        "SystemTime": moment(engine.now()),
        "LoggingDriver": "json-file",
        "CgroupDriver": "systemd" if release.cgroup == 2 else "cgroupfs",
        "CgroupVersion": str(release.cgroup),
        "NEventsListener": len(engine.listeners),
        "KernelVersion": KERNEL,
        "OperatingSystem": "TrueNAS SCALE (Debian GNU/Linux 12)",
        "OSVersion": "12",
        "OSType": "linux",
        "Architecture": "x86_64",
        "IndexServerAddress": "https://index.docker.io/v1/",
        "RegistryConfig": _registries(engine),
        "NCPU": engine.cpus,
        "MemTotal": engine.memory,
    }
    return row | _rest_of_info(engine)


def _rest_of_info(engine: Engine) -> Doc:
    modern = engine.release.modern
    runtime: Doc = {"path": "runc"}
    if modern:
        runtime["status"] = {"org.opencontainers.runtime-spec.features": '{"ociVersionMin":"1.0.0"}'}
    runtimes = {"io.containerd.runc.v2": runtime, "runc": runtime}
    if not modern:
        runtimes["io.containerd.runtime.v1.linux"] = runtime

    def commit(ident: str) -> Doc:
        return {"ID": ident} if modern else {"ID": ident, "Expected": ident}

    row: Doc = {
        "GenericResources": None,
        "DockerRootDir": engine.root,
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Name": engine.name,
        "Labels": [],
        "ExperimentalBuild": False,
        "ServerVersion": engine.release.version,
        "Runtimes": runtimes,
        "DefaultRuntime": "runc",
        "Swarm": {
            "NodeID": "",
            "NodeAddr": "",
            "LocalNodeState": "inactive",
            "ControlAvailable": False,
            "Error": "",
            "RemoteManagers": None,
        },
        "LiveRestoreEnabled": False,
        "Isolation": "",
        "InitBinary": "docker-init",
        "ContainerdCommit": commit("" if modern else engine.release.containerd),
        "RuncCommit": commit(engine.release.runc),
        "InitCommit": commit(""),
        "SecurityOptions": _security(engine),
    }
    if modern:
        row |= {
            "FirewallBackend": {"Driver": "iptables"},
            "CDISpecDirs": ["/etc/cdi", "/var/run/cdi"],
            "Containerd": {
                "Address": "/run/containerd/containerd.sock",
                "Namespaces": {"Containers": "moby", "Plugins": "plugins.moby"},
            },
        }
    return row | {"Warnings": list(_warnings(engine))}


def _warnings(engine: Engine) -> tuple[str, ...]:
    words = (
        "API is accessible on http://0.0.0.0:2375 without encryption.\n         Access to the remote API is equivalent "
        "to root access on the host. Refer\n         to the 'Docker daemon attack surface' section in the documentation "
        "for\n         more information: https://docs.docker.com/go/attack-surface/"
    )
    return (f"[DEPRECATION NOTICE]: {words}" if engine.release.modern else f"WARNING: {words}",)


def _security(engine: Engine) -> list[str]:
    if engine.release.cgroup == 2:
        return ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"]
    return ["name=seccomp,profile=builtin" if engine.release.modern else "name=seccomp,profile=default"]


def _driver_status(engine: Engine) -> list[list[str]]:
    if engine.release.store == "containerd":
        return [["driver-type", "io.containerd.snapshotter.v1"]]
    rows = [["Backing Filesystem", "zfs"], ["Supports d_type", "true"]]
    if engine.release.modern:
        rows.append(["Using metacopy", "false"])
    return [*rows, ["Native Overlay Diff", "true"], ["userxattr", "false"]]


def _plugins(*, modern: bool) -> Doc:
    logs = ["awslogs", "fluentd", "gelf", "journald", "json-file", "local", "splunk", "syslog"]
    return {
        "Volume": ["local"],
        "Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
        "Authorization": None,
        "Log": logs if modern else sorted([*logs, "gcplogs", "logentries"]),
    }


def _registries(engine: Engine) -> Doc:
    modern = engine.release.modern
    indexes: Doc = {
        host: {"Mirrors": [], "Name": host, "Official": False, "Secure": False}
        for host in sorted(engine.stores)
        if modern and host != "docker.io"
    }
    indexes["docker.io"] = {"Mirrors": [], "Name": "docker.io", "Official": True, "Secure": True}
    row: Doc = {
        "IndexConfigs": indexes,
        "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"] if modern else ["127.0.0.0/8"],
        "Mirrors": None if modern else [],
    }
    if not modern:
        row |= {"AllowNondistributableArtifactsCIDRs": [], "AllowNondistributableArtifactsHostnames": []}
    return row
