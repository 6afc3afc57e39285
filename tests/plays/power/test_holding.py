"""Whose primary waits for us: of the UPS that the plan is about, and of no other one any longer."""

import pytest

from custom_components.home_server_monitor.plays.power_plan.holding import Holding
from custom_components.home_server_monitor.sources.errors import CannotConnect


class Ups:
    """A UPS whose owner can be made to wait."""

    may_hold = True

    def __init__(self) -> None:
        self.held, self.away = False, False

    async def hold_primary(self) -> None:
        if self.away:
            raise CannotConnect("No answer in time")
        self.held = True

    async def holds_primary(self) -> bool:
        return self.held and not self.away

    async def release_primary(self) -> None:
        self.held = False


async def test_one_primary_waits_at_a_time(caplog: pytest.LogCaptureFixture) -> None:
    first, second, holding = Ups(), Ups(), Holding()
    await holding.log(first, in_=True)
    assert (holding.holds, await holding.counts(first)) == (True, True)
    # the plan is about another one from now on: the first need not wait
    assert not await holding.counts(second)
    assert (first.held, holding.holds) == (False, False)
    # whether it waits is not known where the answer was lost: it is let go all the same
    second.away = True
    await holding.log(second, in_=True)
    assert "does not count us" in caplog.text
    assert (holding.holds, await holding.counts(second)) == (True, False)
    await holding.leave()
    assert not holding.holds
    # one without an account that may log in is not asked, and something else is no UPS
    second.away = second.may_hold = False
    await holding.log(second, in_=True)
    await holding.log(object(), in_=True)
    assert (second.held, holding.holds, await holding.counts(object())) == (False, False, False)
