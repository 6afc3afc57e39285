"""Our table of methods is the vendor's: the same releases, the same jobs, roles that the vendor accepts."""

import pytest

from simulator.truenas.methods import METHODS
from simulator.truenas.releases import ANY_USER, FULL, NO_LOGIN, RELEASE_NAMES, Method, Release, Table

from . import shared

TABLE = Table(METHODS)


def _row(name: str, release: Release) -> Method | None:
    return next((row for row in TABLE.rows if row.name == name and row.within(release)), None)


def _vendor_roles(cell: str) -> set[str]:
    words = cell.split(" removed_in=", maxsplit=1)[0].removeprefix("JOB ")
    if words == "(none)":
        return set()
    if words == "(any authenticated)":
        return set(ANY_USER)
    if words in ("FULL_ADMIN only", "FULL_ADMIN"):
        return set(FULL)
    return set(words.split("/"))


@pytest.mark.parametrize("name", sorted({row.name for row in METHODS if not row.hidden}))
def test_method_exists_where_the_vendor_has_it(name: str) -> None:
    vendor = shared.methods_by_version()
    assert name in vendor, f"{name} is no method of any release"
    for text in RELEASE_NAMES:
        release = Release.parse(text)
        row = _row(name, release)
        if row is not None and row.hidden:
            row = None
        assert (row is not None) == (vendor[name][text] != "-"), f"{name} in {text}: {vendor[name][text]}"


@pytest.mark.parametrize("name", sorted({row.name for row in METHODS if not row.hidden}))
def test_jobs_and_roles_are_the_vendors(name: str) -> None:
    vendor = shared.methods_by_version()[name]
    for text in RELEASE_NAMES:
        release = Release.parse(text)
        row = _row(name, release)
        cell = vendor[text]
        if row is None or row.hidden or cell == "-":
            continue
        assert row.job == cell.startswith("JOB "), f"{name} in {text}: {cell}"
        assert (row.roles == NO_LOGIN) == (_vendor_roles(cell) == set()), f"{name} in {text}: {cell}"
        if release >= Release.V25_04:
            assert row.roles <= _vendor_roles(cell), f"{name} in {text}: {sorted(row.roles)}, vendor {cell}"
        removed = cell.partition(" removed_in=v")[2].split(".")[0]
        if removed and vendor[removed] != "-":
            assert row.gone_on is Release.parse(removed), f"{name} in {text}: {cell}"
        if row.gone_on and release >= row.gone_on:
            assert removed, f"{name} in {text}: {cell}"


def test_no_two_rows_claim_the_same_release() -> None:
    for text in RELEASE_NAMES:
        names = [row.name for row in METHODS if row.within(Release.parse(text))]
        assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)


@pytest.mark.parametrize(
    ("name", "endpoint", "answers"),
    [
        ("auth.login_with_api_key", Release.V27, False),
        ("auth.login_with_api_key", Release.V26, True),
        ("pool.is_upgraded", Release.V26, False),
        ("pool.is_upgraded", Release.V25_10, True),
        ("update.run", Release.V25_04, False),
        ("smart.test.results", Release.V25_04, False),
    ],
)
def test_an_endpoint_offers_what_its_release_had_and_the_server_still_has(
    name: str, endpoint: Release, answers: bool
) -> None:
    assert (TABLE.find(name, Release.V27, endpoint) is not None) == answers
