"""What is held against a download, kind by kind; and that an outage is held against none."""

from collections.abc import Callable
from datetime import timedelta
import random
import time
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities_media import DownloadState as S, Trouble
from custom_components.home_server_monitor.guardian.contract import Finding, Proposal
from custom_components.home_server_monitor.sources.arr.model import Check
from custom_components.home_server_monitor.sources.arr.queue import Item
from custom_components.home_server_monitor.sources.arr.reasons import Reason, Remedy, reason_of, remedy_of
from custom_components.home_server_monitor.sources.arr.rules import Case, judge
from custom_components.home_server_monitor.sources.arr.signals import (
    Kind,
    Limits,
    Look,
    Signal,
    Watched,
    look,
)
from custom_components.home_server_monitor.sources.arr.strikes import KEPT, Progress, Strikes
from simulator.arr.library import REFUSALS

from .build import GIB, NOW, arr, client, item, seen

BUSY = seen("ff", speed=9_000_000)
BLOCKED = {
    "state": "importblocked",
    "status": "completed",
    "health": "warning",
    "left": 0,
    "messages": ("Sample",),
}


def one(found: Look, key: str = "aa") -> Kind | None:
    return found.signals[key].kind if key in found.signals else None


KINDS: list[tuple[str, Kind | None, dict[str, Any], dict[str, Any] | None, float | None]] = [
    # name, kind, of the row, of the client, bytes a second
    ("well", None, {}, {"speed": 5_000_000}, 5e6),
    ("stalled", Kind.STALLED, {"status": "warning"}, {"state": S.STALLED}, 0.0),
    ("slow", Kind.SLOW, {}, {"speed": 9_000}, 9_000.0),
    ("slow, but not for long enough", None, {}, {"speed": 9_000}, None),
    ("metadata", Kind.METADATA, {"status": "queued", "size": 0}, {"state": S.METADATA, "size": 0}, None),
    ("import", Kind.IMPORT, BLOCKED, {"state": S.SEEDING}, None),
    ("failed", Kind.FAILED, {"state": "failed", "status": "failed"}, None, None),
    ("failed usenet", Kind.FAILED, {"protocol": "usenet"}, {"protocol": "usenet", "state": S.FAILED}, None),
    ("unregistered", Kind.UNREGISTERED, {}, {"state": S.STALLED, "trouble": Trouble.UNREGISTERED}, 0.0),
    ("unregistered, but all there", None, {"status": "completed"}, {"state": S.SEEDING, "trouble": Trouble.UNREGISTERED}, None),
    ("files gone", Kind.MISSING_FILES, {}, {"state": S.FAILED, "trouble": Trouble.MISSING_FILES}, None),
    ("orphaned", Kind.ORPHANED, {"things": ()}, {"speed": 5_000_000}, 5e6),
    ("client gone", Kind.CLIENT_GONE, {"status": "downloadclientunavailable"}, None, None),
    ("queued by its client", None, {"status": "queued"}, {"state": S.QUEUED}, 0.0),
    ("paused", None, {"status": "paused"}, {"state": S.PAUSED}, 0.0),
    ("checked", None, {"status": "queued"}, {"state": S.CHECKING}, 0.0),
    ("moved", None, {}, {"state": S.MOVING}, 0.0),
    ("slow usenet", None, {"protocol": "usenet"}, {"protocol": "usenet", "speed": 9_000}, 9_000.0),
    ("planned", None, {"download": None, "status": "delay"}, None, None),
    ("unseen, and nothing comes", Kind.STALLED, {"status": "warning", "health": "warning"}, None, 0.0),
    ("unseen, and it comes", None, {"status": "downloading"}, None, 7e5),
    ("import that only waits", None, BLOCKED | {"messages": ("File is still being unpacked",)}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "row", "there", "rate"), KINDS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_kind(
    name: str, kind: Kind | None, row: dict[str, Any], there: dict[str, Any] | None, rate: float | None
) -> None:
    clients = [client(BUSY, *([seen("aa", **there)] if there is not None else []))]
    assert one(look(arr(item(**row)), clients, Limits(), NOW, {"aa": rate})) is kind, name


def test_a_duplicate_is_the_one_that_is_behind() -> None:
    far, behind = item("aa", things=(7,), left=GIB), item("bb", things=(7,), left=3 * GIB)
    clients = [client(BUSY, seen("aa", speed=9_000_000), seen("bb", speed=9_000_000))]
    found = look(arr(far, behind), clients, Limits(), NOW, {"aa": 9e6, "bb": 9e6})
    assert {key: each.kind for key, each in found.signals.items()} == {"bb": Kind.DUPLICATE}


STALLS = [item(key, status="warning", health="warning") for key in ("a1", "b2", "c3")]
STANDS = [seen(each.key, S.STALLED) for each in STALLS]
ALL_INDEXERS = Check("IndexerStatusCheck", "error", "Alle Indexer sind ausgefallen")
CLIENTS_AWAY = Check("DownloadClientStatusCheck", "error", "…")
OUTAGES: list[tuple[str, tuple[Check, ...], list[Watched], dict[str, Any]]] = [
    ("the client does not answer", (), [client(*STANDS, answers=False)], {}),
    ("its VPN is away", (), [client(*STANDS, BUSY, connected=False)], {}),
    ("nothing moves in the whole client", (), [client(*STANDS)], {}),
    ("the client is paused", (), [client(*STANDS, BUSY, paused=True)], {}),
    ("the Arr says that its clients are away", (CLIENTS_AWAY,), [], {}),
    ("no indexer answers", (ALL_INDEXERS,), [client(*STANDS, BUSY)], {}),
    ("a client just started and lists nothing", (), [client(answers=False)], {}),
    ("nobody but the Arr sees them, and all stand still", (), [], {}),
    ("the queue is old", (), [client(*STANDS, BUSY)], {"stale": frozenset({"queue"})}),
]


@pytest.mark.parametrize(
    ("name", "checks", "clients", "more"), OUTAGES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_outage_strikes_nobody(
    name: str, checks: tuple[Check, ...], clients: list[Watched], more: dict[str, Any]
) -> None:
    strikes, data = Strikes(every=1.0), arr(*STALLS, checks=checks, **more)
    for turn in range(10):
        found = look(data, clients, Limits(), NOW, {each.key: 0.0 for each in STALLS})
        strikes.note(found, data.queue.items.keys(), 1000.0 + 10 * turn)
    assert strikes.records == {}, name


@pytest.mark.parametrize("seed", range(25))
def test_whatever_happens_an_outage_strikes_nobody_and_takes_nothing_back(seed: int) -> None:
    """Random queues, random troubles; in an outage no count moves, whatever had been counted before."""
    rand = random.Random(seed)
    items, there = [], []
    for number in range(rand.randint(1, 12)):
        key = f"{number + 1:02x}"
        row = rand.choice([row for _, _, row, _, _ in KINDS])
        at = rand.choice([at for _, _, _, at, _ in KINDS])
        items.append(item(key, **row))
        if at is not None:
            there.append(seen(key, **at))
    data = arr(*items)
    rates = {each.key: rand.choice([0.0, 9_000.0, 5e6, None]) for each in items}
    strikes, now = Strikes(every=1.0), 1000.0
    for _ in range(rand.randint(0, 4)):
        strikes.note(look(data, [client(*there, BUSY)], Limits(), NOW, rates), data.queue.items.keys(), now)
        now += 10
    before = {key: (each.kind, each.count) for key, each in strikes.records.items()}
    outage: Callable[[], Look] = rand.choice(
        [
            lambda: look(arr(*items, checks=(ALL_INDEXERS,)), [client(*there, BUSY)], Limits(), NOW, rates),
            lambda: look(arr(*items, stale=frozenset({"queue"})), [client(*there)], Limits(), NOW, rates),
        ]
    )
    for _ in range(20):
        strikes.note(outage(), data.queue.items.keys(), now)
        now += 10
    assert {key: (each.kind, each.count) for key, each in strikes.records.items()} == before
    # of a client that is away nothing that it alone can know counts
    away = look(data, [client(*there, answers=False)], Limits(), NOW, rates)
    assert {each.kind for each in away.signals.values()} <= {Kind.IMPORT, Kind.ORPHANED}


def test_grace_limits_and_a_crowd() -> None:
    stalled = item("aa", status="warning", added=NOW - timedelta(minutes=10))
    clients = [client(seen("aa", S.STALLED), BUSY)]
    assert one(look(arr(stalled), clients, Limits(), NOW, {})) is None
    assert one(look(arr(stalled), clients, Limits(grace=timedelta(minutes=5)), NOW, {})) is Kind.STALLED
    slow = [client(seen("aa", speed=9_000), BUSY, limited=True)]
    assert one(look(arr(item("aa")), slow, Limits(), NOW, {"aa": 9_000.0})) is None
    assert (
        one(
            look(
                arr(item("aa")), [client(seen("aa", speed=9_000), BUSY)], Limits(slow=0), NOW, {"aa": 9_000.0}
            )
        )
        is None
    )


def strike_out(*items: Item, clients: list[Watched], offers: bool = True) -> list[Finding]:
    """Look until all strikes are out, and return what is told."""
    strikes, data = Strikes(every=1.0), arr(*items)
    for turn in range(3):
        found = look(data, clients, Limits(), NOW, {each.key: 0.0 for each in items})
        strikes.note(found, data.queue.items.keys(), 1000.0 + 10 * turn)
    case = Case(source="x", data=data, now=NOW, signals=found.signals, out=strikes.out(), offers=offers)
    return judge(case)


OFFERS: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("public and stalled", {"status": "warning"}, {"state": S.STALLED}, "queue_replace"),
    ("private: it may have to be given back", {"status": "warning"}, {"state": S.STALLED, "private": True}, "queue_replace_keep"),
    ("nobody knows whether it is private", {"status": "warning"}, {"state": S.STALLED, "private": None}, "queue_replace_keep"),
    ("protected by a tag", {"status": "warning"}, {"state": S.STALLED, "tags": frozenset({"Keep"})}, None),
    ("protected by its category", {"state": "failed"}, {"state": S.FAILED, "protocol": "usenet", "category": "Keep"}, None),
    ("wanted by nobody, and maybe another's", {"things": ()}, {"speed": 1}, "queue_remove_keep"),
    ("not an upgrade: no search", BLOCKED | {"messages": ("Not an upgrade for existing movie file",)}, {"state": S.SEEDING}, "queue_remove"),
    ("no space: a person mends it", BLOCKED | {"messages": ("Not enough free space",)}, {"state": S.SEEDING}, None),
    ("what it says is not understood", BLOCKED | {"messages": ("Qualcosa non va",)}, {"state": S.SEEDING}, None),
    ("metadata never came, so nothing is there", {"status": "queued"}, {"state": S.METADATA, "private": None}, "queue_replace"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "row", "there", "action"), OFFERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_is_offered(name: str, row: dict[str, Any], there: dict[str, Any], action: str | None) -> None:
    clients = [client(seen("aa", **there), BUSY)]
    (finding,) = strike_out(item("aa", **row), clients=clients)
    assert finding.proposal == (Proposal(action=action, target="aa") if action else None), name
    (dry,) = strike_out(item("aa", **row), clients=clients, offers=False)
    assert dry.proposal is None


def test_very_many_at_once_are_one_finding_and_nothing_is_offered() -> None:
    many = [item(f"{number:02x}", **BLOCKED) for number in range(1, 9)]
    (finding,) = strike_out(*many, clients=[])
    assert (finding.rule, finding.proposal, finding.placeholders["count"]) == ("queue_storm", None, "8")


def test_strikes_need_time_and_end_with_progress() -> None:
    strikes, data = Strikes(), arr(item("aa", status="warning"))
    bad = look(data, [client(seen("aa", S.STALLED), BUSY)], Limits(), NOW, {})
    good = look(data, [client(seen("aa", speed=9_000_000), BUSY)], Limits(), NOW, {"aa": 9e6})
    present = data.queue.items.keys()
    for now in (0, 60, 120, 599):
        strikes.note(bad, present, now)
    assert strikes.records["aa"].count == 1
    for now in (600, 1200, 1800, 2400):
        strikes.note(bad, present, now)
    assert (strikes.records["aa"].count, [*strikes.out()]) == (3, ["aa"])
    strikes.note(good, present, 2460)
    assert strikes.records == {}
    strikes.note(bad, present, 3000)
    strikes.note(bad, present, 100)
    assert strikes.records["aa"].at == 100, "a clock that was set back holds nobody for ever"


def test_strikes_outlive_a_restart_but_not_nonsense() -> None:
    strikes = Strikes(every=1.0)
    found = look(arr(item("aa", **BLOCKED)), [], Limits(), NOW, {})
    for now in (1, 10, 20):
        strikes.note(found, ["aa"], now)
    after = Strikes(every=1.0)
    after.load(strikes.dump(), 5000.0)
    assert (after.records["aa"].kind, after.records["aa"].count, after.records["aa"].at) == (
        "import",
        3,
        5000.0,
    )
    for junk in (
        None,
        [],
        {"aa": 7},
        {"aa": ["import"]},
        {"aa": ["?", 1, 1, 1, 1]},
        {"aa": ["import", float("nan"), 1, 1, 1]},
        {"aa": ["import", True, 1, 1, 1]},
    ):
        empty = Strikes()
        empty.load(junk, 0.0)
        assert empty.records == {}
    # gone from the queue for long
    after.note(Look(), [], 5000.0 + 3601)
    assert after.records == {}


def test_progress_is_measured_over_minutes_and_anew_after_an_outage() -> None:
    progress = Progress()
    for minute in range(11):
        progress.note({"aa": 1000 - 60 * minute, "bb": 1000}, 60.0 * minute)
    rates = progress.rates({"aa": 400, "bb": 1000}, 600.0)
    assert rates["aa"] == pytest.approx(1.0)
    assert rates["bb"] == 0.0
    progress.restart(["bb"], 600.0)
    assert progress.rates({"bb": 1000}, 660.0)["bb"] is None
    assert progress.rates({"cc": 5}, 660.0)["cc"] is None


@pytest.mark.parametrize("reason", sorted(REFUSALS))
def test_every_reason_of_the_simulated_arrs_is_understood(reason: str) -> None:
    said = REFUSALS[reason].format(path="/downloads/x", title="Low.Tide.2025")
    assert reason_of([said]).value == reason


@pytest.mark.parametrize(
    ("said", "reason", "remedy"),
    [
        (["No files found are eligible for import in /x", "Sample"], Reason.SAMPLE, Remedy.REPLACE),
        # what takes nothing away weighs more
        (["Sample", "Not enough free space"], Reason.SPACE, Remedy.MEND),
        (["Not a Custom Format upgrade for existing episode file(s)"], Reason.NOT_UPGRADE, Remedy.DROP),
        (["Episode 3 was not found in the grabbed release: x"], Reason.UNEXPECTED, Remedy.REPLACE),
        (["Nicht genügend Speicherplatz"], Reason.OTHER, Remedy.MEND),
        ([], Reason.OTHER, Remedy.MEND),
    ],
)
def test_reasons(said: list[str], reason: Reason, remedy: Remedy) -> None:
    assert reason_of(said) is reason
    assert remedy_of(reason) is remedy


def test_of_a_huge_queue_those_that_are_known_keep_their_strikes() -> None:
    """It takes as long as there are downloads, and not as their square: that held the whole Home Assistant."""
    signals = {f"d{number}": Signal(kind=Kind.STALLED) for number in range(20_000)}
    strikes, found = Strikes(), Look(signals=signals)
    began = time.process_time()
    for now in (0.0, 700.0, 1400.0):
        strikes.note(found, signals, now)
    assert time.process_time() - began < 5, "it was 60 s of the processor"
    assert len(strikes.out()) == KEPT
