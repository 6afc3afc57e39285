"""What is ordered of a client is looked at, and which client answers is told from what it says before a login."""

from collections.abc import Mapping, Sequence
import json
from types import SimpleNamespace
from typing import Any, override

import pytest
from yarl import URL

from custom_components.home_server_monitor.guardian.contract import (
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Refused,
    Step,
)
from custom_components.home_server_monitor.sources.downloads import acting
from custom_components.home_server_monitor.sources.downloads.acting import ClientAction
from custom_components.home_server_monitor.sources.downloads.making import which
from custom_components.home_server_monitor.sources.downloads.model import Product
from custom_components.home_server_monitor.sources.downloads.troubles import (
    Trouble,
    host_of,
    of_tracker,
    of_usenet,
)
from custom_components.home_server_monitor.sources.downloads.wire import HostRefused
from custom_components.home_server_monitor.sources.errors import BadResponse, CannotConnect, NotSupported
from custom_components.home_server_monitor.sources.web import Answer


class Order(ClientAction):
    """One write; `seen` is what each look finds, an error is raised."""

    key = title = "order"

    def __init__(self, host: Any) -> None:
        super().__init__(host)
        self.now: dict[str, Any] | Refused = {"limit": 5}
        self.seen: list[bool | Exception] = []
        self.looks = 0

    @override
    async def noted(self, target: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if isinstance(self.now, Refused):
            raise self.now
        return self.now

    @override
    def steps(self, target: str, params: Mapping[str, Any], noted: Mapping[str, Any]) -> Sequence[Step]:
        return (Step(order="set"),)

    @override
    async def send(self, plan: Plan, step: int) -> None:
        """Nothing is sent here."""

    @override
    async def is_done(self, plan: Plan) -> bool:
        found = self.seen[min(self.looks, len(self.seen) - 1)]
        self.looks += 1
        if isinstance(found, Exception):
            raise found
        return found


async def test_an_order_is_judged_by_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acting, "LOOK_EVERY", 0.0)
    hurried: list[int] = []
    action = Order(SimpleNamespace(id="client", ordered=lambda: hurried.append(1)))
    plan = await action.plan("client", {})
    assert await action.check(plan) is None
    # it is bound to what was seen, and says no where that says no
    action.now = {"limit": 6}
    changed = await action.check(plan)
    action.now = Refused(Refusal("no_such_download"))
    gone = await action.check(plan)
    assert [each.key for each in (changed, gone) if each] == ["target_changed", "no_such_download"]
    receipts = [await action.run(plan, 0)]
    assert (receipts, hurried) == ([Receipt(0, {})], [1])
    away = CannotConnect("No answer in time")
    for seen, outcome in (
        ([False, away, True], Outcome.SUCCEEDED),
        # it never became so
        ([False], Outcome.FAILED),
        # nobody saw what became of it: nothing is claimed
        ([False, away], Outcome.INCONCLUSIVE),
    ):
        action.seen, action.looks = [*seen], 0
        assert (await action.verify(plan, receipts)).outcome is outcome
        assert action.looks == (3 if outcome is Outcome.SUCCEEDED else acting.LOOKS)
    assert await action.undo(plan, 0, receipts[0]) is None


NOTHING = Answer(404, b"", {})


class Scripted:
    """A wire to something that answers so, by path; all else is not found."""

    url = URL("http://client.lan:8080")

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        return self.answers.get(
            path.partition("/")[0] if path != "api/v2/app/webapiVersion" else "qb", NOTHING
        )

    async def parsed(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.body)
        except ValueError as err:
            raise BadResponse("No JSON") from err


def says(status: int, body: str = "", **headers: str) -> Answer:
    return Answer(status, body.encode(), {key.replace("_", "-"): value for key, value in headers.items()})


@pytest.mark.parametrize(
    ("answers", "product"),
    [
        ({"qb": says(200, "2.11.4")}, Product.QBITTORRENT),
        ({"qb": says(403, "Your IP address has been banned")}, Product.QBITTORRENT),
        ({"api": says(200, '{"version": "4.5.1"}')}, Product.SABNZBD),
        ({"transmission": says(409, "", X_Transmission_Session_Id="x")}, Product.TRANSMISSION),
        ({"transmission": says(403, "403: Forbidden")}, Product.TRANSMISSION),
        ({"jsonrpc": says(200, '{"result": "24.5"}')}, Product.NZBGET),
        ({"jsonrpc": says(401, "", WWW_Authenticate='Basic realm="NZBGet"')}, Product.NZBGET),
        ({"qb": says(401, "", WWW_Authenticate='Basic realm="Transmission"')}, Product.TRANSMISSION),
        # other things that answer
        ({"api": says(200, "<html>"), "jsonrpc": says(200, "<html>")}, NotSupported),
        ({"api": says(200, '{"version": 4}')}, NotSupported),
        ({"qb": says(403, "No")}, NotSupported),
        # it refuses the name under which it is reached, and says so
        ({"qb": says(401, "Unauthorized")}, HostRefused),
        ({"api": says(403, "Access denied - SABnzbd, host name")}, HostRefused),
    ],
)
async def test_which_client_answers(answers: dict[str, Answer], product: Any) -> None:
    wire: Any = Scripted(**answers)
    if isinstance(product, Product):
        assert await which(wire) is product
        return
    with pytest.raises(product):
        await which(wire)


def test_what_trackers_and_news_servers_say() -> None:
    assert of_tracker("") is None
    assert of_tracker("Unregistered torrent") is Trouble.UNREGISTERED
    assert of_tracker("timed out") is Trouble.TRACKER
    assert of_usenet("No space left on device") is of_usenet("disk full: no space left on device")
    assert of_usenet("nobody has ever heard of that") is Trouble.OTHER
    # the path of a tracker may be a key
    assert host_of("https://tracker.example:443/0123456789abcdef/announce") == "tracker.example"
    assert [host_of(each) for each in ("http://[::1", None, "** [DHT] **")] == ["", "", ""]
