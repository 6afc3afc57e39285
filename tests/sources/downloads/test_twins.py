"""Two entries are one client where they download the same; what nobody can tell changes nothing of what was known."""

from dataclasses import dataclass, replace
from types import MappingProxyType

import pytest

from custom_components.home_server_monitor.guardian.capabilities_media import DownloadState, Item
from custom_components.home_server_monitor.guardian.lease import Change
from custom_components.home_server_monitor.sources.downloads.model import Downloader, Product
from custom_components.home_server_monitor.sources.downloads.twins import Twins, finding_of, one_client

from .test_rules import told


@dataclass
class Entry:
    """An entry, as far as twins look at it."""

    id: str
    data: Downloader | None

    @property
    def name(self) -> str:
        """Its title."""
        return self.id.upper()


def having(*names: str, version: str = "21.0") -> Downloader:
    """An NZBGet that has these: it numbers its downloads from 1 on."""
    items = {
        str(number): Item(
            id=str(number), name=name, protocol="usenet", state=DownloadState.QUEUED, size=1, done=0
        )
        for number, name in enumerate(names, 1)
    }
    return Downloader(product=Product.NZBGET, version=version, items=MappingProxyType(items))


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        (having("a", "b", "c"), True),
        (having("a", "b", "c", "d"), True),
        (having("a", "y", "z"), False),
        (having("x", "y", "z"), False),
        (having("a", "b", "c", version="24.8"), False),
        (replace(having("a", "b", "c"), product=Product.SABNZBD), False),
        (having(), None),
        (having(version="24.8"), False),
        (None, None),
    ],
)
def test_by_what_they_download(theirs: Downloader | None, same: bool | None) -> None:
    mine = having("a", "b", "c")
    assert one_client(mine, theirs) is one_client(theirs, mine) is same


def test_what_was_known_holds_until_it_shows_otherwise() -> None:
    mine, older = Entry("b", having("a")), Entry("a", None)
    twins = Twins(mine)
    assert twins.first([older]) is None
    older.data = having("a")
    assert twins.first([Entry("c", having("x")), older]) == "A"
    mine.data = having()
    assert twins.first([older]) == "A"
    assert twins.first([]) is None, "it was deleted"
    mine.data = having("z")
    assert twins.first([older]) is None


def test_it_is_told() -> None:
    assert told(finding_of(Entry("qb", having("a")), "The NAS"))[0] == "QB: connected twice"


def test_what_another_one_lent_is_no_original() -> None:
    empty = having()
    mine, other = Entry("b", empty), Entry("a", empty)
    lent = [
        Change(
            source="a", kind="limit", target="down", name="the first", original=0, left=9, before=0, leases=()
        )
    ]

    def by(others: list[Entry], target: str = "down", value: int = 9, source: str = "a") -> str | None:
        changes = [replace(each, source=source) for each in lent]
        return Twins(mine).lent_by(changes, others, "limit", target, value)

    assert by([other]) == "A"
    assert by([]) == "the first", "its entry is not loaded"
    assert (by([other], value=8), by([other], target="up"), by([other], source="b")) == (None, None, None)
    mine.data, other.data = having("a"), having("b")
    assert by([other]) is None, "it is another client"
    lent[0] = replace(lent[0], left=0)
    assert by([], value=0) is None
