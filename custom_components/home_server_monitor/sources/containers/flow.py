"""What the config flow asks of an engine: its fields, and the test of a connection."""

from collections.abc import Iterator, Mapping
import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ...const import CONF_KIND, DOMAIN
from ...guardian.own_path import is_loopback
from ..certificates import certificate_of
from ..errors import (
    AuthFailed,
    BadResponse,
    CannotConnect,
    CertificateRejected,
    ClientError,
    InsecureTransport,
    NotSupported,
    PermissionDenied,
)
from ..kind import Choice, FlowError, Probe, Question, counted
from ..session import shared_session
from ..trust import trust_question
from .access import (
    CONF_API_KEY,
    CONF_CA,
    CONF_CERT,
    CONF_ENVIRONMENT,
    CONF_FINGERPRINT,
    CONF_KEY,
    CONF_TLS,
    CONF_URL,
    Access,
    address_of,
    open_access,
    trust_of,
)
from .address import Address, spelt
from .model import Engine
from .probing import REPLACING, Access as Rights, Feature, probe as probe_access
from .transport import Timing

_PEM = TextSelector(TextSelectorConfig(multiline=True, autocomplete="off"))
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_TLS: Any = vol.Schema(
    {vol.Optional(CONF_CERT): _PEM, vol.Optional(CONF_KEY): _PEM, vol.Optional(CONF_CA): _PEM}
)
SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(autocomplete="url")),
        vol.Optional(CONF_API_KEY): _SECRET,
        vol.Required(CONF_TLS): section(_TLS, {"collapsed": True}),
    }
)
SECRETS = frozenset({CONF_API_KEY, CONF_TLS})
TIMING = Timing()
KEPT = (CONF_URL, CONF_API_KEY, CONF_FINGERPRINT, CONF_ENVIRONMENT)


WORDS: Mapping[Feature, str] = {
    Feature.INSPECT: "Restarts, health, limits and mounts of containers",
    Feature.STATS: "CPU, memory, network and disk rates of containers",
    Feature.LOGS: "Logs",
    Feature.TOP: "Processes",
    Feature.INFO: "What the engine says of its machine",
    Feature.IMAGES: "Images, and with them updates",
    Feature.VOLUMES: "Volumes",
    Feature.DISK_USE: "Disk use",
    Feature.EVENTS: "Events: changes are seen up to 30 s later",
}


async def probe(hass: HomeAssistant, data: Mapping[str, Any], answered: frozenset[str]) -> Probe:
    """Test address, certificate, key and what may be read. Raises FlowError, Question and Choice."""
    try:
        address = address_of(data)
    except ValueError as err:
        raise FlowError("invalid_engine_url", field=CONF_URL) from err
    known = _kept(data)
    try:
        await trust_of(known, hass.async_add_executor_job)
    except ValueError as err:
        raise FlowError("invalid_certificate") from err
    if CONF_API_KEY not in known and (other := _same_portainer(hass, address)):
        # its key goes only to whom it went before
        known |= {key: other[key] for key in (CONF_FINGERPRINT,) if key in other and key not in known}
    with _told(address):
        await _certificate(hass, address, known)
        _warn_of_plain(address, answered)
        return await _look_around(hass, address, known)


