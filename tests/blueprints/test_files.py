"""Every blueprint is one that Home Assistant takes, and each way to break one is noticed."""

from copy import deepcopy
import re
from urllib.parse import parse_qs, urlsplit

import homeassistant
from homeassistant.util.yaml import load_yaml
import pytest

from .files import FOLDER, NAMES, ROOT, flaws, load, sections, source_url

CORE = next(iter(homeassistant.__path__))
HIDDEN = [
    (name, key, field)
    for name in NAMES
    for key, section in sections(load(name))
    if section.get("collapsed")
    for field in section["input"]
]
# Which of our keys are checked against which action of the installed Home Assistant
SENT = {
    "telegram_bot.send_message": {
        "chat_id", "title", "message", "parse_mode", "inline_keyboard", "config_entry_id", "message_tag",
        "disable_notification",
    },
    "telegram_bot.edit_message": {
        "chat_id", "title", "message", "parse_mode", "inline_keyboard", "config_entry_id", "message_id",
    },
    "pushover.cancel": {"entry_id", "tag"},
    "smtp.send_message": {"title", "message", "priority"},
    "ntfy.publish": {"title", "message", "markdown", "sequence_id", "priority", "click"},
    "ntfy.clear": {"sequence_id"},
}  # fmt: skip


def test_all_seven_are_there() -> None:
    assert NAMES == [
        "alert_notify",
        "away_mode_policy",
        "confirm_remediation",
        "daily_digest",
        "disk_failing",
        "escalate",
        "ups_events",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_blueprint_is_valid(name: str) -> None:
    assert flaws(name, load(name)) == []


@pytest.mark.parametrize(("name", "section", "field"), HIDDEN)
def test_a_hidden_input_without_a_default_is_noticed(name: str, section: str, field: str) -> None:
    broken = deepcopy(load(name))
    del broken["blueprint"]["input"][section]["input"][field]["default"]
    assert flaws(name, broken) == [f"{field} is hidden in a collapsed section and has no default"]


@pytest.mark.parametrize("name", NAMES)
def test_other_ways_to_break_one_are_noticed(name: str) -> None:
    for path, words in (
        (("homeassistant",), "min_version"),
        (("source_url",), "source_url"),
        (("description",), "no description"),
        (("name",), "required"),
        (("input", "phones_section", "icon"), "phones_section has no icon"),
        (("input", "phones_section", "input", "phones", "selector"), "phones has no selector"),
        (("input", "phones_section"), "phones"),
    ):
        broken = deepcopy(load(name))
        *way, last = path
        place = broken["blueprint"]
        for step in way:
            place = place[step]
        del place[last]
        assert any(words in flaw for flaw in flaws(name, broken)), path


@pytest.mark.parametrize("name", NAMES)
def test_an_input_that_nobody_uses_is_noticed(name: str) -> None:
    broken = deepcopy(load(name))
    broken["blueprint"]["input"]["phones_section"]["input"]["spare"] = {
        "name": "Spare", "description": "Spare.", "selector": {"text": {}},
    }  # fmt: skip
    assert flaws(name, broken) == ["spare is asked for and not used"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_has_to_be_filled_in(name: str) -> None:
    assert all(
        "default" in about for _, section in sections(load(name)) for about in section["input"].values()
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_sent_as_markup(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text()
    assert set(re.findall(r"parse_mode='?(\w+)", text)) <= {"plain_text"}
    assert set(re.findall(r"markdown=(\w+)", text)) <= {"false"}
    assert not re.search(r"\bhtml\b|\bembed\b", text)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_waits_for_a_reply(name: str) -> None:
    assert not re.search(
        r"wait_for_trigger|wait_template|mobile_app_notification_action|telegram_callback",
        (FOLDER / f"{name}.yaml").read_text(),
    )


@pytest.mark.parametrize("action", SENT)
def test_actions_are_called_as_they_are_now(action: str) -> None:
    domain, verb = action.split(".")
    fields = dict(load_yaml(f"{CORE}/components/{domain}/services.yaml")[verb]["fields"])
    for group in [key for key, value in fields.items() if value and "fields" in value]:
        fields |= fields.pop(group)["fields"]
    assert SENT[action] <= set(fields)


def test_the_documentation_offers_each_for_import() -> None:
    text = (ROOT / "docs" / "blueprints.md").read_text()
    found = re.findall(r"\((https://my\.home-assistant\.io/redirect/blueprint_import/[^)]*)\)", text)
    assert [parse_qs(urlsplit(link).query)["blueprint_url"] for link in found] == [
        [source_url(name)]
        for name in (
            "alert_notify",
            "confirm_remediation",
            "daily_digest",
            "escalate",
            "disk_failing",
            "away_mode_policy",
            "ups_events",
        )
    ]
