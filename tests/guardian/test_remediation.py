"""The record: the table of its states, and what of it the journal holds."""

import json

import pytest

from custom_components.home_server_monitor.guardian.contract import (
    SYSTEM,
    Actor,
    Outcome,
    Plan,
    Receipt,
    Refusal,
    Risk,
    Step,
    Verdict,
)
from custom_components.home_server_monitor.guardian.journal import secret_in
from custom_components.home_server_monitor.guardian.remediation import (
    TRANSITIONS,
    Record,
    State,
    WrongState,
    move,
    new_id,
    pack,
    purpose,
    unpack,
)

from .fake import ADMIN, START

PLAN = Plan(
    action="a",
    target="t",
    fingerprint="f",
    steps=(Step(order="o", params={"x": [1]}), Step(order="p")),
    risk=Risk.HIGH,
    touches=frozenset({"b", "a"}),
    takes_away=True,
    deadline=3.5,
    right="R",
    source="s",
    params={"p": 1},
    before={"q": None},
    inverse=True,
    final=1,
)
RECORD = Record(
    id="r",
    source="s",
    action="a",
    target="t",
    params={"p": 1},
    since=START - 60,
    plan=PLAN,
    state=State.RUNNING,
    created=START,
    expires=START + 1,
    proposed_by=SYSTEM,
    actor=ADMIN,
    approved_at=START,
    step=1,
    receipts=(Receipt(0, {"lost": True}, 7),),
    undoing=0,
    undone=(Receipt(0),),
    verdict=Verdict(Outcome.FAILED, {"reason": "x"}),
    reason="why",
    details={"a": "b"},
    attempt=2,
    part_of="whole",
    blocked=Refusal("port_taken", {"port": "80"}),
    history=(("proposed", START, "system"),),
)


def test_what_the_journal_holds_is_all_of_it() -> None:
    raw = json.loads(json.dumps(pack(RECORD)))
    assert unpack("r", raw) == RECORD
    assert secret_in(raw) is None
    for missing in raw:
        # a record of an earlier version does not say since when, of what it is a part, or what keeps it from going back
        if missing not in ("over", "since", "part_of", "blocked"):
            with pytest.raises(KeyError):
                unpack("r", {name: value for name, value in raw.items() if name != missing})
    assert unpack("r", {name: value for name, value in raw.items() if name != "since"}).since == 0.0


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("to", State)
def test_the_table_is_the_only_way(state: State, to: State) -> None:
    record = unpack("r", pack(RECORD) | {"state": state.value})
    if to in TRANSITIONS[state]:
        moved = move(record, to, START + 5, ADMIN, reason="new")
        assert (moved.state, moved.reason, moved.changed) == (to, "new", START + 5)
        assert moved.entered(to) == START + 5
    else:
        with pytest.raises(WrongState):
            move(record, to, START, ADMIN)


def test_nothing_leads_back() -> None:
    def reaches(state: State) -> set[State]:
        found: set[State] = set()
        todo = list(TRANSITIONS[state])
        while todo:
            at = todo.pop()
            found.add(at)
            todo += [each for each in TRANSITIONS[at] if each not in found]
        return found

    for state in State:
        assert state not in reaches(state)
    assert State.RUNNING not in reaches(State.VERIFYING)


def test_ids_sort_by_time() -> None:
    ids = [new_id(START + n) for n in range(50)]
    assert ids == sorted(ids)
    assert {len(each) for each in ids} == {26}
    assert new_id(START) != new_id(START)


def test_one_purpose() -> None:
    assert purpose("s", "a", "t", {"x": 1, "y": 2}) == purpose("s", "a", "t", {"y": 2, "x": 1})
    assert RECORD.same == purpose("s", "a", "t", {"p": 1})
    assert Actor(kind="user", id="1") != Actor(kind="user", id="2")
