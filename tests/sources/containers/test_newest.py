"""In which order registries are asked, and how soon."""

import asyncio
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from custom_components.home_server_monitor.sources.containers import meanwhile
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Image,
    State,
    Update,
    Watched,
)
from custom_components.home_server_monitor.sources.containers.newest import Newest
from custom_components.home_server_monitor.sources.containers.view import installed, latest, unknown

NAMES = ("first", "second", "third")
CONTAINERS = {
    name: Container(id=name, name=name, image=name, image_id=f"i-{name}", state=State.RUNNING, inspected=True)
    for name in NAMES
}
IMAGES = {f"i-{name}": Image(id=f"i-{name}") for name in NAMES}


class Asked:
    """What asks registries, and notes what it was asked."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.newest = Newest(self.ask)

    async def ask(self, reference: str, image: Image | None, now: datetime, known: Update | None) -> Update:
        self.order.append(reference)
        return Update(reference=reference, installed_digest="a", latest_digest="a", checked=now, seen=now)

    async def look(self, **more: Any) -> bool:
        return await self.newest.look(CONTAINERS, more.get("images", IMAGES))


async def test_what_a_person_asks_for_is_asked_first() -> None:
    """Before those that were never asked, and one that was asked a moment ago too."""
    it = Asked()
    await it.look()
    it.newest.ask_soon("third")
    it.newest.ask_soon("first")
    assert it.newest.pressed.is_set()
    await it.look()
    assert it.newest.pressed.is_set()
    await it.look()
    assert not it.newest.pressed.is_set()
    await it.look()
    assert it.order == ["first", "first", "third", "second"]
    # what cannot be asked about yet makes nobody ask without end
    it.newest.ask_soon("first")
    assert not await it.look(images={})
    assert not it.newest.pressed.is_set()


async def test_the_turn_comes_at_once_where_a_person_waits(monkeypatch: Any) -> None:
    monkeypatch.setattr(meanwhile, "AT_ONCE", 0.01)
    watch: Any = SimpleNamespace(last_update_success=True, data=object())
    it: Any = meanwhile.Meanwhile(watch, lambda work, name: asyncio.ensure_future(work), lambda: None)
    turn = asyncio.Event()

    async def look() -> None:
        it.newest.pressed.clear()
        turn.set()

    it.look_for_updates = look
    task = asyncio.ensure_future(it._ask_about_updates())
    await asyncio.sleep(0.05)
    assert not turn.is_set()
    it.newest.ask_soon("first")
    async with asyncio.timeout(1):
        await turn.wait()
    task.cancel()


async def test_what_was_just_installed_is_the_newest() -> None:
    """While its new container was not looked at yet too, and where it is newer than what was known."""
    it = Asked()
    await it.look()
    fresh = {**CONTAINERS, "first": replace(CONTAINERS["first"], inspected=False, image_id="i-new")}
    it.newest.installed("first", ["first@sha256:" + "a" * 64])
    await it.newest.look(fresh, IMAGES)
    known = it.newest.updates["first"]
    item = Watched(fresh["first"], update=known)
    assert (known.available, installed(item), latest(item), unknown(item)) == (
        False,
        "a" * 12,
        "a" * 12,
        None,
    )
    # what is gone for good is forgotten
    await it.newest.look({name: CONTAINERS[name] for name in NAMES[1:]}, IMAGES)
    assert "first" not in it.newest.updates


async def test_an_answer_about_what_was_replaced_meanwhile_says_nothing() -> None:
    it = Asked()
    await it.look()
    it.newest.ask_soon("first")
    ask = it.newest._ask

    async def slowly(*args: Any) -> Update:
        it.newest.installed("first", ["first@sha256:" + "b" * 64])
        return await ask(*args)

    it.newest._ask = slowly
    await it.look()
    assert it.newest.updates["first"].installed_digest == "sha256:" + "b" * 64
