"""Why a run sends no further step."""

from collections.abc import Mapping


class Stop(Exception):
    """The next step is certainly not done, and none is sent any more."""

    def __init__(
        self, reason: str, details: Mapping[str, str] | None = None, *, wanted: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = details or {}
        # nothing went wrong: somebody or something said no
        self.wanted = wanted


class Unknown(Exception):
    """Whether the step before is done cannot be told."""
