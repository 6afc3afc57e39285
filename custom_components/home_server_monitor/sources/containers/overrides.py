"""What somebody set of a container's `Config`, told from what its image brought along.

An inspection shows both merged. A value that equals the image's is indistinguishable from the image's own: it is
left out, so that the new image's takes its place.
"""

from collections.abc import Iterable
from typing import Any

from .raw import Json, items, short_id, table, tables, text, words

COMPOSE_IMAGE = "com.docker.compose.image"
COMPOSE_HASH = "com.docker.compose.config-hash"
# what an image never brings along
_OWN = (
    "AttachStdin",
    "AttachStdout",
    "AttachStderr",
    "Tty",
    "OpenStdin",
    "StdinOnce",
    "NetworkDisabled",
    "StopTimeout",
)
_FROM_IMAGE = ("WorkingDir", "User", "StopSignal", "Shell", "OnBuild")
_CHECK = ("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")
_FROM_ELSEWHERE = "container:"


def overrides(inspect: Json, image: Json, new_image: str, host_name: str) -> dict[str, Any]:
    """Return the `Config` part of a create body.

    image: the `Config` of the image that the container runs; new_image: the id of the one that it shall run;
    host_name: of the engine's host, which a container in the host's network is given.
    """
    config, host = table(inspect.get("Config")), table(inspect.get("HostConfig"))
    body: dict[str, Any] = {key: config[key] for key in _OWN if config.get(key)}
    body |= {key: config[key] for key in _FROM_IMAGE if config.get(key) and config[key] != image.get(key)}
    body |= _command(config, image)
    body["Image"] = text(config.get("Image"))
    body["Env"] = _without(words(config.get("Env")), words(image.get("Env")))
    body["Labels"] = _labels(table(config.get("Labels")), table(image.get("Labels")), new_image)
    if check := _healthcheck(table(config.get("Healthcheck")), table(image.get("Healthcheck"))):
        body["Healthcheck"] = check
    if not text(host.get("NetworkMode")).startswith(_FROM_ELSEWHERE):
        body["ExposedPorts"] = _ports(config, image, host)
        body |= _hostname(inspect, config, host, host_name)
    body["Volumes"] = _volumes(inspect, config, image)
    return {key: value for key, value in body.items() if value not in ({}, [])}


def _without(mine: Iterable[str], image: list[str]) -> list[str]:
    return [each for each in mine if each not in image]


def _command(config: Json, image: Json) -> dict[str, Any]:
    """Return Entrypoint and Cmd where they were set.

    An entry point that was set makes the engine ignore the image's command, so the command stands beside it. One
    that was taken away shows as none at all and has to be taken away again, which the engine is told by [""].
    """
    entry, cmd = words(config.get("Entrypoint")), words(config.get("Cmd"))
    same_entry = entry == words(image.get("Entrypoint"))
    if same_entry and (cmd or not words(image.get("Cmd"))):
        return {"Cmd": cmd} if cmd != words(image.get("Cmd")) else {}
    return {"Entrypoint": entry or [""]} | ({"Cmd": cmd} if cmd else {})


def _labels(mine: dict[str, Any], image: dict[str, Any], new_image: str) -> dict[str, Any]:
    """Return the labels that were set. Compose is told the new image, so that its next `up` changes nothing."""
    kept = {key: value for key, value in mine.items() if image.get(key) != value}
    if COMPOSE_HASH in mine or COMPOSE_IMAGE in mine:
        kept[COMPOSE_IMAGE] = new_image
    return kept


def _healthcheck(mine: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    """Return what was set of the check; what is left out the engine takes from the new image."""
    return {key: mine[key] for key in _CHECK if mine.get(key) and mine[key] != image.get(key)}


def _ports(config: Json, image: Json, host: Json) -> dict[str, Any]:
    """Return the ports that were exposed, and those that are published: a new image need not expose them.

    What is published but not exposed the engine does not publish, so it is not exposed now either.
    """
    exposed = table(config.get("ExposedPorts")).keys()
    published = {port for port, where in table(host.get("PortBindings")).items() if items(where)}
    return {port: {} for port in sorted(exposed - (table(image.get("ExposedPorts")).keys() - published))}


def _hostname(inspect: Json, config: Json, host: Json, host_name: str) -> dict[str, Any]:
    """Return the names that were set; the engine makes one of the id, or takes the host's in the host's network."""
    found = {key: config[key] for key in ("Hostname", "Domainname") if config.get(key)}
    if found.get("Hostname") == short_id(inspect):
        del found["Hostname"]
    in_the_hosts = host.get("NetworkMode") == "host"
    return {} if in_the_hosts and found.get("Hostname", host_name) == host_name else found


def _volumes(inspect: Json, config: Json, image: Json) -> dict[str, Any]:
    """Return the paths of volumes that were set and are mounted in no other way."""
    mounted = {text(each.get("Destination")) for each in tables(inspect.get("Mounts"))}
    mounted |= table(table(inspect.get("HostConfig")).get("Tmpfs")).keys()
    declared = table(config.get("Volumes")).keys() - table(image.get("Volumes")).keys()
    return {path: {} for path in sorted(declared) if path.rstrip("/") not in mounted and path not in mounted}
