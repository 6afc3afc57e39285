"""Who answers, by its first words, and what NZBGet means by a refusal: answers as they came, without a network."""

import json
from typing import Any

import pytest
from yarl import URL

from custom_components.home_server_monitor.guardian.capabilities_media import Trouble
from custom_components.home_server_monitor.sources.downloads.client import Secrets
from custom_components.home_server_monitor.sources.downloads.making import which
from custom_components.home_server_monitor.sources.downloads.model import UP, Product
from custom_components.home_server_monitor.sources.downloads.nzbget import NZBGet
from custom_components.home_server_monitor.sources.downloads.troubles import host_of, of_disk, of_usenet
from custom_components.home_server_monitor.sources.downloads.wire import HostRefused
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    NotSupported,
    PermissionDenied,
)
from custom_components.home_server_monitor.sources.web import Answer


def answer(status: int, said: Any = "", **headers: str) -> Answer:
    """An answer; said: a text, or what is sent as JSON."""
    body = said if isinstance(said, str) else json.dumps(said)
    return Answer(status, body.encode(), {key.replace("_", "-"): value for key, value in headers.items()})


class Wire:
    """A way that answers each path as told, and everything else with 404."""

    url = URL("http://nas:8080")

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.documents: list[Any] = []

    async def ask(self, verb: str, path: str, query: Any = None, **more: Any) -> Answer:
        """Answer."""
        name = path.rpartition("/")[2]
        self.asked.append(name)
        self.documents.append(more.get("document"))
        return self.answers.get(name, answer(404))

    async def parsed(self, given: Answer) -> Any:
        """Read it as JSON."""
        try:
            return json.loads(given.body)
        except ValueError as err:
            raise BadResponse("no JSON") from err


@pytest.mark.parametrize(
    ("answers", "product", "questions"),
    [
        ({"webapiVersion": answer(200, "2.11.4")}, Product.QBITTORRENT, 1),
        ({"webapiVersion": answer(403, "Forbidden")}, Product.QBITTORRENT, 1),
        ({"webapiVersion": answer(403, "Your IP address has been banned")}, Product.QBITTORRENT, 1),
        ({"webapiVersion": answer(401, WWW_Authenticate='Basic realm="NZBGet"')}, Product.NZBGET, 1),
        ({"api": answer(200, {"version": "4.5.0"})}, Product.SABNZBD, 2),
        ({"rpc": answer(409, X_Transmission_Session_Id="x")}, Product.TRANSMISSION, 3),
        ({"rpc": answer(403, "403: Forbidden: too many")}, Product.TRANSMISSION, 3),
        ({"rpc": answer(401, WWW_Authenticate='Basic realm="Transmission"')}, Product.TRANSMISSION, 4),
        ({"jsonrpc": answer(401, WWW_Authenticate='Basic realm="NZBGet"')}, Product.NZBGET, 4),
        ({"jsonrpc": answer(200, {"result": "21.0"}), "api": answer(200, "<html>")}, Product.NZBGET, 4),
    ],
)
async def test_it_is_known_by_its_first_words(
    answers: dict[str, Answer], product: Product, questions: int
) -> None:
    wire: Any = Wire(**answers)
    assert await which(wire) is product
    assert len(wire.asked) == questions


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        # each of them says whose refusal of a name that is
        ({"webapiVersion": answer(401, "Unauthorized")}, HostRefused),
        ({"api": answer(403, "Access denied - SABnzbd: hostname verification failed")}, HostRefused),
        ({"webapiVersion": answer(200, "<html>"), "api": answer(200, {"version": 4})}, NotSupported),
        ({"jsonrpc": answer(200, {"answer": 1}), "api": answer(403, "Forbidden")}, NotSupported),
    ],
)
async def test_what_is_none_or_does_not_want_to_be(
    answers: dict[str, Answer], error: type[Exception]
) -> None:
    wire: Any = Wire(**answers)
    with pytest.raises(error):
        await which(wire)


def nzbget(given: Answer) -> tuple[NZBGet, Wire]:
    """An NZBGet that answers everything with this."""
    wire: Any = Wire(jsonrpc=given)
    return NZBGet(wire, Secrets("me", "pw")), wire


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (answer(200, {"result": None}), BadResponse),
        (answer(200, {"result": {"other": 1}}), BadResponse),
        (answer(200, []), BadResponse),
        (answer(200, {"error": {"message": "Invalid procedure"}}), CallFailed),
        (answer(401), AuthFailed),
        (answer(403), PermissionDenied),
        (answer(404), NotSupported),
        (answer(500), CallFailed),
    ],
)
async def test_what_nzbget_answers_wrongly(given: Answer, error: type[Exception]) -> None:
    with pytest.raises(error):
        await nzbget(given)[0].read_limits()


async def test_what_nzbget_does_not_do() -> None:
    client, wire = nzbget(answer(200, {"result": False}))
    with pytest.raises(CallFailed, match="says no"):
        await client.pause_item("7")
    assert wire.documents[-1]["params"] == ("GroupPause", "", [7])
    # what is no number of a job is never sent
    for wrong in ("", "7, 8", "-1", "a" * 40):
        with pytest.raises(CallFailed, match="No such download"):
            await client.resume_item(wrong)
    with pytest.raises(NotSupported):
        await client.set_limit(UP, 1024)
    assert len(wire.asked) == 1
    for method in (client.look_item("7"), client.check_files("7"), client.move("7", "/x")):
        with pytest.raises((BadResponse, NotSupported)):
            await method
    for switch in (client.read_alternative(), client.set_alternative(on=True)):
        with pytest.raises(NotSupported):
            await switch


async def test_the_pause_of_a_queue() -> None:
    client, _ = nzbget(answer(200, {"result": True}))
    assert (client.paused_from(False), client.paused_from("until 7"), client.unpaused(True)) == (
        True,
        "until 7",
        False,
    )
    assert [client.is_paused(each) for each in (False, True, "until 7")] == [False, True, True]


def test_what_a_failure_means() -> None:
    for said, trouble in (
        ("Unpacking failed, archive requires a password", Trouble.PASSWORD),
        ("Aborted, cannot be completed", Trouble.INCOMPLETE),
        ("Repair failed, not enough repair blocks", Trouble.UNPACK),
        ("Duplicate NZB", Trouble.DUPLICATE),
        ("Error: No space left on device", Trouble.NO_SPACE),
        ("Something new", Trouble.OTHER),
    ):
        assert of_usenet(said) is trouble
    assert of_disk("Permission denied (13)") is Trouble.PERMISSION
    assert of_disk("No data found! Ensure your drives are connected") is Trouble.MISSING_FILES
    # of a tracker's address only the host, for its path may hold a key
    for tracker, host in (
        ("https://tracker.example:443/announce/0123key", "tracker.example"),
        ("udp://[", ""),
        (None, ""),
        ("** [DHT] **", ""),
    ):
        assert host_of(tracker) == host
