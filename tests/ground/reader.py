"""Which texts the integration's Python asks for, read from its syntax trees.

A text key counts when it is written as a literal, as a constant of a module, or as a member of an
enumeration. Keys that are computed are not seen here; the tests of the code that computes them are.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeassistant.const import Platform

from .tree import Module, modules

type Texts = dict[str, Any]

PLATFORMS = sorted((platform.value for platform in Platform), key=len, reverse=True)
# What Home Assistant's own methods abort with when they are called without a reason.
IMPLIED_ABORTS = {
    "_abort_if_unique_id_configured": "already_configured",
    "_async_abort_entries_match": "already_configured",
    "_abort_if_unique_id_mismatch": "unique_id_mismatch",
}
ENDS = ("error", "abort")
FORMS = {"async_show_form", "async_show_menu", "async_show_progress"}
# Where a key may stand that is given to something unknown here.
ANYWHERE = (("exceptions",), ("entity", "*"), ("issues",), ("selector",), ("device",))


@dataclass(frozen=True, slots=True)
class Use:
    """A key that the code at `place` asks for; any one of `paths` in en.json answers it."""

    place: str
    paths: tuple[tuple[str, ...], ...]

    def answered(self, texts: Texts) -> bool:
        """Whether a text is there; `*` in a path stands for any key."""
        return any(_reaches(texts, path) for path in self.paths)

    def __str__(self) -> str:
        """Say what is missing."""
        return f"{self.place}: no text {' or '.join('.'.join(path) for path in self.paths)}"


def _reaches(texts: Any, path: tuple[str, ...]) -> bool:
    """Whether nested dicts have something at `path`."""
    if not path:
        return True
    if not isinstance(texts, dict):
        return False
    if path[0] == "*":
        return any(_reaches(inner, path[1:]) for inner in texts.values())
    return path[0] in texts and _reaches(texts[path[0]], path[1:])


def constants(found: Mapping[tuple[str, ...], Module]) -> dict[str, str]:
    """Return `NAME` and `Class.NAME` of every string constant; names with two meanings are left out."""
    values: dict[str, set[str]] = {}
    for module in found.values():
        bodies = [("", module.syntax.body)]
        bodies += [
            (f"{node.name}.", node.body) for node in module.syntax.body if isinstance(node, ast.ClassDef)
        ]
        for prefix, body in bodies:
            for target, value in _assignments(body):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    values.setdefault(prefix + target, set()).add(value.value)
    return {name: next(iter(meanings)) for name, meanings in values.items() if len(meanings) == 1}


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the plain `name = value` lines of a body."""
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one module; `known` are the constants of all of them."""

    module: Module
    known: Mapping[str, str]

    def literals(self, node: ast.expr | None) -> list[str]:
        """Return the strings that an expression can be, as far as they are written down."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.IfExp(body=body, orelse=orelse):
                return [*self.literals(body), *self.literals(orelse)]
            case ast.Name(id=name):
                return [self.known[name]] if name in self.known else []
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return [self.known[f"{owner}.{name}"]] if f"{owner}.{name}" in self.known else []
        return []

    def use(self, node: ast.AST, *paths: tuple[str, ...]) -> Use:
        """Make a use with the line where it stands."""
        return Use(f"{self.module.name}:{getattr(node, 'lineno', 0)}", paths)

    def uses(self) -> Iterator[Use]:
        """Yield every text that the module asks for."""
        for node in self.module.syntax.body:
            place = self.flow(node)
            for inner in ast.walk(node):
                match inner:
                    case ast.Call():
                        yield from self.of_call(inner, place)
                    case ast.Assign(targets=[ast.Subscript(value=target)], value=value) if (
                        _name(target) == "errors"
                    ):
                        yield from (self.use(inner, (*place, "error", key)) for key in self.literals(value))
                    case (
                        ast.Assign(targets=[target], value=ast.Dict(values=values))
                        | ast.AnnAssign(target=target, value=ast.Dict(values=values))
                    ) if _name(target) == "errors":
                        yield from self.of_errors(values, place)
                    case ast.ClassDef():
                        yield from self.of_class(inner)

    def flow(self, node: ast.stmt) -> tuple[str, ...]:
        """Return where the texts of a flow class, or of a function beside it, stand."""
        told = ""
        if isinstance(node, ast.ClassDef):
            told = " ".join([node.name, *(_name(base) or "" for base in node.bases)])
        if "OptionsFlow" in told:
            return ("options",)
        if self.module.parts and self.module.parts[-1].startswith("repairs"):
            return ("issues", "*", "fix_flow")
        return ("config",)

    def of_errors(self, values: list[ast.expr], place: tuple[str, ...]) -> Iterator[Use]:
        """Yield the texts of a form's dict of errors."""
        for value in values:
            yield from (self.use(value, (*place, "error", key)) for key in self.literals(value))

    def of_class(self, node: ast.ClassDef) -> Iterator[Use]:
        """Yield what a class body names: an entity's or an exception's key."""
        is_error = any(_is_error(_name(base)) for base in node.bases)
        assigned = dict(_assignments(node.body))
        for name, value in assigned.items():
            for key in self.literals(value):
                if name == "_attr_translation_key" and "_attr_name" not in assigned:
                    yield self.use(value, ("entity", self.platform(node.name), key))
                elif name == "translation_key" and is_error:
                    yield self.use(value, ("exceptions", key, "message"))

    def platform(self, name: str) -> str:
        """Return the platform that a file or a class name such as PoolBinarySensor tells, else `*`."""
        if self.module.parts and self.module.parts[-1] in PLATFORMS:
            return self.module.parts[-1]
        squeezed = name.lower()
        return next((each for each in PLATFORMS if each.replace("_", "") in squeezed), "*")

    def of_call(self, node: ast.Call, place: tuple[str, ...]) -> Iterator[Use]:
        """Yield what a call names, by who is called."""
        callee = _name(node.func) or ""
        named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
        keys = self.literals(named.get("translation_key"))
        if callee == "async_create_issue":
            fixable = isinstance(fix := named.get("is_fixable"), ast.Constant) and fix.value
            for key in keys:
                yield self.use(node, ("issues", key, "fix_flow" if fixable else "title"))
        elif callee == "DeviceInfo":
            yield from (self.use(node, ("device", key)) for key in keys)
        elif callee.endswith("SelectorConfig"):
            yield from (self.use(node, ("selector", key)) for key in keys)
        elif callee == "Finding":
            rules = self.literals(named.get("rule") or (node.args[1] if len(node.args) > 1 else None))
            yield from (self.use(node, ("issues", rule, "title")) for rule in rules)
        elif callee.endswith("Description") or ("key" in named and "entities" in self.module.parts):
            yield from self.of_description(node, callee, named)
        elif "translation_domain" in named or _is_error(callee):
            yield from (self.use(node, ("exceptions", key, "message")) for key in keys)
        else:
            yield from (self.use(node, *((*start, key) for start in ANYWHERE)) for key in keys)
            yield from self.of_flow(node, callee, named, place)

    def of_description(self, node: ast.Call, callee: str, named: dict[str, ast.expr]) -> Iterator[Use]:
        """Yield the name of an entity that a table describes; a device class names it too."""
        platform = self.platform(callee)
        if "name" in named:
            keys = []
        elif "translation_key" in named:
            keys = self.literals(named["translation_key"])
        elif "device_class" in named:
            keys = []
        else:
            keys = self.literals(named.get("key"))
        yield from (self.use(node, ("entity", platform, key)) for key in keys)

    def of_flow(
        self, node: ast.Call, callee: str, named: dict[str, ast.expr], place: tuple[str, ...]
    ) -> Iterator[Use]:
        """Yield the steps, errors and ends of a flow."""
        if callee in FORMS:
            for step in self.literals(named.get("step_id")):
                yield self.use(node, (*place, "step", step))
                if isinstance(options := named.get("menu_options"), ast.List | ast.Tuple):
                    for option in options.elts:
                        for key in self.literals(option):
                            yield self.use(node, (*place, "step", step, "menu_options", key))
            if isinstance(errors := named.get("errors"), ast.Dict):
                yield from self.of_errors(errors.values, place)
        reasons: list[str] = []
        if callee in ("async_abort", *IMPLIED_ABORTS):
            reasons = self.literals(named.get("reason"))
            if not reasons and "reason" not in named and callee in IMPLIED_ABORTS:
                reasons = [IMPLIED_ABORTS[callee]]
        elif callee == "AbortFlow":
            reasons = self.literals(named.get("reason") or next(iter(node.args), None))
        yield from (self.use(node, (*place, "abort", reason)) for reason in reasons)


