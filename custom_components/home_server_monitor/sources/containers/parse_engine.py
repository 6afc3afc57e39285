"""The engine and what it keeps: version, images, volumes, disk use, and Portainer's stacks."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
import re
from types import MappingProxyType
from typing import Any

from ..errors import BadResponse
from ..records import Malformed, Row, at, count, flag, instant, integer, name, record, text
from .model import Container, DiskUse, Engine, Image, Network, Space, Stack, Volume
from .parse import PROJECT_LABELS, strings
from .policies import LABEL

ANONYMOUS_LABEL = "com.docker.volume.anonymous"
CONFIG_FILES_LABEL = "com.docker.compose.project.config_files"
# where Portainer keeps the files of its stacks, each in a folder of the stack's number
_OWN_FILES = "/data/compose/"
# builds that are to come out alike each time carry an instant of the seventies
FIRST_CREDIBLE_YEAR = 2000
_MADE_UP_NAME = re.compile(r"[0-9a-f]{64}")
_OCI = "org.opencontainers.image."


def engine(version: Any, info: Any) -> Engine:
    """Parse `GET /version`, and `GET /info` where that was allowed (else None). Raises BadResponse."""
    row = record(version)
    if (api := text(row.get("ApiVersion"))) is None:
        raise BadResponse("No API version: this is not a container engine")
    podman = any("podman" in str(at(item, "Name")).lower() for item in _list(row.get("Components")))
    state = at(info, "Swarm", "LocalNodeState")
    return Engine(
        # podman makes up a new one for each question
        id=None if podman else text(at(info, "ID")),
        name=text(at(info, "Name")) or "engine",
        version=text(row.get("Version")) or "",
        api_version=api,
        min_api_version=text(row.get("MinAPIVersion")),
        kind="podman" if podman else "docker",
        os=text(at(info, "OperatingSystem")) or text(row.get("Os")),
        architecture=text(at(info, "Architecture")) or text(row.get("Arch")),
        cpus=integer(at(info, "NCPU")),
        memory=integer(at(info, "MemTotal")),
        storage_driver=text(at(info, "Driver")),
        cgroup_version=integer(at(info, "CgroupVersion")),
        root_dir=text(at(info, "DockerRootDir"), 500),
        security_options=_texts(at(info, "SecurityOptions")),
        live_restore=flag(at(info, "LiveRestoreEnabled")),
        swarm=state not in (None, "", "inactive"),
        default_runtime=text(at(info, "DefaultRuntime")),
        insecure_registries=_insecure(at(info, "RegistryConfig")),
        warnings=_texts(at(info, "Warnings")),
    )


def image(row: Row) -> tuple[str, Image]:
    """Parse one row of `GET /images/json` or the answer of `GET /images/{id}/json`."""
    key = name(row.get("Id"))
    labels = strings(at(row, "Config", "Labels") or row.get("Labels"))
    return key, Image(
        id=key,
        tags=_named(row.get("RepoTags")),
        digests=_named(row.get("RepoDigests")),
        created=_credible(instant(row.get("Created"))),
        size=integer(row.get("Size")),
        version=text(labels.get(f"{_OCI}version")),
        revision=text(labels.get(f"{_OCI}revision")),
        source_url=_https(labels.get(f"{_OCI}source")),
        url=_https(labels.get(f"{_OCI}url")),
        documentation_url=_https(labels.get(f"{_OCI}documentation")),
        update_label=text(labels.get(LABEL)),
    )


def volume(row: Row) -> tuple[str, Volume]:
    """Parse one row of `GET /volumes` or of the volumes of `GET /system/df`, which alone tells sizes."""
    key = name(row.get("Name"))
    labels = strings(row.get("Labels"))
    size, refs = integer(at(row, "UsageData", "Size")), integer(at(row, "UsageData", "RefCount"))
    return key, Volume(
        name=key,
        driver=text(row.get("Driver")),
        size=None if size == -1 else size,
        refs=None if refs == -1 else refs,
        # the label came with Docker 24
        anonymous=ANONYMOUS_LABEL in labels or bool(_MADE_UP_NAME.fullmatch(key)),
        project=next((found for label in PROJECT_LABELS if (found := text(labels.get(label)))), None),
        created=instant(row.get("CreatedAt")),
    )


def network(row: Row) -> tuple[str, Network]:
    """Parse one row of `GET /networks`; podman names the mode of a macvlan or an ipvlan shorter."""
    key, options = name(row.get("Name")), strings(row.get("Options"))
    driver = text(row.get("Driver")) or ""
    return key, Network(
        name=key,
        driver=driver,
        internal=row.get("Internal") is True,
        parent=text(options.get("parent")),
        mode=text(options.get(f"{driver}_mode") or options.get("mode")),
        subnets=_texts([at(pool, "Subnet") for pool in _list(at(row, "IPAM", "Config"))]),
    )


def disk_use(raw: Any) -> DiskUse:
    """Parse `GET /system/df`, whose lists became sums with API 1.52. Raises BadResponse."""
    row = record(raw)
    if "ImageUsage" in row or "VolumeUsage" in row:
        return DiskUse(
            images=_sums(row.get("ImageUsage")),
            containers=_sums(row.get("ContainerUsage")),
            volumes=_sums(row.get("VolumeUsage")),
            build_cache=_sums(row.get("BuildCacheUsage")),
        )
    return DiskUse(
        images=_images_space(row),
        containers=_space(row, "Containers", "SizeRw", _stopped),
        volumes=_space(
            row, "Volumes", ("UsageData", "Size"), lambda item: at(item, "UsageData", "RefCount") == 0
        ),
        build_cache=_space(row, "BuildCache", "Size", lambda item: at(item, "InUse") is False),
    )


def volumes_of(raw: Any) -> list[Any]:
    """Return the rows of volumes in an answer of `GET /system/df` or `GET /volumes`. Raises BadResponse."""
    row = record(raw)
    return _list(row.get("Volumes")) or _list(at(row, "VolumeUsage", "Items"))


def stack(row: Row) -> tuple[str, Stack]:
    """Parse one row of Portainer's `GET /api/stacks`; unknown kinds and states become `other`."""
    key, number_ = name(row.get("Name")), integer(row.get("Id"))
    if number_ is None:
        raise Malformed("a stack without an id")
    kinds, states = {1: "swarm", 2: "compose"}, {1: "active", 2: "inactive"}
    return key, Stack(
        id=number_,
        name=key,
        kind=kinds.get(row.get("Type"), "other"),  # type: ignore[arg-type]
        status=states.get(row.get("Status"), "other"),  # type: ignore[arg-type]
        project=re.sub(r"[^a-z0-9_-]", "", key.lower()),
        # from 2.39 on a workflow holds what GitConfig held
        git=bool(row.get("GitConfig") or row.get("WorkflowID")),
    )


