"""How far a replacement is, and what its steps are, by what a machine shows of its pools and disks."""

from dataclasses import replace
import json
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.capabilities import DiskPlace, PoolStand, Resilver
from custom_components.home_server_monitor.plays.disk_risk.promises import Ordered, Promises, Replaced
from custom_components.home_server_monitor.plays.disk_risk.replacing import (
    DAY,
    EXPECTED,
    Replacement,
    Stage,
    advanced,
    begun,
    steps,
)
from custom_components.home_server_monitor.plays.disk_risk.told import day
from custom_components.home_server_monitor.prediction.tiers import Tier

TB = 10**12
OLD, OTHER, NEW = "OLD17XT", "OTHER", "NEW9K1D"
NODE = f"disk:{OLD}"


def place(serial: str, pool: str | None = "tank", **more: Any) -> DiskPlace:
    """A disk of the machine."""
    return DiskPlace(
        serial=serial, label=serial, model="M", size=4 * TB, device=serial, pool=pool, pool_id=pool, **more
    )


def stand(*members: str, **more: Any) -> PoolStand:
    """The pool, with these disks."""
    return PoolStand(id="tank", name="tank", status="online", members=frozenset(members), **more)


PLACES = {OLD: place(OLD), OTHER: place(OTHER)}
FRESH = {**PLACES, NEW: place(NEW, None)}
WITHOUT = {OTHER: place(OTHER)}
WHOLE = stand(OLD, OTHER)
RUNS = Resilver(running=True, percent=40.0, left=3600, errors=0)
ENDED = Resilver(running=False, percent=100.0, errors=3)


def started(places: dict[str, DiskPlace] = PLACES, pool: PoolStand | None = WHOLE) -> Replacement:
    """One that has just begun."""
    found = Replacement(
        serial=OLD, label="M 17XT", size=4 * TB, where="pool tank", pool="tank", pool_id=pool.id if pool else None,
        who="Ann", since=0.0, until=EXPECTED, tag="t",
    )  # fmt: skip
    return begun(places.get(OLD), pool, places, found)


@pytest.mark.parametrize(
    ("places", "pool", "stage", "heir"),
    [
        (PLACES, WHOLE, Stage.ANNOUNCED, None),
        (PLACES, stand(OLD, OTHER, lost=frozenset({NODE})), Stage.OFFLINE, None),
        (PLACES, stand(OTHER), Stage.OFFLINE, None),
        (WITHOUT, stand(OTHER, lost=frozenset({NODE})), Stage.OUT, None),
        (FRESH, WHOLE, Stage.INSERTED, NEW),
        (
            {**WITHOUT, NEW: place(NEW)},
            stand(OTHER, NEW, lost=frozenset({NODE}), takes_over={NODE: NEW}, resilver=RUNS),
            Stage.RESILVERING,
            NEW,
        ),
        # the rebuild has ended badly, and both are kept
        (
            {**WITHOUT, NEW: place(NEW)},
            stand(OTHER, NEW, lost=frozenset({NODE}), takes_over={NODE: NEW}, resilver=ENDED),
            Stage.RESILVERING,
            NEW,
        ),
        ({**WITHOUT, NEW: place(NEW)}, stand(OTHER, NEW, resilver=ENDED), Stage.DONE, NEW),
        # in its place: the old one is still in the machine
        ({**PLACES, OLD: place(OLD, None), NEW: place(NEW)}, stand(OTHER, NEW), Stage.DONE, NEW),
        # somebody made the pool larger
        ({**PLACES, NEW: place(NEW)}, stand(OLD, OTHER, NEW), Stage.ANNOUNCED, None),
        # a machine that has only begun to answer says nothing
        ({}, stand(), Stage.ANNOUNCED, None),
        (WITHOUT, None, Stage.ANNOUNCED, None),
    ],
)
def test_how_far_it_is(
    places: dict[str, DiskPlace], pool: PoolStand | None, stage: Stage, heir: str | None
) -> None:
    found = advanced(started(), places, pool)
    assert (found.stage, found.heir) == (stage, heir)
    if stage is Stage.DONE and pool is not None and pool.resilver:
        assert found.errors == 3


