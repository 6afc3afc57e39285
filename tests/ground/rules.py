"""Who may import whom. The rules are the design's; each is a function of one import."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from homeassistant.const import Platform

from .tree import ABSOLUTE, Module, modules

type Parts = tuple[str, ...]

# The files of a source's folder that stand between it and Home Assistant; capable: what is asked of a
# coordinator by others; keeping: in whose storage it keeps things.
SOURCE_EDGES = {"capable", "coordinator", "entities", "flow", "keeping", "options"}
# The same of the guardian. A name is added here only with a reason in the design.
GUARDIAN_EDGES = {"house"}
# What a source may take from the guardian.
SHARED_WITH_SOURCES = {
    "contract",
    "capabilities",
    "capabilities_load",
    "capabilities_media",
    "capabilities_power",
    "capabilities_streams",
    "own_path",
}
# What a platform file may take from a source: its tables, and the types that they are about.
OPEN_TO_PLATFORMS = {"entities", "model", "coordinator", "actions"}
PLATFORMS = {platform.value for platform in Platform}


@dataclass(frozen=True, slots=True)
class Import:
    """One import; `inside` is the file or folder of the integration that it reaches."""

    module: Module
    line: int
    name: str
    inside: Parts | None

    @property
    def is_home_assistant(self) -> bool:
        """Whether Home Assistant itself is imported."""
        return self.name.split(".")[0] == "homeassistant"


class Tree:
    """The files of the integration, its folders, and who imports what, read once."""

    def __init__(self, package: Path) -> None:
        """Read every file below `package`."""
        self.files = modules(package)
        self.names = {parts[:end] for parts in self.files for end in range(len(parts) + 1)}
        self.imports = {parts: [*self._imports(module)] for parts, module in self.files.items()}
        self.bound = self._bound()

    def _imports(self, module: Module) -> Iterator[Import]:
        """Yield every import of a file, wherever it stands, also those that only a type checker runs."""
        for node in ast.walk(module.syntax):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield self._import(module, node.lineno, tuple(alias.name.split(".")))
            elif isinstance(node, ast.ImportFrom):
                base = tuple(node.module.split(".")) if node.module else ()
                if node.level:
                    home = module.parts if module.is_package else module.parts[:-1]
                    base = (*ABSOLUTE, *home[: len(home) - (node.level - 1)], *base)
                for alias in node.names:
                    yield self._import(module, node.lineno, (*base, alias.name))

    def _import(self, module: Module, line: int, name: Parts) -> Import:
        """Find the file or folder that an absolute name reaches: the longest part of it that is one."""
        inside = None
        if name[: len(ABSOLUTE)] == ABSOLUTE:
            inside = name[len(ABSOLUTE) :]
            while inside not in self.names:
                inside = inside[:-1]
        return Import(module, line, ".".join(name), inside)

    def _bound(self) -> set[Parts]:
        """Return the files that import Home Assistant, themselves or through other files of ours."""
        bound = {
            parts for parts, found in self.imports.items() if any(each.is_home_assistant for each in found)
        }
        while more := {
            parts
            for parts, found in self.imports.items()
            if parts not in bound and any(each.inside in bound for each in found)
        }:
            bound |= more
        return bound

    def is_shared(self, parts: Parts) -> bool:
        """Whether a name is a file directly in sources/, such as errors.py: those belong to all sources."""
        return len(parts) == 2 and parts in self.files and not self.files[parts].is_package


def knows_no_home_assistant(module: Module) -> bool:
    """Whether the design wants this file free of Home Assistant."""
    match module.parts:
        case ("sources", _, room, *_) if room in SOURCE_EDGES:
            return False
        case ("sources", _, *_, _) if not module.is_package:
            return True
        case ("guardian", *_, room):
            return room not in GUARDIAN_EDGES
        case ("guardian",) | ("prediction", *_):
            return True
    return False


def _source(parts: Parts) -> str | None:
    """Return the kind of system whose folder a file is in; files directly in sources/ are in none."""
    match parts:
        case ("sources", kind, _, *_):
            return kind
    return None


def _is_play(parts: Parts) -> bool:
    return parts[:1] == ("plays",)


def free_of_home_assistant(each: Import, _: Tree) -> bool:
    """Clients, models, rules, prediction and the guardian know no Home Assistant."""
    return not knows_no_home_assistant(each.module) or not each.is_home_assistant


def free_of_it_at_second_hand(each: Import, tree: Tree) -> bool:
    """Nor do they take anything from a file of ours that does."""
    return not knows_no_home_assistant(each.module) or each.inside not in tree.bound


def sources_keep_apart(each: Import, tree: Tree) -> bool:
    """A source imports no other source."""
    mine = _folder(each.module)
    if mine is None or each.inside is None or each.inside[:1] != ("sources",):
        return True
    if each.inside == ("sources",):  # the registry imports every source
        return False
    return each.inside[1] == mine or tree.is_shared(each.inside)


def _folder(module: Module) -> str | None:
    """Return the kind whose folder holds the file, its `__init__.py` included."""
    if module.parts[:1] == ("sources",) and module.is_package and len(module.parts) == 2:
        return module.parts[1]
    return _source(module.parts)


def sources_take_the_contract(each: Import, _: Tree) -> bool:
    """A source takes only the contract, the capabilities and own_path from the guardian."""
    if _folder(each.module) is None or not each.inside:
        return True
    if each.inside[0] == "guardian":
        return each.inside[1:] != () and each.inside[1] in SHARED_WITH_SOURCES
    return True


def guardian_knows_no_source(each: Import, _: Tree) -> bool:
    """The guardian imports no source and no play."""
    if each.module.parts[:1] != ("guardian",) or not each.inside:
        return True
    return each.inside[0] not in ("sources", "plays")


def plays_take_models(each: Import, tree: Tree) -> bool:
    """Of a source a play takes the model; what belongs to all sources, such as their errors, it may take too."""
    if not _is_play(each.module.parts) or not each.inside or each.inside[0] != "sources":
        return True
    if tree.is_shared(each.inside):
        return True
    return len(each.inside) == 3 and each.inside[2] == "model"


def only_setup_takes_plays(each: Import, _: Tree) -> bool:
    """Nobody imports a play but the set-up of the integration, and plays each other."""
    if not each.inside or not _is_play(each.inside):
        return True
    return each.module.parts == () or _is_play(each.module.parts)


def platforms_take_tables(each: Import, _: Tree) -> bool:
    """A platform file takes tables from a source, never a client."""
    if len(each.module.parts) != 1 or each.module.parts[0] not in PLATFORMS:
        return True
    if not each.inside or each.inside[:1] != ("sources",) or not _source(each.inside):
        return True
    return each.inside[2] in OPEN_TO_PLATFORMS


RULES: tuple[Callable[[Import, Tree], bool], ...] = (
    free_of_home_assistant,
    free_of_it_at_second_hand,
    sources_keep_apart,
    sources_take_the_contract,
    guardian_knows_no_source,
    plays_take_models,
    only_setup_takes_plays,
    platforms_take_tables,
)


def broken(package: Path) -> list[str]:
    """Return every import that breaks a rule, with the rule's name."""
    tree = Tree(package)
    return [
        f"{rule.__name__}: {each.module.name}:{each.line} imports {each.name}"
        for found in tree.imports.values()
        for each in found
        for rule in RULES
        if not rule(each, tree)
    ]