def with_members(stacks: Mapping[str, Stack], containers: Mapping[str, Container]) -> Mapping[str, Stack]:
    """Name the containers of each stack: by its project, or by Portainer's own path of its file."""
    if not stacks:
        return stacks
    projects: defaultdict[str | None, set[str]] = defaultdict(set)
    files: defaultdict[str, set[str]] = defaultdict(set)
    for member, item in containers.items():
        projects[item.project].add(member)
        if (path := item.labels.get(CONFIG_FILES_LABEL, "")).startswith(_OWN_FILES):
            number_, slash, _ = path.removeprefix(_OWN_FILES).partition("/")
            files[number_ + slash].add(member)
    return MappingProxyType(
        {
            key: replace(found, containers=tuple(sorted(projects[found.project] | files[f"{found.id}/"])))
            for key, found in stacks.items()
        }
    )


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _texts(raw: Any) -> tuple[str, ...]:
    return tuple(found for item in _list(raw) if (found := text(item, 300)))


def _named(raw: Any) -> tuple[str, ...]:
    return tuple(
        item for item in _list(raw) if isinstance(item, str) and item.isprintable() and "<none>" not in item
    )


def _insecure(raw: Any) -> tuple[str, ...]:
    """Return the hosts and networks of which the engine takes images over plain http."""
    hosts = at(raw, "IndexConfigs")
    found = (
        [key for key, item in hosts.items() if at(item, "Secure") is False] if isinstance(hosts, dict) else []
    )
    return tuple(sorted({*found, *_texts(at(raw, "InsecureRegistryCIDRs"))}))


def _credible(created: datetime | None) -> datetime | None:
    return created if created and created.year >= FIRST_CREDIBLE_YEAR else None


def _https(value: Any) -> str | None:
    found = text(value, 500)
    return found if found and found.startswith("https://") else None


def _sums(raw: Any) -> Space:
    return Space(integer(at(raw, "TotalSize")), integer(at(raw, "Reclaimable")))


def _stopped(item: Any) -> bool:
    return at(item, "State") not in ("running", "paused", "restarting")


def _space(row: Row, key: str, path: Any, free: Any) -> Space:
    """Add up one list; a size that is not known (-1) counts as nothing."""
    if not isinstance(found := row.get(key), list):
        return Space()
    steps = path if isinstance(path, tuple) else (path,)
    # shared layers of the build cache belong to several records
    own = [item for item in found if at(item, "Shared") is not True]
    return Space(
        sum(count(at(item, *steps)) for item in own),
        sum(count(at(item, *steps)) for item in own if free(item)),
    )


def _images_space(row: Row) -> Space:
    """Add up the images: what they share is counted once, and what containers use is not free."""
    if not isinstance(found := row.get("Images"), list):
        return Space()
    layers = count(row.get("LayersSize"))
    used = sum(
        count(at(item, "Size")) - count(at(item, "SharedSize"))
        for item in found
        if count(at(item, "Containers"))
    )
    # podman 4 tells no sum of layers
    total = layers or sum(count(at(item, "Size")) for item in found)
    return Space(total, max(total - used, 0))
