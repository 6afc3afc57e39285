"""How a Plex Media Server is set, looked at as somebody would who means it ill: pure functions of what it shows."""

from collections.abc import Callable, Iterator, Set as AbstractSet
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from ...guardian.capabilities_streams import Exposure
from ...guardian.contract import Severity
from .model import Plex

REQUIRED, PREFERRED, OFF = 0, 1, 2
PORT: Final = 32400
# what lets in whoever reaches the port
_LETS_IN: Final = frozenset(
    {"vulnerable", "unclaimed", "insecure_connections", "open_to_all", "open_to_networks"}
)
# the table of known holes is of this day: newer ones are unknown here
HOLES_OF: Final = "2026-11"


@dataclass(frozen=True, slots=True)
class Hole:
    """A published vulnerability. below: the first version without it; since: the first one with it."""

    name: str
    below: tuple[int, ...]
    since: tuple[int, ...] = ()


HOLES: Final = (
    Hole("CVE-2020-5741", (1, 19, 3)),
    Hole("CVE-2025-34158", (1, 42, 1, 10060), (1, 41, 7)),
    Hole("CVE-2025-69414", (1, 42, 2, 10157)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """Something that is set unsafely.

    key: what it is told as; setting: the exact one; mend: its safe value, if one is; told: whether it is worth telling,
    and not only listed for who asks.
    """

    key: str
    severity: Severity
    setting: str = ""
    value: Any = None
    mend: str | int | bool | None = None
    said: str = ""
    told: bool = True


def audit(data: Plex, exposure: Exposure | None = None) -> list[Weakness]:
    """Return what is unsafe, the worst first; what is not shown is not judged.

    exposure: where its port is open on its machine, None where nobody knows.
    """
    found = [each for check in _CHECKS for each in check(data)]
    if exposure is not None:
        found += _bound(exposure, {each.key for each in found})
    return sorted(found, key=lambda each: (-each.severity, each.key))


def _bound(exposure: Exposure, others: AbstractSet[str]) -> Iterator[Weakness]:
    """Yield that its port is open in every network of its machine.

    That is how it is usually run, so that it is told only where who reaches it there needs nothing more.
    """
    if not exposure.everywhere:
        return
    worse = bool(others & _LETS_IN)
    port = next((port for _, port in exposure.addresses), PORT)
    yield Weakness(
        key="whole_host" if exposure.whole_host else "bound_everywhere",
        severity=Severity.WARNING if worse else Severity.INFO,
        setting="network_mode: host" if exposure.whole_host else f'ports: "{port}:{PORT}"',
        value=f"0.0.0.0:{port}",
        said=f"{port}:{PORT}",
        told=worse,
    )


def _holes(data: Plex) -> Iterator[Weakness]:
    version = data.about.numbers
    # fewer than three numbers are no version that can be compared
    known = [hole.name for hole in HOLES if len(version) > 2 and hole.since <= version < hole.below]
    if known:
        yield Weakness(
            key="vulnerable", severity=Severity.HIGH, value=data.about.version, said=", ".join(known)
        )


def _owner(data: Plex) -> Iterator[Weakness]:
    if data.about.claimed is False:
        yield Weakness(key="unclaimed", severity=Severity.HIGH, setting="claimed", value=False)


def _encryption(data: Plex) -> Iterator[Weakness]:
    value = data.preference("secureConnections")
    if value == OFF:
        yield Weakness(
            key="insecure_connections",
            severity=Severity.WARNING,
            setting="secureConnections",
            value=value,
            mend=PREFERRED,
        )
    elif value == PREFERRED and data.about.mapping == "mapped":
        yield Weakness(
            key="plain_from_outside",
            severity=Severity.WARNING,
            setting="secureConnections",
            value=value,
            mend=REQUIRED,
        )


def _without_login(data: Plex) -> Iterator[Weakness]:
    value = data.preference("allowedNetworks")
    if not isinstance(value, str) or not value.strip():
        return
    wide = any(_is_wide(part) for part in value.split(","))
    yield Weakness(
        key="open_to_all" if wide else "open_to_networks",
        severity=Severity.HIGH if wide else Severity.WARNING,
        setting="allowedNetworks",
        value=value,
        mend="",
        said=value,
    )


def _is_wide(part: str) -> bool:
    """Return whether a network is everybody, or is one of Docker's, from where all behind a proxy seem to come."""
    try:
        network = ip_network(part.strip(), strict=False)
    except ValueError:
        return False
    if network.prefixlen <= 1:
        return True
    return network.version == 4 and network.overlaps(ip_network("172.16.0.0/12")) and network.prefixlen < 32


def _own_addresses(data: Plex) -> Iterator[Weakness]:
    value = data.preference("customConnections")
    if isinstance(value, str) and "http://" in value.lower():
        yield Weakness(
            key="plain_address",
            severity=Severity.WARNING,
            setting="customConnections",
            value=value,
            said=value,
            # what is encrypted stays as it is
            mend=",".join(each for each in value.split(",") if "http://" not in each.lower()),
        )


def _tokens(data: Plex) -> Iterator[Weakness]:
    if data.preference("logTokens") is True:
        yield Weakness(
            key="tokens_in_logs", severity=Severity.WARNING, setting="logTokens", value=True, mend=False
        )


def _router(data: Plex) -> Iterator[Weakness]:
    published = data.preference("PublishServerOnPlexOnlineKey") is True
    if published and data.about.mapping == "mapped" and data.preference("ManualPortMappingMode") is False:
        yield Weakness(
            key="router_opened",
            severity=Severity.INFO,
            setting="ManualPortMappingMode",
            value=False,
            mend=True,
        )


def _published(data: Plex) -> Iterator[Weakness]:
    """Yield that it is reached from outside, which its owner may want: for the list only."""
    setting = "PublishServerOnPlexOnlineKey"
    if data.preference(setting) is True and data.about.mapping == "mapped":
        yield Weakness(
            key="published", severity=Severity.INFO, setting=setting, value=True, mend=False, told=False
        )


def _on(key: str, setting: str) -> Callable[[Plex], Iterator[Weakness]]:
    def check(data: Plex) -> Iterator[Weakness]:
        if data.preference(setting) is True:
            yield Weakness(key=key, severity=Severity.INFO, setting=setting, value=True, mend=False)

    return check


def _old_tls(data: Plex) -> Iterator[Weakness]:
    if data.preference("DisableTLSv1_0") is False:
        yield Weakness(
            key="old_tls", severity=Severity.INFO, setting="DisableTLSv1_0", value=False, mend=True
        )


_CHECKS: Final[tuple[Callable[[Plex], Iterator[Weakness]], ...]] = (
    _holes,
    _owner,
    _encryption,
    _without_login,
    _own_addresses,
    _tokens,
    _router,
    _published,
    _on("relay", "RelayEnabled"),
    _on("dlna", "DlnaEnabled"),
    _on("gdm", "GdmEnabled"),
    _old_tls,
)
# the settings that may be changed from here, and only to what a check wants or back to what they were
MENDABLE: Final = frozenset(
    {
        "secureConnections",
        "allowedNetworks",
        "customConnections",
        "ManualPortMappingMode",
        "PublishServerOnPlexOnlineKey",
        "TranscoderTempDirectory",
        "logTokens",
        "RelayEnabled",
        "DlnaEnabled",
        "GdmEnabled",
        "DisableTLSv1_0",
        "HardwareAcceleratedCodecs",
        "HardwareAcceleratedEncoders",
        "WanPerStreamMaxUploadRate",
        "WanTotalMaxUploadRate",
    }
)
