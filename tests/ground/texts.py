"""What Home Assistant wants of translations/en.json, icons.json and services.yaml.

Every function returns its complaints, so that a test can show that it finds what is wrong.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
import re
from string import Formatter
from typing import Any

from homeassistant.helpers import selector
from homeassistant.util.yaml import load_yaml_dict
import voluptuous as vol

from .tree import leaves

type Texts = dict[str, Any]

KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
TAG = re.compile(r"<[a-z/!][^>]*>", re.IGNORECASE)
QUOTED = re.compile(r"'\{\w+\}'")


def optional(**fields: Any) -> dict[Any, Any]:
    """Return a schema's dict in which every field may be missing."""
    return {vol.Optional(name): value for name, value in fields.items()}


FLAT = {str: str}
SECTION = optional(name=str, description=str, data=FLAT, data_description=FLAT)
STEP = optional(
    title=str,
    description=str,
    data=FLAT,
    data_description=FLAT,
    sections={str: SECTION},
    menu_options=FLAT,
    menu_option_descriptions=FLAT,
    submit=str,
)
FLOW = {vol.Required("step"): {str: STEP}} | optional(
    flow_title=str, error=FLAT, abort=FLAT, progress=FLAT, create_entry=FLAT
)
ATTRIBUTES = {str: optional(name=str, state=FLAT)}
NAMED = {vol.Required("name"): str, vol.Required("description"): str}
TITLED = {vol.Required("title"): str}
TRANSLATIONS = vol.Schema(
    optional(
        title=str,
        common=FLAT,
        config=FLOW,
        options=FLOW,
        entity={
            str: {str: optional(name=str, state=FLAT, state_attributes=ATTRIBUTES, unit_of_measurement=str)}
        },
        device={str: {vol.Required("name"): str}},
        exceptions={str: {vol.Required("message"): str}},
        issues={
            str: vol.Any(
                TITLED | {vol.Required("description"): str}, TITLED | {vol.Required("fix_flow"): FLOW}
            ),
        },
        services={str: NAMED | optional(fields={str: NAMED | optional(example=str)}, sections={str: NAMED})},
        selector={str: optional(options=FLAT, unit_of_measurement=FLAT)},
        triggers={str: NAMED | optional(fields={str: NAMED})},
        conditions={str: NAMED | optional(fields={str: NAMED})},
        system_health={vol.Required("info"): FLAT},
    )
)

ICON = vol.Match(r"^mdi:[a-z0-9-]+$")
ENTITY_ICON = optional(
    default=ICON,
    state={str: ICON},
    range={str: ICON},
    state_attributes={str: optional(default=ICON, state={str: ICON})},
)
STEP_ICONS = {"step": {str: {"sections": {str: ICON}}}}
ICONS = vol.Schema(
    optional(
        entity={str: {str: ENTITY_ICON}},
        services={str: {vol.Required("service"): ICON, vol.Optional("sections"): {str: ICON}}},
        triggers={str: {vol.Required("trigger"): ICON}},
        conditions={str: {vol.Required("condition"): ICON}},
        config=STEP_ICONS,
        options=STEP_ICONS,
        issues={str: {"fix_flow": STEP_ICONS}},
    )
)

FIELD = optional(
    required=bool,
    advanced=bool,
    default=vol.NotIn([None]),
    example=vol.NotIn([None]),
    selector=selector.validate_selector,
    filter=dict,
)
FIELDS = {str: vol.Any(optional(collapsed=bool) | {vol.Required("fields"): {str: FIELD}}, FIELD)}
SERVICES = vol.Schema(
    {str: vol.Any(None, optional(target=vol.Any(None, selector.TargetSelector.CONFIG_SCHEMA), fields=FIELDS))}
)


def shape(schema: vol.Schema, data: Any) -> list[str]:
    """Return why `data` does not have the shape of `schema`."""
    try:
        schema(data)
    except vol.Invalid as error:
        return [str(each) for each in getattr(error, "errors", [error])]
    return []


