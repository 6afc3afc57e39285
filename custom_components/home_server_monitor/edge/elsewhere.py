"""What channels of blueprints show of what goes on without a proposal, and the messages of Telegram that it replaces."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import callback

from .messages import Message

TELEGRAM_SENT: Final = "telegram_sent"
# of each the newest are remembered
KEPT: Final = 200


class Elsewhere:
    """What was said last of findings that their source follows up itself; in memory, for it is asked for at once."""

    def __init__(self) -> None:
        # by finding: what was said last, and whether that was the end
        self._said: dict[str, tuple[Message, bool]] = {}
        # by chat and tag
        self._sent: dict[tuple[str, str], int] = {}

    @callback
    def note(self, finding: str, message: Message, *, ends: bool) -> None:
        """Remember what is said of a finding now."""
        _put(self._said, finding, (message, ends))

    def said(self, finding: str) -> Message | None:
        """Return what was said last of a finding, None where nothing was."""
        return self._said[finding][0] if finding in self._said else None

    @callback
    def sent(self, data: Mapping[str, Any]) -> None:
        """Note a message that the Telegram bot has sent, where it has a tag of ours."""
        tag, number = data.get("message_tag"), data.get("message_id")
        if isinstance(tag, str) and tag.startswith("hsm-") and isinstance(number, int):
            _put(self._sent, (str(data.get("chat_id")), tag), number)

    def message_id(self, finding: str, recipient: str) -> int | None:
        """Return the message of a Telegram chat that a stage is written into; an end is a message of its own."""
        message, ends = self._said.get(finding, (None, True))
        if message is None or ends:
            return None
        return self._sent.get((recipient.removeprefix("telegram:"), message.tag))


def _put[K, V](kept: dict[K, V], key: K, value: V) -> None:
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > KEPT:
        del kept[next(iter(kept))]
