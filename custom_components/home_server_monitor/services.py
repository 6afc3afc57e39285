"""Actions: each takes a device, answers with what was seen, and is for admin users where it changes anything."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
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
from .sources.errors import ClientError

NAME = vol.All(cv.string, vol.Length(min=1, max=255))
DATASET = vol.All(NAME, vol.Match(r"^[^@\x00-\x1f]+\Z"))
REASON = vol.All(cv.string, vol.Length(min=3, max=200))


def _the_object(key: str, data: Mapping[str, Any]) -> str:
    return key


def _nothing(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """An action that changes something.

    kind: what kind of device it takes ("" for the service's own); fields: what else it takes; target: what is
    acted on, from the device's identity and the fields; params: what the action is given.
    """

    name: str
    kind: str
    fields: Mapping[Any, Any] = field(default_factory=dict)
    action: Callable[[Mapping[str, Any]], str] | None = None
    target: Callable[[str, Mapping[str, Any]], str] = _the_object
    params: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """An action that answers with a list, read from the snapshot or asked for; `admin` where it may leak."""

    key: str
    fields: Mapping[Any, Any] = field(default_factory=dict)
    admin: bool = False


def _snapshot_target(key: str, data: Mapping[str, Any]) -> str:
    return f"{data['dataset']}@{data['name']}" if data.get("name") else str(data["dataset"])


_SNAPSHOT = {vol.Required("snapshot"): vol.All(cv.string, vol.Match(r"^[^@\x00-\x1f]+@[^@\x00-\x1f]+\Z"))}
_REASON = {vol.Required("reason"): REASON}
PREVIEW = {vol.Required("action"): cv.slug, vol.Optional("params"): dict}

ACTS: tuple[Act, ...] = (
    Act(name="start_scrub", kind="pool"),
    Act(
        name="pause_scrub",
        kind="pool",
        fields={vol.Optional("hours"): vol.All(vol.Coerce(float), vol.Range(min=0.25, max=168))},
        params=lambda data: {"hours": data["hours"]} if "hours" in data else {},
    ),
    Act(name="stop_scrub", kind="pool"),
    Act(
        name="create_snapshot",
        kind="",
        fields={
            vol.Required("dataset"): DATASET,
            vol.Optional("name"): vol.All(NAME, vol.Match(r"^[A-Za-z0-9_.:-]+\Z")),
            vol.Optional("recursive", default=False): cv.boolean,
        },
        target=_snapshot_target,
        params=lambda data: {"recursive": data["recursive"]},
    ),
    *(
        Act(name=f"{verb}_snapshot", kind="", fields=_SNAPSHOT, target=lambda key, data: data["snapshot"])
        for verb in ("delete", "hold", "release")
    ),
    Act(
        name="prune_snapshots",
        kind="",
        fields={
            vol.Required("dataset"): DATASET,
            vol.Required("keep"): vol.All(int, vol.Range(min=1, max=1000)),
        },
        target=lambda key, data: str(data["dataset"]),
        params=lambda data: {"keep": data["keep"]},
    ),
    Act(name="run_task", kind="task"),
    Act(name="start_app", kind="app"),
    Act(name="stop_app", kind="app"),
    Act(name="restart_app", kind="app"),
    Act(
        name="upgrade_app",
        kind="app",
        fields={vol.Optional("version", default="latest"): NAME},
        params=lambda data: {"version": data["version"]},
    ),
    Act(
        name="rollback_app",
        kind="app",
        fields={vol.Required("version"): NAME},
        params=lambda data: {"version": data["version"]},
    ),
    Act(
        name="control_service",
        kind="",
        fields={
            vol.Required("service"): NAME,
            vol.Required("order"): vol.In(["start", "stop", "restart"]),
        },
        action=lambda data: f"{data['order']}_service",
        target=lambda key, data: data["service"],
    ),
    Act(name="start_machine", kind="machine"),
    Act(name="stop_machine", kind="machine"),
    Act(
        name="smart_test",
        kind="disk",
        fields={vol.Optional("type", default="short"): vol.In(["short", "long", "conveyance"])},
        params=lambda data: {"type": data["type"].upper()},
    ),
    *(
        Act(name=name, kind="", fields={vol.Required("alert"): NAME}, target=lambda key, data: data["alert"])
        for name in ("dismiss_alert", "restore_alert")
    ),
    *(
        Act(name=name, kind="", fields=_REASON, params=lambda data: {"reason": data["reason"]})
        for name in ("reboot", "shutdown")
    ),
)


LISTINGS: tuple[Listing, ...] = (
    *(
        Listing(key=key)
        for key in (
            "pools",
            "disks",
            "datasets",
            "shares",
            "tasks",
            "services",
            "apps",
            "machines",
            "interfaces",
            "certificates",
            "alerts",
        )
    ),
    Listing(
        key="snapshots",
        fields={
            vol.Required("dataset"): DATASET,
            vol.Optional("limit", default=100): vol.All(int, vol.Range(min=1, max=1000)),
        },
    ),
    Listing(key="rollback_versions", fields={vol.Required("app"): NAME}),
    Listing(key="smart_attributes", admin=True),
)


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


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions once."""

    def act(row: Act) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
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

    for row in ACTS:
        hass.services.async_register(
            DOMAIN,
            row.name,
            act(row),
            _schema(row.fields),
            supports_response=SupportsResponse.OPTIONAL,
        )

    def listing(row: Listing) -> Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]:
        async def handle(call: ServiceCall) -> ServiceResponse:
            source, _ = _resolve(hass, call, "")
            if row.admin:
                await _admin_only(hass, call)
            try:
                found: Any = await source.async_list(row.key, call.data)
            except ClientError as err:
                raise HomeAssistantError(
                    translation_domain=DOMAIN,
                    translation_key="listing_failed",
                    translation_placeholders={"error": str(err)},
                ) from err
            return {row.key: found}

        return handle

    for each in LISTINGS:
        hass.services.async_register(
            DOMAIN,
            f"list_{each.key}",
            listing(each),
            _schema(each.fields),
            supports_response=SupportsResponse.ONLY,
        )

    _register_preview(hass)


@callback
def _register_preview(hass: HomeAssistant) -> None:
    async def preview_it(call: ServiceCall) -> ServiceResponse:
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

    hass.services.async_register(
        DOMAIN,
        "preview",
        preview_it,
        _schema(PREVIEW),
        supports_response=SupportsResponse.ONLY,
    )


async def _admin_only(hass: HomeAssistant, call: ServiceCall) -> None:
    user = await hass.auth.async_get_user(call.context.user_id) if call.context.user_id else None
    if user is None or not user.is_admin:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="admin_only")
