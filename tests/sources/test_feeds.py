"""Feeds: one that fails costs only itself, and nothing is shown for longer than it is true."""

import asyncio
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    BadResponse,
    CannotConnect,
    NotSupported,
    PermissionDenied,
)
from custom_components.home_server_monitor.sources.feeds import ASK_DENIED_AGAIN, Feed, Feeds


class Book:
    """Two feeds, `a` each minute and `b` each five, whose answers a test sets; exceptions are raised."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.answers: dict[str, Any] = {"a": 1, "b": 2}
        self.feeds = Feeds(
            [
                Feed(key="a", fetch=lambda: self._fetch("a"), every=60),
                Feed(key="b", fetch=self._b, every=300),
            ],
            lambda: self.now,
        )

    async def _b(self) -> Any:
        return await self._fetch("b")

    async def _fetch(self, key: str) -> Any:
        answer = self.answers[key]
        if answer is asyncio:
            await asyncio.sleep(3600)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def due(self) -> list[str]:
        return [feed.key for feed in self.feeds.due()]

    async def refresh(self, deadline: float = 5) -> int:
        return await self.feeds.refresh(self.feeds.due(), deadline)


@pytest.fixture
def book() -> Book:
    return Book()


async def test_each_is_asked_in_its_own_rhythm(book: Book) -> None:
    assert book.due() == ["a", "b"]
    assert await book.refresh() == 2
    assert (book.feeds.value("a"), book.feeds.value("b")) == (1, 2)
    assert book.due() == []
    assert await book.refresh() == 0
    book.now += 60
    assert book.due() == ["a"]
    book.now += 240
    assert book.due() == ["a", "b"]


async def test_nothing_is_fresh_before_it_was_fetched(book: Book) -> None:
    assert book.feeds.stale_keys == {"a", "b"}
    await book.refresh()
    assert book.feeds.stale_keys == set()


async def test_a_value_grows_too_old(book: Book) -> None:
    await book.refresh()
    book.now += 180
    assert not book.feeds.stale("a")
    book.now += 1
    assert book.feeds.stale("a")
    assert not book.feeds.stale("b")


async def test_one_failure_keeps_the_value_and_two_do_not(book: Book) -> None:
    await book.refresh()
    book.answers["a"] = BadResponse("broken")
    book.now += 60
    await book.refresh()
    assert not book.feeds.stale("a")
    assert book.feeds.report()["a"]["error"] == "broken"
    book.now += 25
    assert book.due() == ["a"]
    await book.refresh()
    assert book.feeds.stale_keys == {"a"}
    book.answers["a"] = 5
    book.now += 25
    await book.refresh()
    assert (book.feeds.value("a"), book.feeds.stale("a")) == (5, False)
    assert book.feeds.report()["a"]["failures"] == 0


async def test_what_hangs_is_asked_ever_more_rarely(book: Book) -> None:
    await book.refresh()
    book.answers["a"] = CannotConnect("hangs")
    waits = []
    for _ in range(6):
        while "a" not in book.due():
            book.now += 5
        book.now += 5
        await book.feeds.refresh([*book.feeds.due(), _answered()], 5)
        start = book.now
        while "a" not in book.due():
            book.now += 5
        waits.append(book.now - start)
    assert waits == sorted(waits)
    assert waits[0] <= 25 < waits[-1] <= 120


@pytest.mark.parametrize(("again", "path"), [(120.0, "queue"), (120.0, ""), (ASK_DENIED_AGAIN, "x")])
async def test_what_is_denied_is_asked_again(again: float, path: str) -> None:
    now, answers = [1000.0], [PermissionDenied(path), 5]

    async def fetch() -> int:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    feeds = Feeds([Feed(key="a", fetch=fetch, every=60)], lambda: now[0], denied_again=again)
    await feeds.refresh(feeds.due(), 5)
    assert feeds.denied == {"a": path}
    assert feeds.hurry("a") is None, "news change nothing"
    now[0] += again - 10
    assert feeds.due() == []
    feeds.retry()
    assert [each.key for each in feeds.due()] == ["a"], "a new connection may have other rights"
    now[0] += 10
    await feeds.refresh(feeds.due(), 5)
    assert (feeds.value("a"), feeds.denied) == (5, {})


def _answered() -> Feed:
    async def fetch() -> int:
        return 0

    return Feed(key="b", fetch=fetch, every=300)


async def test_what_was_not_even_asked_for_is_no_sign_of_life(book: Book) -> None:
    book.answers["a"] = CannotConnect("hangs")
    book.answers["b"] = NotSupported("no such thing")
    with pytest.raises(CannotConnect, match="hangs"):
        await book.refresh()


@pytest.mark.parametrize("error", [PermissionDenied("pool.query"), NotSupported("no such thing")])
async def test_what_is_denied_is_dark_and_not_asked_again(book: Book, error: Exception) -> None:
    await book.refresh()
    book.answers["a"] = error
    book.now += 60
    assert await book.refresh() == 1
    assert book.feeds.stale("a")
    assert book.feeds.value("a") is None
    assert book.feeds.denied == ({"a": "pool.query"} if isinstance(error, PermissionDenied) else {})
    assert book.feeds.unsupported == (frozenset() if book.feeds.denied else {"a"})
    assert book.feeds.hurry("a") is None
    book.now += 3600
    assert "a" not in book.due()
    book.now += ASK_DENIED_AGAIN
    assert "a" in book.due()
    book.feeds.reset()
    assert book.feeds.denied == {}
    assert book.feeds.unsupported == frozenset()


async def test_a_push_makes_one_feed_due(book: Book) -> None:
    await book.refresh()
    # some servers push the same news every second
    assert book.feeds.hurry("b") == 3
    book.now += 6
    assert book.feeds.hurry("b") == 0
    assert book.due() == ["b"]
    assert book.feeds.hurry("unknown") is None


async def test_a_new_connection_makes_due_what_failed(book: Book) -> None:
    await book.refresh()
    book.answers["b"] = CannotConnect("hangs")
    book.feeds.hurry("b")
    book.now += 3
    with pytest.raises(CannotConnect):
        await book.refresh()
    assert book.due() == []
    book.feeds.retry()
    assert book.due() == ["b"]


async def test_a_hung_feed_does_not_hold_up_the_others(book: Book) -> None:
    book.answers["a"] = asyncio
    assert await book.refresh(0.01) == 1
    assert book.feeds.value("b") == 2
    assert book.feeds.stale_keys == {"a"}
    # it goes on by itself and is not asked a second time meanwhile
    assert await book.refresh(0.01) == 0
    book.feeds.stop()
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "feed a"] == []


async def test_a_cycle_that_is_cancelled_leaves_nothing_running(book: Book) -> None:
    book.answers["a"] = asyncio
    refreshing = asyncio.create_task(book.refresh(60))
    await asyncio.sleep(0.01)
    refreshing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await refreshing
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "feed a"] == []


async def test_no_answer_at_all_is_the_servers_failure(book: Book) -> None:
    book.answers = {"a": CannotConnect("gone"), "b": CannotConnect("gone")}
    with pytest.raises(CannotConnect):
        await book.refresh()


async def test_a_refused_key_is_not_a_feeds_own_matter(book: Book) -> None:
    book.answers["b"] = AuthFailed("no")
    with pytest.raises(AuthFailed):
        await book.refresh()


async def test_a_fault_of_our_own_costs_one_feed(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    book.answers["b"] = RuntimeError("a fault of our own")
    await book.refresh()
    assert book.feeds.stale_keys == {"b"}
    assert book.feeds.report()["b"]["error"] == "RuntimeError"
    assert "a fault of our own" in caplog.text


async def test_reading_one_now(book: Book) -> None:
    assert await book.feeds.read("a", 5) == 1
    assert not book.feeds.stale("a")
    book.answers["a"] = asyncio
    with pytest.raises(CannotConnect):
        await book.feeds.read("a", 0.01)
    assert book.feeds.value("a") == 1


class Slow:
    """A feed whose answers are given out by a test, in any order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.asked: list[asyncio.Future[Any]] = []
        self.news: list[float] = []
        self.feeds = Feeds([Feed(key="a", fetch=self._fetch, every=60)], lambda: self.now)
        self.feeds.on_news = self.news.append

    async def _fetch(self) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.asked.append(future)
        return await future

    async def poll(self) -> asyncio.Task[int]:
        """Begin to poll."""
        task = asyncio.create_task(self.feeds.refresh(self.feeds.due(), 1000))
        await asyncio.sleep(0.01)
        return task


