"""What the guardian could answer: one finding, one proposal and so on, to be varied by a test."""

from datetime import UTC, datetime, timedelta
from typing import Any


def at(**ago: float) -> str:
    """Return the instant that long ago."""
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def finding(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a finding that fires."""
    found = {
        "id": f"{number:012x}",
        "rule": "pool_errors",
        "severity": "high",
        "state": "firing",
        "title": "Pool tank: 14 checksum errors",
        "meaning": "No data lost; the mirror repaired them.",
        "advice": "A scrub reads everything once and shows whether there are more.",
        "object": "pool:1",
        "object_name": "tank",
        "device_id": None,
        "source": "nas",
        "source_name": "truenas",
        "since": at(hours=3),
        "count": 1,
        "snoozed_until": None,
        "acknowledged_by": None,
        "inhibited_by": None,
        "frozen": False,
        "proposal": None,
        "verb": None,
        "risk": None,
        "done": None,
        "answers": [],
        "changes": [],
    }
    return found | changes


def source(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a source that answers."""
    found = {
        "id": f"nas{number}",
        "name": "truenas",
        "kind": "truenas",
        "state": "ok",
        "device_id": None,
        "checked": at(seconds=20),
        "found": "3 pools, 5 disks, 8 apps",
        "missing": [],
    }
    return found | changes


def member(name: str, **changes: Any) -> dict[str, Any]:
    """Return a container of an engine, as it is shown at a glance."""
    found = {
        "name": name,
        "state": "running",
        "health": "healthy",
        "project": "media",
        "cpu_percent": 2.5,
        "memory": 512 * 1024**2,
        "rx_rate": 1000.0,
        "tx_rate": 20.0,
        "score": 60,
        "latest": None,
    }
    return found | changes


def engine(*containers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an engine at a glance."""
    found = {
        "name": "media",
        "version": "28.5.2",
        "kind": "docker",
        "running": sum(each["state"] == "running" for each in containers),
        "total": len(containers),
        "unhealthy": 0,
        "updates": 0,
        "cpu_percent": 12.0,
        "memory": 3 * 1024**3,
        "machine_memory": 32 * 1024**3,
        "rx_rate": 2 * 1024**2,
        "tx_rate": 10240.0,
        "reclaimable": None,
        "score": 72,
        "serious": 1,
        "containers": [*containers],
        "stacks": [{"name": "media", "status": None, "running": 1, "total": 2}],
        "missing": [],
    }
    return {"overview": [found | changes]}


def proposal(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a proposal that waits for a person."""
    found = {
        "id": f"01J{number:023d}",
        "action": "start_scrub",
        "verb": "Start scrub",
        "target": "pool:1",
        "target_name": "tank",
        "risk": "low",
        "state": "proposed",
        "created": at(minutes=5),
        "expires": at(hours=-3.5),
        "finding": None,
        "title": "Start a scrub of tank",
        "what": "Reads every block of tank and repairs what it can.",
        "why": "14 checksum errors were counted since this morning.",
        "undo": "The scrub can be stopped at any time.",
        "depends": ["Plex", "Photos"],
        "needs_typing": False,
        "typed_name": "",
    }
    return found | changes


def ended(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a proposal that was decided."""
    decision = {
        "state": "succeeded",
        "outcome": "The scrub runs",
        "by": "Owner",
        "via": "phone",
        "ended": at(days=1),
    }
    return proposal(number) | decision | changes


def mended(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return what an approved action mended."""
    found = {
        "id": f"{number:012x}",
        "title": "Mended: Pool tank: no scrub for 52 days",
        "text": "By: Start scrub, approved by Owner.",
        "at": at(hours=2),
        "proposal": "01J",
    }
    return found | changes


def line(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a line of the journal."""
    said = {
        "at": at(days=1, minutes=number),
        "text": "Scrub of tank was approved",
        "kind": "record",
        "id": f"{number}",
        "by": "Owner",
    }
    return said | changes


def power(**changes: Any) -> dict[str, Any]:
    """Return power at a glance: an outage in which two things are stopped."""
    unit = {"id": "ups", "name": "Rack", "device_id": None, "answers": True, "state": "on_battery"}
    plan = {
        "ups": "ups",
        "state": "load_shed",
        "mode": "prepare",
        "approved": True,
        "can_cancel": True,
        "practised": False,
        "says": "On battery.",
        "ends": None,
        "count": 2,
        "stopped": ["sonarr", "gluetun"],
        "needed": 200,
        "lasts": 480,
        "covered": False,
        "health": 81,
        "stages": [
            {"stage": "settle", "name": "running updates", "limit": 60.0, "took": None},
            {"stage": "workloads", "name": "apps and containers", "limit": 120.0, "took": 42.0},
        ],
    }
    return {
        "units": [unit | {"charge": 92.0, "runtime": 1025.0, "load": 18.0, "watts": 97.0}],
        "plan": plan | changes,
    }


def findings(*found: dict[str, Any], sources: Any = None, **changes: Any) -> dict[str, Any]:
    """Return what list_findings answers."""
    answer = {
        "findings": [*found],
        "checked": at(seconds=20),
        "sources": [source()] if sources is None else sources,
    }
    return answer | changes