def placeholders(text: str) -> set[str]:
    """Return the names in braces; ValueError where braces do not pair."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def wording(texts: Texts) -> Iterator[str]:
    """Complain about keys and texts that the frontend would refuse or show wrongly."""
    for path, value in leaves(texts):
        where = ".".join(path)
        yield from (f"{where}: the key {key!r} is not [a-z0-9-_]+" for key in path if not KEY.fullmatch(key))
        if isinstance(value, str):
            yield from (f"{where}: {complaint}" for complaint in wording_of(value))
        else:
            yield f"{where}: not a text"


def wording_of(text: str) -> Iterator[str]:
    """Complain about one text."""
    if not text.strip():
        yield "empty"
    elif text != text.strip():
        yield "begins or ends with a space"
    if TAG.search(text):
        yield "has HTML"
    if QUOTED.search(text):
        yield "a placeholder inside single quotes is not filled in"
    if "[%" in text:
        yield "references are for Home Assistant's own files"
    try:
        names = placeholders(text)
    except ValueError as error:
        yield str(error)
    else:
        yield from (f"{{{name}}} is not a plain name" for name in names if not name.isidentifier())


def flows(texts: Texts) -> Iterator[tuple[str, Texts]]:
    """Yield every flow of the file with its place: config, options, and what fixes an issue."""
    for name in ("config", "options"):
        if name in texts:
            yield name, texts[name]
    for name, issue in texts.get("issues", {}).items():
        if "fix_flow" in issue:
            yield f"issues.{name}.fix_flow", issue["fix_flow"]


def fields(texts: Texts) -> Iterator[str]:
    """Complain where the fields of a form and their explanations are not the same set."""
    for place, flow in flows(texts):
        for step_id, step in flow.get("step", {}).items():
            parts = {"": step} | step.get("sections", {})
            for section, part in parts.items():
                where = f"{place}.step.{step_id}" + (f".sections.{section}" if section else "")
                data, described = part.get("data", {}), part.get("data_description", {})
                yield from (
                    f"{where}: {field} has no data_description" for field in data.keys() - described.keys()
                )
                yield from (
                    f"{where}: {field} is described but not in data"
                    for field in described.keys() - data.keys()
                )
            options, explained = step.get("menu_options", {}), step.get("menu_option_descriptions", {})
            yield from (
                f"{place}.step.{step_id}: {option} is described but not in menu_options"
                for option in explained.keys() - options.keys()
            )


def foreign(texts: Texts, english: Texts) -> Iterator[str]:
    """Complain about texts of another language that English lacks, or with other placeholders."""
    known = dict(leaves(english))
    for path, value in leaves(texts):
        if path not in known:
            yield f"{'.'.join(path)}: not in en.json"
        elif placeholders(value) != placeholders(known[path]):
            yield f"{'.'.join(path)}: other placeholders than in en.json"


def icons(icon_file: Texts, texts: Texts) -> Iterator[str]:
    """Complain about icons of nothing, ranges out of order, and actions without an icon."""
    for platform, entities in icon_file.get("entity", {}).items():
        for key, icon in entities.items():
            if key not in texts.get("entity", {}).get(platform, {}):
                yield f"entity.{platform}.{key}: an icon without a text"
            steps = [float(step) for step in icon.get("range", {})]
            if steps != sorted(steps):
                yield f"entity.{platform}.{key}: the steps of a range are to rise"
    for kind in ("services", "triggers", "conditions"):
        with_icon, with_text = icon_file.get(kind, {}).keys(), texts.get(kind, {}).keys()
        yield from (f"{kind}.{name}: no icon" for name in with_text - with_icon)
        yield from (f"{kind}.{name}: an icon without a text" for name in with_icon - with_text)


def actions(path: Path) -> dict[str, Any]:
    """Return the actions of services.yaml; a name that begins with a dot only holds what others repeat."""
    return {name: body for name, body in load_yaml_dict(str(path)).items() if not name.startswith(".")}


def services(described: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    """Complain where services.yaml and the texts do not name the same actions, sections and fields."""
    written = texts.get("services", {})
    yield from (f"{name}: no text" for name in described.keys() - written.keys())
    yield from (f"{name}: a text, but not in services.yaml" for name in written.keys() - described.keys())
    for name in described.keys() & written.keys():
        flat: dict[str, Any] = {}
        sections: set[str] = set()
        for key, body in ((described[name] or {}).get("fields") or {}).items():
            if body and "fields" in body:
                sections.add(key)
                flat |= body["fields"]
            else:
                flat[key] = body
        for kind, want in (("fields", flat.keys()), ("sections", sections)):
            have = written[name].get(kind, {}).keys()
            yield from (f"{name}.{kind}.{key}: no text" for key in want - have)
            yield from (f"{name}.{kind}.{key}: a text, but not in services.yaml" for key in have - want)
        for key, body in flat.items():
            choice = ((body or {}).get("selector") or {}).get("select") or {}
            if not (translation := choice.get("translation_key")):
                continue
            options = texts.get("selector", {}).get(translation, {}).get("options", {})
            for each in choice.get("options", []):
                option = each["value"] if isinstance(each, dict) else each
                if option not in options:
                    yield f"{name}.{key}: selector.{translation}.options.{option} is missing"
