"""What upsd says of an account and of an order, in answers that a real one rarely gives."""

from typing import Any

import pytest

from custom_components.home_server_monitor.sources.errors import (
    CallFailed,
    CannotConnect,
    ClientError,
    NotSupported,
)
from custom_components.home_server_monitor.sources.ups import sessions
from custom_components.home_server_monitor.sources.ups.sessions import Came, followed, granted
from custom_components.home_server_monitor.sources.ups.wire import AccessDenied, Refused

UNKNOWN = Refused("UNKNOWN-COMMAND")


class Session:
    """A connection on which this is answered, one after the other; the last one again and again."""

    def __init__(self, *answers: str | ClientError) -> None:
        self.answers, self.asked = [*answers], list[str]()

    async def ask(self, line: str) -> list[str]:
        self.asked.append(line)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ClientError):
            raise answer
        return answer.split()


async def test_whether_an_account_is_the_primarys() -> None:
    old: Any = Session(UNKNOWN, "OK MASTER-GRANTED")
    assert await granted(old, "ups")
    assert old.asked == ["PRIMARY ups", "MASTER ups"]
    secondary: Any = Session(AccessDenied("ACCESS-DENIED"))
    assert not await granted(secondary, "ups")
    assert len(secondary.asked) == 1, "a no is not asked for twice"
    for answer, error in ((UNKNOWN, NotSupported), (Refused("UNKNOWN-UPS"), Refused)):
        other: Any = Session(answer)
        with pytest.raises(error):
            await granted(other, "ups")


async def test_what_came_of_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "ASK_AGAIN", 0.0)
    for answers, came in (
        (("PENDING", "SUCCESS"), Came.DONE),
        ((Refused("UNKNOWN"),), Came.QUEUED),
        # the order was taken, only its news were lost
        ((CannotConnect("broken off"),), Came.QUEUED),
    ):
        session: Any = Session(*answers)
        assert await followed(session, "1", "test.battery.start") is came
    failed: Any = Session(Refused("FAILED"))
    with pytest.raises(CallFailed):
        await followed(failed, "1", "test.battery.start")
    # it never says: after a while nobody waits any longer, and nothing is claimed
    monkeypatch.setattr(sessions, "TRACK", 0.01)
    silent: Any = Session("PENDING")
    assert await followed(silent, "1", "test.battery.start") is Came.QUEUED
