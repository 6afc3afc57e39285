"""What most capabilities say of whom has them: which server it hangs on, which source it is, whether it is up to date."""

from typing import Protocol


class OfServer(Protocol):
    """Something that hangs on the entry of a server."""

    @property
    def server(self) -> str:
        """Return the unique id of the server's entry that it hangs on."""
        ...


class OfSource(OfServer, Protocol):
    """A source of a server, by its id."""

    id: str


class Judged(OfServer, Protocol):
    """Something whose values are shown, or kept from being shown."""

    @property
    def judged(self) -> bool:
        """Return whether what it shows is of now."""
        ...


class JudgedSource(Judged, OfSource, Protocol):
    """A source of a server whose values are shown."""
