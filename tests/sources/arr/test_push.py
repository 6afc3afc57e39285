"""A push that cannot be had is tried ever more rarely, and polling needs none of it."""

import asyncio
from typing import Any

import aiohttp
import pytest
from yarl import URL

from custom_components.home_server_monitor.sources.arr import push as pushing
from custom_components.home_server_monitor.sources.arr.push import Push
from custom_components.home_server_monitor.sources.errors import CallFailed, CannotConnect
from custom_components.home_server_monitor.sources.listening import LAST_RETRY


class Broken:
    """A way to an Arr whose push does not work. answers: what becomes of each try."""

    url = URL("http://127.0.0.1:1")

    def __init__(self, *answers: Any) -> None:
        self.answers = [*answers]
        self.tried = 0

    async def send(self, verb: str, path: str, query: Any = None, body: Any = None, **more: Any) -> Any:
        self.tried += 1
        answer = self.answers[min(self.tried, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def socket(self, url: URL) -> Any:
        raise aiohttp.ClientConnectionError


@pytest.mark.parametrize(
    "answers",
    [
        (CannotConnect("No answer"),),
        (CallFailed("negotiate", "it is not there", 404),),
        (None, [], {"connectionToken": 7}, {"connectionToken": "x"}),
    ],
)
async def test_tries_become_rare(answers: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await real(0)
        if len(waits) == 9:
            raise asyncio.CancelledError

    monkeypatch.setattr(pushing.asyncio, "sleep", sleep)
    broken: Any = Broken(*answers)
    push = Push(broken, lambda feed: None)
    with pytest.raises(asyncio.CancelledError):
        await push.run()
    assert waits[:4] == [15.0, 30.0, 60.0, 120.0]
    assert waits[-1] == LAST_RETRY
    assert not push.connected
    assert push.error
