"""The dashboard is offered where there is a frontend, and nothing is missed where there is none."""

from pathlib import Path
import re

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.home_server_monitor import dashboard_edge
from custom_components.home_server_monitor.const import DOMAIN


def _offered(hass: HomeAssistant) -> list[str]:
    return [url for url in hass.data[DATA_EXTRA_MODULE_URL].urls if DOMAIN in url]


async def test_without_a_frontend_all_else_is_set_up(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert hass.services.has_service(DOMAIN, "start_scrub")
    assert "frontend" not in hass.config.components


async def test_a_frontend_that_comes_later_is_served(
    hass: HomeAssistant, socket_enabled: None, hass_client_no_auth: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert await async_setup_component(hass, "frontend", {})
    await hass.async_block_till_done()
    (url,) = _offered(hass)
    assert re.fullmatch(rf"/{DOMAIN}/[0-9a-f]{{12}}/strategy\.js", url)

    client = await hass_client_no_auth()
    folder = url.rpartition("/")[0]
    for path in dashboard_edge.FOLDER.glob("*.js"):
        answer = await client.get(f"{folder}/{path.name}")
        assert answer.status == 200
        assert "javascript" in answer.content_type
        assert "max-age" in answer.headers["Cache-Control"]
        assert await answer.text() == path.read_text(encoding="utf-8")
    assert (await client.get(f"{folder}/../const.py")).status == 404
    assert (await client.get(f"{folder}/%2e%2e/const.py")).status in (403, 404)


async def test_a_changed_file_has_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard_edge, "FOLDER", tmp_path)
    (tmp_path / "a.js").write_text("1")
    before = dashboard_edge._digest()
    (tmp_path / "b.js").write_text("")
    between = dashboard_edge._digest()
    (tmp_path / "a.js").write_text("2")
    assert len({before, between, dashboard_edge._digest()}) == 3