def test_one_that_was_ordered_before_it_was_said() -> None:
    """The new disk is there already: it is the heir all the same."""
    pool = stand(OTHER, NEW, lost=frozenset({NODE}), takes_over={NODE: NEW}, resilver=RUNS)
    found = started({**WITHOUT, NEW: place(NEW)}, pool)
    assert (found.stage, found.heir, found.percent) == (Stage.RESILVERING, NEW, 40.0)
    assert advanced(found, {**WITHOUT, NEW: place(NEW)}, stand(OTHER, NEW)).stage is Stage.DONE


def test_a_disk_of_no_pool_is_done_once_it_is_out() -> None:
    found = started({**WITHOUT, OLD: place(OLD, None)}, None)
    assert found.stage is Stage.ANNOUNCED
    assert advanced(found, {}, None).stage is Stage.ANNOUNCED, "its machine says nothing"
    assert advanced(found, WITHOUT, None).stage is Stage.DONE


def test_another_machine_of_the_household_says_nothing_of_it() -> None:
    """Its own machine restarts while the other one is up, or the other one gets a disk."""

    def at(machine: str, serial: str, pool: str | None) -> DiskPlace:
        return replace(place(serial, pool), device=f"{machine}_disk_{serial}")

    theirs = {"THEIRS": at("b", "THEIRS", "attic")}
    ours = {OLD: at("a", OLD, None), OTHER: at("a", OTHER, "tank")}
    found = started({**ours, **theirs}, None)
    assert advanced(found, theirs, None).stage is Stage.ANNOUNCED
    assert advanced(found, {OTHER: ours[OTHER], **theirs}, None).stage is Stage.DONE
    pooled = started({**ours, OLD: at("a", OLD, "tank"), **theirs}, WHOLE)
    for machine, stage in (("b", Stage.OUT), ("a", Stage.INSERTED)):
        there = {OTHER: ours[OTHER], **theirs, NEW: at(machine, NEW, None)}
        assert advanced(pooled, there, stand(OTHER, lost=frozenset({NODE}))).stage is stage


def test_it_ends() -> None:
    found = started()
    assert not found.is_late(EXPECTED - 1)
    assert found.is_late(EXPECTED)
    rebuilding = replace(found, stage=Stage.RESILVERING)
    assert not rebuilding.is_late(EXPECTED)
    assert rebuilding.is_late(2 * EXPECTED)


MIRROR = place(OLD, vdev="mirror", loses=1)


@pytest.mark.parametrize(
    ("where", "pool", "wanted"),
    [
        (MIRROR, WHOLE, ("offline", "pull", "insert", "replace", "wait")),
        (replace(MIRROR, vdev="raidz2", loses=2), WHOLE, ("offline", "pull", "insert", "replace", "wait")),
        # it is gone from the pool already
        (
            replace(MIRROR, loses=0),
            stand(OTHER, lost=frozenset({NODE})),
            ("pull", "insert", "replace", "wait"),
        ),
        (None, stand(OTHER, lost=frozenset({NODE})), ("insert", "replace", "wait")),
        # one that can take its place is in: nothing is taken away before that
        (replace(MIRROR, spares=1), WHOLE, ("replace_unused", "wait", "pull_after")),
        # nothing protects its data
        (
            replace(MIRROR, vdev="disk", loses=0),
            stand(OLD),
            ("warn_alone", "insert_beside", "replace_beside", "wait", "pull_after"),
        ),
        (
            replace(MIRROR, vdev="disk", loses=0, spares=2),
            stand(OLD),
            ("warn_alone", "replace_unused", "wait", "pull_after"),
        ),
        # the other one of its mirror is gone: this one must stay
        (
            replace(MIRROR, loses=0),
            stand(OLD, lost=frozenset({"disk:OTHER"})),
            ("warn_other", "insert_beside", "replace_beside", "wait", "pull_after"),
        ),
        (place(OLD, None), None, ("unused",)),
        (MIRROR, replace(WHOLE, name="boot-pool"), ("boot", "wait", "pull_after")),
    ],
)
def test_the_steps_are_those_of_the_layout(
    where: DiskPlace | None, pool: PoolStand | None, wanted: tuple[str, ...]
) -> None:
    assert steps(where, pool, NODE) == wanted


