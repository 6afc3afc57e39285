"""The texts, icons and action descriptions are what Home Assistant accepts, and fit one another."""

from collections.abc import Callable
from functools import cache
import json
from pathlib import Path
from typing import Any

import hass_frontend
import pytest

from . import texts
from .tree import PACKAGE, existing, leaves, read_json

EN = PACKAGE / "translations/en.json"
ICON_FILE = PACKAGE / "icons.json"
SERVICES_FILE = PACKAGE / "services.yaml"


@cache
def drawn() -> set[str]:
    """Return the name of every icon that the frontend can draw."""
    listing = Path(hass_frontend.__file__).parent / "static/mdi/iconList.json"
    return {f"mdi:{icon['name']}" for icon in json.loads(listing.read_text(encoding="utf-8"))}


def test_no_strings_json() -> None:
    assert not [path for path in PACKAGE.rglob("strings*.json") if "dashboard" not in path.parts]


def test_shape_of_en() -> None:
    assert not texts.shape(texts.TRANSLATIONS, read_json(existing(EN)))


@pytest.mark.parametrize("check", [texts.wording, texts.fields])
def test_en(check: Callable[[texts.Texts], Any]) -> None:
    assert not sorted(check(read_json(existing(EN))))


def test_other_languages() -> None:
    english = read_json(existing(EN))
    for path in EN.parent.glob("*.json"):
        translated = read_json(path)
        assert not texts.shape(texts.TRANSLATIONS, translated), path.name
        assert not [*texts.wording(translated), *texts.foreign(translated, english)], path.name


def test_icons() -> None:
    icon_file = read_json(existing(ICON_FILE))
    assert not texts.shape(texts.ICONS, icon_file)
    assert not sorted(texts.icons(icon_file, read_json(existing(EN))))
    assert not {icon for _, icon in leaves(icon_file)} - drawn()


def test_services() -> None:
    described = texts.actions(existing(SERVICES_FILE))
    assert not texts.shape(texts.SERVICES, described)
    assert not sorted(texts.services(described, read_json(existing(EN))))


ISSUE = {"title": "A", "description": "B"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"surprise": {}},
        {"config": {"error": {"a": "b"}}},
        {"config": {"step": {"user": {"fields": {}}}}},
        {"issues": {"a": {"title": "A"}}},
        {"issues": {"a": {"title": "A", "description": "B", "fix_flow": {"step": {}}}}},
        {"services": {"a": {"name": "A"}}},
        {"services": {"a": {"name": "A", "description": "B", "fields": {"c": {"name": "C"}}}}},
        {"exceptions": {"a": "text"}},
    ],
)
def test_a_wrong_shape_is_found(wrong: texts.Texts) -> None:
    assert texts.shape(texts.TRANSLATIONS, wrong)
    assert not texts.shape(texts.TRANSLATIONS, {"issues": {"a": ISSUE}})


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"common": {"a": "See <b>this</b>"}}, "has HTML"),
        ({"common": {"a": "text "}}, "begins or ends"),
        ({"common": {"a": ""}}, "empty"),
        ({"common": {"a": "The pool '{pool}'"}}, "single quotes"),
        ({"common": {"a": "[%key:common::b%]"}}, "references"),
        ({"common": {"a": "The pool {pool"}}, "expected '}'"),
        ({"common": {"a": "The pool {a b}"}}, "plain name"),
        ({"common": {"Big": "text"}}, "[a-z0-9-_]"),
        ({"common": {"a__b": "text"}}, "[a-z0-9-_]"),
        ({"common": {"_a": "text"}}, "[a-z0-9-_]"),
        ({"common": {"a": 3}}, "not a text"),
    ],
)
def test_a_wrong_text_is_found(wrong: texts.Texts, complaint: str) -> None:
    (found,) = texts.wording(wrong)
    assert complaint in found
    assert not [*texts.wording({"common": {"a": 'Below 5 % of {pool}, it\'s "full"'}})]


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ({"data": {"url": "URL"}}, "url has no data_description"),
        ({"data_description": {"url": "Where"}}, "url is described but not in data"),
        ({"sections": {"tls": {"data": {"ca": "CA"}}}}, "step.user.sections.tls: ca has no data_description"),
        ({"menu_option_descriptions": {"ups": "A UPS"}}, "ups is described but not in menu_options"),
    ],
)
def test_a_field_without_its_twin_is_found(step: texts.Texts, complaint: str) -> None:
    flow = {"step": {"user": step}}
    for wrong in ({"config": flow}, {"options": flow}, {"issues": {"a": {"title": "A", "fix_flow": flow}}}):
        (found,) = texts.fields(wrong)
        assert complaint in found


