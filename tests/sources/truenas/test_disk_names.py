"""One disk has one name, that of its device, wherever people read of it."""

from dataclasses import replace

import pytest

from custom_components.home_server_monitor.guardian.contract import Finding
from custom_components.home_server_monitor.sources.truenas.changes import changes
from custom_components.home_server_monitor.sources.truenas.disk import Disk
from custom_components.home_server_monitor.sources.truenas.model import TrueNas
from custom_components.home_server_monitor.sources.truenas.nodes import nodes_of
from tests.ground.tree import PACKAGE, read_json

from .build import alert, disk, findings, leaf, pool, remembering, scan, vdev

TEXTS = read_json(PACKAGE / "translations/en.json")["issues"]
NAME = "WD40EFRX 17XT"
GONE = "WD40EFRX 99ZZ"
# as makers write them, the longest last
MODELS = ("WDC WD40EFRX-68N32N0", "ST8000VN004-3CP101", "Samsung SSD 870 EVO 2TB", "CT1000MX500SSD1")


def _sick() -> Disk:
    return disk("sdb", "WD-WCC7K4AA17XT", temperature=70.0, last_test="failed")


def _all() -> list[Finding]:
    """Return all that can be said of one disk, and of one that is gone."""
    lost = leaf(None, "unavail", missing="WD-GONE99ZZ")
    weak = leaf("sdb", checksum_errors=3)
    pools = {
        "1": pool(vdevs=(vdev("mirror", weak, lost),), status="degraded", scan=scan(state="scanning")),
        "2": pool(guid="2", name="two", vdevs=(vdev("mirror", weak, leaf("sda")),)),
    }
    twin = disk("sda", "WD-WCC7K4AA17XS")
    said = alert(level="error", text="Device: /dev/sdb [SAT], 24 bad", named=frozenset({"sdb"}))
    data = TrueNas(
        pools=pools,
        disks={"WD-WCC7K4AA17XT": _sick(), "WD-WCC7K4AA17XS": twin},
        alerts={"a-1": said},
        complete=frozenset({"disks", "pools"}),
    )
    memory = remembering(**{"WD-GONE99ZZ": GONE, "WD-WCC7K4AA17XT": NAME})
    return findings(data, memory)


def test_every_finding_calls_a_disk_by_its_name() -> None:
    found = {each.rule: " ".join(each.placeholders.values()) for each in _all()}
    about = {
        "pool_unprotected": GONE,
        "disk_missing": GONE,
        "pool_errors": NAME,
        "disk_hot": NAME,
        "self_test_failed": NAME,
        "same_batch": NAME,
        "scrub_at_risk": NAME,
        "nas_alert": NAME,
    }
    assert about.keys() <= found.keys()
    for rule, name in about.items():
        assert name in found[rule], rule
        assert "WD-" not in found[rule]
        assert rule == "nas_alert" or "sd" not in found[rule].split()


def test_plans_the_journal_and_changes_call_it_the_same() -> None:
    before = TrueNas(complete=frozenset({"disks"}))
    after = replace(before, disks={"WD-WCC7K4AA17XT": _sick()})
    (change,) = changes("nas", before, after)
    assert change.placeholders["disk"] == NAME
    labels = {node.id: node.label for node in nodes_of("nas", after, remembered={"WD-GONE99ZZ": GONE})}
    assert labels["disk:WD-WCC7K4AA17XT"] == NAME
    assert labels["disk:WD-GONE99ZZ"] == GONE


def test_a_disk_without_a_serial_is_called_as_the_kernel_does() -> None:
    assert disk("sdq", None).title == "WD40EFRX sdq"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("rule", ["disk_hot", "self_test_failed"])
def test_the_title_fits_a_phone(model: str, rule: str) -> None:
    shown = {"disk": disk("sda", "S5GXNX0T123456", model=model).title, "temperature": "61"}
    assert len(TEXTS[rule]["title"].format(**shown)) <= 40
