"""What Portainer says about itself, and what it remembers of an engine."""

from typing import Any

from simulator.household import Household

type Row = dict[str, Any]


def version_row(version: str) -> Row:
    """`GET /api/system/version`."""
    return {
        "UpdateAvailable": False,
        "LatestVersion": version,
        "ServerVersion": version,
        "DatabaseVersion": version,
        "VersionSupport": "LTS",
        "ServerEdition": "CE",
        "Build": {
            "BuildNumber": "41",
            "ImageTag": version,
            "NodejsVersion": "22.12.0",
            "YarnVersion": "1.22.22",
            "WebpackVersion": "5.97.1",
            "GoVersion": "1.24.4",
            "GitCommit": "a1b2c3d",
        },
        "Dependencies": {
            "DockerVersion": "28.4.0",
            "HelmVersion": "v3.18.4",
            "KubectlVersion": "v1.33.2",
            "ComposeVersion": "v2.39.2",
        },
        "Runtime": {"Env": []},
    }


def snapshot_row(household: Household) -> Row:
    """The engine, as it was at the last full five minutes."""
    engine = household.engine
    states = [each.state for each in engine.containers.values()]
    health = [each.health.status for each in engine.containers.values() if each.health and each.alive]
    running = sum(state in ("running", "restarting") for state in states)
    return {
        "Time": int(engine.now()) // 300 * 300,
        "DockerVersion": engine.release.version,
        "Swarm": False,
        "TotalCPU": engine.cpus,
        "TotalMemory": engine.memory,
        "ContainerCount": len(states),
        "RunningContainerCount": running,
        "StoppedContainerCount": len(states) - running,
        "HealthyContainerCount": health.count("healthy"),
        "UnhealthyContainerCount": health.count("unhealthy"),
        "VolumeCount": len(engine.volumes),
        "ImageCount": len(engine.images),
        "ServiceCount": 0,
        "StackCount": len(household.stacks),
        "DockerSnapshotRaw": {},
        "NodeCount": 1,
        "GpuUseAll": False,
        "GpuUseList": [],
        "IsPodman": False,
    }
