"""Every text that the code asks for is in en.json, and nothing said to a user is left over there."""

from pathlib import Path
from typing import Any
import warnings

import pytest

from . import reader
from .texts import actions
from .tree import PACKAGE, existing, read_json

EN = PACKAGE / "translations/en.json"


def test_every_text_exists() -> None:
    texts = read_json(existing(EN))
    assert not reader.missing(PACKAGE, texts)
    assert not reader.kinds_without_text(PACKAGE, texts)


def test_no_text_is_left_over() -> None:
    existing(PACKAGE / "config_flow.py")
    texts = read_json(existing(EN))
    assert not reader.unused(PACKAGE, texts, told=True)
    if perhaps := reader.unused(PACKAGE, texts, told=False):
        warnings.warn(f"not seen in the code: {', '.join(perhaps)}", stacklevel=1)


def test_every_action_is_described() -> None:
    registered = reader.registered_actions(PACKAGE)
    path = PACKAGE / "services.yaml"
    described = set(actions(path)) if path.exists() else set()
    assert not registered - described


def package(folder: Path, files: dict[str, str]) -> Path:
    """Write a small integration."""
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder


@pytest.mark.parametrize(
    ("name", "source", "wanted"),
    [
        (
            "a.py",
            'raise HomeAssistantError(translation_domain=D, translation_key="k")',
            "exceptions.k.message",
        ),
        ("a.py", 'K: Final = "k"\nraise UpdateFailed(translation_key=K)', "exceptions.k.message"),
        (
            "a.py",
            'class Why(StrEnum):\n    A = "k"\nraise E(translation_domain=D, translation_key=Why.A)',
            "exceptions.k.message",
        ),
        ("a.py", 'raise AuthFailed(translation_key="k" if x else other)', "exceptions.k.message"),
        (
            "a.py",
            'class Lost(ClientError):\n    translation_key: ClassVar[str] = "k"',
            "exceptions.k.message",
        ),
        ("a.py", 'ir.async_create_issue(h, D, "i", is_fixable=False, translation_key="k")', "issues.k.title"),
        (
            "a.py",
            'ir.async_create_issue(h, D, "i", is_fixable=True, translation_key="k")',
            "issues.k.fix_flow",
        ),
        ("sources/ups/rules.py", 'Finding(source=s, rule="k", object=o)', "issues.k.title"),
        ("sources/ups/rules.py", 'Finding(s, "k", o)', "issues.k.title"),
        ("sources/ups/entities.py", 'T = (UpsSensorDescription(key="k"),)', "entity.sensor.k"),
        ("sources/ups/entities.py", 'T = (UpsBinarySensor(key="k"),)', "entity.binary_sensor.k"),
        ("sources/ups/entities.py", 'T = (Row(key="x", translation_key="k"),)', "entity.*.k"),
        ("switch.py", 'T = (SomeDescription(key="k"),)', "entity.switch.k"),
        ("switch.py", 'class Hold(SwitchEntity):\n    _attr_translation_key = "k"', "entity.switch.k"),
        ("a.py", 'DeviceInfo(translation_key="k")', "device.k"),
        ("a.py", 'SelectSelectorConfig(options=[], translation_key="k")', "selector.k"),
        (
            "config_flow.py",
            'class F(ConfigFlow):\n    def f(self):\n        errors["base"] = "k"',
            "config.error.k",
        ),
        (
            "config_flow.py",
            'class F(ConfigFlow):\n    def f(self):\n        errors = {"base": "k"}',
            "config.error.k",
        ),
        (
            "config_flow.py",
            'class F(OptionsFlow):\n    def f(self):\n        errors["x"] = "k"',
            "options.error.k",
        ),
        ("config_flow.py", 'class F(ConfigFlow):\n    x = s.async_show_form(step_id="k")', "config.step.k"),
        (
            "config_flow.py",
            'class F(ConfigFlow):\n    x = s.async_show_menu(step_id="user", menu_options=["k"])',
            "config.step.user.menu_options.k",
        ),
        ("config_flow.py", 'class F(ConfigFlow):\n    x = s.async_abort(reason="k")', "config.abort.k"),
        ("config_flow.py", 'raise AbortFlow("k")', "config.abort.k"),
        ("config_flow.py", "self._abort_if_unique_id_configured()", "config.abort.already_configured"),
        (
            "repairs.py",
            'class F(RepairsFlow):\n    x = s.async_show_form(step_id="k")',
            "issues.*.fix_flow.step.k",
        ),
    ],
)
def test_a_missing_text_is_found(tmp_path: Path, name: str, source: str, wanted: str) -> None:
    texts: dict[str, Any] = {"config": {"step": {"user": {}}}}
    folder = package(tmp_path, {name: source})
    found = [complaint.partition("no text ")[2] for complaint in reader.missing(folder, texts)]
    assert wanted in found

    place = texts
    for part in wanted.replace("*", "any").split("."):
        place = place.setdefault(part, {})
    assert wanted not in [complaint.partition("no text ")[2] for complaint in reader.missing(folder, texts)]


def test_a_key_that_is_handed_on_may_be_anywhere(tmp_path: Path) -> None:
    folder = package(tmp_path, {"a.py": 'refuse(translation_key="k")'})
    assert reader.missing(folder, {})
    assert not reader.missing(folder, {"exceptions": {"k": {}}})
    assert not reader.missing(folder, {"entity": {"sensor": {"k": {}}}})


def test_an_entity_may_be_named_by_its_device_class(tmp_path: Path) -> None:
    row = 'SensorEntityDescription(key="temperature", device_class=SensorDeviceClass.TEMPERATURE)'
    assert not reader.missing(package(tmp_path, {"sources/ups/entities.py": row}), {})


def test_a_text_that_is_left_over_is_found(tmp_path: Path) -> None:
    folder = package(tmp_path, {"a.py": 'KEYS = {E: "used"}'})
    texts = {
        "exceptions": {"used": {"message": "A"}, "old": {"message": "B"}},
        "config": {"step": {}, "error": {"used": "A", "stale": "B"}},
    }
    assert reader.unused(folder, texts, told=True) == ["config.error.stale", "exceptions.old"]
    assert reader.unused(folder, texts | {"issues": {"gone": {}, "used": {}}}, told=False) == ["issues.gone"]


def test_a_kind_without_texts_is_found(tmp_path: Path) -> None:
    folder = package(
        tmp_path, {"sources/ups/__init__.py": "KIND = ServiceKind()", "sources/plex/__init__.py": ""}
    )
    assert reader.kinds_without_text(folder, {}) == [
        "config.step.ups is missing",
        "ups is in no menu_options",
    ]
    texts = {"config": {"step": {"ups": {}, "user": {"menu_options": {"ups": "A UPS"}}}}}
    assert not reader.kinds_without_text(folder, texts)


@pytest.mark.parametrize(
    "source",
    [
        'hass.services.async_register(DOMAIN, "go", handle)',
        'GO = "go"\nhass.services.async_register(DOMAIN, GO, handle)',
        'async_register_admin_service(hass, DOMAIN, "go", handle)',
        'service.async_register_platform_entity_service(hass, DOMAIN, "go", func=f)',
    ],
)
def test_a_registered_action_is_found(tmp_path: Path, source: str) -> None:
    assert reader.registered_actions(package(tmp_path, {"a.py": source})) == {"go"}
