"""Whether there is a newer image is not known for many reasons: each is said in words, and none is shown as up to date."""

from dataclasses import replace
import time
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.edge.texts import async_texts
from custom_components.home_server_monitor.sources.containers.cycle import NEW_IMAGE
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Image,
    State,
    Unknown,
    Update,
    Watched,
)
from custom_components.home_server_monitor.sources.containers.view import NEVER, installed, latest, unknown

RUNNING = Container(id="a" * 64, name="web", image="web", image_id="sha256:" + "b" * 64, state=State.RUNNING)


def watched(update: Update | None, **more: Any) -> Watched:
    """A container of version 1."""
    return Watched(RUNNING, image=Image(id="i", version="1"), update=update, **more)


@pytest.mark.parametrize("reason", Unknown)
async def test_each_reason_is_said(hass: HomeAssistant, reason: Unknown) -> None:
    update = Update(reference="web", installed_digest=None, reason=reason)
    item = watched(update)
    never = reason in (Unknown.PINNED, Unknown.LOCAL)
    assert latest(item) == (installed(item) if never else None)
    assert unknown(item) == reason
    texts = await async_texts(hass)
    assert len(texts.common(f"update_unknown_{unknown(item)}", default="")) > 40


async def test_what_was_not_asked_yet_and_what_is_never_asked(hass: HomeAssistant) -> None:
    texts = await async_texts(hass)
    for item, newest, reason in (
        (watched(None), None, "not_asked"),
        # known from before a restart, but not which one runs
        (watched(Update(reference="web", installed_digest=None, latest_digest="d")), None, "not_asked"),
        (replace(watched(None), image=None), None, "hidden"),
        (watched(None, policy=NEVER), "1", NEVER),
        (watched(Update(reference="web", installed_digest="d", latest_digest="d")), "1", None),
        (watched(Update(reference="web", installed_digest="c", latest_digest="d", version="2")), "2", None),
    ):
        assert (latest(item), unknown(item)) == (newest, reason)
        assert reason is None or texts.common(f"update_unknown_{reason}", default="")


async def test_a_skipped_version_stays_skipped_over_a_restart(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any
) -> None:
    """And what a registry said lately holds over it, too: it is not asked again for a restart."""
    await async_setup_component(hass, "homeassistant", {})
    entity_id = er.async_get(hass).async_get_entity_id(
        "update", "home_server_monitor", "engine-1_container_sonarr_container_update"
    )
    assert entity_id == "update.sonarr_update"

    async def ask() -> Any:
        source = docker.runtime_data
        source.newest.ask_soon(source.data.containers["sonarr"].image)
        while "sonarr" not in source.data.shown or source.data.shown["sonarr"].update is None:
            await source.meanwhile.look_for_updates()
        await hass.async_block_till_done()
        return hass.states.get(entity_id)

    before = hass.states.get(entity_id)
    assert before is not None
    assert before.state == "unknown"
    assert "has not been asked yet" in before.attributes["release_summary"]
    await house.scenario("image_update", container="sonarr", version="9.9")
    found = await ask()
    assert (found.state, found.attributes["release_summary"]) == ("on", None)
    await hass.services.async_call("update", "skip", {"entity_id": entity_id}, blocking=True)
    skipped = hass.states.get(entity_id).attributes["skipped_version"]  # type: ignore[union-attr]
    assert skipped == found.attributes["latest_version"]

    assert await hass.config_entries.async_reload(docker.entry_id)
    await docker.runtime_data.first_look
    await hass.async_block_till_done()
    again = hass.states.get(entity_id)
    assert again is not None
    assert (again.state, again.attributes["skipped_version"]) == ("off", skipped)
    newest = docker.runtime_data.newest
    reference = docker.runtime_data.data.containers["sonarr"].image
    assert newest.updates[reference].latest_digest
    assert newest._due[reference] > time.monotonic() + 1000
    # where that was lost nothing is known, which is neither up to date nor the end of a skip
    newest.updates.clear()
    docker.runtime_data.show()
    await hass.async_block_till_done()
    lost = hass.states.get(entity_id)
    assert lost is not None
    assert (lost.state, lost.attributes["skipped_version"]) == ("unknown", skipped)
    found = await ask()
    assert (found.state, found.attributes["skipped_version"]) == ("off", skipped)


async def test_of_an_image_that_is_not_listed_yet_nothing_wrong_is_said(
    hass: HomeAssistant, docker: MockConfigEntry, house: Any
) -> None:
    """After an update the new image is listed within a minute, and not asked about before."""
    source = docker.runtime_data
    reference = source.data.containers["sonarr"].image
    source.newest.ask_soon(reference)
    while reference not in source.newest.updates:
        await source.meanwhile.look_for_updates()
    known = source.newest.updates[reference]
    images = dict(source.data.images)
    del images[source.data.containers["sonarr"].image_id]
    source.newest.ask_soon(reference)
    assert not await source.newest.ask_now(reference, source.data.containers, images)
    for _ in source.data.containers:
        await source.newest.look(source.data.containers, images)
    assert source.newest.updates[reference] is known
    house.harbour.docker.faults.add("replace", "/images/json", value=[])
    await source.async_look("images")
    assert not source.data.images
    house.harbour.docker.faults.clear()
    assert source.feeds.pressing() is None
    await source.async_refresh()
    wait = source.feeds.pressing()
    assert wait is not None
    assert wait <= NEW_IMAGE
