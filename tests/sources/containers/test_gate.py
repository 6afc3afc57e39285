"""The gate after an update: what passes, what fails, and what is waited for."""

from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.sources.containers.gate import (
    LONGEST,
    Judgement,
    Result,
    Terms,
    judge,
    watch,
)
from custom_components.home_server_monitor.sources.containers.look import Check, Look, health_check, look
from custom_components.home_server_monitor.sources.containers.model import HealthStatus

from .inspections import inspection
from .shared import DOCKERS, recorded

STARTED = "2026-06-01T10:00:00Z"
CHECKED = Check(start_period=0.0, interval=30.0, timeout=30.0, retries=3)
SLOW = Check(start_period=300.0, interval=30.0, timeout=5.0, retries=3)
SERVICE = Terms(policy="unless-stopped", served=86400.0)
WITH_CHECK = Terms(policy="unless-stopped", served=86400.0, check=CHECKED)


def seen(at: float, **more: Any) -> Look:
    """Return a look at a container that runs."""
    return Look(**{"at": at, "id": "new", "status": "running", "started": STARTED, **more})


def every(seconds: float, until: float, **more: Any) -> list[Look]:
    """Return looks at a container to which nothing happens."""
    return [seen(at * seconds, **more) for at in range(int(until / seconds) + 1)]


def check(status: str, at: float = 0.0, **more: Any) -> Look:
    return seen(at, check=HealthStatus(status), **more)


def result(looks: list[Look], terms: Terms) -> tuple[Result, str]:
    found = judge(looks, terms)
    return found.result, found.reason


def test_a_container_whose_check_succeeds() -> None:
    assert result([check("starting")], WITH_CHECK) == (Result.PENDING, "not_healthy")
    assert result([check("starting"), check("healthy", 3.0)], WITH_CHECK) == (Result.HEALTHY, "well")


def test_a_container_whose_check_fails() -> None:
    looks = [check("starting"), check("unhealthy", 31.0, failing_streak=3, check_code=1)]
    found = judge(looks, WITH_CHECK)
    assert (found.result, found.reason) == (Result.FAILED, "unhealthy")
    assert found.facts["failed_checks"] == 3
    assert found.facts["check_code"] == 1


def test_a_check_that_fails_while_it_starts_is_not_held_against_it() -> None:
    looks = [check("starting"), check("unhealthy", 20.0)]
    assert result(looks, WITH_CHECK) == (Result.PENDING, "not_healthy")
    assert result([*looks, check("healthy", 25.0)], WITH_CHECK) == (Result.HEALTHY, "well")


def test_a_slow_starter_gets_its_start_period() -> None:
    terms = Terms(policy="always", served=1e6, check=SLOW)
    assert terms.deadline == 335.0
    assert result([check("starting"), check("unhealthy", 299.0)], terms)[0] is Result.PENDING
    assert result([check("starting"), check("starting", 300.0)], terms)[0] is Result.PENDING
    assert result([check("starting"), check("unhealthy", 301.0)], terms) == (Result.FAILED, "unhealthy")
    assert result([check("starting"), check("starting", 336.0)], terms) == (Result.FAILED, "not_healthy")


def test_an_image_cannot_ask_for_a_day() -> None:
    day = Check(86400.0, 30.0, 5.0, 3)
    assert Terms(check=day).deadline == LONGEST
    # a person can
    assert Terms(check=day, timeout=3600.0).deadline == 3600.0


def test_a_container_without_a_check_has_to_run_on() -> None:
    assert result(every(5.0, 40.0), SERVICE) == (Result.PENDING, "not_steady")
    assert result(every(5.0, 45.0), SERVICE) == (Result.HEALTHY, "well")


def test_one_that_was_started_again_has_to_run_on_from_there() -> None:
    again = [seen(50.0, started="2026-06-01T10:00:48Z"), seen(80.0, started="2026-06-01T10:00:48Z")]
    looks = [*every(5.0, 40.0), *again]
    assert result(looks, SERVICE) == (Result.PENDING, "not_steady")
    assert result([*looks, seen(96.0, started="2026-06-01T10:00:48Z")], SERVICE)[0] is Result.HEALTHY


def test_one_that_keeps_being_started_is_given_up() -> None:
    looks = [seen(at * 10.0, started=f"2026-06-01T10:{at:02}:00Z") for at in range(13)]
    assert result(looks, SERVICE) == (Result.FAILED, "not_steady")


