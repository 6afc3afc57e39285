"""What may be done to a download client."""

from ...guardian.contract import Action
from .acting import Host
from .item_actions import CheckFiles, MoveItem, PauseItem, RemoveItem, ResumeItem
from .limit_actions import Alternative, LimitBandwidth, PauseDownloads, ResumeDownloads, SetLimit


def actions(host: Host) -> dict[str, Action]:
    """Return all that may be done to this client, by key."""
    found: list[Action] = [LimitBandwidth(host), PauseDownloads(host), ResumeDownloads(host), SetLimit(host)]
    if host.client.alternative:
        found += [Alternative(host, on=True), Alternative(host, on=False)]
    found += [RemoveItem(host), PauseItem(host), ResumeItem(host)]
    if host.client.checks_files:
        found.append(CheckFiles(host))
    if host.client.moves:
        found.append(MoveItem(host))
    return {each.key: each for each in found}
