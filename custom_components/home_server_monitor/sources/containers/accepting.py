"""What an admin decided to live with: kept until it is revoked or its time is over."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

from .audit import Accepted
from .audit_case import Grade

type Save = Callable[[list[dict[str, Any]]], Awaitable[None]]


class Acceptances:
    """The accepted checks of one engine. save: writes them down before anything says that they are."""

    def __init__(self, save: Save) -> None:
        self._save = save
        self._rows: dict[tuple[str, str], Accepted] = {}

    def __iter__(self) -> Iterator[Accepted]:
        """Yield all of them."""
        return iter(self._rows.values())

    def load(self, rows: object) -> None:
        """Take what was saved; what cannot be read is open again."""
        for row in rows if isinstance(rows, list) else ():
            if (found := _read(row)) is not None:
                self._rows[found.container, found.check] = found

    def find(self, container: str, check: str) -> Accepted | None:
        """Return what was accepted of a container, or of the engine, whose name is empty."""
        return self._rows.get((container, check))

    async def add(self, accepted: Accepted) -> None:
        """Live with a check."""
        await self._put({**self._rows, (accepted.container, accepted.check): accepted})

    async def remove(self, container: str, check: str) -> None:
        """Live with it no longer."""
        await self._put({key: row for key, row in self._rows.items() if key != (container, check)})

    async def _put(self, rows: dict[tuple[str, str], Accepted]) -> None:
        await self._save([packed(each) for each in rows.values()])
        self._rows = rows


def packed(row: Accepted) -> dict[str, Any]:
    """Return one as JSON can hold it."""
    return {
        "container": row.container,
        "check": row.check,
        "reason": row.reason,
        "grade": row.grade.name.lower(),
        "until": row.until.isoformat(),
    }


def _read(row: Any) -> Accepted | None:
    try:
        until = datetime.fromisoformat(row["until"])
        if until.tzinfo is None:
            return None
        return Accepted(
            container=str(row["container"]),
            check=str(row["check"]),
            reason=str(row["reason"]),
            grade=Grade[row["grade"].upper()],
            until=until,
        )
    except KeyError, TypeError, ValueError, AttributeError:
        return None
