"""Which requests are sent to Arrs and Plex: each is one line of `requests.txt`, held against the vendor's own description.

The descriptions are not in this repository, so the list is what a machine without them has: a request that is not on it was
never checked, and fails the test that sent it. Where they are, `test_requests.py` holds every line of the list against them.
With `HSM_ADD_REQUESTS` set, what is missing is added instead.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
import os
from pathlib import Path
import re
from typing import Any, Final

from simulator.arr import ArrFace, BazarrFace
from simulator.arr.prowlarr import ProwlarrFace
from simulator.plex import PlexFace
from simulator.serving import Face

LISTED: Final = Path(__file__).with_name("requests.txt")
FACES: Final = (ArrFace, ProwlarrFace, BazarrFace, PlexFace)
# what follows a command's name is checked by that name
COMMAND: Final = re.compile(r"/command$")
TEXTS: Final = frozenset({"downloadId", "id"})
SETTINGS: Final = "PUT /:/prefs"


def kind_of(name: str, value: Any) -> str:
    """What a description calls a value, as far as it can be told from a query."""
    if name in TEXTS:
        # some clients number what others name
        return "string"
    said = str(value).lower()
    if said in ("true", "false"):
        return "boolean"
    if re.fullmatch(r"-?\d+", said):
        return "integer"
    return "date-time" if re.fullmatch(r"\d{4}-\d\d-\d\dt\d\d:\d\d:\d\dz", said) else "string"


def line_of(app: str, route: str, query: Mapping[str, Any], body: Any) -> str:
    """One request in one line: `App VERB /path/{id} name:kind … [field field]`."""
    if route == SETTINGS:
        # each setting has a name of its own
        query = dict.fromkeys(["{setting}"] if query else [], "")
    told = [f"{name}:{kind_of(name, value)}" for name, value in sorted(query.items())]
    if isinstance(body, Mapping):
        command = str(body.get("name")) if COMMAND.search(route) else ""
        fields = [
            _field(name, value) for name, value in sorted(body.items()) if not (command and name == "name")
        ]
        told.append(f"{command}[{' '.join(fields)}]")
    return " ".join([app, route, *told])


def _field(name: str, value: Any) -> str:
    """A field of a body; of a list of records with theirs."""
    rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
    inside = sorted({key for row in rows for key in row})
    return f"{name}({','.join(inside)})" if inside else name


@cache
def listed() -> frozenset[str]:
    """The requests that were held against a description."""
    return frozenset(LISTED.read_text().splitlines())


def app_of(face: Face) -> str:
    """Which app a face is."""
    return {BazarrFace: "Bazarr", PlexFace: "Plex"}.get(type(face)) or str(face.app_name)


def sent_to(faces: Iterable[Face]) -> set[str]:
    """All that these were asked."""
    return {
        line_of(app_of(face), call.route, call.query, call.body)
        for face in faces
        if isinstance(face, FACES)
        for call in face.calls.calls
    }


def check(lines: Iterable[str]) -> None:
    """Fail where one of them is not on the list."""
    if missing := sorted({*lines} - listed()):
        if os.environ.get("HSM_ADD_REQUESTS"):
            LISTED.write_text("\n".join(sorted({*LISTED.read_text().splitlines(), *missing})) + "\n")
            listed.cache_clear()
            return
        told = "\n".join(missing)
        raise AssertionError(f"These requests were held against no vendor's description:\n{told}")


@contextmanager
def watched(monkeypatch: Any) -> Iterator[None]:
    """Hold all that the faces made meanwhile are asked against the list."""
    made: list[Face] = []
    begin = Face.__init__

    def noted(face: Face, *args: Any, **more: Any) -> None:
        begin(face, *args, **more)
        made.append(face)

    monkeypatch.setattr(Face, "__init__", noted)
    yield
    check(sent_to(made))
