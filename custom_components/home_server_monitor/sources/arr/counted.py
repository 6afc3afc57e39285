"""How many records a listing has, and whether it shows what it counts."""

from ..errors import BadResponse
from ..records import Row, number


def total(row: Row) -> int | None:
    """Return how many records a listing has, whatever it shows of them; None where it does not say."""
    found = number(row.get("totalRecords"))
    return None if found is None or found < 0 else int(found)


def counted(row: Row) -> int | None:
    """Return how many records a listing has that was asked for one of them. Raises BadResponse where it shows none."""
    found = total(row)
    if found and not row.get("records"):
        raise BadResponse("It says that there is more than it shows")
    return found
