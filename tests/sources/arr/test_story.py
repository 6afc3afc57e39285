"""The story of an import that fails, in a real Home Assistant core: why, approved, gone, another one grabbed, told."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.home_server_monitor.guardian.capabilities_media import DownloadState, Item
from custom_components.home_server_monitor.guardian.contract import Actor
from custom_components.home_server_monitor.sources.arr import importing, orders, removing
from simulator.arr import Release
from simulator.arr.rows import complaint

from .conftest import arr_entry, set_up

BAD = "A.Paper.Moon.Over.Turin.2025.1080p.WEB-SAMPLER"
GOOD = "A.Paper.Moon.Over.Turin.2025.1080p.WEB.h264-NTb"


class Story:
    """A Home Assistant with a phone, an admin, and the simulated Radarr."""

    def __init__(self, hass: HomeAssistant, sim: Any, user: MockUser) -> None:
        self.hass, self.sim, self.user = hass, sim, user
        self.pushes: list[dict[str, Any]] = []
        self.source: Any = None

    async def call(self, action: str, **data: Any) -> Any:
        """Call one of our actions as the admin."""
        return await self.hass.services.async_call(
            "home_server_monitor",
            action,
            data,
            blocking=True,
            return_response=True,
            context=Context(user_id=self.user.id),
        )

    async def of_device(self, action: str, **data: Any) -> Any:
        """Call one that takes the Arr's device."""
        return await self.call(action, device_id=self.source.device_id, **data)

    async def look(self, times: int = 1) -> None:
        """Look at the queue, as happens every minute."""
        for _ in range(times):
            await self.source.async_look("queue", "history")
            self.source.house.updated(self.source)
        # it is judged a moment after it was seen
        await asyncio.sleep(0.3)
        await self.hass.async_block_till_done(wait_background_tasks=False)

    async def strike_out(self) -> None:
        """Look as often as it takes, as if there were ten minutes between."""
        self.source.judging.strikes.every = 0.0
        await self.look(3)

    async def findings(self) -> list[dict[str, Any]]:
        """Return what is open."""
        found: list[dict[str, Any]] = (await self.call("list_findings"))["findings"]
        return [each for each in found if each["source"] == self.source.id]

    async def offered(self) -> dict[str, Any]:
        """Return the one finding, once its remedy is planned."""
        for _ in range(100):
            (finding,) = await self.findings()
            if finding["verb"]:
                break
            await asyncio.sleep(0.05)
        return finding


