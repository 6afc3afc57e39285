"""Every text that the queue's findings, offers and suggestions ask for by a computed key is there, and is filled."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.edge.texts import Texts
from custom_components.home_server_monitor.guardian.contract import Finding, Severity
from custom_components.home_server_monitor.guardian.waking import TABLE
from custom_components.home_server_monitor.sources.arr.learning import SIDES
from custom_components.home_server_monitor.sources.arr.reasons import Reason, Remedy
from custom_components.home_server_monitor.sources.arr.signals import Kind
from tests.ground.tree import PACKAGE, read_json

SHOWN = {"title": "Low.Tide", "app": "Radarr", "client": "qbittorrent", "indexer": "Index", "said": "Sample"}
CAUSES = [*(f"import_{each.value}" for each in Reason), *(f"stuck_{each.value}" for each in Kind)]
ADVICE = [*(each.value for each in Remedy), "kept", "outage"]


@pytest.fixture
async def texts(hass: HomeAssistant) -> Texts:
    found = Texts(hass)
    await found.async_load()
    return found


async def test_each_cause_and_each_advice_is_a_sentence(texts: Texts) -> None:
    for cause in CAUSES:
        for advice in ADVICE:
            rule = "import_failed" if cause.startswith("import_") else "download_stuck"
            finding = Finding(
                source="x",
                rule=rule,
                object="download:x:aa",
                severity=Severity.WARNING,
                placeholders=SHOWN,
                evidence={"cause": cause, "advice": advice},
            )
            words = texts.finding(finding)
            assert "?" not in f"{words.title}{words.meaning}{words.advice}", (cause, advice)
            assert words.title.endswith("Low.Tide")
            assert len(words.meaning) > 15
            assert words.advice


def test_suggestions_rules_and_orders_have_their_texts() -> None:
    english = read_json(PACKAGE / "translations/en.json")
    assert {f"advice_{side}" for side in SIDES} <= english["common"].keys()
    rules = {"import_failed", "download_stuck", "queue_storm", "arr_complains", "arr_backup_old"}
    assert rules <= english["issues"].keys()
    assert rules <= TABLE.keys()
    orders = [f"queue_{verb}{keep}" for verb in ("replace", "remove") for keep in ("", "_keep")]
    for order in (
        *orders,
        "queue_grab",
        "queue_retry",
        "arr_search",
        "arr_refresh",
        "arr_backup",
        "arr_test",
    ):
        assert {f"verb_{order}", f"what_{order}"} <= english["common"].keys()
    for order in orders:
        assert f"undo_{order}" in english["common"]
