"""Who counts as a person that may approve: an admin user, or a Telegram account that an admin tied to one."""

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.http import current_request

from ..guardian.contract import Actor


async def user_actor(
    hass: HomeAssistant, user_id: str | None, via: str, context: str | None = None
) -> Actor | None:
    """Return who a user id stands for, or None where it stands for no active person."""
    user = await hass.auth.async_get_user(user_id) if user_id else None
    if user is None or not user.is_active or user.system_generated:
        return None
    return Actor(
        kind="user", id=user.id, name=user.name or user.id, admin=user.is_admin, via=via, context=context
    )


async def context_actor(hass: HomeAssistant, context: Context | None, via: str) -> Actor | None:
    """Return the person behind a context; an automation has none."""
    return await user_actor(hass, context.user_id, via, context.id) if context else None


def context_of(actor: Actor | None) -> Context | None:
    """Return the context of what is done for somebody, so that the logbook shows who; None where nobody stands behind."""
    if actor is None:
        return None
    return Context(user_id=actor.id if actor.kind == "user" else None, parent_id=actor.context)


async def request_actor(hass: HomeAssistant, via: str) -> Actor | None:
    """Return the person whose request is being answered."""
    request = current_request.get()
    user = request.get("hass_user") if request is not None else None
    return await user_actor(hass, user.id, via) if user is not None else None