@pytest.fixture
async def story(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    server_entry: MockConfigEntry,
    sim: Any,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Story]:
    """Everything is set up, and the bad release is downloaded."""
    monkeypatch.setattr(removing, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(orders, "LOOK_EVERY", 0.02)
    found = Story(hass, sim, hass_admin_user)
    phone = MockConfigEntry(
        domain="mobile_app", title="Ada", data={"device_name": "Ada", "user_id": hass_admin_user.id}
    )
    phone.add_to_hass(hass)

    async def push(call: ServiceCall) -> None:
        found.pushes.append(dict(call.data))

    hass.services.async_register("notify", "mobile_app_ada", push)
    hass.config_entries.async_update_entry(
        server_entry, options={"phones": [phone.entry_id], "quiet_hours": False}
    )
    assert await hass.config_entries.async_setup(server_entry.entry_id)
    found.source = await set_up(hass, arr_entry(sim, "radarr"))
    yield found
    await hass.config_entries.async_unload(found.source.config_entry.entry_id)
    await hass.config_entries.async_unload(server_entry.entry_id)
    await hass.async_block_till_done()


async def test_a_failed_import_is_replaced_by_another_release(story: Story) -> None:
    library, media = story.sim.arrs.radarr, story.sim.world.media
    (bad,) = (each for each in library.tracked.values() if each.release.title == BAD)
    assert bad.state == "importBlocked"
    await story.look(2)
    assert await story.findings() == [], "what is seen twice within a minute is one strike"
    await story.strike_out()
    finding = await story.offered()
    assert finding["title"] == f"Radarr: not imported: {BAD}"[:59] + "…" or BAD[:20] in finding["title"]
    assert "it is only a sample" in finding["meaning"]
    assert "blocklisted, and another release searched for" in finding["advice"]
    assert finding["verb"] == "Remove, blocklist, search again"
    assert finding["risk"] == "medium"
    await _is_shown_at_a_glance(story)
    # nothing was done so far
    assert [call for call in story.sim.arrs.faces["radarr"].calls.writes if "signalr" not in call.route] == []

    await story.call("approve", proposal=finding["proposal"])
    record = await story.source.house.guardian("home").desk.wait(finding["proposal"])
    assert record.state == "succeeded", (record.verdict, record.reason)
    writes = [call for call in story.sim.arrs.faces["radarr"].calls.writes if "signalr" not in call.route]
    assert [call.route for call in writes] == ["DELETE /api/v3/queue/{id}", "POST /api/v3/command"]
    assert writes[0].query == {
        "removeFromClient": "true",
        "blocklist": "true",
        "skipRedownload": "true",
        "changeCategory": "false",
    }
    assert writes[1].body == {"name": "MoviesSearch", "movieIds": [2]}
    assert bad.download not in media.downloads
    assert GOOD in {each.name for each in media.downloads.values()}
    assert [each.title for each in library.blocklist] == [BAD]
    await story.look()
    assert story.source.findings == []
    ended = (await story.call("list_proposals"))["history"][0]
    assert f"instead comes: {GOOD}" in ended["outcome"]
    # who is behind it is remembered
    report = (await story.of_device("queue_report"))["report"]
    (row,) = (row for row in report if row["name"] == "SAMPLER")
    assert (row["failed"], row["reasons"]) == (1, {"import_sample": 1})


async def _is_shown_at_a_glance(story: Story) -> None:
    """What is stuck comes first, with why in words; of who does not answer no queue is shown."""
    calls = len(story.sim.arrs.faces["radarr"].calls.calls)
    seen = await story.call("media_overview")
    assert len(story.sim.arrs.faces["radarr"].calls.calls) == calls, "looking at it asks nothing"
    first, *others = seen["queue"]
    assert (first["title"], first["state"], first["stuck"], first["app"]) == (BAD, "blocked", True, "Radarr")
    assert "only a sample" in first["why"]
    assert first["why"][0].isupper()
    assert [each["stuck"] for each in others] == sorted((each["stuck"] for each in others), reverse=True)
    (app,) = seen["apps"]
    assert (app["answers"], app["stuck"], app["device_id"]) == (True, 1, story.source.device_id)
    story.source.last_update_success = False
    away = await story.call("media_overview")
    story.source.last_update_success = True
    assert ([each["answers"] for each in away["apps"]], away["queue"]) == ([False], [])


async def test_nothing_else_to_be_found_is_said_and_is_no_success(story: Story) -> None:
    library = story.sim.arrs.radarr
    library.releases = [each for each in library.releases if each.title == BAD]
    (bad,) = (each for each in library.tracked.values() if each.release.title == BAD)
    with pytest.raises(HomeAssistantError, match="no other release was found"):
        await story.of_device("queue_remove", download=bad.download, search=True)
    assert bad.row not in library.tracked
    assert library.blocklist


async def test_the_same_release_again_is_no_other_one(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    library = story.sim.arrs.radarr
    library.releases = [each for each in library.releases if each.title == BAD]
    (bad,) = (each for each in library.tracked.values() if each.release.title == BAD)
    # an indexer that does not look at the blocklist while it grabs
    monkeypatch.setattr(type(library), "_blocklist", lambda library, tracked, why: None)
    with pytest.raises(HomeAssistantError, match="same release was grabbed again"):
        await story.of_device("queue_remove", download=bad.download, search=True)


async def test_the_other_orders(story: Story) -> None:
    sim, library = story.sim, story.sim.arrs.radarr
    waits = library.delay(library.releases[1])
    await story.look()
    row = f"row-{waits.row}"
    assert (await story.of_device("queue_grab", download=row))["outcome"] == "succeeded"
    assert GOOD in {each.name for each in sim.world.media.downloads.values()}
    backups = len(sim.arrs.faces["radarr"].backups)
    sim.advance(5)
    assert (await story.of_device("arr_backup"))["outcome"] == "succeeded"
    assert len(sim.arrs.faces["radarr"].backups) == backups + 1
    for action, more in (
        ("arr_search", {"what": "ids", "ids": [4]}),
        ("arr_search", {"what": "missing"}),
        ("arr_refresh", {}),
        ("arr_test", {"what": "downloadclient"}),
    ):
        assert (await story.of_device(action, **more))["outcome"] == "succeeded", action
    bad = next(each for each in library.tracked.values() if each.release.title == BAD)
    bad.release.refused = ""
    assert (await story.of_device("queue_retry", download=bad.download))["outcome"] == "succeeded"
    assert library.things[2].has_file
    # kept: what is removed from the queue stays in its client
    film = library.grab(Release(title="Salt.2026.1080p.WEB-NTb", things=(5,), client="sabnzbd"))
    done = await story.of_device("queue_remove", download=film.download, keep_in_client=True)
    assert done["outcome"] == "succeeded"
    assert film.download in sim.world.media.downloads


async def test_what_is_not_as_it_was_is_left_alone(story: Story) -> None:
    library = story.sim.arrs.radarr
    await story.strike_out()
    (finding,) = await story.findings()
    (bad,) = (each for each in library.tracked.values() if each.release.title == BAD)
    # what was just read is not read again for a plan: with many of them a long queue would be read for each
    counts, (key,) = story.sim.arrs.faces["radarr"].calls.counts, story.source.data.suspects
    before = counts["GET /api/v3/queue"].calls
    await story.source.actions["queue_replace"].plan(key, {})
    assert counts["GET /api/v3/queue"].calls == before
    # somebody saw to it meanwhile
    library.things[2].has_file = True
    bad.state, bad.message = "importing", ""
    with pytest.raises(HomeAssistantError, match="is being imported right now"):
        await story.call("approve", proposal=finding["proposal"])
    assert bad.row in library.tracked
    assert [call for call in story.sim.arrs.faces["radarr"].calls.writes if "signalr" not in call.route] == []


async def test_a_removal_whose_answer_is_lost_is_not_sent_twice(story: Story) -> None:
    library = story.sim.arrs.radarr
    (bad,) = (each for each in library.tracked.values() if each.release.title == BAD)
    # the answer to the removal is lost on its way
    story.sim.arrs.faces["radarr"].faults.add("cut", "DELETE /api/v3/queue/{id}", count=1)
    done = await story.of_device("queue_remove", download=bad.download)
    assert done["outcome"] == "succeeded", "looking told"
    writes = [call for call in story.sim.arrs.faces["radarr"].calls.writes if call.route.startswith("DELETE")]
    assert len(writes) == 1
    assert bad.row not in library.tracked


async def test_nothing_is_removed_while_nothing_could_be_found_instead(story: Story) -> None:
    await story.strike_out()
    (finding,) = await story.findings()
    face = story.sim.arrs.faces["radarr"]
    face.complaints.append(complaint("IndexerStatusCheck", "error", "…"))
    await story.source.async_look("health")
    with pytest.raises(HomeAssistantError, match="No indexer answers Radarr"):
        await story.call("approve", proposal=finding["proposal"])
    assert [call for call in face.calls.writes if "signalr" not in call.route] == []


async def test_what_this_arr_never_grabbed_is_not_blocklisted_by_accident(story: Story) -> None:
    """The Arr would take it out first, and fail then."""
    library = story.sim.arrs.radarr
    (bad,) = (each for each in library.tracked.values() if each.release.title == BAD)
    library.history.clear()
    with pytest.raises(HomeAssistantError, match="was not grabbed by this Arr"):
        await story.of_device("queue_remove", download=bad.download, search=True)
    assert bad.row in library.tracked
    done = await story.of_device("queue_remove", download=bad.download)
    assert done["outcome"] == "succeeded"
    assert library.blocklist == []


async def test_while_imports_are_held(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "FIRST_LOOK", 0.02)
    library, media = story.sim.arrs.radarr, story.sim.world.media
    (bad,) = (each for each in library.tracked.values() if each.release.title == BAD)
    await story.strike_out()
    assert (await story.offered())["verb"] == "Remove, blocklist, search again"
    desk = story.source.house.guardian("home").desk
    actor = Actor(kind="user", id=story.user.id, name="Ada", admin=True)
    # when the power fails its imports can wait
    assert [(each.action, each.target) for each in story.source.jobs()] == [("hold_imports", "")]
    record = await desk.propose(story.source.id, "hold_imports", "", {"minutes": 60}, actor=actor)
    await desk.approve(record.id, actor)
    record = await desk.wait(record.id)
    assert record.state == "succeeded", (record.verdict, record.reason)
    assert not library.handles
    await story.source.async_look("health")
    await story.look(2)
    # it is not in the queue for now, and nothing that could only fail is offered for it
    (finding,) = await story.findings()
    assert finding["verb"] is None
    assert "held for the quiet hours" in finding["advice"]
    assert not any(each.key == "ImportMechanismCheck" for each in story.source.data.checks.values())
    for action in ({"search": True}, {"keep_in_client": True}):
        with pytest.raises(HomeAssistantError) as refused:
            await story.of_device("queue_remove", download=bad.download, **action)
        assert refused.value.translation_key == "imports_held"
    # one that is completed meanwhile waits, and is taken over by itself once somebody says so
    film = library.grab_done(Release(title="Salt.2026.WEB-NTb", things=(5,), client="sabnzbd", size=1 << 30))
    assert film.download is not None
    items = {key: each for key, each in media.downloads.items() if key in (film.download, bad.download)}
    waiting = story.source.waiting_imports
    seen = {
        key: Item(id=key, name=each.name, protocol="usenet", state=DownloadState.COMPLETED)
        for key, each in items.items()
    }
    assert await waiting(seen) == {film.download}
    answer = await story.of_device("import_now", download=film.download)
    assert answer["outcome"] == "succeeded"
    assert items[film.download].imported == "/data/movies/Salt.2026.WEB-NTb"
    assert not library.handles
    assert await waiting(seen) == frozenset()
    (order,) = (
        each for each in story.sim.arrs.faces["radarr"].calls.writes if each.route.endswith("command")
    )
    assert order.body["importMode"] == "auto"
    assert [file["movieId"] for file in order.body["files"]] == [5]
    for download, why in ((bad.download, "import_rejected"), ("nobody", "no_such_target")):
        with pytest.raises(HomeAssistantError) as refused:
            await story.of_device("import_now", download=download)
        assert refused.value.translation_key == why
    await orders_that_end_in_nothing(story)
    # a pack of two episodes, in the other app: its setting is its own
    sonarr, series = await set_up(story.hass, arr_entry(story.sim, "sonarr")), story.sim.arrs.sonarr
    series.handle(False)
    pack = Release(title="Nine.Bridges.S01.WEB-NTb", things=(306, 307), client="qbittorrent", size=4 << 30)
    tracked = series.grab_done(pack)
    answer = await story.call("import_now", device_id=sonarr.device_id, download=tracked.download)
    assert answer["outcome"] == "succeeded"
    assert (series.things[306].has_file, series.things[307].has_file) == (True, True)
    order = [each for each in story.sim.arrs.faces["sonarr"].calls.writes if each.route.endswith("command")][
        -1
    ]
    assert {tuple(file["episodeIds"]) for file in order.body["files"]} == {(306,), (307,)}
    assert {file["downloadId"] for file in order.body["files"]} == {(tracked.download or "").upper()}
    # its entry is removed while they wait: nobody could let it go on afterwards
    series.handle(True)
    record = await desk.propose(sonarr.id, "hold_imports", "", {"minutes": 60}, actor=actor)
    await desk.approve(record.id, actor)
    assert (await desk.wait(record.id)).state == "succeeded"
    assert not series.handles
    await story.hass.config_entries.async_remove(sonarr.config_entry.entry_id)
    assert series.handles
    # it is over: what waited for a person is offered again
    await desk.leases.end_all()
    await desk.leases.tick()
    assert library.handles
    await story.look(2)
    assert [each.held for each in story.source.data.queue.items.values() if each.blocked] == [False]
    assert (await story.offered())["verb"] == "Remove, blocklist, search again"


async def orders_that_end_in_nothing(story: Story) -> None:
    """An order that is taken and ends is no import: only the history says so."""
    faults, library = story.sim.arrs.faces["radarr"].faults, story.sim.arrs.radarr
    full = Release(title="Low.Tide.WEB-NTb", things=(1,), client="sabnzbd", size=1 << 30, refused="space")
    film, file = library.grab_done(full), {"path": "/usenet/Low.Tide.mkv", "movie": {"id": 1}}
    for state, why in (("failed", "No space left"), ("completed", "nothing was imported")):
        # it finds nothing against the file, and says of the order that it has ended
        faults.add("replace", "GET /api/v3/manualimport", value=[{**file, "rejections": []}])
        said = {"id": 7, "status": state, "message": "No space left"}
        faults.add("replace", "GET /api/v3/command/{id}", value=said)
        with pytest.raises(HomeAssistantError) as failed:
            await story.of_device("import_now", download=film.download)
        assert failed.value.translation_key == "action_failed"
        assert why in str(failed.value.translation_placeholders)
        faults.clear()
    # a file of which it does not know what it is
    faults.add("replace", "GET /api/v3/manualimport", value=[{"path": "/a.mkv", "rejections": []}])
    with pytest.raises(HomeAssistantError) as refused:
        await story.of_device("import_now", download=film.download)
    assert refused.value.translation_key == "import_unknown"
    faults.clear()
    story.sim.world.media.remove(film.download or "", True)
