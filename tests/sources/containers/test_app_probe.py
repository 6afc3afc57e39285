"""The application in a container, asked by an address of the options."""

from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.home_server_monitor.sources.containers.app_probe import AppProbe, answers, probes
from custom_components.home_server_monitor.sources.containers.options import OPTIONS, PROBES

LINE = "sonarr http://nas.lan:8989/ping"


def test_a_line_names_a_container_an_address_and_a_status() -> None:
    url = URL("http://nas.lan:8989/ping")
    assert AppProbe.parse(LINE) == AppProbe("sonarr", url, 200)
    assert AppProbe.parse(f"  {LINE}  401 ") == AppProbe("sonarr", url, 401)
    assert probes([LINE, "nonsense", 7]) == {"sonarr": AppProbe("sonarr", url)}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "sonarr",
        "sonarr ftp://nas.lan/",
        "sonarr nas.lan:8989",
        "sonarr http://me:secret@nas.lan/",
        f"{LINE} ok",
        f"{LINE} 99",
        f"{LINE} 200 more",
    ],
)
def test_what_is_no_line(line: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        AppProbe.parse(line)


async def test_only_the_status_counts(socket_enabled: None) -> None:
    """No redirect is followed: where it leads may answer while the application does not."""

    async def say(request: web.Request) -> web.Response:
        return web.Response(status=int(request.query["status"]), headers={"Location": "/?status=200"})

    app = web.Application()
    app.router.add_get("/", say)
    async with TestServer(app) as server, ClientSession() as session:

        async def ask(status: int, wanted: int = 200) -> bool:
            return await answers(session, AppProbe("sonarr", server.make_url(f"/?status={status}"), wanted))

        assert await ask(200)
        assert await ask(401, wanted=401)
        assert not await ask(503)
        assert not await ask(302)
        nobody = AppProbe("sonarr", URL("http://127.0.0.1:9/"))
        assert not await answers(session, nobody)


def suggested(shown: Any) -> dict[str, dict[str, Any]]:
    """Return what a form suggests in each of its sections, and in itself under an empty name."""
    found: dict[str, dict[str, Any]] = {"": {}}
    for key, field in shown["data_schema"].schema.items():
        if isinstance(field, section):
            found[str(key)] = {
                str(inside): (inside.description or {}).get("suggested_value")
                for inside in field.schema.schema
            }
        else:
            found[""][str(key)] = (key.description or {}).get("suggested_value")
    return found


async def test_the_form_is_short_and_what_was_stored_before_it_was_stays(
    hass: HomeAssistant, docker: MockConfigEntry
) -> None:
    """Options are stored flat, as they were before there were sections."""
    before = {"gate_timeout": 300, "update_never": ["sonarr"], "quota_cpu": 250, "update_policy": "notify"}
    hass.config_entries.async_update_entry(docker, options=before)
    shown = await hass.config_entries.options.async_init(docker.entry_id)
    sections = [each for each in shown["data_schema"].schema.values() if isinstance(each, section)]
    assert len(shown["data_schema"].schema) - len(sections) == 2
    assert all(each.options["collapsed"] for each in sections)
    known = suggested(shown)
    assert known[""]["update_policy"] == "notify"
    assert known["after_an_update"]["gate_timeout"] == 300
    assert known["single_containers"]["update_never"] == ["sonarr"]
    given = {
        name: {key: value for key, value in fields.items() if value is not None}
        for name, fields in known.items()
    }
    await hass.config_entries.options.async_configure(shown["flow_id"], given.pop("") | given)
    await hass.async_block_till_done()
    assert before.items() <= docker.options.items()
    assert not {"single_containers", "after_an_update", "quotas", "smart"} & docker.options.keys()
    assert docker.runtime_data.gate_timeout == 300


async def test_the_options_take_good_lines_only(hass: HomeAssistant, docker: MockConfigEntry) -> None:
    """And what they take is asked, before and after updates."""
    given: dict[str, Any] = OPTIONS(
        {name: {} for name in ("single_containers", "after_an_update", "quotas", "smart")}
    )
    found = await hass.config_entries.options.async_init(docker.entry_id)

    async def send(line: str) -> Any:
        probing = {**given["after_an_update"], PROBES: [line]}
        return await hass.config_entries.options.async_configure(
            found["flow_id"], {**given, "after_an_update": probing}
        )

    shown = await send("sonarr nas.lan")
    # a form shows no error inside a section
    assert shown["errors"] == {"base": "no_app_probe"}
    assert "sonarr nas.lan" in str(suggested(shown)["after_an_update"])
    await send("sonarr http://127.0.0.1:9/")
    await hass.async_block_till_done()
    source = docker.runtime_data
    containers = source.data.containers
    assert await source.yard.answers(containers["sonarr"]) is False
    assert await source.yard.answers(containers["radarr"]) is None
