"""The disk is full from some line of a remediation on: what was not written down is not done, what was done is told."""

from collections.abc import Mapping
import errno
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.home_server_monitor.edge.house_key import HOUSE
from custom_components.home_server_monitor.guardian.house import House
from custom_components.home_server_monitor.guardian.remediation import Record, State

from .test_guardian_edge import Household, _ask, home

__all__ = ["home"]

# the lines of a remediation, in order; the ones after the order can only tell what is so
BEFORE = ("proposed", "approved", "running")
AFTER = ("receipt", "verifying", "succeeded", "told")


class Disk:
    """Says no to a line, and to all after it while it is full."""

    def __init__(self, home: Household, line: str, *, stays: bool) -> None:
        self.line, self.stays, self.full, self.refused = line, stays, False, 0
        self.home = home
        home.guardian.desk.journal.on_append = self._append

    def _append(self, line: Mapping[str, Any], written: bool) -> None:
        if written:
            return
        hit = _name(line) == self.line and not self.refused
        self.full = self.full or (hit and self.stays)
        if hit or self.full:
            self.refused += 1
            raise OSError(errno.ENOSPC, "No space left on device")

    async def has_room(self) -> None:
        """Make room, and let time pass."""
        self.full = False
        await self.home.settle(60)


def _name(line: Mapping[str, Any]) -> str:
    if line["k"] != "remediation":
        return str(line["k"])
    receipt = line["v"]["state"] == "running" and line["v"]["receipts"]
    return "receipt" if receipt else str(line["v"]["state"])


async def _restarted(home: Household) -> dict[str, Record]:
    """Start anew, with what the disk holds; returns the records."""
    for entry in (home.nas, home.server):
        assert await home.hass.config_entries.async_unload(entry.entry_id)
    home.hass.data[HOUSE] = House("0123abcd")
    for entry in (home.server, home.nas):
        assert await home.hass.config_entries.async_setup(entry.entry_id)
    await home.settle(90)
    return dict(home.guardian.desk.records)


def _rules(home: Household) -> set[str]:
    return {each.finding.rule for each in home.guardian.open_findings()}


@pytest.mark.parametrize("stays", [True, False], ids=["full", "once"])
@pytest.mark.parametrize("line", BEFORE)
async def test_before_the_order_nothing_is_done(
    home: Household, hass_admin_user: MockUser, line: str, stays: bool
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    disk = Disk(home, line, stays=stays)
    tracked = await home.errors()
    if line == "proposed":
        # what cannot be proposed is told all the same; once there is room, whoever asks why gets the offer
        (push,) = (each for each in home.pushes if "checksum" in each["title"])
        if stays:
            assert home.guardian.proposals.proposal_of(tracked) is None
            assert not any("approve" in str(each) for each in push["data"].get("actions", ()))
            assert "journal_failed" in _rules(home)
    else:
        await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
        assert home.scrubs() == 0
        assert disk.refused
        record = home.record()
        assert record.state in (State.PROPOSED, State.FAILED), record
        text = "\n".join(push["message"] for push in home.pushes)
        assert "journal cannot be written" in text, text
    await disk.has_room()
    assert "journal_failed" not in _rules(home)
    assert home.scrubs() == 0
    # there is room again: it is approved anew, and done once
    offer = await home.guardian.proposals.propose_for(tracked)
    assert offer is not None
    await _ask(home, "approve", hass_admin_user.id, proposal=offer.id)
    await home.settle(30)
    assert home.scrubs() == 1
    records = await _restarted(home)
    assert home.scrubs() == 1
    assert [each.state for each in records.values()].count(State.SUCCEEDED) == 1


@pytest.mark.parametrize("restart", [True, False], ids=["restart", "room"])
@pytest.mark.parametrize("line", AFTER)
async def test_after_the_order_it_is_told_and_not_repeated(
    home: Household, hass_admin_user: MockUser, line: str, restart: bool
) -> None:
    home.tell(home.phone("Ann", hass_admin_user))
    await home.errors()
    disk = Disk(home, line, stays=True)
    await home.tap(home.button(home.shown("Ann"), "approve"), hass_admin_user.id)
    await home.settle(30)
    assert home.scrubs() == 1
    record = home.record()
    assert record.state is State.SUCCEEDED
    assert [push for push in home.pushes if "seen to have worked" in push["message"]]
    assert "journal_failed" in _rules(home)
    # nothing else begins meanwhile
    assert not home.guardian.is_well
    if restart:
        # it ends while the disk is still full: what the journal holds is an older state, and that is looked at anew
        records = await _restarted(home)
    else:
        await disk.has_room()
        assert "journal_failed" not in _rules(home)
        home.pushes.clear()
        records = await _restarted(home)
        assert not [push for push in home.pushes if "seen to have worked" in push["message"]]
    assert records[record.id].state is State.SUCCEEDED
    assert home.scrubs() == 1
