"""The way that films take, at a glance: queues, download clients, players, the line, and what is held back and why."""

from typing import TYPE_CHECKING, Any

from homeassistant.helpers import device_registry as dr

from ..const import DOMAIN
from ..guardian.capabilities_media import ShowsMedia
from ..guardian.capabilities_power import WatchesPower
from ..guardian.lease import OF_RECORD
from ..guardian.plain import plain
from . import clock
from .naming import iso

if TYPE_CHECKING:
    from .guardian import Guardian

PARTS = ("apps", "clients", "players")
# what is shown here of what is lent: what is about a client as a whole, and whatever a play asks for
OF_CLIENTS = ("download_limit", "downloads_paused")


def media_view(of: Guardian) -> dict[str, Any]:
    """Return all rows, by part; nothing is asked of anybody."""
    found: dict[str, Any] = {part: [] for part in PARTS} | {"queue": [], "line": None}
    for source in of.house.capable(ShowsMedia):
        if source.server != of.id or not (row := dict(source.media())):
            continue
        part = row.pop("part")
        if part == "line":
            found["line"] = row
            continue
        items = row.pop("items", [])
        found[part].append(who(of, source) | row)
        if source.judged:
            found["queue"] += [_item(of, source.id, row.get("app", ""), each) for each in items]
    found["queue"].sort(key=lambda each: (not each["stuck"], each["state"] == "planned", each["title"]))
    return found | {"lent": _lent(of)}


def who(of: Guardian, source: ShowsMedia | WatchesPower) -> dict[str, Any]:
    """Return which service a row is about, and whether it answers."""
    stand = of.watch.stands.get(source.id)
    device = (
        dr.async_get(of.hass).async_get_device_by_identifier((DOMAIN, source.id), stand.entry_id)
        if stand
        else None
    )
    return {
        "id": source.id,
        "name": plain(source.name),
        "device_id": device.id if device else None,
        "answers": source.judged,
    }


def _item(of: Guardian, source: str, app: str, item: dict[str, Any]) -> dict[str, Any]:
    """Return something of a queue, with why it is stuck in words."""
    row = {key: item[key] for key in ("state", "stuck", "size", "left", "time_left")}
    known = {"app": app, "client": plain(item["client"]) or "?", "said": plain(item["said"]) or "-"}
    why = of.texts.common(f"cause_{item['problem']}", known, default="") if item["problem"] else ""
    return row | {"app": app, "source": source, "title": plain(item["title"]), "why": _begun(why) or None}


def _begun(text: str) -> str:
    """Return what is said inside of a sentence as the beginning of one."""
    return text[:1].upper() + text[1:]


def _lent(of: Guardian) -> list[dict[str, Any]]:
    """Return what is held back for a while, each thing once, however many values of it."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    now = clock.now()
    for change in of.desk.leases.changes.values():
        for lease in change.leases:
            by_a_play = not lease.owner.startswith(OF_RECORD)
            if lease.ends <= now or not (change.kind in OF_CLIENTS or by_a_play):
                continue
            key = (change.kind, change.name, lease.by)
            row = rows.setdefault(
                key,
                {
                    "what": _begun(of.wording.lent(change, exactly=False)),
                    "by": plain(lease.by),
                    "until": iso(lease.ends),
                },
            )
            # what a play asks for it asks for anew, as long as it is needed
            row["while_needed"] = by_a_play
    return list(rows.values())
