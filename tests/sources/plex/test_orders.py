"""Orders to a Plex that is away, says no, or is changed under them; and a snapshot before it said who it is."""

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import NotDone, Outcome, Refused
from custom_components.home_server_monitor.sources.errors import AuthFailed, BadResponse, CannotConnect
from custom_components.home_server_monitor.sources.feeds import Feed, Feeds
from custom_components.home_server_monitor.sources.plex import actions
from custom_components.home_server_monitor.sources.plex.address import normalise
from custom_components.home_server_monitor.sources.plex.assemble import assemble
from custom_components.home_server_monitor.sources.plex.model import About, Plex, Preference, Section

AWAY, NO = CannotConnect("away"), AuthFailed("no")
NIGHT = datetime(2026, 11, 30, 3, tzinfo=UTC)
KEY = "secureConnections"


def plex(value: Any = "1", **section: Any) -> Plex:
    """A server with one setting and one library."""
    films = replace(Section("1", "Films", "movie", refreshing=False, scanned=NIGHT), **section)
    return Plex(
        about=About("Lighthouse", "1.42", "m"),
        sections=MappingProxyType({"1": films}),
        preferences=MappingProxyType({KEY.lower(): Preference(KEY, value)}),
    )


class Scripted:
    """A source and its client in one. looks: what it is seen as, one after another, the last for good."""

    id = "one"

    def __init__(self, *looks: Plex | Exception) -> None:
        self.looks = list(looks)
        self.fails: Exception | None = None
        self.orders: list[tuple[Any, ...]] = []

    @property
    def client(self) -> Any:
        """Itself."""
        return self

    async def async_look(self, *feeds: str) -> Plex:
        """Look once more."""
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(found, Exception):
            raise found
        return found

    async def set_preference(self, key: str, value: Any) -> None:
        """Take a setting."""
        self.orders.append((key, value))
        if self.fails is not None:
            raise self.fails

    async def scan(self, section: str) -> None:
        """Scan a library."""
        await self.set_preference("scan", section)

    def act(self, key: str) -> Any:
        """One of its actions."""
        return actions.actions_of(self)[key]  # type: ignore[arg-type]

    async def refused(self, key: str, target: str, **params: Any) -> str:
        """Why something is not even planned."""
        with pytest.raises(Refused) as found:
            await self.act(key).plan(target, params)
        return found.value.refusal.key


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing passes between two looks."""
    monkeypatch.setattr(actions, "LOOK_EVERY", 0.0)


async def how_it_ends(source: Scripted, act: Any, plan: Any) -> None:
    """Send an order that is refused, and one whose answer is lost."""
    source.fails = NO
    with pytest.raises(NotDone):
        await act.run(plan, 0)
    source.fails = AWAY
    assert (await act.run(plan, 0)).result == {"lost": True}
    source.fails = None
    assert (await act.run(plan, 0)).result == {}


async def test_a_setting() -> None:
    source = Scripted(plex())
    assert await source.refused("plex_set", "FriendlyName", value="x") == "no_such_setting"
    assert await source.refused("plex_set", KEY, value="1") == "setting_is_so"
    act = source.act("plex_set")
    plan = await act.plan(KEY, {"value": "0"})
    assert (plan.before["shown"]["was"], plan.before["shown"]["becomes"]) == ("Preferred", "Required")
    assert await act.check(plan) is None
    source.looks = [plex("2")]
    assert (await act.check(plan)).key == "setting_changed"
    await how_it_ends(source, act, plan)
    source.looks = [AWAY, plex("1"), plex("0")]
    assert (await act.verify(plan, [])).outcome is Outcome.SUCCEEDED
    # it is put back, unless somebody set something else since
    source.orders.clear()
    await act.undo(plan, 0, None)
    assert source.orders == [(KEY, "1")]
    source.looks = [AWAY, plex("1")]
    assert (await act.undone(plan)).outcome is Outcome.SUCCEEDED
    source.looks = [plex("2")]
    with pytest.raises(Refused, match="setting_changed"):
        await act.undo(plan, 0, None)
    assert source.orders == [(KEY, "1")]


async def test_a_scan() -> None:
    source = Scripted(plex())
    assert await source.refused("plex_scan", "2") == "no_such_library"
    assert await Scripted(plex(refreshing=True)).refused("plex_scan", "1") == "library_is_scanned"
    act = source.act("plex_scan")
    plan = await act.plan("1", {})
    assert await act.check(plan) is None
    source.looks = [plex(refreshing=True)]
    assert (await act.check(plan)).key == "library_is_scanned"
    await how_it_ends(source, act, plan)
    gone = replace(plex(), sections=MappingProxyType({}))
    for looks, outcome in (
        ([AWAY, plex(), plex(refreshing=True)], Outcome.SUCCEEDED),
        # a small one is through before anybody looks
        ([plex(scanned=NIGHT.replace(hour=4))], Outcome.SUCCEEDED),
        ([gone], Outcome.FAILED),
    ):
        source.looks = list(looks)  # type: ignore[arg-type]
        assert (await act.verify(plan, [])).outcome is outcome


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("192.168.1.20", "http://192.168.1.20:32400"),
        ("nas:32401/web/index.html#!/", "http://nas:32401"),
        ("http://nas:32400/web", "http://nas:32400"),
        # behind a proxy its port is that of the proxy
        ("https://plex.example/", "https://plex.example"),
        ("https://example.org/plex/Library/sections", "https://example.org/plex"),
    ],
)
def test_addresses_as_people_copy_them(typed: str, wanted: str) -> None:
    assert str(normalise(typed)).rstrip("/") == wanted


async def test_before_it_said_who_it_is_there_is_nothing_to_show() -> None:
    async def about() -> About:
        raise BadResponse("The answer is not one of Plex's")

    async def streams() -> None:
        return None

    feeds = Feeds(
        [
            Feed(key="about", fetch=about, every=60),
            *(
                Feed(key=key, fetch=streams, every=60)
                for key in ("streams", "sections", "activities", "preferences", "release")
            ),
        ]
    )
    with pytest.raises(BadResponse, match="does not say who it is"):
        assemble(feeds)
    await feeds.refresh(feeds.due(), 5)
    with pytest.raises(BadResponse, match="not one of Plex's"):
        assemble(feeds)
