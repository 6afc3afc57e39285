"""What a NAS says in ways that nobody foresaw: then nothing is put back, shown, or taken for being in use."""

from datetime import UTC, tzinfo
from types import SimpleNamespace
from typing import Any, cast

import pytest

from custom_components.home_server_monitor.guardian.capabilities import Use
from custom_components.home_server_monitor.guardian.contract import Refused
from custom_components.home_server_monitor.sources.errors import BadResponse, PermissionDenied
from custom_components.home_server_monitor.sources.truenas import rolling_back
from custom_components.home_server_monitor.sources.truenas.apps import _page
from custom_components.home_server_monitor.sources.truenas.methods import Operation
from custom_components.home_server_monitor.sources.truenas.pausing import pause_of
from custom_components.home_server_monitor.sources.truenas.sending import Nas
from custom_components.home_server_monitor.sources.truenas.uses import look_in_use, uses
from custom_components.home_server_monitor.sources.truenas.zone import Zone

from .build import pool

MIB = 1024**2


def _row(name: str, txg: Any, referenced: Any = 100 * MIB) -> dict[str, Any]:
    return {
        "id": f"tank/app@{name}",
        "createtxg": txg,
        "properties": {
            "creation": {"rawvalue": "1700000000"},
            "referenced": {"rawvalue": str(referenced), "parsed": referenced},
        },
    }


def _nas(snapshots: Any, size: Any = ()) -> Nas:
    """Return a NAS that answers two questions."""

    async def ask(operation: Operation, *args: Any) -> Any:
        return snapshots if operation is Operation.SNAPSHOTS_OF else size

    return cast("Nas", SimpleNamespace(client=SimpleNamespace(ask=ask)))


async def test_a_snapshot_is_put_back_to_only_where_all_that_is_newer_is_known() -> None:
    found = await rolling_back.seen(_nas([_row("a", 5), _row("b", "7"), _row("c", 4)]), "tank/app", "a")
    assert found is not None
    assert found.newer == ("b",)
    # one whose place nobody knows counts as newer
    found = await rolling_back.seen(_nas([_row("a", 5), _row("b", None), "no row"]), "tank/app", "a")
    assert found is not None
    assert found.newer == ("b",)
    assert await rolling_back.seen(_nas([_row("b", 7)]), "tank/app", "a") is None
    with pytest.raises(BadResponse):
        await rolling_back.seen(_nas([_row("a", None)]), "tank/app", "a")
    with pytest.raises(BadResponse):
        await rolling_back.seen(_nas({"a": 1}), "tank/app", "a")
    with pytest.raises(Refused, match="too_many_snapshots"):
        await rolling_back.seen(
            _nas([_row(str(each), each) for each in range(rolling_back.MOST)]), "tank/app", "1"
        )


@pytest.mark.parametrize(
    ("snapshots", "size", "is_back"),
    [
        ([_row("a", 5)], [{"usedbydataset": {"parsed": 100 * MIB}}], True),
        # a little is written by putting it back
        ([_row("a", 5)], [{"usedbydataset": {"parsed": 101 * MIB}}], True),
        ([_row("a", 5)], [{"usedbydataset": {"parsed": 300 * MIB}}], False),
        ([_row("a", 5)], [{"usedbydataset": None}], False),
        ([_row("a", 5)], [], False),
        ([_row("a", 5), _row("b", 7)], [{"usedbydataset": {"parsed": 100 * MIB}}], False),
        ([], [{"usedbydataset": {"parsed": 100 * MIB}}], False),
    ],
)
async def test_what_cannot_be_compared_is_not_back(snapshots: Any, size: Any, is_back: bool) -> None:
    assert await rolling_back.is_as_in(_nas(snapshots, size), "tank/app", "a") is is_back


@pytest.mark.parametrize(
    ("portal", "page"),
    [
        ("http://0.0.0.0:8989/", "http://nas.lan:8989"),
        ("https://[::]:443/web#top", "https://nas.lan/web"),
        ("http://app.lan:80/x", "http://app.lan/x"),
        # neither what is no page nor what holds a secret is shown
        ("ssh://0.0.0.0:22", None),
        ("http://me:secret@0.0.0.0:80", None),
        ("http://0.0.0.0:80/?token=secret", None),
        ("/only/a/path", None),
        ("http://0.0.0.0:port/", None),
    ],
)
def test_a_page_of_an_app(portal: str, page: str | None) -> None:
    assert _page(portal, "nas.lan") == page


async def test_a_zone_that_nobody_knows_is_utc() -> None:
    async def find(name: str) -> tzinfo | None:
        if name == "Nowhere/Land":
            return None
        raise ValueError(name)

    zone = Zone(find)
    assert not await zone.learn(None)
    for name in ("Nowhere/Land", "../etc/passwd"):
        assert await zone.learn(cast("Any", SimpleNamespace(timezone=name)))
        assert zone.now is UTC
    assert not await zone.learn(cast("Any", SimpleNamespace(timezone="../etc/passwd")))


async def test_what_may_not_be_read_is_not_known_to_be_in_use() -> None:
    app = SimpleNamespace(state="deploying", title="Plex")
    data = cast("Any", SimpleNamespace(tasks={}, pools={}, apps={"plex": app}, update=None))

    async def denied(feed: str) -> Any:
        raise PermissionDenied("app.query")

    nas = cast("Nas", SimpleNamespace(id="nas", data=data, async_look=denied))
    assert await look_in_use(nas, {"app:nas:plex", "task:nas:x"}) == [Use("app", "Plex")]
    assert await look_in_use(nas, {"app:nas:other"}) == []
    assert list(uses("nas", None, {"app:nas:plex"})) == []


def test_no_scrub_no_pause() -> None:
    assert pause_of(pool(scan=None), {"hours": 2}) is None
