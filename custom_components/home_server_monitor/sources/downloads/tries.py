"""Wrong credentials are shown twice at most: clients ban who goes on, or leave a warning each time."""

from typing import Final

from ..errors import AuthFailed

# the second one is for a server that was only starting
MOST: Final = 2


class Tries:
    """Counts refusals in a row. what: the credentials, as in `It does not take this password`."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._refused = 0

    def ask(self) -> None:
        """Ask whether they may be shown. Raises AuthFailed where they were refused too often."""
        if self._refused >= MOST:
            raise self._failed()

    def refused(self) -> AuthFailed:
        """Note that they were refused, and return what that means."""
        self._refused += 1
        return self._failed()

    def taken(self) -> None:
        """Note that they are good."""
        self._refused = 0

    def _failed(self) -> AuthFailed:
        return AuthFailed(f"It does not take {self._what}")
