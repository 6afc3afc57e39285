"""What happens when there is a newer image: by policy, label, version, age, and what was said before."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Proposal
from custom_components.home_server_monitor.sources.containers.model import (
    Container,
    Containers,
    Image,
    State,
    Update,
    Watched,
)
from custom_components.home_server_monitor.sources.containers.offer_rules import offered, said_of
from custom_components.home_server_monitor.sources.containers.offers import (
    Offer,
    Terms,
    offer_of,
    with_policies,
)
from custom_components.home_server_monitor.sources.containers.policies import LABEL, Policy, Written
from custom_components.home_server_monitor.sources.containers.versions import is_major, major
from custom_components.home_server_monitor.sources.containers.view import installed, latest, release_notes
from custom_components.home_server_monitor.sources.containers.weekly import DAY, Weekly

NOW = datetime(2026, 11, 30, tzinfo=UTC)
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def watched(name: str, reference: str = "lscr.io/linuxserver/app", **more: Any) -> Watched:
    """Return a container that runs 4.0.1 and for which there is 4.0.2 since ten days, unless told otherwise."""
    versions = more.pop("versions", ("4.0.1", "4.0.2"))
    days = more.pop("days", 10)
    label, of_image = more.pop("label", None), more.pop("of_image", None)
    container = Container(
        id=f"id-{name}",
        name=name,
        image=reference,
        image_id=f"sha256:{name}",
        state=State.RUNNING,
        inspected=True,
        labels={LABEL: label} if label else {},
        **more,
    )
    update = Update(
        reference=reference,
        installed_digest=OLD,
        latest_digest=NEW,
        seen=NOW,
        published=NOW - timedelta(days=days) if days is not None else None,
        version=versions[1],
    )
    return Watched(container, image=Image(id="i", version=versions[0], update_label=of_image), update=update)


def engine(*items: Watched, written: Written | None = None) -> Containers:
    """Return a snapshot of these containers."""
    containers = {each.container.name: each.container for each in items}
    shown = MappingProxyType({each.container.name: each for each in items})
    return with_policies(Containers(containers=containers, shown=shown), written or Written())


def offer(*items: Watched, written: Written | None = None, **more: Any) -> Offer:
    """Return what is offered of these containers."""
    written = written or Written()
    return offer_of(engine(*items, written=written), Terms(written=written, now=NOW, **more))


def names(found: Any) -> list[str]:
    """Return the names of candidates."""
    return [each.name for each in found]


AUTOMATIC = Written(default=Policy.AUTOMATIC)


@pytest.mark.parametrize(
    ("version", "number"),
    [
        ("4", 4),
        ("v2.3.1", 2),
        ("16-alpine", 16),
        ("2026.11.1", 2026),
        ("latest", None),
        ("", None),
        (None, None),
        ("4.0.15.2941-ls282", 4),
        ("20261130120000", None),
        ("stable-2", None),
        ("4x", None),
    ],
)
def test_the_major_of_a_version(version: str | None, number: int | None) -> None:
    assert major(version) == number


@pytest.mark.parametrize(
    ("reference", "before", "after", "wanted"),
    [
        ("app", "4.0.1", "4.1.0", False),
        ("app", "4.9", "5.0", True),
        ("app", "5.0", "4.9", True),
        ("app:4", None, None, False),
        ("app:4", "4.1", "5.0", True),
        ("app", None, "5.0", None),
        ("app", "nightly", "nightly", None),
        # the label may be that of the system that it is built on
        ("app", "24.04", "24.04", None),
        ("app:v3.40", "24.04", "24.04", False),
    ],
)
def test_whether_an_update_is_a_major_one(
    reference: str, before: str | None, after: str | None, wanted: bool | None
) -> None:
    assert is_major(reference, before, after) is wanted


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("label", Policy)
def test_a_label_only_tightens(policy: Policy, label: Policy) -> None:
    """Whatever both say, the stricter of them counts."""
    item = watched("app", label=label.value)
    strict = [Policy.NEVER, Policy.NOTIFY, Policy.ASK, Policy.AUTOMATIC]
    found = Written(default=policy).of_container(item.container, item.image)
    assert strict.index(found) == min(strict.index(policy), strict.index(label))


@pytest.mark.parametrize(("label", "of_image"), [("never", "never"), ("sometimes", None), ("0", None)])
def test_a_label_of_the_image_or_of_nonsense_is_ignored(label: str, of_image: str | None) -> None:
    item = watched("app", label=label, of_image=of_image)
    assert Written().of_container(item.container, item.image) is Policy.ASK
    mine = watched("app", label="notify", of_image="never")
    assert Written().of_container(mine.container, mine.image) is Policy.NOTIFY


def test_what_is_written() -> None:
    """A container that is named twice has the stricter policy; what is bound to is the letter of it."""
    options = {
        "update_policy": "automatic",
        "update_cool_down": 7,
        "update_ask": ["b", "a"],
        "update_never": ["b"],
    }
    found = Written.of(options)
    assert found.own == {"b": Policy.NEVER, "a": Policy.ASK}
    assert found.pack() == {
        "default": "automatic",
        "cool_down": 7,
        "never": ["b"],
        "notify": [],
        "ask": ["a"],
        "automatic": [],
    }
    assert Written.of({}) == Written(default=Policy.ASK, cool_down=3)
    assert not Written.of({}).automatic
    assert Written.of({"update_automatic": ["a"]}).automatic


def test_never_and_notify_are_not_offered() -> None:
    """Of what is never updated the entity shows nothing newer."""
    found = offer(watched("a", label="never"), watched("b", label="notify"), watched("c"))
    assert names(found.asked) == ["c"]
    assert not found.left
    shown = engine(watched("a", label="never"), watched("b", label="notify")).shown
    assert (latest(shown["a"]), latest(shown["b"])) == ("4.0.1", "4.0.2")


@pytest.mark.parametrize("written", [Written(), AUTOMATIC], ids=["ask", "automatic"])
def test_what_is_left_out_and_why(written: Written) -> None:
    """Whatever the policy: majors, databases, what is new, skipped, or failed before."""
    found = offer(
        watched("major", versions=("4.0", "5.0")),
        watched("db", "postgres:16", versions=("16.1", "16.2")),
        watched("new", days=1),
        watched("skipped"),
        watched("bad"),
        watched("own"),
        watched("good"),
        written=written,
        permitted=True,
        skipped=lambda name, version: (name, version) == ("skipped", "4.0.2"),
        failed={"bad": NEW, "good": OLD},
        refused=lambda each: "own_path" if each.name == "own" else "",
    )
    assert names(found.safe) == ["good"]
    reasons = {each.name: each.reason for each in found.left}
    assert reasons == {
        "major": "major",
        "db": "database",
        "new": "cooling",
        "skipped": "skipped",
        "bad": "failed_before",
        "own": "own_path",
    }
    assert next(each.details for each in found.left if each.name == "new") == {"days": "2"}


def test_an_age_that_is_not_told_counts_from_when_it_was_seen() -> None:
    """Nobody can say that it is old: it is left alone for as long as if it were new."""
    item = watched("a", days=None)
    assert names(offer(item).asked) == []
    at_once = Written(cool_down=0)
    assert names(offer(item, written=at_once).asked) == ["a"]
    later = offer_of(engine(item), Terms(written=Written(), now=NOW + timedelta(days=3)))
    assert names(later.asked) == ["a"]


def test_what_nobody_looked_at_yet_is_not_offered() -> None:
    assert offer(watched("a"), refused=lambda each: None) == Offer()


def test_nothing_is_automatic_without_an_approval_in_advance() -> None:
    """It falls to be asked for, and is named; with it, what tells no version is still asked for."""
    items = watched("a"), watched("b", versions=(None, None)), watched("c", "app:4", versions=(None, None))
    found = offer(*items, written=AUTOMATIC)
    assert (names(found.asked), names(found.due), found.unapproved) == (["a", "b", "c"], [], ("a", "b", "c"))
    found = offer(*items, written=AUTOMATIC, permitted=True)
    assert (names(found.asked), names(found.due), found.unapproved) == (["b"], ["a", "c"], ())


def test_those_come_first_that_others_need() -> None:
    """Whose network is used before who uses it; a service before who waits for it."""
    found = offer(
        watched("a-torrent", joins=("vpn",)),
        watched("b-web", project="p", service="web", depends_on=("api",)),
        watched("c-api", project="p", service="api"),
        watched("vpn"),
    )
    assert names(found.safe) == ["c-api", "b-web", "vpn", "a-torrent"]


def test_what_is_told_of_an_offer() -> None:
    """Once a week what is asked for, and at any time what is due or not approved; all of it to be pushed to nobody."""
    written = Written(default=Policy.AUTOMATIC)
    one = offer(watched("a"), watched("b", versions=(None, None)), written=written, permitted=True)
    (ready, due) = offered("e", said_of("media", one, weekly=True), written)
    assert (ready.rule, ready.placeholders["count"], ready.proposal) == (
        "updates_ready",
        "2",
        Proposal(action="update_containers", target=""),
    )
    assert due.proposal == Proposal(action="update_containers", target="", params={"policy": written.pack()})
    assert due.placeholders["names"] == "a 4.0.1 → 4.0.2"
    other = offer(watched("a"), written=written)
    assert said_of("media", other, weekly=False).keys() == {"updates_unapproved"}
    assert not said_of("media", Offer(), weekly=True)


def test_a_week() -> None:
    """It is open for six days or until it was dealt with, and a clock that jumps back opens none twice."""
    week, start = Weekly(), 1_800_000_000.0
    assert not week.is_open(start)
    assert week.begin(start)
    assert not week.begin(start + 6.9 * DAY)
    assert week.is_open(start + 5.9 * DAY)
    assert not week.is_open(start + 6 * DAY)
    assert not week.begin(start - DAY)
    # a machine that was just switched on thinks it is 1970, and knows better a minute later
    assert not week.begin(60.0)
    assert not week.begin(start + 1.0)
    again = Weekly()
    again.load(week.dump())
    assert again == week
    assert again.begin(start + 7 * DAY)
    again.closed = True
    assert not again.is_open(start + 7 * DAY)
    assert again.begin(start + 14 * DAY)
    assert again.is_open(start + 14 * DAY)


def test_versions_are_shown_as_people_can_use_them() -> None:
    """A version where it is told and another one, else the digest."""
    assert (installed(watched("a")), latest(watched("a"))) == ("4.0.1", "4.0.2")
    assert latest(watched("a", versions=("4.0.1", None))) == "b" * 12
    assert latest(watched("a", versions=("4.0.1", "4.0.1"))) == f"4.0.1 ({'b' * 12})"


@pytest.mark.parametrize(
    ("newest", "running", "wanted"),
    [
        ({"source_url": "https://github.com/o/r"}, {}, "https://github.com/o/r/releases"),
        ({"source_url": "https://github.com/o/r.git"}, {}, "https://github.com/o/r/releases"),
        ({"source_url": "https://github.com/o/r/tree/main"}, {}, "https://github.com/o/r/tree/main"),
        (
            {"url": "https://example.org/app"},
            {"source_url": "https://old.example.org"},
            "https://example.org/app",
        ),
        ({}, {"url": "https://example.org"}, "https://example.org"),
        ({}, {"documentation_url": "https://docs.example.org"}, "https://docs.example.org"),
        ({}, {}, None),
    ],
)
def test_release_notes(newest: dict[str, str], running: dict[str, str], wanted: str | None) -> None:
    item = watched("a")
    update = Update(reference="a", installed_digest=OLD, latest_digest=NEW, **newest)
    assert release_notes(Watched(item.container, image=Image(id="i", **running), update=update)) == wanted
