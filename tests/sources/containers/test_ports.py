"""What engines say where a port is taken, and who has it."""

import pytest

from custom_components.home_server_monitor.sources.containers.gate import Result, Terms, judge
from custom_components.home_server_monitor.sources.containers.look import Look
from custom_components.home_server_monitor.sources.containers.model import Container, Port, State
from custom_components.home_server_monitor.sources.containers.ports import holder_of, taken_port

ENDPOINT = "driver failed programming external connectivity on endpoint app (0f3e7d0a11)"
NEWER = f"failed to set up container networking: {ENDPOINT}"
TAKEN = f"{ENDPOINT}: Bind for 0.0.0.0:8989 failed: port is already allocated"


@pytest.mark.parametrize(
    "error",
    [
        TAKEN,
        f"{ENDPOINT}: Bind for :::8989 failed: port is already allocated",
        f"{ENDPOINT}: Error starting userland proxy: listen tcp4 127.0.0.1:8989: bind: address already in use",
        f"{ENDPOINT}: Error starting userland proxy: listen tcp6 [::]:8989: bind: address already in use",
        f"{NEWER}: failed to bind host port for 127.0.0.1:8989:172.17.0.2:80/tcp: address already in use",
        f"{NEWER}: failed to bind host port 0.0.0.0:8989/tcp: address already in use",
    ],
)
def test_the_port_is_read_from_what_the_engine_says(error: str) -> None:
    assert taken_port(error) == 8989


@pytest.mark.parametrize(
    "error",
    [
        "",
        "Address already in use",
        'exec: "/bin/not-there": stat /bin/not-there: no such file or directory',
        "listen tcp4 127.0.0.1:8989: bind: permission denied",
        "dial tcp 10.0.0.1:8989: connection refused",
    ],
)
def test_anything_else_is_no_port(error: str) -> None:
    assert taken_port(error) is None


def _container(name: str, state: State, port: int | None) -> Container:
    ports = (Port(None, port, 80, "tcp"),)
    return Container(id=f"id-{name}", name=name, image="i", image_id="1", state=state, ports=ports)


def test_who_has_it_is_another_one_that_runs() -> None:
    found = [
        _container("own", State.RUNNING, 8989),
        _container("stopped", State.EXITED, 8989),
        _container("other", State.RUNNING, 8990),
        _container("hidden", State.RUNNING, None),
    ]
    assert holder_of(found, 8989, "own") == ""
    assert holder_of([*found, _container("thief", State.RUNNING, 8989)], 8989, "own") == "thief"


@pytest.mark.parametrize(
    ("error", "reason"), [(TAKEN, "port_taken"), ("exec: no such file", "not_started"), ("", "not_started")]
)
def test_what_the_engine_could_not_start_is_given_up_at_once(error: str, reason: str) -> None:
    """Without a word of the engine it may just not be there yet."""
    found = judge([Look(at=0.0, id="new", status="created", error=error)], Terms())
    assert (found.result, found.reason) == (Result.FAILED if error else Result.PENDING, reason)
