"""What the engine refuses, with the status and the words that its API has for it."""


class EngineError(Exception):
    """A refusal; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class NotModifiedError(Exception):
    """It is already as it was asked to be."""
