"""What a blueprint shows one recipient of a finding or a proposal, with the buttons that this person may press."""

from typing import TYPE_CHECKING, Any

from ..guardian.contract import Actor, Severity
from ..guardian.finding import Tracked
from ..guardian.remediation import Record, State
from . import clock, own_answers
from .messages import REPAIRS, Message
from .settings import Phone, phones

if TYPE_CHECKING:
    from .guardian import Guardian


async def buttons_for(of: Guardian, subject: str, recipient: str) -> dict[str, Any] | None:
    """Return what a blueprint shows one recipient about a finding or a proposal; None where there is no such.

    message_id: of the message in a Telegram chat that it is written into, None where it is a new one.
    """
    record = of.desk.records.get(subject)
    tracked = of.tracked(record.finding if record and record.finding else subject)
    if tracked is None and record is None:
        return None
    if tracked is not None and (record is None or record.state is not State.PROPOSED):
        record = await of.proposals.propose_for(tracked)
    followed = of.speaker.delivery.elsewhere
    message = followed.said(subject) or _message(of, tracked, record)
    phone = _phone(phones(of.hass), recipient)
    people = await of.speaker.delivery.people_of(phone) if phone else _telegram(of, recipient)
    shown = await of.speaker.delivery.buttons(message, recipient, people) if people else []
    return {
        "title": message.title,
        "message": message.text,
        "tag": message.tag,
        "critical": message.critical,
        "severity": message.severity,
        "url": message.url,
        "told": phone is not None and phone.entry_id in of.settings.phones and tracked is not None,
        "buttons": shown,
        "message_id": followed.message_id(subject, recipient),
    }


def _telegram(of: Guardian, recipient: str) -> list[Actor]:
    """Return the tied accounts of a chat (`telegram:<chat id>`)."""
    chat = recipient.removeprefix("telegram:")
    return [
        Actor(kind="telegram", id=f"{user}:{where}", name=f"Telegram {user}", via="telegram")
        for user, where in sorted(of.settings.telegram)
        if recipient.startswith("telegram:") and str(where) == chat
    ]


def _message(of: Guardian, tracked: Tracked | None, record: Record | None) -> Message:
    """Return what is to be said now: the finding, or how it ended, or a plan without a finding."""
    if tracked is None:
        if record is not None and (said := of.speaker.outcomes.message(record)) is not None:
            return said
        lines = of.wording.plan(record, None) if record else []
        return of.compose.why(None, record, lines, REPAIRS, of.waits.choices(record))
    if (over := of.wording.settled(tracked)) is not None:
        return over
    return of.compose.finding(
        tracked,
        record,
        settings=of.settings,
        now=clock.now(),
        critical=tracked.severity is Severity.CRITICAL,
        url=of.wording.url(tracked),
        changes=of.wording.changes(tracked),
        choices=of.waits.choices(record),
        own=own_answers.urgent_of(of, tracked),
    )


def _phone(known: dict[str, Phone], recipient: str) -> Phone | None:
    """Return the phone behind a notify action (`notify.mobile_app_x`), a device id or an entry id."""
    name = recipient.removeprefix("notify.")
    if not name:
        return None
    return next(
        (each for each in known.values() if name in (each.action, each.device_id, each.entry_id)), None
    )
