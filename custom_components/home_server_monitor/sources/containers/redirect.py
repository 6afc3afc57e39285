"""Why a container may not be created anew here, and who updates it instead."""

from collections.abc import Iterable, Sequence
import re

from ...guardian.contract import Refusal
from .hostconfig import JOINED
from .leftovers import leftover
from .raw import Json, name_of, table, text
from .reference import parsed

COMPOSE = "com.docker.compose."
_SWARM = "com.docker.swarm."
_SUPERVISOR = ("supervisor_managed", "io.hass.")
_TRUENAS_FOLDER = "/mnt/.ix-apps"
_TRUENAS_PROJECT = "ix-"
_HOME_ASSISTANTS = re.compile(r"home-?assistant|(?:.*-)?(?:homeassistant|hassio-supervisor)")
# by the last part of the repository: they stand between us and the engine, or may
_WAYS_TO_THE_ENGINE = re.compile(
    r"portainer(?:-[cbe]e)?|docker-socket-proxy|socket-proxy|sockguard|dockerproxy"
)
_AGENT = "portainer/agent"
_UNSETTLED = ("restarting", "paused", "removing", "dead")
_HEX = re.compile(r"[0-9a-f]{6,64}")


def refusal(
    inspect: Json,
    digests: Sequence[str],
    *,
    podman: bool,
    own: str | None,
    names: Iterable[str],
    instance: str,
) -> Refusal | None:
    """Return why this container may not be created anew on a newer image, or None.

    digests: `RepoDigests` of its image, or where that has none, of the one that its reference names now: an image
    store may take them from an image once a newer one was pulled; own: why Home Assistant stands on it, if so;
    names: of all containers of the engine; instance: the eight hex digits of this Home Assistant.
    """
    name = name_of(inspect)
    if own:
        return Refusal("own_path", {"target": name, "reason": own})
    key = (
        _whose(inspect, podman)
        or _what(inspect)
        or _which_image(inspect, digests)
        or _who_else(name, names, instance)
        or _how_it_stands(inspect)
    )
    return Refusal(key, {"target": name}) if key else None


def spared(inspect: Json, *, podman: bool, takes_away: bool) -> Refusal | None:
    """Return why nothing is done to this container here, or nothing that takes it away, or None."""
    key = None
    if podman:
        key = "podman_read_only"
    elif takes_away and _is_way(_repository(inspect)):
        key = "way_to_the_engine"
    return Refusal(key, {"target": name_of(inspect)}) if key else None


def _repository(inspect: Json) -> str:
    reference = parsed(text(table(inspect.get("Config")).get("Image")))
    return reference.repository if reference else ""


def _is_way(repository: str) -> bool:
    return bool(repository == _AGENT or _WAYS_TO_THE_ENGINE.fullmatch(repository.rpartition("/")[2]))


def _whose(inspect: Json, podman: bool) -> str | None:
    """Return who else owns it, and updates it in another way."""
    labels = table(table(inspect.get("Config")).get("Labels"))
    if podman:
        return "podman_read_only"
    if any(label.startswith(_SWARM) for label in labels):
        return "swarm_task"
    if any(label.startswith(_SUPERVISOR) for label in labels):
        return "supervisor_owned"
    folder = text(labels.get(COMPOSE + "project.working_dir"))
    if f"{folder}/".startswith(f"{_TRUENAS_FOLDER}/"):
        return "truenas_app"
    if text(labels.get(COMPOSE + "project")).startswith(_TRUENAS_PROJECT):
        return "truenas_app"
    if text(labels.get(COMPOSE + "oneoff")).lower() == "true":
        return "one_off"
    return None


def _what(inspect: Json) -> str | None:
    """Return whether it is one of the few that nobody could put back."""
    repository = _repository(inspect)
    if _HOME_ASSISTANTS.fullmatch(repository.rpartition("/")[2]):
        return "is_home_assistant"
    if _is_way(repository):
        return "way_to_the_engine"
    if table(inspect.get("HostConfig")).get("AutoRemove"):
        return "removes_itself"
    return None


def is_home_assistant(image: str) -> bool:
    """Return whether an image is that of a Home Assistant."""
    reference = parsed(image)
    return reference is not None and bool(_HOME_ASSISTANTS.fullmatch(reference.repository.rpartition("/")[2]))


def leads_to_the_engine(image: str) -> bool:
    """Return whether an image is that of something that stands between us and the engine, or may."""
    reference = parsed(image)
    return reference is not None and _is_way(reference.repository)


def _which_image(inspect: Json, digests: Sequence[str]) -> str | None:
    reference = text(table(inspect.get("Config")).get("Image"))
    ran = text(inspect.get("Image")).partition(":")[2]
    if reference.startswith("sha256:") or "@sha256:" in reference:
        return "image_pinned"
    if _HEX.fullmatch(reference) and ran.startswith(reference):
        return "image_pinned"
    return None if digests else "image_local"


def _who_else(name: str, names: Iterable[str], instance: str) -> str | None:
    """Return whether it is what an update left behind, or another Home Assistant is at work on it."""
    if leftover(name):
        return "left_behind"
    if any(kept and kept[0] == name and kept[1] != instance for kept in map(leftover, names)):
        return "another_works_here"
    return None


def _how_it_stands(inspect: Json) -> str | None:
    """Return whether it is in a state that could not be made again."""
    state, host = table(inspect.get("State")), table(inspect.get("HostConfig"))
    if state.get("Restarting") is True or state.get("Status") in _UNSETTLED:
        return "container_unsettled"
    mode = text(host.get("NetworkMode"))
    if mode in ("host", "none") or mode.startswith(JOINED):
        return None
    return None if table(table(inspect.get("NetworkSettings")).get("Networks")) else "no_network"
