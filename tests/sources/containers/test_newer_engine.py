"""The same on an engine of another age: images kept by containerd, all networks in one order, no old version spoken."""

from collections.abc import Iterator
import dataclasses
from pathlib import Path
import secrets

import pytest

from tests.engine import Dockerd, Engine, open_sockets

from .household import hurry
from .injuries import Injury, Kind
from .operation import operate
from .patient import Told
from .test_client import (  # noqa: F401 - the same tests, with this module's engine
    test_a_life,
    test_a_name_that_is_taken,
    test_a_pull,
    test_anonymous_volumes_stay_unless_told,
    test_disk_use,
    test_events,
    test_images,
    test_limits,
    test_listing_and_inspecting,
    test_logs,
    test_negotiating,
    test_networks,
)
from .test_recreate_engine import (  # noqa: F401 - as above
    stage,
    test_a_container_with_everything_that_can_be_set,
    test_what_lives_in_its_namespaces_follows,
    test_what_the_new_image_brings_is_used,
)
from .test_registry import session, test_a_real_registry, test_whether_there_is_a_newer_image  # noqa: F401 - as above
from .test_story import (  # noqa: F401 - as above
    story,
    test_a_bad_image_is_taken_back_and_a_good_one_goes_through,
    way,
)


@pytest.fixture
def engine(newer_engine: tuple[Engine, Dockerd]) -> Iterator[Engine]:
    """The newer engine, with names for one test."""
    open_sockets()
    found = dataclasses.replace(newer_engine[0], prefix=f"hsmtest-{secrets.token_hex(4)}-")
    yield found
    found.api.remove_everything(found.prefix)


@pytest.mark.parametrize(
    "injury",
    [
        Injury("good", Kind.ENGINE_KILLED, 4, "after", writes=True, networks=True),
        Injury("unhealthy", Kind.KILLED, 3, "after", writes=True, networks=True, policy="unless-stopped"),
    ],
    ids=lambda injury: injury.kind.name.lower(),
)
def test_hurt(
    engine: Engine,
    newer_engine: tuple[Engine, Dockerd],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    injury: Injury,
) -> None:
    """One container serves, with all its data, and the old image keeps a name, whatever its store."""
    hurry(monkeypatch)
    ends: list[Told] = []
    operate(engine, tmp_path, injury, newer_engine[1], ends.append)
    assert len(ends) == 1


def test_it_is_another_one(engine: Engine) -> None:
    """It refuses what the other one speaks, and containerd keeps its images."""
    about = engine.api.must("GET", "/info")
    assert "containerd" in str(about["DriverStatus"])
    status, answer = engine.api.call("GET", "/v1.41/info")
    assert (status, "too old" in str(answer)) == (400, True)