@pytest.mark.parametrize("late", ["old", CannotConnect("hangs"), PermissionDenied("x.query")])
async def test_what_was_asked_later_wins(late: Any) -> None:
    """A slow poll does not overwrite what somebody read meanwhile, nor does its failure count."""
    slow = Slow()
    poll = await slow.poll()
    look = asyncio.create_task(slow.feeds.read("a", 1000))
    await asyncio.sleep(0.01)
    slow.asked[1].set_result("new")
    assert await look == "new"
    if isinstance(late, Exception):
        slow.asked[0].set_exception(late)
    else:
        slow.asked[0].set_result(late)
    await asyncio.gather(poll, return_exceptions=True)
    assert slow.feeds.value("a") == "new"
    assert slow.feeds.report()["a"]["failures"] == 0
    assert not slow.feeds.stale("a")


async def test_news_that_comes_during_a_read_is_read_after_it() -> None:
    slow = Slow()
    poll = await slow.poll()
    slow.feeds.hurry("a", 10)
    assert slow.feeds.pressing() is None
    slow.asked[0].set_result("old")
    await poll
    assert slow.news == [10]
    assert slow.feeds.pressing() == 10
    slow.now += 10
    poll = await slow.poll()
    slow.asked[1].set_result("new")
    await poll
    assert slow.feeds.value("a") == "new"
    assert slow.feeds.pressing() is None
    assert slow.news == [10]
