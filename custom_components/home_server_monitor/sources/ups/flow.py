"""What the config flow asks of a UPS: where its server is, which one it is, and an account that is really tested."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol
from yarl import URL

from ...const import CONF_KIND, DOMAIN
from ...edge.texts import Texts, async_texts
from ..errors import AuthFailed, ClientError, NotSent
from ..kind import Choice, FlowError, Probe
from .client import Account, NutClient
from .reading import Reading, read
from .sessions import Standing
from .wire import PORT, DataStale, DriverGone

CONF_HOST, CONF_PORT, CONF_UPS, CONF_USERNAME, CONF_PASSWORD = "host", "port", "ups", "username", "password"
# the step in which one of several is chosen
WHICH: Final = "which_ups"
SCHEME: Final = "nut"
# names, and addresses of both kinds
_HOST: Final = re.compile(r"[A-Za-z0-9._:%-]{1,253}")
SECRETS = frozenset({CONF_PASSWORD})
SAME = (CONF_HOST, CONF_PORT, CONF_UPS)
SCHEMA = vol.Schema(
    {
        vol.Required(CONF_HOST): TextSelector(),
        vol.Required(CONF_PORT, default=PORT): NumberSelector(
            NumberSelectorConfig(min=1, max=65535, mode=NumberSelectorMode.BOX)
        ),
        vol.Optional(CONF_USERNAME): TextSelector(TextSelectorConfig(autocomplete="off")),
        vol.Optional(CONF_PASSWORD): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        ),
    }
)


def address_in(data: Mapping[str, Any]) -> str | None:
    """Return the address in the data of an entry, or None where it has none."""
    try:
        return str(URL.build(scheme=SCHEME, host=str(data[CONF_HOST]), port=int(data.get(CONF_PORT) or PORT)))
    except KeyError, TypeError, ValueError:
        return None


def typed(url: str) -> dict[str, Any]:
    """Return the fields for an address that was discovered."""
    found = URL(url)
    return {CONF_HOST: found.host or "", CONF_PORT: found.explicit_port or PORT}


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, UPS and account. Raises FlowError and Choice."""
    host, port = _place(data)
    account = _account(data)
    client = NutClient(host, port, account)
    said = {"host": host, "port": str(port)}
    try:
        names = await client.list_ups()
        if not names:
            raise FlowError("no_ups", said, field=CONF_HOST)
        ups = _chosen(names, data)
        reading = read(await client.variables(ups))
        standing = await client.check(ups) if account else None
    except AuthFailed as err:
        raise FlowError("ups_login_refused", said, field=CONF_PASSWORD) from err
    except (DataStale, DriverGone) as err:
        raise FlowError("ups_not_heard", said) from err
    except ClientError as err:
        raise _told(hass, err, said) from err
    finally:
        await client.close()
    kept = {CONF_HOST: host, CONF_PORT: port, CONF_UPS: ups}
    if account:
        kept |= {CONF_USERNAME: account.username, CONF_PASSWORD: account.password}
    title, texts = _title(reading, names[ups], ups), await async_texts(hass)
    return Probe(
        title=title,
        unique_id=reading.serial,
        data=kept,
        found={
            "name": title,
            "version": reading.model or ups,
            "what": texts.common("ups_battery")
            if reading.charge is None
            else texts.common("ups_battery_at", {"charge": f"{reading.charge:.0f} %"}),
            "missing": _said_of(standing, texts),
        },
    )


def _place(data: Mapping[str, Any]) -> tuple[str, int]:
    """Return host and port, also where they were typed as one. Raises FlowError."""
    text = str(data[CONF_HOST]).strip()
    try:
        url = URL(text if "://" in text else f"//{text}")
        host, port = url.host, url.explicit_port or int(data.get(CONF_PORT) or PORT)
    except ValueError as err:
        raise FlowError("invalid_host", field=CONF_HOST) from err
    if not host or not _HOST.fullmatch(host):
        raise FlowError("invalid_host", field=CONF_HOST)
    return host.lower(), port


def _account(data: Mapping[str, Any]) -> Account | None:
    """Return the account that was typed, if any. Raises FlowError where it is half of one."""
    username = str(data.get(CONF_USERNAME) or "").strip()
    password = str(data.get(CONF_PASSWORD) or "")
    if bool(username) != bool(password):
        raise FlowError("empty_field", field=CONF_PASSWORD if username else CONF_USERNAME)
    return Account(username, password) if username else None


def _chosen(names: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """Return which UPS it is about. Raises Choice where that is not known."""
    wanted = data.get(WHICH) or data.get(CONF_UPS)
    if wanted in names:
        return str(wanted)
    if len(names) == 1:
        return next(iter(names))
    raise Choice(WHICH, {name: f"{told} ({name})" if told else name for name, told in names.items()})


def _told(hass: HomeAssistant, err: ClientError, said: dict[str, str]) -> FlowError:
    """Return what a person is told; at a TrueNAS also which switch is off."""
    if isinstance(err, NotSent) and "refused" in str(err):
        key = "ups_refused_by_truenas" if _is_truenas(hass, said["host"]) else "ups_refused"
        return FlowError(key, said, field=CONF_HOST)
    if isinstance(err.__cause__, TimeoutError):
        return FlowError("timeout_connect", said, field=CONF_HOST)
    key = "ups_unreachable" if isinstance(err, NotSent) else "not_upsd"
    return FlowError(key, said, field=CONF_HOST)


def _is_truenas(hass: HomeAssistant, host: str) -> bool:
    """Return whether a TrueNAS is connected under this host."""
    return any(
        entry.data.get(CONF_KIND) == "truenas" and URL(str(entry.data.get("url", ""))).host == host
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    )


def _title(reading: Reading, described: str, ups: str) -> str:
    """Return what it is called: its model, where that is said, else what its server calls it."""
    return reading.model or described or ups


def _said_of(standing: Standing | None, texts: Texts) -> str:
    """Return what the account is good for, in words."""
    if standing is Standing.PRIMARY:
        return texts.common("ups_account_primary")
    if standing is Standing.SECONDARY:
        return texts.common("ups_account_secondary")
    return texts.common("ups_account_none")
