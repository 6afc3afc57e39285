"""What is wrong with a client, judged on what it really shows, and told in words that fit a phone."""

import json
from pathlib import Path
import re
from typing import Any

import pytest

from custom_components.home_server_monitor.guardian.contract import Finding, Severity
from custom_components.home_server_monitor.guardian.waking import TABLE
from custom_components.home_server_monitor.sources.downloads.rules import judge
from simulator.media import Fate, State
from simulator.media.flow import GONE
from simulator.scenarios import SCENARIOS
from tests.ground.texts import placeholders
from tests.ground.tree import PACKAGE

from .conftest import GIB, Pair, opened

TEXTS = json.loads((PACKAGE / "translations/en.json").read_text())["issues"]
MIB = 1 << 20


async def found(pair: Pair) -> dict[str, Finding]:
    """Return what is wrong now, by rule."""
    pair.world.step(2)
    pair.clock[0] += 301
    for _ in range(2):
        seen = await pair.client.look()
    return {each.rule: each for each in judge("one", pair.client.product.label, seen)}


def told(finding: Finding) -> tuple[str, str]:
    """Check that a finding is said in full, and return how."""
    texts = TEXTS[finding.rule]
    title, description = (texts[key].format(**finding.placeholders) for key in ("title", "description"))
    assert len(title) <= 40, title
    meaning, _, proposal = description.partition("\n")
    assert re.fullmatch(r"[A-Z].{10,}\.", meaning)
    assert len(proposal) > 10
    said = placeholders(texts["title"]) | placeholders(texts["description"])
    assert said == finding.placeholders.keys()
    assert finding.rule in TABLE
    assert finding.severity <= TABLE[finding.rule].most
    return title, description


async def scenario(pair: Pair, name: str) -> None:
    """Let a scenario of the simulator happen to the world of a pair."""

    class Sim:
        world = type("World", (), {"media": pair.world})()

    running: Any = SCENARIOS[name](Sim())  # type: ignore[arg-type]
    await running.on()


@pytest.mark.parametrize(
    ("name", "rule", "severity"),
    [
        ("vpn_away", "downloads_cut_off", Severity.WARNING),
        ("torrents_stall", "downloads_all_stalled", Severity.WARNING),
        ("torrent_files_gone", "downloads_errored", Severity.WARNING),
        ("torrent_unregistered", "downloads_unregistered", Severity.INFO),
    ],
)
async def test_torrents(socket_enabled: None, name: str, rule: str, severity: Severity) -> None:
    async with opened("qbittorrent", "5.3.0") as pair:
        assert await found(pair) == {}
        await scenario(pair, name)
        wrong = await found(pair)
        assert list(wrong) == [rule]
        assert wrong[rule].severity is severity
        title, _ = told(wrong[rule])
        assert "qBittorrent" in title


@pytest.mark.parametrize(
    ("name", "rule"),
    [("news_server_down", "news_servers_failing"), ("download_quota_used", "download_quota_reached")],
)
async def test_usenet(socket_enabled: None, name: str, rule: str) -> None:
    async with opened("sabnzbd", "5.1.3") as pair:
        pair.world.grab("sabnzbd", "Harbour.S01E01", size=GIB, cap=1.0)
        assert await found(pair) == {}
        await scenario(pair, name)
        wrong = await found(pair)
        assert list(wrong) == [rule]
        assert wrong[rule].severity is Severity.INFO
        told(wrong[rule])


async def test_all_news_servers_are_worse_than_one(socket_enabled: None) -> None:
    async with opened("sabnzbd", "4.5.0") as pair:
        pair.face.client.servers = dict.fromkeys(pair.face.client.servers, "502 no more connections")
        wrong = (await found(pair))["news_servers_failing"]
        assert wrong.severity is Severity.WARNING
        title, description = told(wrong)
        assert title == "SABnzbd: news servers fail: 2 of 2"
        assert "502 no more connections" in description


async def test_space_has_two_thresholds(pair: Pair) -> None:
    disk = pair.world.disks[0]
    name = pair.face.name
    pair.world.grab(name, "Big", size=40 * GIB, cap=1.0)

    async def with_free(free: float) -> Finding | None:
        disk.other = disk.size - free
        return (await found(pair)).get("downloads_disk_full")

    assert await with_free(9 * GIB) is None
    holds = await with_free(6 * GIB)
    assert holds is not None
    assert holds.holds, "between the two it keeps what is there, and raises nothing"
    nearly = await with_free(3 * GIB)
    assert nearly is not None
    assert (nearly.severity, nearly.holds) == (Severity.WARNING, False)
    full = await with_free(700 * MIB)
    assert full is not None
    assert full.severity is Severity.HIGH
    title, _ = told(full)
    assert title.endswith("only 0.7 GiB free")


async def test_nobody_is_blamed_without_reason(socket_enabled: None) -> None:
    async with opened("qbittorrent", "5.1.0") as pair:
        world = pair.world
        for number in range(2):
            world.grab("qbittorrent", f"S{number}", size=GIB, fate=Fate.STALLS, turns_at=0.0)
        assert await found(pair) == {}, "two that stall say nothing about the network"
        world.grab("qbittorrent", "S3", size=GIB, fate=Fate.STALLS, turns_at=0.0)
        runs = world.grab("qbittorrent", "runs", size=900 * GIB, cap=1e5)
        assert await found(pair) == {}, "one of them moves"
        world.pause(runs.id)
        assert list(await found(pair)) == ["downloads_all_stalled"]
        pair.face.client.max_active = 0
        assert await found(pair) == {}, "it is paused"


async def test_a_full_disk_without_anything_to_come_is_nobodys_matter(socket_enabled: None) -> None:
    async with opened("transmission", "4.1.3") as pair:
        pair.world.disks[0].other = pair.world.disks[0].size
        assert await found(pair) == {}
        pair.world.grab(
            "transmission", "Old", size=GIB, done=0.0, state=State.ERRORED, error="No space left on device"
        )
        assert set(await found(pair)) == {"downloads_disk_full", "downloads_errored"}


async def test_names_are_few(socket_enabled: None) -> None:
    async with opened("transmission", "3.00") as pair:
        for number in range(9):
            pair.world.grab("transmission", f"N{number}", size=GIB, state=State.ERRORED, error=GONE)
        wrong = (await found(pair))["downloads_errored"]
        assert wrong.placeholders["names"] == "N0, N1, N2, …"
        assert told(wrong)[0] == "Transmission: torrents in error: 9"


def test_every_rule_is_among_these() -> None:
    source = Path(judge.__code__.co_filename).read_text()
    rules = set(re.findall(r'"(downloads?_\w+|news_\w+)"', source))
    here = Path(__file__).read_text()
    assert len(rules) == 7
    assert all(f'"{rule}"' in here for rule in rules)