def test_what_people_said_outlives_a_start_and_damage() -> None:
    said = Promises(
        {OLD: Ordered("Ann", 1.0, 2.0, Tier.HIGH)},
        {OLD: started()},
        {NEW: Replaced("M 0001", "M 9K1D", 5.0, 2)},
        14 * DAY,
    )
    stored = json.loads(json.dumps(said.dump()))
    again = Promises()
    again.load(stored)
    assert again == said
    stored["replacing"].append({"serial": "x", "stage": "nowhere"})
    stored["ordered"]["y"] = {"who": "Bea"}
    for damaged in (stored, {**stored, "replaced": {**stored["replaced"], "z": 7}}):
        again = Promises()
        again.load(damaged)
        assert again == said
    for nothing in (None, [], {"ordered": 3, "replacing": {}, "replaced": []}):
        again = Promises()
        again.load(nothing)
        assert again == Promises()
    said.forget(500 * DAY)
    assert said.replaced == {}


def test_what_no_person_said_is_not_taken_back() -> None:
    """A file that was edited or damaged: whatever it holds, what is taken out of it can be told."""
    stored = json.loads(json.dumps(Promises(replacing={OLD: started()}).dump()))
    (row,) = stored["replacing"]
    for name in row:
        for wrong in ("x", 1e300, -1e18, None, [1], {"a": 1}, True):
            again = Promises()
            again.load({"replacing": [{**row, name: wrong}]})
            for it in again.replacing.values():
                assert not it.is_late(0.0)
                assert isinstance(it.told[2], int)
                assert {type(each) for each in (it.label, it.where, it.who, it.tag)} == {str}
                assert {type(each) for each in (it.pool_id, it.slot, it.heir)} <= {str, type(None)}
                assert {type(each) for each in (it.size, it.left, it.errors)} <= {int, type(None)}
                assert len({day(it.since), day(it.until)}) <= 2
                assert again.dump()["replacing"]
    for at in (1e300, -1e18, "soon"):
        again = Promises()
        again.load({"ordered": {OLD: {"who": "Ann", "at": at, "until": at, "tier": 3}}})
        assert again == Promises()


def test_an_order_is_over_when_it_is_worse_or_late() -> None:
    order = Ordered("Ann", 0.0, 14 * DAY, Tier.HIGH)
    assert order.state(Tier.HIGH, 13 * DAY) == "ordered"
    assert order.state(Tier.CRITICAL, 1.0) == "ordered_worse"
    assert order.state(Tier.HIGH, 14 * DAY) == "ordered_late"


@pytest.mark.parametrize(
    ("jumps", "ends"),
    [
        # two weeks ahead, then put back, at once or after a restart
        ([(2, 14)], 28),
        ([(2, 14), (16.5, -14)], 14),
        ([(2, 14), (17, -7), (11, -7)], 14),
        # it was ahead at the start already, where nobody could know
        ([(17, -14)], 14),
        # it was behind, and knows better since
        ([(2, 400)], 414),
        ([(2, -30)], -14),
    ],
)
def test_a_clock_that_jumps_ends_no_promise(jumps: list[tuple[float, float]], ends: float) -> None:
    """jumps: when, by the clock that jumps, and by how many days."""
    begun_on = 100 * DAY
    it = replace(started(), since=begun_on, until=begun_on + 14 * DAY)
    said = Promises({OLD: Ordered("Ann", it.since, it.until, Tier.HIGH)}, {OLD: it})
    for at, by in jumps:
        said.jumped(by * DAY, begun_on + (at + by) * DAY)
        again = Promises()
        again.load(json.loads(json.dumps(said.dump())))
        said = again
    assert said.replacing[OLD].until == begun_on + ends * DAY
    assert said.ordered[OLD].until == begun_on + ends * DAY
