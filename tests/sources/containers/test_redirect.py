"""Which containers are not created anew, and why."""

from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Refusal
from custom_components.home_server_monitor.sources.containers.raw import is_podman
from custom_components.home_server_monitor.sources.containers.redirect import refusal

from ...ground.tree import PACKAGE, read_json
from .inspections import IMAGE_ID, inspection
from .shared import DOCKERS, ENGINES, recorded

TEXTS = read_json(PACKAGE / "translations/en.json")["exceptions"]
DIGESTS = ("lscr.io/linuxserver/sonarr@sha256:" + "3" * 64,)


def why(inspect: dict[str, Any], **more: Any) -> Refusal | None:
    values: dict[str, Any] = {
        "digests": DIGESTS,
        "podman": False,
        "own": None,
        "names": ["sonarr", "db"],
        "instance": "0123abcd",
    }
    return refusal(inspect, **values | more)


def labelled(**labels: str) -> dict[str, Any]:
    return inspection(config={"Labels": {key.replace("__", "."): value for key, value in labels.items()}})


def of_image(reference: str) -> dict[str, Any]:
    return inspection(config={"Image": reference})


def test_an_ordinary_container_is_updated() -> None:
    assert why(inspection()) is None
    assert why(labelled(com__docker__compose__project="media", com__docker__compose__oneoff="False")) is None
    # a container that does not run can be put back as well
    assert why(inspection(state={"Status": "exited", "Running": False})) is None


@pytest.mark.parametrize(
    ("inspect", "more", "key"),
    [
        (of_image("nginx@sha256:" + "a" * 64), {}, "image_pinned"),
        (of_image("nginx:1@sha256:" + "a" * 64), {}, "image_pinned"),
        (of_image("sha256:" + "a" * 64), {}, "image_pinned"),
        (of_image(IMAGE_ID.removeprefix("sha256:")[:12]), {}, "image_pinned"),
        (inspection(), {"digests": ()}, "image_local"),
        (inspection(host={"AutoRemove": True}), {}, "removes_itself"),
        (labelled(com__docker__swarm__task__id="x"), {}, "swarm_task"),
        (labelled(supervisor_managed=""), {}, "supervisor_owned"),
        (labelled(io__hass__type="addon"), {}, "supervisor_owned"),
        (labelled(com__docker__compose__project="ix-plex"), {}, "truenas_app"),
        (labelled(com__docker__compose__project__working_dir="/mnt/.ix-apps/x"), {}, "truenas_app"),
        (labelled(com__docker__compose__oneoff="True"), {}, "one_off"),
        (of_image("ghcr.io/home-assistant/home-assistant:stable"), {}, "is_home_assistant"),
        (of_image("homeassistant/home-assistant"), {}, "is_home_assistant"),
        (of_image("lscr.io/linuxserver/homeassistant:latest"), {}, "is_home_assistant"),
        (of_image("ghcr.io/home-assistant/qemux86-64-homeassistant:2026.6"), {}, "is_home_assistant"),
        (of_image("portainer/portainer-ce:lts"), {}, "way_to_the_engine"),
        (of_image("portainer/portainer-ee"), {}, "way_to_the_engine"),
        (of_image("portainer/agent:2.33"), {}, "way_to_the_engine"),
        (of_image("ghcr.io/tecnativa/docker-socket-proxy:latest"), {}, "way_to_the_engine"),
        (of_image("lscr.io/linuxserver/socket-proxy"), {}, "way_to_the_engine"),
        (inspection(), {"podman": True}, "podman_read_only"),
        (inspection(Name="/sonarr-hsm-0123abcd-old-1780000000"), {}, "left_behind"),
        (inspection(), {"names": ["sonarr-hsm-deadbeef-new"]}, "another_works_here"),
        (inspection(), {"names": ["sonarr-hsm-deadbeef-old-1780000000"]}, "another_works_here"),
        (inspection(state={"Status": "restarting", "Restarting": True}), {}, "container_unsettled"),
        (inspection(state={"Status": "running", "Restarting": True}), {}, "container_unsettled"),
        (inspection(state={"Status": "paused", "Paused": True}), {}, "container_unsettled"),
        (inspection(state={"Status": "dead"}), {}, "container_unsettled"),
        (inspection(networks={}), {}, "no_network"),
    ],
)
def test_what_is_left_as_it_is(inspect: dict[str, Any], more: dict[str, Any], key: str) -> None:
    found = why(inspect, **more)
    assert found
    assert found.key == key
    assert found.placeholders == {"target": inspect["Name"][1:]}
    assert found.placeholders["target"] in TEXTS[key]["message"].format(**found.placeholders)


def test_what_home_assistant_stands_on() -> None:
    found = why(inspection(), own="its database is in it")
    assert found == Refusal("own_path", {"target": "sonarr", "reason": "its database is in it"})


@pytest.mark.parametrize(
    "image",
    [
        "nodered/node-red",
        "ghcr.io/esphome/esphome",
        "traefik/agent",
        "koush/scrypted",
        "grafana/agent:v1",
        "home-assistant-tools/exporter",
    ],
)
def test_what_only_sounds_like_it(image: str) -> None:
    assert why(of_image(image)) is None


@pytest.mark.parametrize(
    "names",
    [
        ["sonarr-hsm-0123abcd-old-1780000000"],
        ["radarr-hsm-deadbeef-old-1780000000", "sonarr-hsm-test", "sonarr-hsm-deadbeef-backup"],
    ],
)
def test_what_others_left_for_other_containers_is_no_reason(names: list[str]) -> None:
    assert why(inspection(), names=names) is None


@pytest.mark.parametrize("mode", ["host", "none", "container:x"])
def test_a_container_without_a_network_of_its_own(mode: str) -> None:
    assert why(inspection(host={"NetworkMode": mode}, networks={})) is None


def test_an_id_is_no_name() -> None:
    # the name happens to be hex digits, and the image is another one
    assert why(of_image("cafe00")) is None


@pytest.mark.parametrize("engine", ENGINES)
def test_the_containers_of_the_recordings(engine: str) -> None:
    podman = is_podman(recorded(engine, "version"))
    assert podman is (engine not in DOCKERS)
    web, crash = recorded(engine, "inspect_web"), recorded(engine, "inspect_crash")
    found = why(web, podman=podman)
    if podman:
        assert found
        assert found.key == "podman_read_only"
        return
    assert found is None
    looping = why(crash)
    # a loop that is caught while it runs looks like any other container
    assert (looping and looping.key) == ("container_unsettled" if crash["State"]["Restarting"] else None)
