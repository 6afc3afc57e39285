"""The config flow: a menu, and one flow for every kind of service, led by the kind's row."""

from collections.abc import Mapping
import logging
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_SYSTEM,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.util.ulid import ulid_now
import voluptuous as vol

from .const import CONF_KIND, CONF_SERVER, DOMAIN, HOME, KIND_SERVER
from .discovery import Offer, connected_urls, place_of
from .edge.people import request_actor
from .edge.settings import NAMES, PHONES, phones
from .kinds import KINDS
from .options_flow import ServerOptionsFlow, ServiceOptionsFlow
from .service_form import REAUTH_FORM, RECONFIGURE_FORM, ServiceForm, host_in
from .sources.kind import Choice, FlowError, Question, ServiceKind
from .twin import SAME_KEY, Twin

_LOGGER = logging.getLogger(__name__)


class HomeServerMonitorConfigFlow(ServiceForm, ConfigFlow, domain=DOMAIN):
    """Adds servers and services, and mends services."""

    VERSION = 1

    def __init__(self) -> None:
        """Begin with nothing known."""
        super().__init__()
        # the server that a discovered service runs on
        self._server = HOME

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow of the entry's options."""
        return ServerOptionsFlow() if config_entry.data[CONF_KIND] == KIND_SERVER else ServiceOptionsFlow()

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """Return whether the entry has options."""
        key = config_entry.data.get(CONF_KIND)
        kind = KINDS.get(key) if key is not None else None
        return key == KIND_SERVER or (
            kind is not None and kind.options is not None and kind.has_options(config_entry.data)
        )

    # What a person adds

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose what to add; a further server only where there is one."""
        choices = [*KINDS, KIND_SERVER] if self._has_home() else [*KINDS]
        return self.async_show_menu(step_id="user", menu_options=choices)

    async def async_step_truenas(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a TrueNAS."""
        return await self._async_step_service(KINDS["truenas"], user_input)

    async def async_step_containers(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a container engine."""
        return await self._async_step_service(KINDS["containers"], user_input)

    async def async_step_downloads(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a download client."""
        return await self._async_step_service(KINDS["downloads"], user_input)

    async def async_step_smart(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a Scrutiny."""
        return await self._async_step_service(KINDS["smart"], user_input)

    async def async_step_arr(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add an Arr."""
        return await self._async_step_service(KINDS["arr"], user_input)

    async def async_step_plex(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a Plex Media Server."""
        return await self._async_step_service(KINDS["plex"], user_input)

    async def async_step_ups(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a UPS."""
        return await self._async_step_service(KINDS["ups"], user_input)

    async def async_step_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add one more server, for another site."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if name := user_input[CONF_NAME].strip():
                await self.async_set_unique_id(ulid_now())
                return self.async_create_entry(title=name, data={CONF_KIND: KIND_SERVER})
            errors[CONF_NAME] = "empty_name"
        schema: Any = vol.Schema({vol.Required(CONF_NAME): TextSelector()})
        return self.async_show_form(step_id="server", data_schema=schema, errors=errors)

    # What comes by itself

    async def async_step_system(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Make the first server, because the first service asks for it; or, as a repair, one that was deleted."""
        given = user_input or {}
        await self.async_set_unique_id(given.get(CONF_SERVER, HOME))
        self._abort_if_unique_id_configured()
        told, known = list(given.get(PHONES, ())), phones(self.hass)
        options = {PHONES: told, NAMES: {key: known[key].name for key in told if key in known}}
        return self.async_create_entry(
            title=given.get(CONF_NAME, "Home"), data={CONF_KIND: KIND_SERVER}, options=options
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Offer a NAS or a UPS server that was found in the network, unless something of ours already points at it."""
        hostname = discovery_info.hostname.rstrip(".").lower()
        places = {hostname, hostname.removesuffix(".local"), *discovery_info.addresses}
        kind = KINDS["ups" if discovery_info.type.startswith("_nut.") else "truenas"]
        for entry in self._async_current_entries(include_ignore=False):
            other = KINDS.get(entry.data.get(CONF_KIND, ""))
            # a NAS and the UPS service on it are two things
            apart = "ups" in (kind.key, other and other.key) and other is not kind
            if other and not apart and host_in(entry.data.get(other.host)) in places:
                return self.async_abort(reason="already_configured")
        # what it is is known only after a login: until then the name stands for it, so that it can be ignored
        await self.async_set_unique_id(f"mdns:{'' if kind.key == 'truenas' else 'ups:'}{hostname}")
        self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {CONF_NAME: hostname}
        port = discovery_info.port or 0
        self._typed = kind.typed(
            f"https://{hostname}" if kind.key == "truenas" else f"nut://{hostname}:{port or 3493}"
        )
        return await self._async_step_service(kind, None)

    @override
    async def async_step_integration_discovery(self, discovery_info: dict[str, Any]) -> ConfigFlowResult:
        """Offer a service that was seen in a container, or in an entry of Home Assistant's own integration."""
        offer = Offer(**discovery_info)
        await self.async_set_unique_id(offer.unique_id)
        self._abort_if_unique_id_configured()
        if place_of(offer.url) in {place_of(url) for url in connected_urls(self.hass)}:
            return self.async_abort(reason="already_configured")
        self.context["title_placeholders"] = {CONF_NAME: offer.name}
        kind = KINDS[offer.kind]
        self._server, self._twin = offer.server, Twin.of(self.hass, kind, offer.core)
        self._typed = kind.typed(offer.url)
        return await self._async_step_service(kind, None)

    # What mends a service

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """The credentials are no longer accepted."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for new credentials."""
        entry = self._get_reauth_entry()
        kind = KINDS[entry.data[CONF_KIND]]
        if user_input is None:
            self._typed = {name: value for name, value in entry.data.items() if name not in kind.secrets}
        return await self._async_step_service(kind, user_input, REAUTH_FORM)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the address or the credentials."""
        entry = self._get_reconfigure_entry()
        if entry.data[CONF_KIND] == KIND_SERVER:
            return self.async_abort(reason="nothing_to_reconfigure")
        kind = KINDS[entry.data[CONF_KIND]]
        if user_input is None:
            self._typed = {name: value for name, value in entry.data.items() if name not in kind.secrets}
        return await self._async_step_service(kind, user_input, RECONFIGURE_FORM)

    # The one flow of all kinds

    async def _async_step_service(
        self, kind: ServiceKind, user_input: dict[str, Any] | None, form: str | None = None
    ) -> ConfigFlowResult:
        """Ask for the fields of a kind and test them."""
        self._kind, self._form = kind, form or kind.key
        if user_input is None:
            return self._show()
        if user_input.get(kind.host) != self._typed.get(kind.host):
            # what a person trusted, they trusted at that address
            self._answers = {}
        self._typed, self._answered, self._chosen = user_input, frozenset(), {}
        if self._twin and user_input.get(SAME_KEY) and not self._twin.is_at(kind.address(user_input) or ""):
            return self._show({SAME_KEY: "same_key_elsewhere"})
        if empty := self._left_empty():
            return self._show(empty)
        return await self.async_test()

    async def async_test(self) -> ConfigFlowResult:
        """Probe what is known; ask, show the error, or go on."""
        kind = self._kind
        try:
            self._probe = await kind.probe(
                self.hass, self._known() | self._answers | self._chosen, self._answered
            )
        except (Question, Choice) as question:
            return self._ask(question)
        except FlowError as err:
            # a key that once was good and has not been changed since
            spent = (
                err.key in ("invalid_auth", "invalid_token")
                and self.source == SOURCE_REAUTH
                and self._is_unchanged()
            )
            return self._show({err.field: "key_revoked" if spent else err.key}, err.placeholders)
        except Exception:
            _LOGGER.exception("Unexpected error while testing a %s", kind.key)
            return self._show({"base": "unknown"})
        if self._probe.unique_id is None:
            same = {name: self._probe.data.get(name) for name in kind.same}
            self._async_abort_entries_match({CONF_KIND: kind.key, **same})
        else:
            await self.async_set_unique_id(self._probe.unique_id, raise_on_progress=False)
            self._abort_if_unique_id_mismatch(
                reason="unique_id_mismatch", description_placeholders=self._both()
            )
        if entry := self._mended():
            about = {name: entry.data[name] for name in (CONF_KIND, CONF_SERVER)}
            return self.async_update_reload_and_abort(entry, data=self._probe.data | about)
        self._abort_if_unique_id_configured()
        return await self.async_step_found()

    async def async_step_found(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what was found, then add it; the server first, which it hangs on."""
        if user_input is None:
            return self.async_show_form(
                step_id="found",
                data_schema=await self._last_page(),
                description_placeholders={"product": self._kind.product, **self._probe.found},
            )
        if not self._has_home():
            await self.hass.config_entries.flow.async_init(
                DOMAIN,
                context={"source": SOURCE_SYSTEM},
                data={PHONES: [key for key in user_input.get(PHONES, ()) if key in phones(self.hass)]},
            )
        about = {CONF_KIND: self._kind.key, CONF_SERVER: user_input.get(CONF_SERVER, HOME)}
        return self.async_create_entry(title=self._probe.title, data=self._probe.data | about)

    async def _last_page(self) -> Any:
        """Return the choice of a server where there is more than one, and of phones where there is none yet."""
        servers = [
            SelectOptionDict(value=str(entry.unique_id), label=entry.title)
            for entry in self.hass.config_entries.async_entries(DOMAIN, include_ignore=False)
            if entry.data[CONF_KIND] == KIND_SERVER
        ]
        known = phones(self.hass)
        if not servers and known:
            # those of the admin who is adding this are ticked, nobody else's
            actor = await request_actor(self.hass, "action")
            mine = [
                key for key, phone in known.items() if actor and actor.admin and phone.user_id == actor.id
            ]
            told = [SelectOptionDict(value=key, label=phone.name) for key, phone in known.items()]
            config = SelectSelectorConfig(options=told, multiple=True, mode=SelectSelectorMode.LIST)
            return vol.Schema({vol.Optional(PHONES, default=mine): SelectSelector(config)})
        if len(servers) < 2:
            return None
        server = self._server if any(each["value"] == self._server for each in servers) else HOME
        return vol.Schema(
            {vol.Required(CONF_SERVER, default=server): SelectSelector(SelectSelectorConfig(options=servers))}
        )

    def _has_home(self) -> bool:
        entries = self.hass.config_entries
        return entries.async_entry_for_domain_unique_id(DOMAIN, HOME) is not None