@pytest.mark.parametrize(
    "caught",
    [
        seen(5.0, restarts=1),
        seen(5.0, restarting=True),
        seen(5.0, restarting=True, restarts=3, exit_code=1, status="restarting"),
    ],
)
def test_one_that_restarts_by_itself(caught: Look) -> None:
    assert result([seen(0.0), caught], SERVICE) == (Result.FAILED, "restarted")
    # a look between two of its deaths sees it running
    assert result([seen(0.0), caught, seen(10.0, restarts=caught.restarts)], SERVICE)[0] is Result.FAILED
    assert result([seen(0.0), caught], WITH_CHECK)[0] is Result.FAILED


def test_one_that_ends() -> None:
    looks = [seen(0.0), seen(20.0, status="exited", exit_code=1, error="no such file")]
    found = judge(looks, SERVICE)
    assert (found.result, found.reason) == (Result.FAILED, "ended")
    assert found.facts["exit_code"] == 1
    assert found.facts["error"] == "no such file"


def test_one_that_needs_more_memory_than_it_may_have() -> None:
    looks = [seen(0.0), seen(20.0, status="exited", exit_code=137, oom=True)]
    assert result(looks, SERVICE) == (Result.FAILED, "out_of_memory")


def test_one_of_whose_processes_one_was_killed_goes_on() -> None:
    found = judge(every(5.0, 60.0, oom=True), SERVICE)
    assert found.result is Result.HEALTHY
    assert found.facts["oom"] is True


@pytest.mark.parametrize("policy", ["", "no", "on-failure"])
@pytest.mark.parametrize("served", [None, 12.0])
def test_one_that_does_its_work_and_ends(policy: str, served: float | None) -> None:
    looks = [seen(0.0), seen(5.0, status="exited", exit_code=0)]
    assert result(looks, Terms(policy=policy, served=served)) == (Result.HEALTHY, "done")
    failed = [seen(0.0), seen(5.0, status="exited", exit_code=1)]
    assert result(failed, Terms(policy=policy, served=served)) == (Result.FAILED, "ended")


@pytest.mark.parametrize("terms", [SERVICE, Terms(policy="no", served=86400.0)])
def test_a_service_that_ends_without_an_error_is_not_well(terms: Terms) -> None:
    assert result([seen(0.0), seen(5.0, status="exited", exit_code=0)], terms) == (Result.FAILED, "ended")


def test_one_that_is_gone() -> None:
    assert result([seen(0.0), seen(5.0, gone=True)], SERVICE) == (Result.FAILED, "gone")
    # somebody else has put another one in its place
    assert result([seen(0.0), seen(5.0, id="other")], SERVICE) == (Result.FAILED, "gone")


def test_one_that_never_starts() -> None:
    assert result([seen(0.0, status="created", started="")], SERVICE) == (Result.PENDING, "not_started")
    late = [seen(at, status="created", started="") for at in (0.0, 121.0)]
    assert result(late, SERVICE) == (Result.FAILED, "not_started")


def test_one_that_somebody_paused() -> None:
    assert result([seen(0.0), seen(60.0, status="paused")], SERVICE) == (Result.PENDING, "paused")


def test_the_application_is_asked() -> None:
    terms = Terms(policy="always", served=1e6, check=CHECKED, asks=True)
    assert result([check("healthy", probe=None)], terms) == (Result.PENDING, "no_answer")
    assert result([check("healthy", probe=False)], terms) == (Result.PENDING, "no_answer")
    assert result([check("healthy"), check("healthy", 9.0, probe=True)], terms) == (Result.HEALTHY, "well")
    late = [check("healthy", 0.0), check("healthy", 125.0, probe=False)]
    assert result(late, terms) == (Result.FAILED, "no_answer")
    # it must answer in the end, not only once
    bare = Terms(policy="always", served=1e6, asks=True)
    assert result([seen(0.0, probe=True), seen(50.0, probe=False)], bare)[0] is Result.PENDING
    assert result([seen(0.0), seen(50.0, probe=True)], bare)[0] is Result.HEALTHY


def test_nothing_is_held_against_one_that_nobody_could_look_at() -> None:
    assert judge([], SERVICE) == Judgement(Result.PENDING, "not_seen")
    assert result([check("starting")], WITH_CHECK)[0] is Result.PENDING


def test_the_watch_after_the_gate() -> None:
    assert watch([], WITH_CHECK).result is Result.PENDING
    assert watch([check("healthy"), check("healthy", 600.0)], WITH_CHECK).result is Result.HEALTHY
    # a check that takes its time is no reason to go back
    assert watch([check("healthy"), check("starting", 600.0)], WITH_CHECK).result is Result.HEALTHY
    assert watch([check("healthy"), check("unhealthy", 600.0)], WITH_CHECK).reason == "unhealthy"
    assert watch([seen(0.0), seen(20.0, restarts=1)], SERVICE).reason == "restarted"
    assert watch([seen(0.0), seen(20.0, status="exited", exit_code=2)], SERVICE).reason == "ended"


