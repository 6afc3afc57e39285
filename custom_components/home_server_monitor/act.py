"""async_act: the one way anything here acts on a user's server."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .coordinator import ServiceCoordinator
from .edge.errors import told
from .edge.naming import target_name
from .edge.patience import ended
from .edge.people import context_actor
from .guardian.contract import SYSTEM, Actor, Outcome, Risk
from .guardian.desk import Desk
from .guardian.remediation import Record, State

_NOT_DONE = {
    State.FAILED: "action_failed",
    State.ROLLED_BACK: "action_rolled_back",
    State.INCONCLUSIVE: "action_inconclusive",
}


async def async_act(
    hass: HomeAssistant,
    context: Context | None,
    source: ServiceCoordinator[Any],
    action: str,
    target: str,
    params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run one action because an admin user stands behind it, and return what was seen to have happened.

    What is of high risk, and what nobody or no admin stands behind, becomes a proposal instead. Raises
    ServiceValidationError where nothing was sent, HomeAssistantError where it failed or where nothing can be said
    about it: an order that was sent is not a success.
    """
    guardian = _guardian_of(source)
    actor = await context_actor(hass, context, "entity")
    desk: Desk = guardian.desk
    record = await told(
        desk.propose(
            source.id,
            action,
            target,
            params or {},
            actor=actor or SYSTEM,
            name=target_name(guardian, source.id, target),
        ),
    )
    if record.state is State.PROPOSED:
        record = await _approved(desk, record, actor)
    if record.is_waiting:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="waits_already")
    record = await ended(guardian, record, actor)
    if record.state is State.FAILED and (err := desk.runner.errors.get(record.id)) is not None:
        await told(_raise(err))
    return _response(record, guardian.wording.reason(record))


def _guardian_of(source: ServiceCoordinator[Any]) -> Any:
    """Return the guardian that may act on a source now. Raises ServiceValidationError where it cannot."""
    guardian = source.house.guardian(source.server)
    if guardian is None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_guardian")
    if not source.last_update_success:
        # a refused key is the person's matter, and no network's
        refused = isinstance(source.last_exception, ConfigEntryAuthFailed)
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="auth_failed" if refused else "not_reachable",
            translation_placeholders={"name": source.name},
        )
    if refusal := guardian.proposals.refusal():
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key=refusal)
    return guardian


async def _approved(desk: Desk, record: Record, actor: Actor | None) -> Record:
    """Approve a proposal for who pressed. Raises ServiceValidationError where it stays one."""
    if actor is None or desk.policy.may_decide(record, actor):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="proposed_only")
    if record.risk is Risk.HIGH:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="proposed_in_repairs")
    return await told(desk.approve(record.id, actor))


async def _raise(err: Exception) -> None:
    raise err


def _response(record: Record, reason: str) -> dict[str, Any]:
    """Return what was seen to have happened, or raise what is told instead."""
    facts = dict(record.verdict.facts) if record.verdict else {}
    if record.state is State.SUCCEEDED:
        return {"outcome": Outcome.SUCCEEDED.value, "target": record.target, "proposal": record.id, **facts}
    if record.state in _NOT_DONE:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=_NOT_DONE[record.state],
            translation_placeholders={"error": reason or "?"},
        )
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_started",
        translation_placeholders={"state": record.state.value, "reason": reason or record.state.value},
    )
