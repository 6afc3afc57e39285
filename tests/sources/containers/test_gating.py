"""What was put back is looked at until it is seen to serve, whatever its engine does about its health check."""

import asyncio
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from custom_components.home_server_monitor.sources.containers.gate import Result
from custom_components.home_server_monitor.sources.containers.gating import Gating
from custom_components.home_server_monitor.sources.containers.member import Member

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
