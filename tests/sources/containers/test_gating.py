"""What was put back is looked at until it is seen to serve, whatever its engine does about its health check."""

import asyncio
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import NotDone, Refused, Step
from custom_components.home_server_monitor.sources.containers.gate import Result
from custom_components.home_server_monitor.sources.containers.gating import Gating
from custom_components.home_server_monitor.sources.containers.member import Member
from custom_components.home_server_monitor.sources.containers.swapping import Order, Pair, Swapping
from custom_components.home_server_monitor.sources.errors import CannotConnect

OLD = Member(
    name="app",
    old="a",
    image="i",
    reference="r",
    ran=True,
    policy={"Name": "always"},
    checked=True,
    served=1e6,
)


def _inspection(health: str) -> dict[str, Any]:
    return {
        "Id": "a",
        "Name": "/app",
        "State": {
            "Status": "running",
            "Running": True,
            "StartedAt": "2026-06-01T10:00:00Z",
            "Health": {"Status": health},
        },
        "Config": {"Healthcheck": {"Test": ["CMD", "true"], "Interval": 10**9, "Timeout": 10**9}},
    }


@pytest.mark.parametrize(
    ("health", "result", "reason"),
    [
        ("healthy", Result.HEALTHY, "well"),
        # its engine was killed as it began, and does not ask it again
        ("starting", Result.HEALTHY, "not_checked"),
        ("unhealthy", Result.FAILED, "unhealthy"),
    ],
)
async def test_an_old_container_that_was_put_back(health: str, result: Result, reason: str) -> None:
    async def old(member: Member) -> dict[str, Any]:
        return _inspection(health)

    async def nap(seconds: float) -> None:
        await asyncio.sleep(0)

    seconds = count()
    yard: Any = SimpleNamespace(gate_timeout=60.0)
    remaking: Any = SimpleNamespace(old=old)
    gating = Gating(yard, remaking, lambda: float(next(seconds)), nap)
    judgement = await gating.old_is_well(OLD)
    assert (judgement.result, judgement.reason) == (result, reason)


async def test_what_is_gone_or_never_ran_is_not_looked_at_for_long() -> None:
    now: dict[str, Any] = {}

    async def look(member: Member) -> dict[str, Any] | None:
        seen: dict[str, Any] | None = now["found"]
        return seen

    async def never(seconds: float) -> None:
        raise AssertionError("it is not waited for")

    remaking: Any = SimpleNamespace(old=look, new=look)
    yard: Any = SimpleNamespace(gate_timeout=60.0, gate_stable=10.0)
    gating = Gating(yard, remaking, lambda: 0.0, never)
    stood_still = replace(OLD, ran=False)
    # gone, or another one of that id has its name
    for found, member, reason in (
        (None, OLD, "gone"),
        ({**_inspection("healthy"), "Name": "/app-hsm-old"}, OLD, "gone"),
        (_inspection("unhealthy"), stood_still, "not_running_before"),
    ):
        now["found"] = found
        for judged in (gating.new_is_well, gating.old_is_well):
            assert (await judged(member)).reason == reason


async def test_what_it_wrote_last_is_told_where_it_can_be_read() -> None:
    ended = _inspection("none")
    ended["State"] = {"Status": "exited", "Running": False, "ExitCode": 1, "Health": None}
    ended["Config"] = {}

    async def new(member: Member) -> dict[str, Any]:
        return ended

    async def lines(container: str, count: int) -> str:
        return "starting\nno such table: password=hunter2\n\n"

    async def away(container: str, count: int) -> str:
        raise CannotConnect("No answer in time")

    for words, said in ((lines, "no such table"), (away, "")):
        yard: Any = SimpleNamespace(
            gate_timeout=60.0, gate_stable=10.0, workshop=SimpleNamespace(words=words)
        )
        seconds = count()

        async def nap(wanted: float) -> None:
            await asyncio.sleep(0)

        gating = Gating(yard, SimpleNamespace(new=new), lambda: float(next(seconds)), nap)  # type: ignore[arg-type]  # noqa: B023
        judgement = await gating.new_is_well(replace(OLD, policy={"Name": "no"}))
        assert judgement.result is Result.FAILED
        assert str(judgement.facts["said"]).startswith(said)
        # what a container writes may hold a secret
        assert "hunter2" not in str(judgement.facts)


class Engine:
    """Two containers as an engine tells of them, and what was ordered of it."""

    def __init__(self, **found: dict[str, Any] | None) -> None:
        self.found, self.sent = found, list[str]()

    async def look(self, ident: str) -> dict[str, Any] | None:
        """Inspect."""
        return self.found[ident]

    def __getattr__(self, order: str) -> Any:
        async def send(ident: str, *more: Any) -> None:
            self.sent.append(f"{order} {ident}")

        return send


PAIR = Pair(
    name="app",
    new="n",
    old="o",
    parked="app-old",
    failed="app-failed",
    ran=True,
    policy={"Name": "always"},
    stop_within=5,
)


@pytest.mark.parametrize(
    ("order", "new", "old", "sent"),
    [
        # what is undone already is not undone again
        (Order.TAKE, {"Name": "/app-failed"}, {"Name": "/app-old"}, []),
        (Order.TAKE, {"Name": "/app-failed"}, {"Name": "/app"}, ["rename o"]),
        (Order.PARK, {"Name": "/app"}, {"Name": "/app-old"}, []),
        (Order.PARK, {"Name": "/app-failed"}, {"Name": "/app-old"}, ["rename n"]),
        # its engine was started anew before the stop, and left it down
        (Order.NO_RESTART, {"State": {"Running": False}}, {}, ["set_restart_policy n", "start n"]),
        (Order.NO_RESTART, {"State": {"Running": True}}, {}, ["set_restart_policy n"]),
        # what was removed is not made again
        (Order.REMOVE, None, {}, []),
        (Order.STOP, None, {}, "container_gone"),
        (Order.START, {}, None, "container_gone"),
    ],
)
async def test_a_swap_is_taken_back_as_far_as_it_went(order: Any, new: Any, old: Any, sent: Any) -> None:
    engine: Any = Engine(n=new, o=old)
    swapping = Swapping(engine, [PAIR])
    step = Step(order=order, params={"pair": 0})
    if isinstance(sent, str):
        with pytest.raises(Refused, match=sent):
            await swapping.take_back(step)
        sent = []
    else:
        await swapping.take_back(step)
    assert engine.sent == sent
    with pytest.raises(NotDone, match="dance"):
        await swapping.send(Step(order="dance", params={"pair": 0}))
    assert engine.sent == sent