def test_a_wrong_translation_is_found() -> None:
    english = {"common": {"a": "The {pool}", "b": "B"}}
    assert not [*texts.foreign({"common": {"a": "Der {pool}"}}, english)]
    assert [*texts.foreign({"common": {"a": "Der {becken}"}}, english)]
    assert [*texts.foreign({"common": {"c": "C"}}, english)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"entity": {"sensor": {"other": {"default": "mdi:nas"}}}},
        {"entity": {"sensor": {"a": {"range": {"50": "mdi:nas", "10": "mdi:nas"}}}}},
        {"services": {}},
        {"services": {"go": {"service": "mdi:nas"}, "other": {"service": "mdi:nas"}}},
    ],
)
def test_a_wrong_icon_is_found(wrong: texts.Texts) -> None:
    fitting = {"entity": {"sensor": {"a": {"name": "A"}}}, "services": {"go": {}}}
    good = {"entity": {"sensor": {"a": {"default": "mdi:nas"}}}, "services": {"go": {"service": "mdi:nas"}}}
    assert not [*texts.icons(good, fitting)]
    assert [*texts.icons(good | wrong, fitting)]
    assert texts.shape(texts.ICONS, {"entity": {"sensor": {"a": {"default": "hass:nas"}}}})
    assert "mdi:nas" in drawn()


def test_a_shared_part_is_no_action(tmp_path: Path) -> None:
    path = tmp_path / "services.yaml"
    path.write_text(".pool: &pool\n  required: true\ngo:\n  fields:\n    pool: *pool\n")
    assert texts.actions(path) == {"go": {"fields": {"pool": {"required": True}}}}


FIELD_TEXT = {"name": "A", "description": "B"}
SELECT = {"select": {"translation_key": "verb", "options": ["stop"]}}


@pytest.mark.parametrize(
    ("described", "written", "complaint"),
    [
        ({"go": None}, {}, "go: no text"),
        ({}, {"go": FIELD_TEXT}, "go: a text, but not"),
        ({"go": {"fields": {"pool": {}}}}, {"go": FIELD_TEXT}, "go.fields.pool: no text"),
        (
            {"go": {}},
            {"go": FIELD_TEXT | {"fields": {"pool": FIELD_TEXT}}},
            "go.fields.pool: a text, but not",
        ),
        ({"go": {"fields": {"more": {"fields": {}}}}}, {"go": FIELD_TEXT}, "go.sections.more: no text"),
        (
            {"go": {"fields": {"more": {"fields": {"pool": {}}}}}},
            {"go": FIELD_TEXT | {"sections": {"more": FIELD_TEXT}}},
            "go.fields.pool: no text",
        ),
        (
            {"go": {"fields": {"verb": {"selector": SELECT}}}},
            {"go": FIELD_TEXT | {"fields": {"verb": FIELD_TEXT}}},
            "selector.verb.options.stop",
        ),
    ],
)
def test_an_action_without_its_text_is_found(
    described: texts.Texts, written: texts.Texts, complaint: str
) -> None:
    assert not texts.shape(texts.SERVICES, described)
    (found,) = texts.services(described, {"services": written})
    assert complaint in found
