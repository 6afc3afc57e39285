"""What the response actions of an engine answer with."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ...guardian.contract import Missing
from .accepting import Acceptances
from .audit_view import audit_view
from .offering import Offering
from .overview import overview
from .update_rows import update_rows
from .watching import Watching

# which lists are in the person's language
IN_WORDS = frozenset({"audit", "overview", "updates"})


class Words(Protocol):
    """The texts of the messages."""

    def common(self, key: str, placeholders: Mapping[str, Any] | None = None, default: str = "?") -> str:
        """Return a text of the messages."""
        ...

    def refusal(self, key: str, placeholders: Mapping[str, Any]) -> str:
        """Return why something is not done."""
        ...


class Answering(Watching, Protocol):
    """The source that answers; see the coordinator."""

    accepted: Acceptances
    offering: Offering

    @property
    def missing(self) -> Sequence[Missing]:
        """Return what cannot be seen here."""
        ...


def in_words(
    source: Answering, key: str, fields: Mapping[str, Any], texts: Words, now: datetime
) -> list[dict[str, Any]]:
    """Return one of the lists `IN_WORDS`. fields: `container` picks one in the audit."""
    data = source.data
    if key == "updates":
        return update_rows(
            data,
            source.offering.offer,
            lambda why, said: texts.common(f"left_{why}", said, default="") or texts.refusal(why, said),
            texts.common,
        )
    if key == "overview":
        return [
            overview(
                data, [texts.common(f"missing_{each.key}", each.placeholders) for each in source.missing]
            )
        ]
    reports = [*([data.audit] if data.audit else ()), *data.audits.values()]
    wanted = fields.get("container")
    shown = [each for each in reports if wanted in (None, each.name)]
    return audit_view(shown, source.accepted, now, texts.common)
