"""Actions: each takes a device, answers with what was seen, and is for admin users where it changes anything."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
import voluptuous as vol

from .act import async_act
from .const import DOMAIN
from .coordinator import HsmConfigEntry, ServiceCoordinator
from .edge.errors import told
from .edge.preview import preview
from .service_rows import Act, Listing
from .service_tables import ACTS, LISTINGS, PREVIEW
from .sources.errors import ClientError


def _resolve(hass: HomeAssistant, call: ServiceCall, kind: str) -> tuple[ServiceCoordinator[Any], str]:
    """Return the source of a device and the identity of its object ("" for the service itself).

    Raises ServiceValidationError where it is a device of another kind or its entry is not loaded.
    """
    entry: HsmConfigEntry
    device, entry = service.async_get_device_and_config_entry(hass, DOMAIN, call.data[ATTR_DEVICE_ID])
    if isinstance(source := entry.runtime_data, ServiceCoordinator):
        start = f"{source.id}_{kind}_" if kind else source.id
        for domain, identifier in device.identifiers:
            if domain == DOMAIN and (identifier == start if not kind else identifier.startswith(start)):
                return source, identifier.removeprefix(start)
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="wrong_device",
        translation_placeholders={"kind": kind or "server"},
    )


def _schema(fields: Mapping[Any, Any]) -> Any:
    return vol.Schema({vol.Required(ATTR_DEVICE_ID): cv.string, **fields})


type _Handler = Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions once."""
    optional, only = SupportsResponse.OPTIONAL, SupportsResponse.ONLY
    for row in ACTS:
        schema = _schema(row.fields)
        hass.services.async_register(DOMAIN, row.name, _acting(hass, row), schema, supports_response=optional)
    for each in LISTINGS:
        schema = _schema(each.fields)
        hass.services.async_register(DOMAIN, each.name, _listing(hass, each), schema, supports_response=only)
    hass.services.async_register(
        DOMAIN, "preview", _previewing(hass), _schema(PREVIEW), supports_response=only
    )


def _acting(hass: HomeAssistant, row: Act) -> _Handler:
    """Return what does something to an object, for admin users."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        await _admin_only(hass, call)
        source, key = _resolve(hass, call, row.kind)
        action = row.action(call.data) if row.action else row.name
        if action not in source.actions:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_such_action")
        return await async_act(
            hass, call.context, source, action, row.target(key, call.data), row.params(call.data)
        )

    return handle


def _listing(hass: HomeAssistant, row: Listing) -> _Handler:
    """Return what answers with a list."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        source, key = _resolve(hass, call, row.kind)
        if source.kind != row.of:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_such_action")
        if row.admin:
            await _admin_only(hass, call)
        try:
            found = await source.async_list(row.key, {**call.data, "object": key})
        except ClientError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="listing_failed",
                translation_placeholders={"error": str(err)},
            ) from err
        return {row.key: found}

    return handle


def _previewing(hass: HomeAssistant) -> _Handler:
    """Return what shows the plan of an action that it does not begin."""

    async def handle(call: ServiceCall) -> ServiceResponse:
        await _admin_only(hass, call)
        row = next((each for each in ACTS if each.name == call.data["action"]), None)
        if row is None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_such_action")
        source, key = _resolve(hass, call, row.kind)
        if (guardian := source.house.guardian(source.server)) is None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_guardian")
        try:
            given: dict[str, Any] = vol.Schema(dict(row.fields))(dict(call.data.get("params", {})))
        except vol.Invalid as err:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="wrong_params",
                translation_placeholders={"error": str(err)},
            ) from err
        action = row.action(given) if row.action else row.name
        found: dict[str, Any] = await told(
            preview(guardian, source.id, action, row.target(key, given), row.params(given))
        )
        return found

    return handle


async def _admin_only(hass: HomeAssistant, call: ServiceCall) -> None:
    user = await hass.auth.async_get_user(call.context.user_id) if call.context.user_id else None
    if user is None or not user.is_admin:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="admin_only")
