"""What a form of options offers to choose: what there is by a name that people recognise, and the chosen that is gone."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant

from ..guardian.capabilities_streams import PausesContainers
from ..guardian.links import Link
from ..guardian.plain import plain
from ..guardian.topology import Topology
from . import power_settings
from .house_key import HOUSE
from .settings import APPROVERS, LOW_APPROVERS, NAMES, PHONES, PROTECTED, STREAM_PAUSE, phones
from .texts import Texts

if TYPE_CHECKING:
    from .guardian import Guardian

# id → what a person calls it
type Named = dict[str, str]

# what nobody means to choose: it comes and goes, or is a part of what is offered
NOT_OFFERED = frozenset({"alert", "certificate", "vdev"})


async def async_people(hass: HomeAssistant) -> dict[str, Named]:
    """Return the phones and the people that there are now, by the option that chooses among them."""
    users = [
        user for user in await hass.auth.async_get_users() if user.is_active and not user.system_generated
    ]
    return {
        PHONES: {key: plain(phone.name) for key, phone in phones(hass).items()},
        APPROVERS: {user.id: plain(user.name or user.id) for user in users if user.is_admin},
        LOW_APPROVERS: {user.id: plain(user.name or user.id) for user in users},
    }


async def async_known(hass: HomeAssistant, server: str) -> dict[str, Named]:
    """Return what there is now, by the option that chooses among it."""
    guardian: Guardian | None = hass.data[HOUSE].guardian(server)
    known = objects(guardian.topology, guardian.texts) if guardian is not None else {}
    stops = objects(guardian.topology, guardian.texts, power_settings.KINDS) if guardian is not None else {}
    units = (
        {stand.id: plain(stand.name) for stand in guardian.watch.stands.values() if stand.kind == "ups"}
        if guardian is not None
        else {}
    )
    return {
        **await async_people(hass),
        PROTECTED: known,
        power_settings.CHOSEN: stops,
        power_settings.NEVER: stops,
        power_settings.UPS: units,
        STREAM_PAUSE: containers(guardian) if guardian is not None else {},
    }


def containers(of: Guardian) -> Named:
    """Return the containers that can be paused, by the node ids that their engines give them."""
    engines = {each.id for each in of.house.capable(PausesContainers) if each.server == of.id}
    found = {
        node.id: " · ".join(filter(None, (plain(node.label), plain(of.topology.label(node.runs_on or "")))))
        for node in of.topology.nodes
        if node.kind == "container" and any(node.id.startswith(f"member:{engine}:") for engine in engines)
    }
    return dict(sorted(found.items(), key=lambda each: each[1].casefold()))


def objects(topology: Topology, texts: Texts, kinds: frozenset[str] | None = None) -> Named:
    """Return every object that the topology knows, or those of some kinds, by its id: `Plex · app · truenas`."""
    found: Named = {}
    for node in topology.nodes:
        key = topology.canonical(node.id)
        if kinds is not None and node.kind not in kinds:
            continue
        if key in found or node.kind in NOT_OFFERED or not (label := topology.label(key)):
            continue
        parts = [plain(label), texts.common(f"kind_{node.kind}", default=node.kind)]
        parts += [plain(topology.label(host)) for host in topology.hosts(key)[:1] if host != key]
        found[key] = " · ".join(filter(None, parts))
    return dict(sorted(found.items(), key=lambda each: each[1].casefold()))


def offers(known: Mapping[str, Named], options: Mapping[str, Any], texts: Texts) -> dict[str, Named]:
    """Return what can be chosen, by option: what is known, and what was chosen and is gone, by the name that it had."""
    found: dict[str, Named] = {}
    for key, there in known.items():
        chosen, names = options[key], options[NAMES]
        if not isinstance(chosen, list):
            # one of them, and not several
            found[key] = there
            continue
        offer = {
            each: label for each, label in there.items() if each in chosen or _is_offered(key, each, known)
        }
        gone = (each for each in chosen if each not in there)
        found[key] = offer | {each: texts.common("gone", {"name": names.get(each, each)}) for each in gone}
    return found


def offered_links(links: Iterable[Link], names: Mapping[str, str], texts: Texts) -> Named:
    """Return what people added to the topology, in words."""
    return {
        str(link): texts.common(
            "runs_on",
            {"upper": names.get(link.upper, link.upper), "lower": names.get(link.lower, link.lower)},
        )
        for link in links
    }


def _is_offered(key: str, each: str, known: Mapping[str, Named]) -> bool:
    """An administrator needs no permission for what is of low risk."""
    return key != LOW_APPROVERS or each not in known[APPROVERS]


def names_of(chosen: Iterable[str], known: Mapping[str, Named], names: Mapping[str, str]) -> Named:
    """Return how what was chosen is called, or was when it was there."""
    now = {key: label for each in known.values() for key, label in each.items()}
    return {each: now.get(each) or names.get(each) or each for each in chosen}