def test_an_inspection_is_reduced() -> None:
    health = {
        "Status": "unhealthy",
        "FailingStreak": 4,
        "Log": [{"ExitCode": 0, "Output": "ok"}, {"ExitCode": 7, "Output": "curl: (7)\nrefused \n\n"}],
    }
    found = look(inspection(state={"Health": health, "OOMKilled": True}, RestartCount=2), 5.0, True)
    assert found == Look(
        at=5.0,
        id=inspection()["Id"],
        status="running",
        restarts=2,
        started="2026-06-01T10:00:00.123456789Z",
        exit_code=0,
        oom=True,
        check=HealthStatus.UNHEALTHY,
        failing_streak=4,
        output="refused",
        check_code=7,
        probe=True,
    )
    assert found.since is not None
    # it may hold what the check was called with
    assert "refused" not in repr(found)


def test_one_that_never_ran_has_no_start() -> None:
    assert look(inspection(state={"StartedAt": "0001-01-01T00:00:00Z"}), 0.0).started == ""


@pytest.mark.parametrize(
    ("config", "times"),
    [
        ({"Healthcheck": None}, None),
        ({"Healthcheck": {"Test": ["NONE"]}}, None),
        ({"Healthcheck": {}}, None),
        ({"Healthcheck": {"Test": ["CMD", "a"]}}, Check(0.0, 30.0, 30.0, 3)),
        (
            {
                "Healthcheck": {
                    "Test": ["CMD", "a"],
                    "StartPeriod": 60 * 10**9,
                    "Interval": 10**9,
                    "Retries": 9,
                }
            },
            Check(60.0, 1.0, 30.0, 9),
        ),
    ],
)
def test_the_times_of_a_health_check(config: dict[str, Any], times: Check | None) -> None:
    assert health_check(inspection(config=config)) == times


LOOKS = st.lists(
    st.builds(
        Look,
        at=st.floats(0, 400),
        id=st.sampled_from(["new", "new", "new", "other"]),
        status=st.sampled_from(["created", "running", "running", "paused", "restarting", "exited", "dead"]),
        restarts=st.sampled_from([0, 0, 0, 1]),
        started=st.sampled_from(["", STARTED, "2026-06-01T10:01:00Z"]),
        exit_code=st.sampled_from([0, 1, None]),
        check=st.sampled_from(HealthStatus),
        probe=st.sampled_from([None, True, False]),
    ),
    max_size=6,
).map(lambda looks: sorted(looks, key=lambda each: each.at))
TERMS = st.builds(
    Terms,
    policy=st.sampled_from(["no", "always", "on-failure"]),
    served=st.sampled_from([None, 5.0, 1e5]),
    check=st.sampled_from([None, CHECKED, SLOW]),
    asks=st.booleans(),
)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(LOOKS, TERMS)
def test_what_passes_runs_or_has_done_its_work(looks: list[Look], terms: Terms) -> None:
    found = judge(looks, terms)
    if found.result is Result.HEALTHY:
        last = looks[-1]
        assert last.running or (last.exit_code == 0 and terms.may_end)
        assert last.check is not HealthStatus.UNHEALTHY or not last.running
        assert not any(each.restarts or each.restarting for each in looks)
        assert not terms.asks or last.probe or not last.running
    if found.result is Result.PENDING:
        assert not looks or looks[-1].at - looks[0].at < terms.deadline


@pytest.mark.parametrize("engine", DOCKERS)
def test_the_containers_of_the_recordings(engine: str) -> None:
    def after(name: str) -> tuple[Result, str]:
        inspect = recorded(engine, f"inspect_{name}")
        policy = inspect["HostConfig"]["RestartPolicy"]["Name"]
        terms = Terms(policy=policy, served=1e6, check=health_check(inspect))
        return result([look(inspect, 0.0), look(inspect, 60.0)], terms)

    assert after("web") == (Result.HEALTHY, "well")
    assert after("dep") == (Result.HEALTHY, "well")
    assert after("crash") == (Result.FAILED, "restarted")
    assert after("sick") == (Result.FAILED, "unhealthy")
    assert after("limit") == (Result.FAILED, "out_of_memory")


def test_what_the_engine_says_is_noted_without_secrets() -> None:
    error = 'exec: "serve --api-key=hunter2hunter2": executable file not found in $PATH'
    found = judge([seen(0.0), seen(5.0, status="exited", exit_code=127, error=error)], SERVICE)
    assert found.result is Result.FAILED
    assert "executable file not found" in found.facts["error"]
    assert "hunter2" not in found.facts["error"]
