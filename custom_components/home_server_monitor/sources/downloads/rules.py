"""What is wrong with a download client: pure functions from a snapshot to findings. What is unknown is not wrong."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from ...guardian.capabilities_media import DownloadState, Item, Trouble
from ...guardian.contract import Finding, Severity
from .model import TORRENT, Downloader
from .nodes import client_node

GIB = 1 << 30
# free space below which it is told, and above which that is over
FULL, NEARLY, CLEAR = 1 * GIB, 5 * GIB, 8 * GIB
# fewer that stand still say nothing about all of them
ENOUGH_STALLED = 3
# names in a text
NAMED = 3
# news servers complain in passing; what they say is kept short
SAID = 120
_BROKEN = (Trouble.MISSING_FILES, Trouble.NO_SPACE, Trouble.PERMISSION, Trouble.OTHER)


def judge(source: str, name: str, data: Downloader | None) -> Sequence[Finding]:
    """Return all findings of one snapshot, most severe first."""
    if data is None:
        return ()
    make = partial(Finding, source=source, object=client_node(source))
    found = [
        finding
        for rule in (_space, _stalled, _errored, _unregistered, _news, _quota)
        for finding in rule(name, data, make)
    ]
    return sorted(found, key=lambda finding: (-finding.severity, finding.rule))


def _space(name: str, data: Downloader, make: Any) -> Iterator[Finding]:
    """The disk that it downloads to is full, or nearly so while something is still to come."""
    free = data.line.free
    if free is None or free >= CLEAR:
        return
    wanted = data.left > 0 or any(each.trouble is Trouble.NO_SPACE for each in data.items.values())
    if not wanted:
        return
    yield make(
        rule="downloads_disk_full",
        severity=Severity.HIGH if free < FULL else Severity.WARNING,
        placeholders={"client": name, "free": _gib(free), "left": _gib(data.left)},
        holds=free >= NEARLY,
    )


def _stalled(name: str, data: Downloader, make: Any) -> Iterator[Finding]:
    """Nothing moves of several torrents at once: that is the network of the client, not the torrents."""
    if data.product.protocol != TORRENT or data.line.paused:
        return
    wanting = data.wanting
    stuck = [each for each in wanting if each.state is not DownloadState.DOWNLOADING]
    cut_off = data.line.connected is False
    if cut_off or (len(stuck) >= ENOUGH_STALLED and len(stuck) == len(wanting) and not data.line.down):
        yield make(
            rule="downloads_cut_off" if cut_off else "downloads_all_stalled",
            severity=Severity.WARNING,
            placeholders={"client": name, "count": str(len(wanting))},
            evidence={"connection": data.connection},
        )


def _errored(name: str, data: Downloader, make: Any) -> Iterator[Finding]:
    """Torrents that cannot go on. Usenet that failed is looked for anew by whoever ordered it."""
    if data.product.protocol != TORRENT:
        return
    broken = [
        each for each in data.items.values() if each.state is DownloadState.FAILED and each.trouble in _BROKEN
    ]
    if broken:
        yield make(
            rule="downloads_errored",
            severity=Severity.WARNING,
            placeholders={
                "client": name,
                "count": str(len(broken)),
                "names": _names(broken),
                "reason": broken[0].reason or "it does not say why",
            },
            evidence={"downloads": [each.id for each in broken[:20]]},
        )


def _unregistered(name: str, data: Downloader, make: Any) -> Iterator[Finding]:
    """Torrents that their tracker does not know any more."""
    gone = [each for each in data.items.values() if each.trouble is Trouble.UNREGISTERED]
    if gone:
        yield make(
            rule="downloads_unregistered",
            severity=Severity.INFO,
            placeholders={"client": name, "count": str(len(gone)), "names": _names(gone)},
            evidence={"downloads": [each.id for each in gone[:20]]},
        )


def _news(name: str, data: Downloader, make: Any) -> Iterator[Finding]:
    """News servers that do not answer, or refuse."""
    failing = [each for each in data.servers if each.error]
    if failing:
        every = len(failing) == len(data.servers)
        yield make(
            rule="news_servers_failing",
            severity=Severity.WARNING if every else Severity.INFO,
            placeholders={
                "client": name,
                "servers": ", ".join(each.name for each in failing[:NAMED]),
                "count": str(len(failing)),
                "total": str(len(data.servers)),
                "reason": failing[0].error[:SAID],
            },
        )


def _quota(name: str, data: Downloader, make: Any) -> Iterator[Finding]:
    """The quota that was set in the client is used up: it waits until that begins anew."""
    if data.quota_reached:
        yield make(rule="download_quota_reached", severity=Severity.INFO, placeholders={"client": name})


def _names(items: Sequence[Item]) -> str:
    shown = ", ".join(each.name[:80] for each in items[:NAMED])
    return f"{shown}, …" if len(items) > NAMED else shown


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
