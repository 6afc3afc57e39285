"""Which images keep a database: its files are whole only while it stands still, and its versions do not go back."""

from ..database_names import names_a_database
from .reference import repository_of


def keeps_a_database(reference: str) -> bool:
    """Return whether an image is that of a database, by the last part of its name."""
    return names_a_database(repository_of(reference).rpartition("/")[2])
