"""Orders that an admin gives: proposed, approved as the dialog in Repairs does it, and waited for."""

from collections.abc import Mapping
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.guardian.contract import Actor, Outcome, Verdict
from custom_components.home_server_monitor.guardian.desk import Desk
from custom_components.home_server_monitor.guardian.remediation import Record, State

ADMIN = Actor(kind="user", id="admin", name="Ann", admin=True, via="repairs")
_AS = {
    State.SUCCEEDED: Outcome.SUCCEEDED,
    State.FAILED: Outcome.FAILED,
    State.INCONCLUSIVE: Outcome.INCONCLUSIVE,
}


def desk_of(entry: MockConfigEntry) -> Desk:
    """Return the desk at which a source's actions are run."""
    source = entry.runtime_data
    found: Desk = source.house.guardian(source.server).desk
    return found


async def ended(entry: MockConfigEntry, action: str, target: str, **params: Any) -> Record:
    """Give an order and return its record once it has ended. Raises what was raised."""
    desk = desk_of(entry)
    record = await desk.propose(entry.runtime_data.id, action, target, params, actor=ADMIN)
    await desk.approve(record.id, ADMIN, typed=record.name)
    record = await desk.wait(record.id)
    if record.state is State.FAILED and (error := desk.runner.errors.get(record.id)) is not None:
        raise error
    return record


async def act(entry: MockConfigEntry, action: str, target: str, **params: Any) -> Verdict:
    """Give an order and return what was seen of it. Raises what was raised."""
    record = await ended(entry, action, target, **params)
    facts: Mapping[str, Any] = record.verdict.facts if record.verdict else {"reason": record.reason}
    return Verdict(_AS[record.state], facts)
