"""The one form of all kinds of service: which fields it has, what was typed, and what is known besides."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry, ConfigFlowResult
from homeassistant.const import CONF_USERNAME
from homeassistant.helpers.selector import BooleanSelector, TextSelector
import voluptuous as vol
from yarl import URL

from .const import CONF_KIND, CONF_SERVER
from .questions import AsksPeople
from .sources.kind import Probe, ServiceKind
from .twin import SAME_KEY, Twin

REAUTH_FORM = "reauth_confirm"
RECONFIGURE_FORM = "reconfigure"


class ServiceForm(AsksPeople):
    """Shows the form of a kind, and puts together what the probe is given."""

    def __init__(self) -> None:
        """Begin with nothing typed."""
        super().__init__()
        self._kind: ServiceKind
        self._form = ""
        self._typed: dict[str, Any] = {}
        self._probe: Probe
        # the entry of another integration that a discovered service was seen in
        self._twin: Twin | None = None

    def _show(
        self, errors: dict[str, str] | None = None, placeholders: Mapping[str, str] | None = None
    ) -> ConfigFlowResult:
        """Show the form that this flow is about; an error of a field that it lacks goes on top."""
        fields = self._fields()
        shown = {field if field in fields else "base": key for field, key in (errors or {}).items()}
        schema: Any = vol.Schema(fields)
        return self.async_show_form(
            step_id=self._form,
            data_schema=self.add_suggested_values_to_schema(schema, self._typed),
            errors=shown,
            description_placeholders=placeholders,
        )

    def _fields(self) -> dict[Any, Any]:
        """Return the fields of the form: reauth asks only who, reconfigure keeps secrets that are left empty."""
        kind = self._kind
        fields: dict[Any, Any] = kind.schema.schema
        if self._form == REAUTH_FORM:
            return {key: field for key, field in fields.items() if key in kind.secrets | {CONF_USERNAME}}
        if self._twin:
            fields = {
                vol.Optional(key.schema) if key in kind.secrets and key in self._twin.fields else key: field
                for key, field in fields.items()
            }
            return {vol.Required(SAME_KEY, default=False): BooleanSelector(), **fields}
        if self._form == RECONFIGURE_FORM:
            return {
                vol.Optional(key.schema) if key in kind.secrets else key: field
                for key, field in fields.items()
            }
        return fields

    def _left_empty(self) -> dict[str, str]:
        """Return the errors of the texts that are needed and hold nothing: the form itself takes an empty one."""
        return {
            str(key): "empty_field"
            for key, field in self._fields().items()
            if isinstance(key, vol.Required)
            and isinstance(field, TextSelector)
            and not str(self._typed.get(str(key)) or "").strip()
        }

    def _known(self) -> dict[str, Any]:
        """Return what was typed, with what the entry that is mended knows besides."""
        typed = {name: value for name, value in self._typed.items() if not _is_empty(value)}
        if typed.pop(SAME_KEY, False) and self._twin:
            typed |= self._twin.secrets()
        if not (entry := self._mended()):
            return typed
        secrets, host = self._kind.secrets, self._kind.host
        if host in typed and host_in(typed[host]) != host_in(entry.data[host]):
            # what was learned about another host does not hold here
            kept = {name: entry.data[name] for name in secrets if name in entry.data}
        else:
            gone = self._fields().keys() - secrets | {CONF_KIND, CONF_SERVER}
            kept = {name: value for name, value in entry.data.items() if name not in gone}
        return kept | typed

    def _is_unchanged(self) -> bool:
        """Return whether reauth was given the secrets that the entry already has."""
        old, new = self._get_reauth_entry().data, self._known()
        return all(old.get(name) == new.get(name) for name in self._kind.secrets)

    def _mended(self) -> ConfigEntry | None:
        if self.source == SOURCE_REAUTH:
            return self._get_reauth_entry()
        return self._get_reconfigure_entry() if self.source == SOURCE_RECONFIGURE else None

    def _both(self) -> dict[str, str]:
        """Return what tells the system that answers from the one that is mended; two may have one name."""
        if not (entry := self._mended()):
            return {}
        return {
            "product": self._probe.found.get("product", self._kind.product),
            "host": URL(self._kind.address(self._probe.data) or "").authority,
            "found": self._probe.title,
            "found_id": str(self._probe.unique_id)[:8],
            "expected": entry.title,
            "expected_id": str(entry.unique_id)[:8],
        }


def _is_empty(value: Any) -> bool:
    """Return whether a field, or every field of a section, was left empty."""
    return all(_is_empty(each) for each in value.values()) if isinstance(value, dict) else value == ""


def host_in(address: str | None) -> str | None:
    """Return the host in an address, with or without a scheme."""
    try:
        return URL(address if address and "://" in address else f"//{address or ''}").host
    except ValueError:
        return None
