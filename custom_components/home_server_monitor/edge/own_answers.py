"""Answers that a source of its own takes to findings, beside those that the guardian takes to all of them."""

from typing import TYPE_CHECKING

from ..guardian.capabilities import AnswersFindings
from ..guardian.contract import Actor, Refusal, Refused
from ..guardian.finding import Tracked
from .messages import Button

if TYPE_CHECKING:
    from .guardian import Guardian


CANCEL = "cancel"


def verbs_of(of: Guardian, tracked: Tracked) -> list[str]:
    """Return what may be answered to a finding now, beside the usual."""
    return [verb for source in _sources(of) for verb in source.answers_to(tracked.finding)]


def buttons_of(of: Guardian, tracked: Tracked | None) -> tuple[Button, ...]:
    """Return the buttons of these answers."""
    if tracked is None:
        return ()
    return tuple(Button(verb, of.texts.common(f"answer_{verb}")) for verb in verbs_of(of, tracked))


def urgent_of(of: Guardian, tracked: Tracked) -> tuple[Button, ...]:
    """Return the buttons of answers that cannot wait: to cancel what begins in a moment."""
    return tuple(each for each in buttons_of(of, tracked) if each.verb == CANCEL)


async def take(of: Guardian, tracked: Tracked, verb: str, actor: Actor) -> str:
    """Hand an answer on; returns what is said to whom answered, "" for nothing. Raises Refused."""
    for source in _sources(of):
        if verb in source.answers_to(tracked.finding):
            said: str = await source.answer(tracked.id, verb, actor)
            return said
    raise Refused(Refusal("nothing_to_answer"))


def _sources(of: Guardian) -> list[AnswersFindings]:
    return [each for each in of.house.capable(AnswersFindings) if each.server == of.id]
