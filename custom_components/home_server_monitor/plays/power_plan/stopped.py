"""What was stopped while the power was out, as the journal holds it: written before the first order, until it is back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .items import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """One thing that ran. stage: in which it was ended; parts: ids of the records of that; leases: (setting, target)."""

    stage: str
    item: Item
    parts: tuple[str, ...] = ()
    leases: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Ledger:
    """All of it, in the order in which it was ended."""

    rows: dict[str, Stopped] = field(default_factory=dict)

    def begin(self, stage: str, item: Item) -> None:
        """Note that something ran and is about to be ended; what is known of it stays."""
        self.rows.setdefault(item.key, Stopped(stage=stage, item=item))

    def ordered(self, item: Item, part: str, leases: tuple[tuple[str, str], ...]) -> None:
        """Note the record that ends it."""
        if (row := self.rows.get(item.key)) is not None and part not in row.parts:
            self.rows[item.key] = replace(
                row, parts=(*row.parts, part), leases=tuple(dict.fromkeys((*row.leases, *leases)))
            )

    def of(self, stage: str) -> list[Stopped]:
        """Return what a stage ended, in that order."""
        return [row for row in self.rows.values() if row.stage == stage]

    def names(self) -> list[str]:
        """Return what it is called, each once: a client that is paused is in a container that is stopped."""
        found: dict[str, str] = {}
        for row in self.rows.values():
            found.setdefault(row.item.name.casefold(), row.item.name)
        return [*found.values()]

    def back(self, row: Stopped) -> None:
        """Forget one that is back, or is nobody's to bring back."""
        self.rows.pop(row.item.key, None)

    def pack(self) -> list[dict[str, Any]]:
        """Return it as JSON."""
        return [
            {
                "stage": row.stage,
                "item": row.item.pack(),
                "parts": list(row.parts),
                "leases": [list(each) for each in row.leases],
            }
            for row in self.rows.values()
        ]

    def load(self, raw: Any) -> None:
        """Take what was packed, row by row, without what is damaged."""
        for each in raw if isinstance(raw, list) else ():
            row = _row(each)
            if row is not None:
                self.rows[row.item.key] = row


def _row(raw: Mapping[str, Any]) -> Stopped | None:
    try:
        return Stopped(
            stage=str(raw["stage"]),
            item=Item.unpack(raw["item"]),
            parts=tuple(map(str, raw["parts"])),
            leases=tuple((str(setting), str(target)) for setting, target in raw["leases"]),
        )
    except KeyError, TypeError, ValueError:
        return None
