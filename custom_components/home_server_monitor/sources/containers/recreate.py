"""How a container is created anew on another image: everything that somebody set, nothing that the image brought."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .endpoints import networks
from .hostconfig import host_config
from .overrides import overrides
from .raw import Json, text


@dataclass(frozen=True, slots=True)
class Recreation:
    """What is sent to create the container. `body` holds passwords: it is never logged and never journalled.

    `connects`: the networks, with their settings, that must be connected one by one before the start.
    """

    body: Mapping[str, Any] = field(repr=False)
    connects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def recreate(
    inspect: Json,
    image: Json,
    new_image: str,
    *,
    info: Json,
    api_version: str,
    names: Mapping[str, str],
    podman: bool = False,
) -> Recreation:
    """Return the body for `POST /containers/create` and the networks for later.

    inspect: of the container that runs now, asked for in an API version up to 1.51, for later ones no longer tell
    which MAC address was set; image: the `Config` of the image that it runs, not of the new one; new_image: the id
    of the new one; info: `GET /info`; api_version: that the body is sent with; names: of all containers by id, those also that an
    update of one whose namespaces it uses has renamed: a container that follows is created on the successor.

    Raises Refused where data would be left behind. The image is named as it was typed: that this name still stands
    for `new_image` has to be checked on the container that comes of it.
    """
    found = networks(inspect, api_version)
    body = overrides(inspect, image, new_image, text(info.get("Name")))
    host = host_config(inspect, info, names, podman)
    if found.endpoints:
        host["NetworkMode"] = found.mode
        body["NetworkingConfig"] = {"EndpointsConfig": found.endpoints}
    if found.mac:
        body["MacAddress"] = found.mac
    return Recreation({**body, "HostConfig": host}, found.later)
