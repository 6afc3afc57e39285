"""async_act: the one way anything here acts on a user's server."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .coordinator import ServiceCoordinator
from .guardian.contract import Outcome, Refused
from .sources.errors import ClientError, NotSupported, PermissionDenied

_NOT_DONE = {Outcome.FAILED: "action_failed", Outcome.INCONCLUSIVE: "action_inconclusive"}


async def async_act(
    hass: HomeAssistant,
    context: Context | None,
    source: ServiceCoordinator[Any],
    action: str,
    target: str,
    params: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Run one action because an admin user stands behind it, and return what was seen to have happened.

    Raises ServiceValidationError where it is refused before anything was sent, HomeAssistantError where it failed
    or where nothing can be said about it: an order that was sent is not a success.
    """
    user = await hass.auth.async_get_user(context.user_id) if context and context.user_id else None
    if user is None or not user.is_admin:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="admin_only")
    if not source.last_update_success:
        # a refused key is the person's matter, and no network's
        refused = isinstance(source.last_exception, ConfigEntryAuthFailed)
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="auth_failed" if refused else "not_reachable",
            translation_placeholders={"name": source.name},
        )
    try:
        verdict = await source.house.act(source, action, target, params or {})
    except Refused as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=err.refusal.key,
            translation_placeholders=dict(err.refusal.placeholders),
        ) from err
    except PermissionDenied as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_permitted",
            translation_placeholders={"method": err.method},
        ) from err
    except NotSupported as err:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_such_action") from err
    except ClientError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="action_failed",
            translation_placeholders={"error": str(err)},
        ) from err
    if verdict.outcome is not Outcome.SUCCEEDED:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=_NOT_DONE[verdict.outcome],
            translation_placeholders={"error": str(verdict.facts.get("reason", "?"))},
        )
    return {"outcome": verdict.outcome.value, "target": target, **verdict.facts}