def _kept(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of what was typed, without what was left empty."""
    found = {key: str(data[key]).strip() for key in KEPT if str(data.get(key) or "").strip()}
    found[CONF_URL] = spelt(found[CONF_URL])
    tls = {key: value.strip() for key, value in (data.get(CONF_TLS) or {}).items() if value and value.strip()}
    return found | ({CONF_TLS: tls} if tls else {})


@contextlib.contextmanager
def _told(address: Address) -> Iterator[None]:
    """Turn the client's errors into what a person is told."""
    said = {"host": address.host, "scheme": address.url.scheme}
    try:
        yield
    except AuthFailed as err:
        raise FlowError("client_certificate_wanted", said) from err
    except PermissionDenied as err:
        raise FlowError("engine_denies", {"call": err.method}) from err
    except NotSupported as err:
        raise FlowError("engine_too_old", field=CONF_URL) from err
    except InsecureTransport as err:
        raise FlowError("speaks_https", said, field=CONF_URL) from err
    except BadResponse as err:
        raise FlowError("not_an_engine", said, field=CONF_URL) from err
    except ClientError as err:
        if address.url.scheme == "https" and isinstance(err.__cause__, aiohttp.ServerDisconnectedError):
            # after a good handshake: this is how a server that misses a certificate ends it
            raise FlowError("client_certificate_wanted", said) from err
        raise FlowError("no_socket" if address.socket else "cannot_connect", said, field=CONF_URL) from err


async def _opened(hass: HomeAssistant, known: Mapping[str, Any]) -> Access:
    return await open_access(known, hass.async_add_executor_job, partial(shared_session, hass), TIMING)


async def _certificate(hass: HomeAssistant, address: Address, known: Mapping[str, Any]) -> None:
    """Look at the certificate before any key is sent. Raises Question and ClientError."""
    if not address.encrypted or address.socket:
        return
    access = await _opened(hass, known)
    try:
        with contextlib.suppress(AuthFailed, PermissionDenied, BadResponse, NotSupported):
            # asks without a key whatever is there
            await access.bare.head("/_ping")
    except CertificateRejected as err:
        certificate = await certificate_of(access.session, address.url)
        raise trust_question(certificate, address.host, err.expected) from err
    finally:
        await access.close()


def _warn_of_plain(address: Address, answered: frozenset[str]) -> None:
    """Ask whether to talk to an engine that anybody in the network can command, or whose key anybody can read."""
    host = address.url.host or ""
    if address.encrypted or is_loopback(host) or "plain_http" in answered:
        return
    raise Question("plain_http", {"host": address.host})


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found behind an address."""

    engine: Engine
    containers: int
    unique_id: str | None
    title: str
    dark: list[str] = field(default_factory=list)


async def _look_around(hass: HomeAssistant, address: Address, known: dict[str, Any]) -> Probe:
    access = await _opened(hass, known)
    try:
        instance = await access.instance()
    finally:
        await access.close()
    if instance is not None:
        known = await _environment(hass, address, known)
    else:
        for key in (CONF_API_KEY, CONF_ENVIRONMENT):
            known.pop(key, None)
    access = await _opened(hass, known)
    try:
        found = await _meet(access, known, instance)
    except CannotConnect as err:
        if instance is not None:
            raise FlowError("environment_away", {"host": address.host}) from err
        raise
    finally:
        await access.close()
    engine = found.engine
    return Probe(
        title=found.title,
        unique_id=found.unique_id,
        data=known,
        found={
            "product": _product(engine),
            "name": found.title,
            "version": engine.version,
            "what": counted(found.containers, "container"),
            "missing": _in_words(found.dark),
        },
    )


def _product(engine: Engine) -> str:
    return "Podman" if engine.kind == "podman" else "Docker"


def _in_words(dark: list[str]) -> str:
    if not dark:
        return "This access can see and do everything."
    return "Not possible with this access:\n\n" + "\n".join(f"- {each}" for each in dark)


async def _environment(hass: HomeAssistant, address: Address, known: dict[str, Any]) -> dict[str, Any]:
    """Return what is known with a key and an environment of Portainer's. Raises FlowError and Choice."""
    other = _same_portainer(hass, address) or {}
    key = known.get(CONF_API_KEY) or other.get(CONF_API_KEY)
    if not key:
        raise FlowError("portainer_key_needed", field=CONF_API_KEY)
    known = {**known, CONF_API_KEY: key}
    access = await _opened(hass, known)
    try:
        environments = (await access.portainer.environments()).items if access.portainer else {}
    except AuthFailed as err:
        raise FlowError("invalid_token", {"host": address.host}, field=CONF_API_KEY) from err
    finally:
        await access.close()
    if not environments:
        raise FlowError("no_environment", field=CONF_API_KEY)
    chosen = str(known.get(CONF_ENVIRONMENT, ""))
    if chosen not in environments:
        watched = {each[CONF_ENVIRONMENT] for each in _of_portainer(hass, address)}
        left = {key: each.name for key, each in environments.items() if key not in watched}
        if len(left) > 1:
            raise Choice(CONF_ENVIRONMENT, left)
        # where all are watched, the first is: the dialog then says so
        chosen = next(iter(left or environments))
    return {**known, CONF_ENVIRONMENT: chosen}


def _same_portainer(hass: HomeAssistant, address: Address) -> Mapping[str, Any] | None:
    """Return the data of an environment of the same Portainer that is watched already."""
    return next(iter(_of_portainer(hass, address)), None)


def _of_portainer(hass: HomeAssistant, address: Address) -> Iterator[Mapping[str, Any]]:
    for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False):
        if entry.data.get(CONF_KIND) != "containers" or CONF_ENVIRONMENT not in entry.data:
            continue
        with contextlib.suppress(ValueError, KeyError):
            if address_of(entry.data) == address:
                yield entry.data


async def _meet(access: Access, known: Mapping[str, Any], instance: str | None) -> _Found:
    """Return what the engine is, and what may not be done there. Raises ClientError."""
    engine = await access.client.negotiate()
    listed = await access.client.containers()
    found = await probe_access(
        access.client, engine, listed.items.values(), portainer=access.portainer is not None
    )
    unique_id = engine.id
    if unique_id is None and instance is not None:
        unique_id = f"{instance}-{known[CONF_ENVIRONMENT]}"
    # beside the NAS that it runs on, which has the same name
    title = f"{engine.name} {_product(engine)}" if engine.name else "Containers"
    return _Found(engine, len(listed.items), unique_id, title, _dark(found))


def _dark(found: Rights) -> list[str]:
    """Return what this access may not do, in words."""
    dark = [WORDS[feature] for feature in found.dark if feature in WORDS]
    if found.read_only:
        return [*dark, "Any action: this access may only read"]
    if not found.may(*REPLACING):
        dark.append("Updates of containers: something that they need is not allowed")
    return dark
