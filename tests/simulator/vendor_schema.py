"""Checks a value against the schemas that a 25.04 hands out, which come in two dialects.

The newer dialect is plain JSON schema. The older one (each node has `_name_`) marks required keys with
`_required_`, writes lists of alternatives as `items: [...]`, and does not say where null is allowed for
objects: there null passes.
"""

from typing import Any


def plain(value: Any) -> Any:
    """The value as a schema sees it: dates and times are strings, sets are arrays."""
    if isinstance(value, dict):
        if set(value) == {"$date"} or set(value) == {"$time"}:
            return "a moment"
        if set(value) == {"$set"}:
            return list(value["$set"])
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "float": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def complaints(
    value: Any, schema: Any, path: str = "", definitions: dict[str, Any] | None = None
) -> list[str]:
    """What does not fit; empty where everything does."""
    if schema is True or not schema:
        return []
    definitions = {**(definitions or {}), **schema.get("$defs", {})}
    if value is None and (schema.get("nullable") or ("_name_" in schema and schema.get("type") == "object")):
        return []
    if "$ref" in schema:
        return complaints(value, definitions[schema["$ref"].rsplit("/", 1)[1]], path, definitions)
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        tries = [complaints(value, option, path, definitions) for option in options]
        return [] if any(not one for one in tries) else min(tries, key=len)
    wanted = [schema["const"]] if "const" in schema else schema.get("enum")
    if wanted is not None:
        return [] if value in wanted else [f"{path}: {value!r} is none of {wanted}"]
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not any(_fits(value, kind) for kind in kinds):
        return [f"{path}: {value!r} is no {' or '.join(map(str, kinds))}"]
    if isinstance(value, list):
        return _array(value, schema, path, definitions)
    return _object(value, schema, path, definitions) if isinstance(value, dict) else []


def _fits(value: Any, kind: str) -> bool:
    wanted = _TYPES.get(kind)
    if wanted is None:
        return True
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, wanted)


def _array(value: list[Any], schema: Any, path: str, definitions: dict[str, Any]) -> list[str]:
    items = schema.get("items")
    if not items:
        return []
    options = {"anyOf": items} if isinstance(items, list) else items
    return [
        one
        for place, item in enumerate(value)
        for one in complaints(item, options, f"{path}[{place}]", definitions)
    ]


def _object(value: dict[str, Any], schema: Any, path: str, definitions: dict[str, Any]) -> list[str]:
    properties: dict[str, Any] = schema.get("properties") or {}
    old = "_name_" in schema
    required = {
        key for key, inner in properties.items() if isinstance(inner, dict) and inner.get("_required_")
    }
    required = required if old else set(schema.get("required", ()))
    found = [f"{path}.{key} is missing" for key in sorted(required - value.keys())]
    if properties and not schema.get("additionalProperties", False):
        found += [f"{path}.{key} is unknown" for key in sorted(value.keys() - properties.keys())]
    for key, inner in value.items():
        if key in properties:
            found += complaints(inner, properties[key], f"{path}.{key}", definitions)
    return found
