"""What a method accepts: specs that check a value, fill in defaults, and refuse all else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import EINVAL, InvalidError

type Errors = list[tuple[str, str, int]]


class _Required:
    """Marks a value without which the call is refused."""


REQUIRED: Any = _Required()


class Spec(Protocol):
    """One kind of value."""

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """The value with defaults filled in; problems are appended."""


def _bad(errors: Errors, path: str, text: str) -> None:
    errors.append((path, text, EINVAL))


@dataclass(frozen=True, slots=True)
class Text:
    """A string, perhaps one of a few."""

    choices: tuple[str, ...] = ()
    nullable: bool = False

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """See Spec."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, str):
            _bad(errors, path, "Input should be a valid string")
        elif self.choices and value not in self.choices:
            _bad(errors, path, f"Input should be {', '.join(map(repr, self.choices))}")
        return value


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number; a boolean is none."""

    nullable: bool = False
    low: int | None = None
    high: int | None = None

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """See Spec."""
        if value is None and self.nullable:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            _bad(errors, path, "Input should be a valid integer")
        elif self.low is not None and value < self.low:
            _bad(errors, path, f"Input should be greater than or equal to {self.low}")
        elif self.high is not None and value > self.high:
            _bad(errors, path, f"Input should be less than or equal to {self.high}")
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """See Spec."""
        if not isinstance(value, bool):
            _bad(errors, path, "Input should be a valid boolean")
        return value


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON."""

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """See Spec."""
        return value


@dataclass(frozen=True, slots=True)
class Items:
    """An array."""

    of: Spec
    nullable: bool = False

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """See Spec."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, list):
            _bad(errors, path, "Input should be a valid list")
            return value
        return [self.of.check(item, f"{path}.{index}", errors) for index, item in enumerate(value)]


@dataclass(frozen=True, slots=True)
class Either:
    """The first spec that fits."""

    specs: tuple[Spec, ...]

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """See Spec."""
        first: Errors = []
        for spec in self.specs:
            tried: Errors = []
            checked = spec.check(value, path, tried)
            if not tried:
                return checked
            first = first or tried
        errors.extend(first)
        return value


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a record."""

    spec: Spec
    default: Any = REQUIRED


@dataclass(frozen=True, slots=True)
class Record:
    """An object; unknown keys are refused unless `free`."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    free: bool = False
    nullable: bool = False

    def check(self, value: Any, path: str, errors: Errors) -> Any:
        """See Spec."""
        if value is None and self.nullable:
            return None
        if not isinstance(value, dict):
            _bad(errors, path, "Input should be a valid dictionary")
            return value
        checked = dict(value) if self.free else {}
        if not self.free:
            for name in value.keys() - self.keys.keys():
                _bad(errors, f"{path}.{name}", "Extra inputs are not permitted")
        for name, key in self.keys.items():
            if name in value:
                checked[name] = key.spec.check(value[name], f"{path}.{name}", errors)
            elif key.default is REQUIRED:
                _bad(errors, f"{path}.{name}", "Field required")
            else:
                checked[name] = key.default
        return checked


@dataclass(frozen=True, slots=True)
class Param:
    """One positional parameter."""

    name: str
    spec: Spec
    default: Any = REQUIRED


def options(**keys: tuple[Spec, Any]) -> Record:
    """A record whose keys are all optional: name=(spec, default)."""
    return Record({name: Key(spec, default) for name, (spec, default) in keys.items()})


FILTERS = Param("filters", Items(Anything()), ())
OPTIONS = Param(
    "options",
    options(
        relationships=(Flag(), True),
        extend=(Text(nullable=True), None),
        extend_context=(Text(nullable=True), None),
        prefix=(Text(nullable=True), None),
        extra=(Record(free=True), {}),
        order_by=(Items(Text()), []),
        select=(Items(Either((Text(), Items(Text())))), []),
        count=(Flag(), False),
        get=(Flag(), False),
        offset=(Integer(low=0), 0),
        limit=(Integer(low=0), 0),
        force_sql_filters=(Flag(), False),
    ),
    {},
)


def check(params: tuple[Param, ...], given: list[Any]) -> list[Any]:
    """Positional arguments with defaults filled in; raises Invalid."""
    errors: Errors = []
    if len(given) > len(params):
        raise InvalidError([("", f"Too many arguments (expected {len(params)}, found {len(given)})", EINVAL)])
    checked: list[Any] = []
    for position, param in enumerate(params):
        if position < len(given):
            checked.append(param.spec.check(given[position], param.name, errors))
        elif param.default is REQUIRED:
            _bad(errors, param.name, "Field required")
        elif isinstance(param.spec, Record):
            checked.append(param.spec.check(dict(param.default or {}), param.name, errors))
        else:
            checked.append(param.default)
    if errors:
        raise InvalidError(errors)
    return checked