def _name(node: ast.AST) -> str | None:
    """Return the last part of a dotted name, through a subscript such as Coordinator[Snapshot]."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _name(value)
    return None


def _is_error(name: str | None) -> bool:
    """Whether a class is an exception, by its name."""
    return (name or "").endswith(("Error", "Exception", "Failed", "NotReady"))


def missing(package: Path, texts: Texts) -> list[str]:
    """Return every key that the code asks for and en.json does not have."""
    found = modules(package)
    known = constants(found)
    uses = (use for module in found.values() for use in Reader(module, known).uses())
    return sorted({str(use) for use in uses if not use.answered(texts)})


def strings(package: Path) -> set[str]:
    """Return every string that stands in the code, and the names of what is defined there."""
    found = set()
    for module in modules(package).values():
        for node in ast.walk(module.syntax):
            match node:
                case ast.Constant(value=str(text)):
                    found.add(text)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.add(name)
                    found.add(name.removeprefix("async_step_"))
    return found


def unused(package: Path, texts: Texts, told: bool) -> list[str]:
    """Return the texts whose key stands nowhere in the code.

    With `told` those that are said to a user when something fails: exceptions and the errors of a
    flow. Without it the others that have a name, whose keys may well be computed.
    """
    said = strings(package)
    keys = []
    for flow in ("config", "options"):
        keys += [
            (told is (kind == "error"), f"{flow}.{kind}", texts.get(flow, {}).get(kind, {})) for kind in ENDS
        ]
    keys.append((told, "exceptions", texts.get("exceptions", {})))
    keys += [(not told, section, texts.get(section, {})) for section in ("issues", "selector", "device")]
    keys += [(not told, f"entity.{platform}", names) for platform, names in texts.get("entity", {}).items()]
    return sorted(
        f"{where}.{key}" for asked, where, names in keys if asked for key in names if key not in said
    )


def kinds_without_text(package: Path, texts: Texts) -> list[str]:
    """Return the kinds of system that a user could not choose or fill in for want of a text."""
    menus = [step.get("menu_options", {}) for step in texts.get("config", {}).get("step", {}).values()]
    complaints = []
    for parts, module in modules(package).items():
        match parts:
            case ("sources", kind) if module.is_package:
                if "KIND" not in dict(_assignments(module.syntax.body)):
                    continue
                if kind not in texts.get("config", {}).get("step", {}):
                    complaints.append(f"config.step.{kind} is missing")
                if not any(kind in menu for menu in menus):
                    complaints.append(f"{kind} is in no menu_options")
    return complaints


def registered_actions(package: Path) -> set[str]:
    """Return the names under which the code registers actions of this integration."""
    found = modules(package)
    known = constants(found)
    names = set()
    for module in found.values():
        reader = Reader(module, known)
        for node in ast.walk(module.syntax):
            if not isinstance(node, ast.Call):
                continue
            named = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            match _name(node.func), node.args:
                case "async_register", [_, name, *_] if (
                    _name(getattr(node.func, "value", node)) == "services"
                ):
                    names |= {*reader.literals(name)}
                case "async_register_admin_service" | "async_register_platform_entity_service", [
                    _,
                    _,
                    name,
                    *_,
                ]:
                    names |= {*reader.literals(name)}
                case "async_register_admin_service" | "async_register_platform_entity_service", _:
                    names |= {*reader.literals(named.get("service") or named.get("service_name"))}
    return names
