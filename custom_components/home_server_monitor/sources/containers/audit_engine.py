"""What of the engine itself could be safer, as far as it tells."""

from collections.abc import Iterator
from dataclasses import dataclass
import ipaddress
import re

from .audit_case import Check, Grade
from .raw import Json, table, text, words

# Docker ended its support for 24 and what is older in 2024
OLDEST = 25
_WITHOUT_ENCRYPTION = re.compile(r"API is accessible on (?:https?|tcp)://(\[[^\]]+\]|[^:/\s]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSubject:
    """An engine under audit.

    info: `GET /info`; version: `GET /version`; services: of a swarm, None where nobody asked; dangling: images
    without a name; orphans: volumes without a name that nothing uses; podman: whether it is one.
    """

    info: Json
    version: Json
    services: int | None = None
    dangling: int = 0
    orphans: int = 0
    podman: bool = False


def audit_engine(subject: EngineSubject) -> tuple[Check, ...]:
    """Return what could be safer."""
    found = (check for rule in (_reach, _registries, _fences, _upkeep, _left_over) for check in rule(subject))
    return tuple(sorted(found, key=lambda check: (-check.grade, check.key)))


def _reach(subject: EngineSubject) -> Iterator[Check]:
    """Who can reach its interface: that is as good as root on the host."""
    for warning in words(subject.info.get("Warnings")):
        if match := _WITHOUT_ENCRYPTION.search(warning):
            here = _is_here(match[1].strip("[]"))
            grade = Grade.MEDIUM if here else Grade.CRITICAL
            yield Check("engine_open", "2.7", grade, {"address": match[1]})


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _registries(subject: EngineSubject) -> Iterator[Check]:
    """Registries whose answers anybody on the way can change."""
    config = table(subject.info.get("RegistryConfig"))
    hosts = {
        name for name, each in table(config.get("IndexConfigs")).items() if table(each).get("Secure") is False
    }
    hosts |= set(words(config.get("InsecureRegistryCIDRs")))
    if found := sorted(each for each in hosts if not _is_here(re.split(r"[:/](?=\d+$)", each)[0])):
        yield Check("insecure_registry", "2.5", Grade.LOW, {"registries": ", ".join(found)})


def _fences(subject: EngineSubject) -> Iterator[Check]:
    """What keeps root in a container from being root on the host."""
    options = words(subject.info.get("SecurityOptions"))
    names = {part for each in options for part in each.split(",")}
    if not names & {"name=userns", "name=rootless"}:
        yield Check("same_users", "2.9", Grade.INFO)
    if options and "name=seccomp" not in names:
        yield Check("engine_without_seccomp", "2.17", Grade.MEDIUM)
    if subject.info.get("ExperimentalBuild") is True and not subject.podman:
        yield Check("experimental", "2.18", Grade.INFO)


def _upkeep(subject: EngineSubject) -> Iterator[Check]:
    version = text(subject.version.get("Version"))
    major = version.partition(".")[0]
    if not subject.podman and major.isdecimal() and int(major) < OLDEST:
        yield Check("engine_outdated", "1.2.2", Grade.MEDIUM, {"version": version})
    if subject.info.get("LiveRestoreEnabled") is False and not subject.podman:
        yield Check("no_live_restore", "2.15", Grade.INFO)
    swarm = table(subject.info.get("Swarm")).get("LocalNodeState")
    if swarm == "active" and subject.services == 0:
        yield Check("idle_swarm", "5.1", Grade.LOW)


def _left_over(subject: EngineSubject) -> Iterator[Check]:
    """What nothing uses any more."""
    if subject.dangling:
        yield Check("dangling_images", "", Grade.INFO, {"count": str(subject.dangling)})
    if subject.orphans:
        yield Check("orphan_volumes", "", Grade.INFO, {"count": str(subject.orphans)})
